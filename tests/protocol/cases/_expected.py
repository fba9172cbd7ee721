"""What a case expects, written by hand from the rules: findings of each stage, verdicts, days, doses and tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from tests.protocol.cases._fields import CaseError, Fields, optional

from euthymia.protocol import Effect, Outcome, Override, SuicideAction
from euthymia.protocol.missed import Advice


class Stage(StrEnum):
    """One judgement on the way from referral to the first dose, in order."""

    SUITABILITY = "suitability"
    SAFEGUARDS = "safeguards"
    RISK = "risk"
    CONSENT = "consent"
    PLAN = "plan"
    BOOKING = "booking"
    DAY = "day"
    ORDER = "order"
    LATER = "later"


class Verdict(StrEnum):
    """What the gate over a stage's findings says; the first that applies, from the last to the first."""

    OPEN = "open"
    OVERRIDE = "only if a prescriber overrides"
    NEEDED = "something is still needed"
    REFUSED = "refused, and nobody may override it"


@dataclass(frozen=True)
class ExpectedFinding:
    """One finding, and in a few words from which fact and which line of the rules it follows."""

    outcome: Outcome
    effect: Effect
    override: Override
    why: str


@dataclass(frozen=True)
class ExpectedStage:
    """A stage: ``held_by`` are exactly the rules that hold its gate shut, ``absent`` rules it must not judge.

    What is judged and not listed must be satisfied. ``signed`` holds the prescriber's reason for each rule that
    is passed; with them the gate is open.
    """

    verdict: Verdict
    findings: Mapping[str, ExpectedFinding]
    held_by: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    signed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ExpectedResistance:
    """How many different drugs count, of how many needed, by which rule; and whether each treatment counts."""

    rule: str
    needed: int
    counted: int
    treatments: tuple[tuple[str, Outcome], ...]


@dataclass(frozen=True)
class ExpectedDose:
    """The doses the regimen allows; for an infusion at a high body mass index both doses."""

    allowed_mg: tuple[Decimal, ...] = ()
    by_actual_mg: Decimal | None = None
    by_ideal_mg: Decimal | None = None
    ideal_kg: Decimal | None = None


@dataclass(frozen=True)
class ExpectedSchedule:
    """The days of induction, the session the benefit is decided before, and the first days that may follow."""

    induction: tuple[date, ...]
    decision_before: int | None
    then: tuple[date, ...]


@dataclass(frozen=True)
class ExpectedTask:
    """What the level of suicide risk demands, and by when."""

    rule: str
    action: SuicideAction
    due: datetime


@dataclass(frozen=True)
class Expected:
    """All that a case expects."""

    stages: Mapping[Stage, ExpectedStage]
    resistance: ExpectedResistance | None
    dose: ExpectedDose | None
    schedule: ExpectedSchedule | None
    tasks: tuple[ExpectedTask, ...]
    advice: Advice | None


def expected(file: Fields) -> Expected:
    """Read what a case expects."""
    stages = {each: _stage(file.table(each.value)) for each in Stage if each.value in file}
    if not stages:
        raise CaseError(f"{file.where}: nothing is expected.")
    found = Expected(
        stages=stages,
        resistance=optional(file, "resistance", _resistance),
        dose=optional(file, "dose", _dose),
        schedule=optional(file, "schedule", _schedule),
        tasks=tuple(_task(each) for each in file.tables("tasks")),
        advice=file.word("advice", Advice, None),
    )
    file.end()
    return found


def _stage(table: Fields) -> ExpectedStage:
    findings = table.table("findings") if "findings" in table else Fields(table.where, {}, table.zone)
    signed = table.table("signed") if "signed" in table else Fields(table.where, {}, table.zone)
    found = ExpectedStage(
        verdict=table.word("verdict", Verdict),
        findings={rule: _finding(findings.table(rule)) for rule in findings.names()},
        held_by=frozenset(table.texts("held_by", [])),
        absent=frozenset(table.texts("absent", [])),
        signed={rule: signed.text(rule) for rule in signed.names()},
    )
    if (found.verdict is Verdict.OPEN) is bool(found.held_by):
        raise CaseError(f"{table.where}: held_by names what holds a shut gate, and nothing where it is open.")
    table.end()
    return found


def _finding(table: Fields) -> ExpectedFinding:
    found = ExpectedFinding(
        table.word("is", Outcome),
        table.word("effect", Effect),
        table.word("override", Override),
        table.text("why"),
    )
    table.end()
    return found


def _resistance(table: Fields) -> ExpectedResistance:
    counts = table.tables("treatments")
    judged = tuple((each.text("drug"), each.word("counts", Outcome)) for each in counts)
    for each in counts:
        each.end()
    return ExpectedResistance(table.text("rule"), table.count("needed"), table.count("counted"), judged)


def _dose(table: Fields) -> ExpectedDose:
    return ExpectedDose(
        allowed_mg=table.numbers("allowed_mg") if "allowed_mg" in table else (),
        by_actual_mg=table.number("by_actual_mg") if "by_actual_mg" in table else None,
        by_ideal_mg=table.number("by_ideal_mg") if "by_ideal_mg" in table else None,
        ideal_kg=table.number("ideal_kg") if "ideal_kg" in table else None,
    )


def _schedule(table: Fields) -> ExpectedSchedule:
    return ExpectedSchedule(table.days("induction"), table.count("decision_before", None), table.days("then"))


def _task(table: Fields) -> ExpectedTask:
    found = ExpectedTask(table.text("rule"), table.word("action", SuicideAction), table.moment("due"))
    table.end()
    return found
