"""Gathers what is on record for the safety programme's form of one visit."""

from __future__ import annotations

from datetime import datetime, timedelta

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import facts as course_facts
from euthymia.clinic.courses import queries as courses
from euthymia.clinic.visits import facts
from euthymia.clinic.visits.record import Record
from euthymia.protocol import Pressure
from euthymia.protocol.programme import SiteKind
from euthymia.protocol.programme_form import FormFacts, is_owed


def form_is_owed(record: Record) -> bool:
    """Whether the programme is owed a form of this visit: a spray was given, outside a hospital."""
    if not record.devices:
        return False
    site = courses.site_of(record.visit.clinic_id)
    kind = SiteKind(site.setting) if site else None
    return is_owed(record.product, kind, record.rules)


def programme_form(viewer: Viewer, record: Record) -> FormFacts:
    """What is on record for the form; the answers given for it alone are its newest ones."""
    visit, t0, ended = record.visit, record.t0, _ended_at(record)
    patient, judged = visit.course.patient, record.stability
    enrolled = course_facts.programme_enrolled(viewer, visit.course_id)
    dose = len(record.devices) * record.rules["DEV-1"].number("mg_per_device") if record.devices else None
    points = next((each for each in reversed(record.leaving_points) if each.ready_at), None)
    row = record.programme_form
    return FormFacts(
        patient=f"{patient.given_name} {patient.family_name}",
        born=patient.birth_date,
        sex=patient.sex,
        treated_on=record.local(t0 or visit.scheduled_at).date(),
        first_treatment=visit.session_number == 1 if visit.session_number else None,
        enrolled=enrolled.value if enrolled else None,
        observer=judged.recorded_by.name if judged else "",
        observer_email=judged.recorded_by.email if judged else "",
        setting=visit.clinic.name,
        dose_mg=f"{dose.normalize():f}" if dose is not None else "",
        lots=tuple(device.lot for device in record.devices),
        devices=len(record.devices),
        minutes=_minutes(t0, ended),
        ready_minutes=_minutes(t0, points.ready_at if points else None),
        pressures=_pressures(record, ended),
        said=row.answers if row else {},
    )


def _ended_at(record: Record) -> datetime | None:
    return max((each.measured_at for each in record.exits), default=None)


def _minutes(since: datetime | None, until: datetime | None) -> int | None:
    return int((until - since) / timedelta(minutes=1)) if since and until else None


def _pressures(
    record: Record, ended: datetime | None
) -> tuple[Pressure | None, Pressure | None, Pressure | None]:
    """Before the dose; in the window of the one at 40 minutes; the last before leaving."""
    baseline = facts.baseline(record)
    taken = [each for each in facts.after_dose(record) if each.pressure is not None]
    last_dose = record.last_dose_at
    middle = None
    if last_dose is not None and "MON-3" in record.rules:
        rule = record.rules["MON-3"]
        opens, closes = (last_dose + rule.duration(name) for name in ("opens_at", "closes_at"))
        middle = next((each.pressure for each in taken if opens <= each.measured_at <= closes), None)
    end = next(
        (each.pressure for each in reversed(taken) if ended is None or each.measured_at <= ended), None
    )
    return baseline.value if baseline else None, middle, end
