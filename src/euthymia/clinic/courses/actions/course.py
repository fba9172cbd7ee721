"""Opening a course and moving it: one action for every change of state, by the table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Denied, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import Refused, made_with
from euthymia.clinic.audit.times import check_not_future
from euthymia.clinic.courses import ending, gates, rows, words
from euthymia.clinic.courses.models import (
    Course,
    CourseTransition,
    Indication,
    IntakeDraft,
    SessionTakenBack,
    TreatedSession,
)
from euthymia.clinic.people import queries as people
from euthymia.clinic.people import retired
from euthymia.protocol import COURSE, Finding, Product, Transition


@transaction.atomic
def refer(
    *,
    by: Viewer,
    at: datetime,
    patient_id: UUID,
    product: Product,
    referred_by: str,
    referred_on: date,
    referral_reason: str,
    episode_started_on: date | None = None,
    indication: Indication = Indication.TRD,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Open a course for a patient who was referred, and return its id.

    Raises:
        Refused: the patient has a course that is not over, or a date lies in the future.
    """
    by.require(Permission.RECORD_HISTORY)
    patient = people.row(by, patient_id)
    if earlier := _opened_with(patient.id, idempotency_key):
        return earlier.id
    retired.check_takes_orders(patient.id)
    _check_days(at, patient.birth_date, referred_on=referred_on, episode_started_on=episode_started_on)
    course = Course(
        clinic_id=by.clinic_id,
        patient=patient,
        product=product.value,
        indication=indication,
        referred_by=referred_by.strip(),
        referred_on=referred_on,
        referral_reason=referral_reason.strip(),
        episode_started_on=episode_started_on,
        state_since=at,
        opened_by_key=idempotency_key,
    )
    try:
        with transaction.atomic():
            course.save(force_insert=True)
    except IntegrityError:
        raise Refused("This patient has a course that is not over. End it before another begins.") from None
    audit.record(by=by, verb="courses.refer", at=at, patient_id=patient.id, subject=f"course {course.id}")
    return course.id


