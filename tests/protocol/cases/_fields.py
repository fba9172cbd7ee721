"""Reads a case file strictly: every value has its type, every word is one there is, and nothing is left over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from euthymia.protocol import Datum

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
REQUIRED: Any = object()


class CaseError(Exception):
    """A case file that cannot be read; the sentence names the file and the place."""


class Fields:
    """One table of a case file. What is not read by the time of ``end`` is refused."""

    def __init__(self, where: str, table: Mapping[str, Any], zone: ZoneInfo) -> None:
        self.where, self.zone = where, zone
        self._left = dict(table)

    def take(self, key: str, kind: type[T] | tuple[type, ...], default: Any = REQUIRED) -> Any:
        """The value of a key, of its kind."""
        if key not in self._left:
            if default is REQUIRED:
                raise CaseError(f"{self.where}: {key} is missing.")
            return default
        value = self._left.pop(key)
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            names = " or ".join(each.__name__ for each in kinds)
            raise CaseError(f"{self.where}: {key} must be {names}, not {value!r}.")
        return value

    def __contains__(self, key: str) -> bool:
        return key in self._left

    def text(self, key: str, default: Any = REQUIRED) -> str:
        """Words; never empty, unless the default is."""
        found: str = self.take(key, str, default)
        if key and found == "" and default is REQUIRED:
            raise CaseError(f"{self.where}: {key} is empty.")
        return found

    def flag(self, key: str, default: Any = REQUIRED) -> bool:
        """True or false."""
        found: bool = self.take(key, bool, default)
        return found

    def count(self, key: str, default: Any = REQUIRED) -> int:
        """A whole number."""
        found: int = self.take(key, int, default)
        return found

    def number(self, key: str, default: Any = REQUIRED) -> Decimal:
        """An exact decimal."""
        return _decimal(self.take(key, (int, Decimal), default))

    def numbers(self, key: str) -> tuple[Decimal, ...]:
        """A list of exact decimals."""
        return tuple(_decimal(each) for each in self.take(key, list))

    def day(self, key: str, default: Any = REQUIRED) -> date:
        """A day without a time."""
        found = self.take(key, date, default)
        if isinstance(found, datetime):
            raise CaseError(f"{self.where}: {key} must be a day, not a time.")
        return found  # type: ignore[no-any-return]

    def days(self, key: str) -> tuple[date, ...]:
        """A list of days."""
        return tuple(
            Fields(f"{self.where} {key}", {"": each}, self.zone).day("") for each in self.take(key, list)
        )

    def moment(self, key: str, default: Any = REQUIRED) -> datetime:
        """A time as the clinic's clock shows it."""
        found = self.take(key, datetime, default)
        if not isinstance(found, datetime):
            return default  # type: ignore[no-any-return]
        if found.tzinfo is not None:
            raise CaseError(f"{self.where}: {key} is local time; write it without an offset.")
        return found.replace(tzinfo=self.zone)

    def word(self, key: str, of: type[E], default: Any = REQUIRED) -> E:
        """A member of an enumeration, by its name in small letters."""
        found = self.take(key, str, default)
        return found if found is default else self._member(key, found, of)

    def words(self, key: str, of: type[E], default: Any = REQUIRED) -> tuple[E, ...]:
        """Members of an enumeration."""
        return tuple(self._member(key, each, of) for each in self.take(key, list, default))

    def texts(self, key: str, default: Any = REQUIRED) -> tuple[str, ...]:
        """A list of words."""
        return tuple(str(each) for each in self.take(key, list, default))

    def table(self, key: str) -> Fields:
        """The table of a key."""
        return Fields(f"{self.where} {key}", self.take(key, dict), self.zone)

    def tables(self, key: str) -> tuple[Fields, ...]:
        """The tables of a key; none where it is not there."""
        found = self.take(key, list, [])
        return tuple(Fields(f"{self.where} {key}.{at}", each, self.zone) for at, each in enumerate(found))

    def names(self) -> tuple[str, ...]:
        """What is left to read."""
        return tuple(self._left)

    def datum(self, value: Callable[[], T], origin: str) -> Datum[T]:
        """A fact with the time ``at`` of this table."""
        return Datum(value(), self.moment("at"), self.text("origin", origin))

    def end(self) -> None:
        """Refuse what nobody read."""
        if self._left:
            raise CaseError(f"{self.where}: nothing is called {', '.join(self._left)}.")

    def _member(self, key: str, name: str, of: type[E]) -> E:
        try:
            return of[name.upper()]
        except KeyError:
            known = ", ".join(each.name.lower() for each in of)
            raise CaseError(f"{self.where}: {key} = {name!r} is none of {known}.") from None


def _decimal(value: int | Decimal) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(value)


def optional(fields: Fields, key: str, read: Callable[[Fields], T]) -> T | None:
    """What ``read`` makes of a table, or nothing where the file has none."""
    if key not in fields:
        return None
    table = fields.table(key)
    found = read(table)
    table.end()
    return found
