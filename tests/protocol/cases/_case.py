"""A case: one synthetic person from referral to the first dose, in one file, with what the rules must say."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.protocol.cases import _course as course
from tests.protocol.cases import _day
from tests.protocol.cases._expected import Expected, expected
from tests.protocol.cases._fields import CaseError, Fields
from tests.protocol.cases._person import suitability_facts

from euthymia.evidence import Jurisdiction, RuleBook, rules
from euthymia.protocol import Datum, Indication, Product, SuitabilityFacts
from euthymia.protocol import facts as protocol
from euthymia.protocol.misuse import MisuseFacts
from euthymia.protocol.programme import ProgrammeFacts

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    """One case. Times are aware, in the clinic's zone; what the case does not reach is ``None``.

    ``judged_at`` is when suitability is judged, ``agreed_at`` when consent, plan and booking are.
    """

    id: str
    title: str
    story: str
    name: str
    refused: bool
    jurisdiction: Jurisdiction
    zone: ZoneInfo
    book: RuleBook
    judged_at: datetime
    agreed_at: datetime | None
    suitability: SuitabilityFacts
    japanese_ancestry: Datum[bool] | None
    psychiatrist: Datum[bool] | None
    programme: ProgrammeFacts
    misuse: MisuseFacts
    risk: protocol.TriageFacts
    consent: protocol.ConsentFacts
    plan: course.Planned | None
    booking: course.Booked | None
    day: _day.Day | None
    missed: course.Missed | None
    expected: Expected
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def product(self) -> Product:
        """What is to be given."""
        return self.suitability.eligibility.product

    @property
    def indication(self) -> Indication:
        """What it is given for."""
        return self.suitability.eligibility.indication

    def on(self, day: date) -> Case:
        """The same case with every day moved, so that suitability is judged on ``day``; the age stays."""
        return parse(_moved(self.raw, day - self.judged_at.date(), self.judged_at.date()), self.id)


@dataclass(frozen=True)
class Variant:
    """A case in which one thing is otherwise. ``boundary`` says that the verdict holds: the near side of a limit."""

    case: Case
    title: str
    holds: bool
    changed: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The case's name and what is otherwise."""
        return f"{self.case.id}: {self.title}"


def read(path: Path) -> dict[str, Any]:
    """The raw table of a file."""
    with path.open("rb") as file:
        return tomllib.load(file, parse_float=Decimal)


@cache
def cases() -> tuple[Case, ...]:
    """Every case, in the order of the files' names."""
    return tuple(parse(read(path), path.stem) for path in sorted(FOLDER.glob("*.toml")))


def parse(raw: Mapping[str, Any], name: str) -> Case:
    """Make a case of a raw table.

    Raises:
        CaseError: something is missing, of another kind, unknown, or left over.
    """
    about = raw.get("course")
    if not isinstance(about, dict) or not isinstance(about.get("zone"), str):
        raise CaseError(f"{name}: [course] with its zone is missing.")
    zone = ZoneInfo(about["zone"])
    file = Fields(name, {key: value for key, value in raw.items() if key != "variants"}, zone)
    frame = file.table("course")
    frame.text("zone")
    place = frame.word("jurisdiction", Jurisdiction)
    product, indication = frame.word("product", Product), frame.word("indication", Indication)
    judged_at, book = frame.moment("judged_at"), rules(place)
    found = _case(file, frame, place, book, product, indication, judged_at, raw)
    frame.end()
    file.end()
    return found


def _case(
    file: Fields,
    frame: Fields,
    place: Jurisdiction,
    book: RuleBook,
    product: Product,
    indication: Indication,
    judged_at: datetime,
    raw: Mapping[str, Any],
) -> Case:
    said = raw["person"].get("japanese_ancestry") if isinstance(raw.get("person"), dict) else None
    japanese = None if said is None else Datum(bool(said), judged_at, "registration")
    known = suitability_facts(file, product, indication, book, judged_at)
    site = course.programme(file, product)
    return Case(
        id=file.where,
        title=file.text("title"),
        story=" ".join(file.text("story").split()),
        name=raw["person"]["name"],
        refused=file.flag("refused", False),
        jurisdiction=place,
        zone=file.zone,
        book=book,
        judged_at=judged_at,
        agreed_at=frame.moment("agreed_at", None),
        suitability=known,
        japanese_ancestry=japanese,
        psychiatrist=course.psychiatrist(file),
        programme=site,
        misuse=course.misuse(file, product),
        risk=course.risk(file, product),
        consent=course.consent(file, product, place, indication),
        plan=course.plan(file, known, japanese),
        booking=course.booking(file, known),
        day=_day.day(file, known, site),
        missed=course.missed(file, product),
        expected=expected(file.table("expected")),
        raw=raw,
    )