@transaction.atomic
def advance(
    *,
    by: Viewer,
    at: datetime,
    course_id: UUID,
    event: str,
    captured: Mapping[str, str] | None = None,
    happened_at: datetime | None = None,
    cancel_visits: bool = False,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Move a course by one row of the table and return the transition's id. The only door to its state.

    With ``cancel_visits`` a course that ends takes its booked visits off the board, for the same reason.

    Raises:
        Denied: none of the person's roles may record this event.
        Refused: the table has no such row, its gate is shut, or the time lies in the future.
    """
    if cancel_visits:
        ending.hold(by=by, course_id=course_id)
    course = rows.locked(by, course_id)
    if earlier := made_with(CourseTransition, idempotency_key, course_id=course.id, event=event):
        return earlier.id
    when = happened_at or at
    check_not_future(when, at, "happened_at")
    row = _row(course, event)
    _check_role(by, row)
    _check_gate(by, course, row, at)
    transition = CourseTransition.objects.create(
        clinic_id=by.clinic_id,
        recorded_at=at,
        recorded_by_id=by.user_id,
        idempotency_key=idempotency_key,
        course=course,
        event=event,
        source=row.source,
        target=row.target,
        happened_at=when,
        captured=dict(captured or {}),
    )
    course.state = row.target
    course.state_since = when
    course.save(update_fields=["state", "state_since"])
    if row.target in COURSE.terminal:
        _empty_drafts(course)
        if cancel_visits:
            ending.take_off(by=by, at=at, course_id=course.id, why=_why_over(row, captured or {}))
    audit.record(
        by=by,
        verb=f"courses.{event}",
        at=at,
        patient_id=course.patient_id,
        subject=f"course {course.id}",
        detail={"from": row.source, "to": row.target},
    )
    return transition.id


@transaction.atomic
def record_treated_session(
    *,
    by: Viewer,
    at: datetime,
    course_id: UUID,
    visit_id: UUID,
    started_at: datetime,
    on: date,
    mg_per_kg: Decimal | None = None,
) -> int:
    """Count a session in which a dose was given, and return its number in the course. Called by the visit.

    Never refused for the course's state: a dose that was given is recorded. The first one begins induction.
    """
    by.require(Permission.RECORD_ADMINISTRATION)
    course = rows.locked(by, course_id)
    treated = rows.treated(course)
    known = next((each for each in treated if each.visit == visit_id), None)
    if known is not None:
        return known.number
    number = len(treated) + 1
    free = TreatedSession.objects.current().filter(course=course, number=number).first()
    session = TreatedSession.objects.create(
        clinic_id=by.clinic_id,
        recorded_at=at,
        recorded_by_id=by.user_id,
        corrects=free,
        reason="The session recorded under this number was taken back." if free else "",
        course=course,
        number=number,
        visit=visit_id,
        started_at=started_at,
        on=on,
        mg_per_kg=mg_per_kg,
    )
    if COURSE.find(course.state, "record_first_dose"):
        advance(
            by=by,
            at=at,
            course_id=course.id,
            event="record_first_dose",
            captured={"visit": str(visit_id)},
            happened_at=started_at,
        )
    audit.record(
        by=by,
        verb="courses.record_treated_session",
        at=at,
        patient_id=course.patient_id,
        subject=f"course {course.id}",
        detail={"visit": visit_id},
    )
    return session.number


@transaction.atomic
def take_back_treated_session(*, by: Viewer, at: datetime, course_id: UUID, visit_id: UUID, why: str) -> None:
    """No dose was given in that visit after all. Called by the visit whose only dose was another patient's.

    The course stays in the phase the dose had begun: a prescriber decides how it goes on.
    """
    by.require(Permission.RECORD_ADMINISTRATION)
    course = rows.locked(by, course_id)
    session = next((each for each in rows.treated(course) if each.visit == visit_id), None)
    if session is None:
        return
    SessionTakenBack.objects.create(
        clinic_id=by.clinic_id, recorded_at=at, recorded_by_id=by.user_id, session=session, why=why
    )
    audit.record(
        by=by,
        verb="courses.take_back_treated_session",
        at=at,
        patient_id=course.patient_id,
        subject=f"course {course.id}",
        detail={"visit": visit_id},
    )


def _why_over(row: Transition, captured: Mapping[str, str]) -> str:
    """Why visits of a course that ended are cancelled, as their record keeps it."""
    told = captured.get("reason", "").strip()
    return f"The course is over ({words.STATES[row.target].lower()}).{f' {told}' if told else ''}"


def _empty_drafts(course: Course) -> None:
    """Nobody can confirm any more what was typed at intake: nothing of it stays where nobody sees it."""
    drafts = IntakeDraft.objects.filter(course=course, is_open=True)
    drafts.update(texts={}, is_open=False, page=None, version=F("version") + 1)


def blocked_words(blocked: tuple[Finding, ...]) -> str:
    """What holds a gate shut, as one sentence for the person who ran into it."""
    return " ".join(f"{found.rule}: {found.sentence}" for found in blocked)


def _opened_with(patient_id: UUID, key: UUID | None) -> Course | None:
    found = made_with(Course, key, field="opened_by_key")
    if found is not None and found.patient_id != patient_id:
        raise Refused("This form was sent for another patient. Open this patient again and enter it there.")
    return found


def _row(course: Course, event: str) -> Transition:
    row = COURSE.find(course.state, event)
    if row is None:
        label, state = words.EVENTS.get(event, event), words.STATES[course.state]
        raise Refused(f"“{label}” does not follow on “{state}”. Somebody may have moved this course.")
    return row


def _check_role(by: Viewer, row: Transition) -> None:
    if not any(role.value in row.roles for role in by.roles):
        allowed = " or ".join(role.replace("_", " ") for role in row.roles)
        raise Denied(f"“{words.EVENTS[row.event]}” is recorded by a {allowed}.")


def _check_gate(by: Viewer, course: Course, row: Transition, at: datetime) -> None:
    if row.gate is None:
        return
    result = gates.result(row.gate, by, course, timezone.localtime(at))
    if not result.is_open:
        raise Refused(blocked_words(result.blocked_by))


def _check_days(at: datetime, born: date, **days: date | None) -> None:
    today = timezone.localtime(at).date()
    for field, day in days.items():
        if day is not None and day > today:
            raise Refused("This day lies in the future.", field)
        if day is not None and day < born:
            raise Refused("This day lies before the patient was born.", field)
