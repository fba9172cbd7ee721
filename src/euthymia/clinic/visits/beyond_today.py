"""What an order rests on beyond the day: what was found since suitability was signed, missed sessions, worse risk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import facts as course_facts
from euthymia.clinic.courses import lapses, rows, weights
from euthymia.clinic.safety.models import SuicideRiskAssessment
from euthymia.clinic.visits import day_facts, models
from euthymia.clinic.visits.record import Record
from euthymia.protocol import (
    Datum,
    Effect,
    Finding,
    Outcome,
    RiskLevel,
    SuitabilityFacts,
    check_in,
    licensed_use,
    missed,
    misuse,
    programme,
    response,
    suitability,
    weight_basis,
)
from euthymia.protocol.licensed_use import LicensedUseFacts
from euthymia.protocol.misuse import MisuseFacts
from euthymia.protocol.response import PHQ9, ResponseFacts

_WORSE = "MBC-8"


def of_the_day(viewer: Viewer, record: Record, at: datetime) -> tuple[Finding, ...]:
    """What check-in asks beyond readiness, judged now: medicines, substances, the bladder and misuse.

    A list of medicines counts only if somebody went through it with the patient today.
    """
    known = day_facts.known_today(viewer, record)
    return _of_the_day(viewer, record, known, day_facts.misuse(record, known), at)


def _of_the_day(
    viewer: Viewer, record: Record, known: SuitabilityFacts, asked: MisuseFacts, at: datetime
) -> tuple[Finding, ...]:
    book, now = record.rules, record.local(at)
    licensed = LicensedUseFacts(known, course_facts.psychiatrist(viewer, record.visit.course_id))
    concerns = asked.in_maintenance or asked.bladder is not None  # what was told holds after maintenance too
    return (
        *check_in.assess(day_facts.check_in(record, known), book, now),
        *_only(BESIDE, licensed_use.assess(licensed, book, now)),
        *_only(BESIDE, suitability.assess(known, book, now)),
        *_only(("MIS-4", "MIS-5", "MIS-5b"), misuse.assess(asked, book, now) if concerns else ()),
    )


BESIDE = ("COMB-1", "COMB-2", "IV-CI-16")
"""The gates that judge what is taken beside: asked at check-in, where the list is gone through."""


def findings(viewer: Viewer, record: Record, at: datetime, mg_per_kg: Decimal | None) -> tuple[Finding, ...]:
    """Everything that may have changed since the plan was signed, judged now. What only informs and holds is left
    out: it was shown where it was asked."""
    course = rows.course(viewer, record.visit.course_id)
    known = day_facts.known_today(viewer, record)
    licensed = LicensedUseFacts(known, course_facts.psychiatrist(viewer, course.id))
    book, now = record.rules, record.local(at)
    body = weights.standing(viewer, course, mg_per_kg)
    asked = day_facts.misuse(record, known)
    found = (
        *_of_the_day(viewer, record, known, asked, at),
        *_but(BESIDE, licensed_use.assess(licensed, book, now)),
        *_but(BESIDE, suitability.assess(known, book, now)),
        *(weight_basis.assess(body, book, now) if body else ()),
        *missed.assess(lapses.standing_facts(course, now), book, now),
        *_only(("MIS-1",), misuse.assess(asked, book, now)),
        *programme.enrolled(day_facts.programme(viewer, record), book, now),
        *_only(("MBC-5",), response.assess(day_facts.response(viewer, record, known), book, now)),
        *_only((_WORSE,), response.assess(_risk(record, known), book, now)),
    )
    return tuple(
        each for each in found if each.effect is Effect.GATE or each.outcome is not Outcome.SATISFIED
    )


def _only(rules: tuple[str, ...], found: tuple[Finding, ...]) -> Iterator[Finding]:
    return (each for each in found if each.rule in rules)


def _but(rules: tuple[str, ...], found: tuple[Finding, ...]) -> Iterator[Finding]:
    return (each for each in found if each.rule not in rules)


def _risk(record: Record, known: SuitabilityFacts) -> ResponseFacts:
    """Suicide risk as judged from the last time before the first dose on, and what was decided when it rose."""
    course = record.visit.course
    rows_ = (
        SuicideRiskAssessment.objects.current()
        .filter(patient_id=course.patient_id)
        .select_related("recorded_by")
    )
    judged = list(rows_.order_by("assessed_at", "recorded_at"))
    given = rows.treated(course)
    if given:
        before = [each for each in judged if each.assessed_at <= given[0].started_at]
        judged = judged[max(len(before) - 1, 0) :]
    else:
        judged = judged[-1:]  # nothing was given yet that it could be worse since
    return ResponseFacts(
        product=record.product,
        indication=known.eligibility.indication,
        instrument=PHQ9,
        risk=tuple(
            Datum(RiskLevel(each.level), each.assessed_at, f"judged by {each.recorded_by.name}")
            for each in judged
        ),
        regimen_decision=_decided(record),
    )


def _decided(record: Record) -> Datum[str] | None:
    """The last time a prescriber decided to treat although the risk had risen."""
    course_id = record.visit.course_id
    high = models.HighRiskDecision.objects.current().filter(visit__course=course_id)
    passed = models.OverrideRecord.objects.current().filter(
        visit__course=course_id, findings__contains=[{"rule": _WORSE}]
    )
    told = [(each.recorded_at, each.decision, each) for each in high.select_related("recorded_by")]
    told += [(each.recorded_at, each.why, each) for each in passed.select_related("recorded_by")]
    if not told:
        return None
    at, what, row = max(told, key=lambda each: each[0])
    return Datum(what, at, f"decided by {row.recorded_by.name}")
