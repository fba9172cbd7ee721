"""Answers about history, and the signed decision on suitability."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import timezone

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Reauthenticated, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import Refused, insert_once, made_with
from euthymia.clinic.audit.times import check_not_future, entered_offset_min
from euthymia.clinic.courses import gates, rows
from euthymia.clinic.courses.actions.course import advance, blocked_words
from euthymia.clinic.courses.models import ConditionAnswer, Course, EligibilityDecision
from euthymia.protocol import Answer, Condition, Finding, gate, may_override


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The reply to one question about history. ``reason`` says why it differs from an earlier reply.

    ``event`` is when it happened, as the first and the last day it may have been: None when nobody said.
    """

    answer: Answer
    basis: str = ""
    reason: str = ""
    event: tuple[date, date] | None = None


@transaction.atomic
def answer_conditions(
    *,
    by: Viewer,
    at: datetime,
    course_id: UUID,
    replies: Mapping[Condition, Reply],
    answered_at: datetime,
    idempotency_key: UUID | None = None,
) -> int:
    """Record replies; one that says nothing new is left out. Returns how many were recorded.

    An earlier reply stays visible under the one that replaces it, with the reason.

    Raises:
        Refused: a reply lacks its basis, or a changed one its reason; the field is the condition's name.
    """
    by.require(Permission.RECORD_HISTORY)
    check_not_future(answered_at, at, "answered_at")
    course = rows.locked(by, course_id)
    standing = {row.condition: row for row in rows.answers(course)}
    recorded = 0
    for condition, reply in replies.items():
        before = standing.get(condition.name.lower())
        if _says_nothing_new(reply, before):
            continue
        fact = _answer(by, at, course, condition, reply, answered_at, idempotency_key)
        _check_reply(condition, reply, before, at)
        _, new = insert_once(
            fact,
            corrects=before.id if before else None,
            among=ConditionAnswer.objects.filter(course=course),
            reason=_why(reply, before),
        )
        recorded += new
    if recorded:
        audit.record(
            by=by,
            verb="courses.answer_conditions",
            at=at,
            patient_id=course.patient_id,
            subject=f"course {course.id}",
            detail={"conditions": [condition.name.lower() for condition in replies]},
        )
    return recorded