# --- one thing otherwise ------------------------------------------------------------------------------------


def variants(case: Case) -> tuple[Variant, ...]:
    """The variants that the file of a case tells."""
    found = case.raw.get("variants", [])
    return tuple(_variant(case, each, f"{case.id} variants.{at}") for at, each in enumerate(found))


def _variant(case: Case, told: Mapping[str, Any], where: str) -> Variant:
    table = Fields(where, told, case.zone)
    title, holds = table.text("title"), table.flag("holds", False)
    changes: dict[str, Any] = table.take("change", dict, {})
    gone, expects = table.texts("remove", []), table.take("expected", dict)
    table.end()
    if not changes and not gone:
        raise CaseError(f"{where}: nothing is otherwise; use change or remove.")
    raw = copy.deepcopy(dict(case.raw))
    for path, value in changes.items():
        _put(raw, path, value, where)
    for path in gone:
        _put(raw, path, None, where)
    raw["expected"] = {name: _merged(name, each, raw["expected"], title) for name, each in expects.items()}
    changed = {**changes, **dict.fromkeys(gone)}
    return Variant(parse(raw, f"{case.id}: {title}"), title, holds, changed)


def _put(raw: dict[str, Any], path: str, value: Any, where: str) -> None:
    """Set the value at ``person.born`` or ``treatments.1.weeks``, or take it away; it must be there, or its table."""
    *way, last = path.split(".")
    at: Any = raw
    try:
        for step in way:
            at = at[int(step)] if isinstance(at, list) else at[step]
        key: Any = int(last) if isinstance(at, list) else last
        if value is None:
            del at[key]
        else:
            at[key] = value
    except (KeyError, IndexError, ValueError, TypeError):
        raise CaseError(f"{where}: there is nothing at {path}.") from None


def _merged(name: str, told: Any, before: Mapping[str, Any], why: str) -> Any:
    """A stage as the variant tells it over what the case expects of it: a bare outcome replaces the outcome, and
    "absent" says that the rule is not judged any more."""
    if not isinstance(told, dict) or "verdict" not in told:
        return told
    base = before.get(name, {})
    findings, absent = dict(base.get("findings", {})), list(base.get("absent", []))
    for rule, said in told.get("findings", {}).items():
        if said == "absent":
            findings.pop(rule, None)
            absent.append(rule)
        elif isinstance(said, str) and rule not in findings:
            raise CaseError(f"{name}: {rule} is no finding of the case; say effect and override too.")
        else:
            findings[rule] = {**findings[rule], "is": said, "why": why} if isinstance(said, str) else said
    return {"absent": absent, **told, "findings": findings}


# --- another day --------------------------------------------------------------------------------------------


def _moved(raw: Any, by: timedelta, judged_on: date, key: str = "") -> Any:
    if key == "born":
        return _same_age(raw, judged_on, judged_on + by)
    if isinstance(raw, dict):
        return {name: _moved(each, by, judged_on, name) for name, each in raw.items() if name != "variants"}
    if isinstance(raw, list):
        return [_moved(each, by, judged_on) for each in raw]
    return raw + by if isinstance(raw, date) else raw


def _same_age(born: date, was: date, now: date) -> date:
    """The birth date of somebody who is on ``now`` as many years and days old as on ``was``."""
    years = was.year - born.year - ((was.month, was.day) < (born.month, born.day))
    days = was - _birthday(born, born.year + years)
    return _birthday(now - days, (now - days).year - years)


def _birthday(day: date, year: int) -> date:
    return date(year, 3, 1) if (day.month, day.day) == (2, 29) else day.replace(year=year)
