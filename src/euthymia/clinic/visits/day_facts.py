"""What the rules of the day judge beyond readiness: medicines gone through today, substances, misuse, response."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import facts as course_facts
from euthymia.clinic.courses import queries as courses
from euthymia.clinic.courses import rows
from euthymia.clinic.measures import queries as measures
from euthymia.clinic.measures.facts import new_in, standing_list
from euthymia.clinic.visits import models
from euthymia.clinic.visits.facts import origin
from euthymia.clinic.visits.record import Record
from euthymia.protocol import (
    Datum,
    Examination,
    Medicine,
    SuitabilityFacts,
)
from euthymia.protocol.check_in import CheckInFacts
from euthymia.protocol.misuse import BladderSymptom, MisuseFacts, SeenSignal, Signal
from euthymia.protocol.programme import ProgrammeFacts, SiteKind
from euthymia.protocol.response import PHQ9, ResponseFacts

_URINE = (Examination.URINALYSIS, Examination.URINE_CULTURE)


def known_today(viewer: Viewer, record: Record) -> SuitabilityFacts:
    """What is known of the patient, for a dose of today: a list that was affirmed in this visit is of today."""
    known = replace(course_facts.suitability_facts(viewer, record.visit.course_id), for_dose=True)
    told = record.medicines
    if told is None or told.medicine_list_id is None or known.medicines is None:
        return known
    stands = standing_list(viewer, record.visit.course.patient_id)
    if stands is None or stands.id != told.medicine_list_id:
        return known
    affirmed = Datum(known.medicines.value, told.recorded_at, f"gone through at check-in, {origin(told)}")
    return replace(known, medicines=affirmed)


def check_in(record: Record, known: SuitabilityFacts) -> CheckInFacts:
    """What the site can do, and what was asked today."""
    site, said = courses.site_facts(courses.site_of(record.visit.clinic_id)), record.substances
    times = [time for time in (said.alcohol_at, said.sedative_at) if time is not None] if said else []
    return CheckInFacts(
        product=record.product,
        conditions=known.eligibility.conditions,
        resuscitation=site.resuscitation,
        changed_medicines=_changed(record),
        sedated_at=Datum(max(times, default=None), said.recorded_at, origin(said)) if said else None,
        illicit=Datum(said.illicit, said.recorded_at, origin(said)) if said else None,
    )


def asked_about_h(record: Record) -> Decimal:
    """The hours before the visit that are asked about: those that the rule waits."""
    return Decimal(str(record.rules["PRE-14"].duration("sober_min") / timedelta(hours=1)))


def _changed(record: Record) -> Datum[tuple[Medicine, ...]] | None:
    """What is new since the list before: sorted where somebody sorted it, else as it was told."""
    told = record.medicines
    if told is None:
        return None
    at, by = told.recorded_at, origin(told)
    new = new_in(told.medicine_list_id) if told.changed and told.medicine_list_id else ()
    unsorted = (Medicine(told.detail, None, "", at, by),) if told.changed and told.detail else ()
    return Datum((*new, *unsorted), at, by)


def misuse(record: Record, known: SuitabilityFacts) -> MisuseFacts:
    """The last assessment of the risk of abuse, and what was asked of bladder and misuse in this course and before."""
    judged = [one for one in known.results if one.examination is Examination.ABUSE_RISK]
    last = max(judged, key=lambda one: one.done_on, default=None)
    course = record.visit.course
    reports = list(
        models.MaintenanceReport.objects.current()
        .filter(visit__course__patient_id=course.patient_id, visit__clinic_id=record.visit.clinic_id)
        .select_related("recorded_by")
        .order_by("-recorded_at")
    )
    askings = [Datum(_symptoms(each), each.recorded_at, origin(each)) for each in _one_a_visit(reports)]
    urologist = next((each for each in reports if each.urologist), None)
    return MisuseFacts(
        product=known.eligibility.product,
        abuse_risk=Datum(last.result or "assessed", last.at, last.origin) if last and last.at else None,
        in_maintenance=course.state == "maintenance",
        signals=_signals(record, reports),
        bladder=askings[0] if askings else None,
        bladder_before=askings[1] if len(askings) > 1 else None,
        urine_tested=_urine(reports, known),
        urology=Datum(urologist.urologist, urologist.recorded_at, origin(urologist)) if urologist else None,
    )


def _one_a_visit(reports: list[models.MaintenanceReport]) -> list[models.MaintenanceReport]:
    """The last asking of each visit, newest first: asking twice in one visit is one asking."""
    latest: dict[object, models.MaintenanceReport] = {}
    for each in reports:
        latest.setdefault(each.visit_id, each)
    return list(latest.values())


def _symptoms(report: models.MaintenanceReport) -> frozenset[BladderSymptom]:
    return frozenset(BladderSymptom[name.upper()] for name in report.bladder)


def _signals(record: Record, reports: list[models.MaintenanceReport]) -> Datum[tuple[SeenSignal, ...]] | None:
    if not reports:
        return None
    seen = tuple(
        SeenSignal(Signal[name.upper()], record.local(each.recorded_at).date())
        for each in _one_a_visit(reports)
        for name in each.signals
    )
    return Datum(seen, reports[0].recorded_at, origin(reports[0]))


def _urine(reports: list[models.MaintenanceReport], known: SuitabilityFacts) -> Datum[str] | None:
    """The last urine test that somebody wrote down, at check-in or among the examinations."""
    told = [Datum(each.urine_tested, each.recorded_at, origin(each)) for each in reports if each.urine_tested]
    tests = [one for one in known.results if one.examination in _URINE and one.at is not None]
    told += [Datum(f"{one.examination.value}: {one.result}", one.at, one.origin) for one in tests if one.at]
    return max(told, key=lambda one: one.at, default=None)


def response(viewer: Viewer, record: Record, known: SuitabilityFacts) -> ResponseFacts:
    """The scores of the course since its first dose, and how many sessions were given."""
    course = record.visit.course
    given = rows.treated(course)
    first = given[0].started_at if given else None
    found = measures.trajectory(viewer, course.patient_id, first)
    return ResponseFacts(
        product=record.product,
        indication=known.eligibility.indication,
        instrument=PHQ9,
        baseline=Datum(found.baseline.total, found.baseline.at, found.title) if found.baseline else None,
        scores=tuple(
            Datum(point.total, point.at, found.title)
            for point in found.points
            if first is not None and point.at > first
        ),
        sessions_given=len(given),
    )


def programme(viewer: Viewer, record: Record) -> ProgrammeFacts:
    """The enrolment form before the dose of today: that it once came late bars nobody for ever."""
    site = courses.site_of(record.visit.clinic_id)
    kind = None if site is None else (SiteKind.INPATIENT if site.is_inpatient else SiteKind.OUTPATIENT)
    form = course_facts.enrolment_form(viewer, record.visit.course_id)
    return ProgrammeFacts(record.product, site=kind, enrolment=form)