@transaction.atomic
def decide_eligibility(
    *,
    by: Viewer,
    at: datetime,
    course_id: UUID,
    suitable: bool,
    rationale: str,
    overrides: Mapping[str, str],
    seen: Collection[str],
    reauth: Reauthenticated,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Sign the decision on suitability over the findings as they stand, and move the course.

    ``seen`` holds the fingerprints of the findings on the signer's screen: what was not seen is not signed.
    ``overrides`` maps the fingerprint of a violated finding to the prescriber's reason.

    Raises:
        Refused: the findings changed since they were shown, a suitable decision meets a shut gate, or an
            override has no reason or passes what nobody may pass.
    """
    by.require(Permission.DECIDE_ELIGIBILITY)
    course = rows.locked(by, course_id)
    if earlier := made_with(EligibilityDecision, idempotency_key, course_id=course.id):
        return earlier.id
    found = gates.findings("eligibility", by, course, timezone.localtime(at))
    check_seen(found, seen)
    given = {key: reason.strip() for key, reason in overrides.items() if suitable}
    check_overrides(found, given)
    if suitable and (blocked := gate(found, given).blocked_by):
        raise Refused(f"This cannot be signed as suitable. {blocked_words(blocked)}")
    if not suitable and not rationale.strip():
        raise Refused("Say why the patient is not suitable.", "rationale")
    content = {
        "course": course.id,
        "suitable": suitable,
        "rationale": rationale.strip(),
        "findings": [each.to_json() for each in found],
        "overrides": given,
    }
    meaning = "I find this patient suitable" if suitable else "I find this patient not suitable"
    signature = audit.sign(
        by=by, meaning=meaning, content=content, reauth=reauth, at=at, patient_id=course.patient_id
    )
    decision = EligibilityDecision.objects.create(
        clinic_id=by.clinic_id,
        recorded_at=at,
        recorded_by_id=by.user_id,
        idempotency_key=idempotency_key,
        course=course,
        suitable=suitable,
        rationale=rationale.strip(),
        findings=content["findings"],
        overrides=given,
        signature=signature,
    )
    advance(
        by=by,
        at=at,
        course_id=course.id,
        event="find_eligible" if suitable else "find_not_eligible",
        captured={"decision": str(decision.id), "reason": rationale.strip()},
    )
    if suitable:
        _go_on_by_earlier_consent(by, at, course)
    return decision.id


def _go_on_by_earlier_consent(by: Viewer, at: datetime, course: Course) -> None:
    """A consent that was signed before suitability was decided, and stands, need not be signed again."""
    signed = rows.consent(course)
    if signed is None or not gates.result("consent", by, course, timezone.localtime(at)).is_open:
        return
    advance(
        by=by,
        at=at,
        course_id=course.id,
        event="record_consent",
        captured={"text version": signed.text_version, "consent": str(signed.id)},
    )


def check_seen(found: Collection[Finding], seen: Collection[str]) -> None:
    """Refuse a signature under findings that are not those the signer was shown."""
    if {each.fingerprint for each in found} != set(seen):
        raise Refused("Something this rests on changed after the page was opened. Read it again, then sign.")


def check_overrides(found: Collection[Finding], overrides: Mapping[str, str]) -> None:
    """Refuse an override without its reason, or of a finding that nobody may override."""
    may = {each.fingerprint for each in found if may_override(each)}
    for fingerprint, reason in overrides.items():
        if fingerprint not in may:
            raise Refused("An override was given for something that cannot be overridden.")
        if not reason:
            raise Refused("An override needs the prescriber's reason.", "overrides")


def _says_nothing_new(reply: Reply, before: ConditionAnswer | None) -> bool:
    if before is None:
        return reply.answer is Answer.NOT_ASKED
    return (reply.answer.value, reply.basis.strip(), reply.event) == (
        before.answer,
        before.basis,
        _event(before),
    )


def _event(row: ConditionAnswer) -> tuple[date, date] | None:
    return (row.event_earliest, row.event_latest) if row.event_earliest and row.event_latest else None


def _check_reply(condition: Condition, reply: Reply, before: ConditionAnswer | None, at: datetime) -> None:
    field = condition.name.lower()
    if reply.answer is not Answer.NOT_ASKED and not reply.basis.strip():
        raise Refused(f"Say how it is known, for {condition.value}: who said so, or which test.", field)
    if before is not None and before.answer != Answer.NOT_ASKED and not reply.reason.strip():
        raise Refused(f"Say why the answer changed, for {condition.value}.", field)
    if reply.event is not None:
        _check_event(condition, reply.event, at)


def _check_event(condition: Condition, event: tuple[date, date], at: datetime) -> None:
    first, last = event
    if first > last or first > timezone.localtime(at).date():
        raise Refused(f"This date cannot be, for {condition.value}. Check the year.", condition.name.lower())


def _why(reply: Reply, before: ConditionAnswer | None) -> str:
    if before is not None and before.answer == Answer.NOT_ASKED:
        return reply.reason.strip() or "Asked since."
    return reply.reason.strip()


def _answer(
    by: Viewer,
    at: datetime,
    course: Course,
    condition: Condition,
    reply: Reply,
    answered_at: datetime,
    key: UUID | None,
) -> ConditionAnswer:
    return ConditionAnswer(
        clinic_id=by.clinic_id,
        recorded_at=at,
        recorded_by_id=by.user_id,
        idempotency_key=uuid5(key, condition.name) if key else None,
        course=course,
        condition=condition.name.lower(),
        answer=reply.answer.value,
        basis=reply.basis.strip(),
        event_earliest=reply.event[0] if reply.event else None,
        event_latest=reply.event[1] if reply.event else None,
        answered_at=answered_at,
        entered_offset_min=entered_offset_min(answered_at),
    )
