"""A missed session: what the rules propose, what the prescriber decides, and the schedule made again from there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Reauthenticated, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import Refused, made_with
from euthymia.clinic.courses import lapses, rows
from euthymia.clinic.courses.actions.course import advance
from euthymia.clinic.courses.actions.planned import NewPlan, write_plan
from euthymia.clinic.courses.models import MissedSession
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.protocol import Finding, missed


def judge_missed(
    viewer: Viewer, course_id: UUID, now: datetime, *, worse: str, next_on: date | None, decision: str = ""
) -> tuple[tuple[Finding, ...], missed.Proposal]:
    """What the rules say of the missed sessions, and what they propose; ``now`` in the clinic's own zone."""
    course = rows.course(viewer, course_id)
    facts = lapses.missed_facts(course, now, worse=worse, next_on=next_on, decision=decision)
    book = rulebook.book(course.clinic_id)
    return missed.assess(facts, book, now), missed.proposal(facts, book, now)


@transaction.atomic
def decide_missed(
    *,
    by: Viewer,
    at: datetime,
    course_id: UUID,
    worse: str,
    decision: str,
    new: NewPlan,
    overrides: Mapping[str, str],
    seen: Collection[str],
    reauth: Reauthenticated,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Sign how to go on after a missed session. The sessions still to come are made again from the day that was
    chosen; those of the plan before stay on record with it.

    Raises:
        Refused: no session was missed, no reason, a way on that this phase does not know, or a rule against it.
    """
    by.require(Permission.PRESCRIBE)
    course = rows.locked(by, course_id)
    if earlier := made_with(MissedSession, idempotency_key, course_id=course.id):
        return earlier.id
    now = timezone.localtime(at)
    lost = lapses.first_missed(course, now.date())
    if lost is None:
        raise Refused("No session was missed: every one whose window is over was given.")
    if not new.why.strip():
        raise Refused("Say why you go on in this way.", "why")
    event = lapses.event_of(course, decision)
    before = rows.plan(course)
    assert before is not None  # what was missed stands in a plan
    found, _ = judge_missed(
        by, course_id, now, worse=worse, next_on=new.first_session_on, decision=new.why.strip()
    )
    made = write_plan(by, at, course, new, overrides, seen, reauth, None, event=event)
    fact = MissedSession.objects.create(
        clinic_id=by.clinic_id,
        recorded_at=at,
        recorded_by_id=by.user_id,
        idempotency_key=idempotency_key,
        course=course,
        plan=before,
        number=lost.number,
        target_on=lost.target_on,
        worse=worse,
        decision=decision,
        why=new.why.strip(),
        findings=[each.to_json() for each in found],
        new_plan=made,
    )
    advance(
        by=by,
        at=at,
        course_id=course.id,
        event=event,
        captured={"plan": str(made.id), "reason": new.why.strip(), "missed": str(fact.id)},
    )
    audit.record(
        by=by,
        verb="courses.decide_missed",
        at=at,
        patient_id=course.patient_id,
        subject=f"course {course.id}",
        detail={"missed": fact.id, "plan": made.id},
    )
    return fact.id
