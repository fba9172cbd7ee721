"""Queries whose words never change, put into words once.

Django writes the SQL of a query anew each time it is asked. For the row or two that a page wants of each of forty
tables, the writing takes longer than the asking. What is kept here is what Django itself wrote; only the values differ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models.query import get_related_populators
from django.db.transaction import TransactionManagementError

_M = TypeVar("_M", bound=models.Model)
_populators: Any = get_related_populators  # the stubs know that of a later Django


@dataclass(frozen=True, slots=True)
class _Words:
    """A query as it is sent, and how its rows become models."""

    sql: str
    values: tuple[Any, ...]  # a mark where a value is put in
    model: type[models.Model]
    first: int
    names: Sequence[str]
    related: Sequence[Any]
    converters: Sequence[tuple[int, Sequence[Callable[..., Any]], Any]]
    holds: bool  # whether it locks the rows, which outside of a transaction would lock nothing


class Compiled(Generic[_M]):
    """A query on models by identifiers, asked many times with others.

    ``ask`` is called once, with a made-up identifier for each of ``names``. The queryset it returns may filter,
    exclude, order, slice and ``select_related``, but neither annotate nor defer. Each call gives every name its
    UUID and returns the rows as a list, as the queryset would.
    """

    def __init__(self, ask: Callable[..., models.QuerySet[_M]], *names: str) -> None:
        self._ask = ask
        self._marks = {name: uuid4() for name in names}
        self._words: _Words | None = None

    def __call__(self, **values: UUID | str) -> list[_M]:
        """The rows for these identifiers, each a UUID or its text. Raises TypeError for others, too few or too many."""
        try:
            put_in = {self._marks[name]: _identifier(value) for name, value in values.items()}
        except (KeyError, ValueError):
            put_in = {}
        if len(put_in) != len(self._marks):
            raise TypeError(
                f"This query takes a UUID for each of {sorted(self._marks)}, and for nothing else."
            )
        words = self._words or self._put_into_words()
        if words.holds and connection.get_autocommit():
            raise TransactionManagementError(
                "Rows are held until the end of a transaction, and none has begun."
            )
        with connection.cursor() as cursor:
            cursor.execute(
                words.sql,
                [
                    put_in[each] if isinstance(each, UUID) and each in put_in else each
                    for each in words.values
                ],
            )
            rows = cursor.fetchall()
        return [self._made(words, row) for row in rows]

    def _put_into_words(self) -> _Words:
        """What Django's own compiler makes of the queryset. Two threads may do it at once: they find the same."""
        query = self._ask(**self._marks).query
        compiler: Any = query.get_compiler(DEFAULT_DB_ALIAS)
        sql, values = compiler.as_sql()
        if compiler.annotation_col_map:
            raise TypeError("A compiled query cannot annotate.")
        if missing := set(self._marks.values()) - {each for each in values if isinstance(each, UUID)}:
            names = sorted(name for name, mark in self._marks.items() if mark in missing)
            raise TypeError(f"The query does not ask for {names}.")
        fields = compiler.klass_info["select_fields"]
        converters = compiler.get_converters([column for column, *_ in compiler.select])
        self._words = _Words(
            sql=sql,
            values=tuple(values),
            model=compiler.klass_info["model"],
            first=fields[0],
            names=[column.target.attname for column, *_ in compiler.select[fields[0] : fields[-1] + 1]],
            related=_populators(compiler.klass_info, compiler.select, DEFAULT_DB_ALIAS),
            converters=[(place, convert, column) for place, (convert, column) in converters.items()],
            holds=bool(query.select_for_update),
        )
        return self._words

    def _made(self, words: _Words, row: Sequence[Any]) -> Any:
        if words.converters:
            row = list(row)
            for place, convert, column in words.converters:
                for step in convert:
                    row[place] = step(row[place], column, connection)
        own = row[words.first : words.first + len(words.names)]
        made = words.model.from_db(DEFAULT_DB_ALIAS, words.names, own)
        for each in words.related:
            each.populate(row, made)
        return made


def _identifier(value: object) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))
