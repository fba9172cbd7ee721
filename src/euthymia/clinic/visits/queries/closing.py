"""What a visit still lacks before it is closed, and what it owes afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import queries as courses
from euthymia.clinic.safety import queries as safety
from euthymia.clinic.visits import form_facts
from euthymia.clinic.visits.models.note import OfferAnswer
from euthymia.clinic.visits.queries._common import record_for
from euthymia.clinic.visits.queries.handing_over import of_record as handed_over
from euthymia.clinic.visits.queries.missing import missing
from euthymia.clinic.visits.record import Record
from euthymia.protocol import programme, programme_form
from euthymia.protocol.programme_form import FormItem

_WENT_HOME = frozenset({"discharged", "left_against_advice"})


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that is not there yet, and the name of the page that puts it there."""

    sentence: str
    page: str = ""
    step: str = ""  # the part of that page's address after the visit


@dataclass(frozen=True, slots=True)
class FormView:
    """The safety programme's form of this visit: its fields, what is missing, by when, and whether it was sent."""

    items: tuple[FormItem, ...]
    due_on: date
    sent_at: datetime | None
    how: str
    said: dict[str, str]

    @property
    def missing(self) -> tuple[FormItem, ...]:
        """The fields nothing is on record for."""
        return tuple(each for each in self.items if each.is_missing)


@dataclass(frozen=True, slots=True)
class OfferView:
    """What became of the offer to talk the session through."""

    answer: str
    words: str
    detail: str
    at: datetime
    by: str
    meeting: str


@dataclass(frozen=True, slots=True)
class TaskLine:
    """One task the visit left, with its deadline."""

    id: UUID
    title: str
    due_at: datetime
    owner: str
    closed: bool


@dataclass(frozen=True, slots=True)
class Closing:
    """What the end of a visit rests on. ``form`` is ``None`` where no form is owed."""

    gaps: tuple[Gap, ...]
    form: FormView | None
    offer: OfferView | None
    offers: bool
    tasks: tuple[TaskLine, ...]
    meetings: tuple[tuple[UUID, str], ...]


def closing(viewer: Viewer, visit_id: UUID, now: datetime) -> Closing:
    """What is missing at the end of a visit, and what it owes."""
    return of_record(viewer, record_for(viewer, visit_id), now)


def of_record(viewer: Viewer, record: Record, now: datetime) -> Closing:
    """The same, from a record that is read already."""
    form = _form(viewer, record)
    dosed = record.t0 is not None and record.visit.state not in ("died", "closed_after_death")
    offer = _offer(record)
    return Closing(
        gaps=tuple(_gaps(record, form, offer, now, dosed=dosed)),
        form=form,
        offer=offer,
        offers=dosed,
        tasks=_tasks(viewer, record, now),
        meetings=_meetings(viewer, record),
    )


def _gaps(
    record: Record, form: FormView | None, offer: OfferView | None, now: datetime, *, dosed: bool
) -> list[Gap]:
    found = []
    if record.visit.state in _WENT_HOME and dosed:
        found += [Gap(each, "visits:sheet") for each in handed_over(record, now).missing]
    if record.infusion and record.last_dose_at is None:
        told = "Nobody has written when the infusion was stopped, and how much had been given."
        found.append(Gap(told, "visits:infusion", "stopped"))
    unanswered = [each for each in record.alarms if not hasattr(each, "acknowledgement")]
    if unanswered:
        found.append(Gap(f"Alarms that nobody answered: {len(unanswered)}.", "visits:acknowledge"))
    unexplained = [each for each in record.deviations if not hasattr(each, "answer")]
    if unexplained:
        found.append(Gap(f"Departures from the rules without a reason: {len(unexplained)}.", "visits:visit"))
    looked_for = missing(record)
    if looked_for is not None:
        found += [Gap(each.sentence, "visits:search") for each in looked_for.to_do]
    if form is not None and form.missing and form.sent_at is None:
        found.append(Gap(f"Missing for the programme's form: {len(form.missing)}.", "visits:programme_form"))
    if dosed and offer is None:
        found.append(Gap("Nobody has written whether a meeting to integrate was offered.", "visits:offer"))
    return found


def _form(viewer: Viewer, record: Record) -> FormView | None:
    if not form_facts.form_is_owed(record) or record.t0 is None:
        return None
    known = form_facts.programme_form(viewer, record)
    sent = record.form_sent
    return FormView(
        items=programme_form.items(known),
        due_on=programme.form_due(record.local(record.t0).date(), record.rules),
        sent_at=sent.measured_at if sent else None,
        how=sent.how if sent else "",
        said=dict(known.said),
    )


def _offer(record: Record) -> OfferView | None:
    row = record.offer
    if row is None:
        return None
    meeting = row.appointment
    return OfferView(
        answer=row.answer,
        words=OfferAnswer(row.answer).label,
        detail=row.detail,
        at=row.measured_at,
        by=row.recorded_by.name,
        meeting=_meeting(record, meeting.starts_at, meeting.therapist.name) if meeting else "",
    )


def _meetings(viewer: Viewer, record: Record) -> tuple[tuple[UUID, str], ...]:
    return tuple(
        (each.id, _meeting(record, each.starts_at, each.therapist))
        for each in courses.appointments(viewer, record.visit.course_id)
        if each.is_open and each.kind == "Integration"
    )


def _meeting(record: Record, starts_at: datetime, therapist: str) -> str:
    at = record.local(starts_at)
    return f"{at:%A} {at.day} {at:%B, %H:%M} with {therapist}"


def _tasks(viewer: Viewer, record: Record, now: datetime) -> tuple[TaskLine, ...]:
    origins = {f"visit:{record.visit.id}", f"form:{record.visit.id}"}
    origins |= {f"exit:{each.id}" for each in record.exits}
    return tuple(
        TaskLine(each.id, each.title, each.due_at, each.owner, each.done_at is not None)
        for each in safety.tasks_of(viewer, record.visit.course.patient_id, now)
        if each.origin in origins
    )
