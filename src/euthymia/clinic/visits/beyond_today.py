"""What an order rests on beyond the day: what was found since suitability was signed, missed sessions, worse risk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import facts as course_facts
from euthymia.clinic.courses import lapses, rows, weights
from euthymia.clinic.courses import queries as courses
from euthymia.clinic.safety.models import SuicideRiskAssessment
from euthymia.clinic.visits import models
from euthymia.clinic.visits.record import Record
from euthymia.protocol import (
    Datum,
    Effect,
    Examination,
    Finding,
    Medicine,
    Outcome,
    RiskLevel,
    SuitabilityFacts,
    check_in,
    licensed_use,
    missed,
    misuse,
    response,
    suitability,
    weight_basis,
)
from euthymia.protocol.check_in import CheckInFacts
from euthymia.protocol.licensed_use import LicensedUseFacts
from euthymia.protocol.misuse import MisuseFacts
from euthymia.protocol.response import PHQ9, ResponseFacts

_WORSE = "MBC-8"


def findings(viewer: Viewer, record: Record, at: datetime, mg_per_kg: Decimal | None) -> tuple[Finding, ...]:
    """Everything that may have changed since the plan was signed, judged now. What only informs and holds is left
    out: it was shown where it was asked."""
    course = rows.course(viewer, record.visit.course_id)
    known = course_facts.suitability_facts(viewer, course.id)
    licensed = LicensedUseFacts(known, course_facts.psychiatrist(viewer, course.id))
    book, now = record.rules, record.local(at)
    body = weights.standing(viewer, course, mg_per_kg)
    found = (
        *licensed_use.assess(licensed, book, now),
        *suitability.assess(known, book, now),
        *(weight_basis.assess(body, book, now) if body else ()),
        *missed.assess(lapses.standing_facts(course, now), book, now),
        *_only(("PRE-8", "PRE-11"), check_in.assess(_asked(record, known), book, now)),
        *_only(("MIS-1",), misuse.assess(_abuse_risk(known), book, now)),
        *_only((_WORSE,), response.assess(_risk(record, known), book, now)),
    )
    return tuple(
        each for each in found if each.effect is Effect.GATE or each.outcome is not Outcome.SATISFIED
    )


def _only(rules: tuple[str, ...], found: tuple[Finding, ...]) -> Iterator[Finding]:
    return (each for each in found if each.rule in rules)


def _asked(record: Record, known: SuitabilityFacts) -> CheckInFacts:
    """What the site can do, and what check-in heard of since last time: told in words, it is not sorted yet."""
    site, told = courses.site_facts(courses.site_of(record.visit.clinic_id)), record.medicines
    changed = None
    if told is not None:
        at, origin = told.recorded_at, f"asked by {told.recorded_by.name}"
        new: tuple[Medicine, ...] = (Medicine(told.detail, None, "", at, origin),) if told.changed else ()
        changed = Datum(new, at, origin)
    return CheckInFacts(record.product, known.eligibility.conditions, site.resuscitation, changed)


def _abuse_risk(known: SuitabilityFacts) -> MisuseFacts:
    """The last assessment of the risk of abuse: before any next dose there has to be one."""
    judged = [one for one in known.results if one.examination is Examination.ABUSE_RISK]
    last = max(judged, key=lambda one: one.done_on, default=None)
    product = known.eligibility.product
    if last is None or last.at is None:
        return MisuseFacts(product)
    return MisuseFacts(product, abuse_risk=Datum(last.result or "assessed", last.at, last.origin))


def _risk(record: Record, known: SuitabilityFacts) -> ResponseFacts:
    """Suicide risk as judged from the last time before the first dose on, and what was decided when it rose."""
    course = record.visit.course
    rows_ = SuicideRiskAssessment.objects.filter(
        patient_id=course.patient_id, correction__isnull=True
    ).select_related("recorded_by")
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
