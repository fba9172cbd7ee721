"""Writing answers: the wording is frozen with them, the total computed once, what alarms passed on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import Refused, insert_once
from euthymia.clinic.audit.times import check_not_future, entered_offset_min
from euthymia.clinic.measures.events import ANSWERED, Answered
from euthymia.clinic.measures.models import MoodRating, QuestionnaireResponse
from euthymia.clinic.measures.queries import PHQ_9, RISK_ITEMS
from euthymia.clinic.people import queries as people
from euthymia.evidence import Instrument, instrument


@transaction.atomic
def record_answers(
    *,
    by: Viewer,
    at: datetime,
    patient_id: UUID,
    answers: Mapping[str, int],
    taken_at: datetime,
    mode: str,
    instrument_id: str = PHQ_9,
    difficulty: str = "",
    corrects: UUID | None = None,
    reason: str = "",
    idempotency_key: UUID | None = None,
) -> UUID:
    """Record a filled-in questionnaire: item id to score, an item left out was not answered.

    Raises:
        Refused: an answer is none of the item's, nothing was answered, or the time lies in the future.
    """
    by.require(Permission.RECORD_MEASURE)
    patient = people.row(by, patient_id)
    check_not_future(taken_at, at, "taken_at")
    form = instrument(instrument_id)
    fact, new = insert_once(
        QuestionnaireResponse(
            patient=patient,
            clinic_id=by.clinic_id,
            recorded_at=at,
            recorded_by_id=by.user_id,
            idempotency_key=idempotency_key,
            instrument=form.id,
            instrument_version=form.version,
            wording_sha256=form.wording_sha256,
            wording=_wording(form),
            answers=dict(answers),
            difficulty=_difficulty(form, difficulty),
            total=_total(form, answers),
            recall_days=form.recall.value,
            taken_at=taken_at,
            entered_offset_min=entered_offset_min(taken_at),
            mode=mode,
        ),
        corrects=corrects,
        among=QuestionnaireResponse.objects.filter(patient=patient, instrument=form.id),
        reason=reason,
    )
    if not new:
        return fact.id
    ANSWERED.publish(
        Answered(
            by=by,
            at=at,
            patient_id=patient.id,
            answers_id=fact.id,
            instrument=form.id,
            taken_at=taken_at,
            asks_risk=form.id in RISK_ITEMS,
            risk_item=answers.get(RISK_ITEMS.get(form.id, "")),
        )
    )
    audit.record(
        by=by,
        verb="measures.record_answers",
        at=at,
        patient_id=patient.id,
        subject=f"{form.id} {fact.id}",
        detail={"corrects": corrects} if corrects else {},
    )
    return fact.id


@transaction.atomic
def record_mood(
    *,
    by: Viewer,
    at: datetime,
    patient_id: UUID,
    mood: int,
    rated_at: datetime,
    mode: str,
    corrects: UUID | None = None,
    reason: str = "",
    idempotency_key: UUID | None = None,
) -> UUID:
    """Record a mood rating from 0 to 10.

    Raises:
        Refused: it is not from 0 to 10, or the time lies in the future.
    """
    by.require(Permission.RECORD_MEASURE)
    patient = people.row(by, patient_id)
    check_not_future(rated_at, at, "rated_at")
    if not 0 <= mood <= 10:
        raise Refused("A mood rating is a whole number from 0 to 10.", "mood")
    fact, new = insert_once(
        MoodRating(
            patient=patient,
            clinic_id=by.clinic_id,
            recorded_at=at,
            recorded_by_id=by.user_id,
            idempotency_key=idempotency_key,
            mood=mood,
            rated_at=rated_at,
            entered_offset_min=entered_offset_min(rated_at),
            mode=mode,
        ),
        corrects=corrects,
        among=MoodRating.objects.filter(patient=patient),
        reason=reason,
    )
    if new:
        audit.record(
            by=by, verb="measures.record_mood", at=at, patient_id=patient.id, subject=f"mood {fact.id}"
        )
    return fact.id


def _total(form: Instrument, answers: Mapping[str, int]) -> int | None:
    if not answers:
        raise Refused("No question was answered. Enter at least one answer.")
    try:
        return form.total(answers)
    except ValueError as error:
        raise Refused(str(error)) from None


def _difficulty(form: Instrument, words: str) -> str:
    if words and words not in {option.text for option in form.difficulty.options}:
        raise Refused("This is none of the answers to the last question.", "difficulty")
    return words


def _wording(form: Instrument) -> dict[str, Any]:
    """All that shows the answers again as they were given, whatever the instrument becomes."""
    return {
        "title": form.title,
        "credit": form.credit,
        "stem": form.stem,
        "items": [{"id": item.id, "text": item.text} for item in form.items],
        "options": [
            {"score": option.score.value, "text": option.text}
            for option in form.items[0].options
            if option.score is not None
        ],
        "difficulty": form.difficulty.text,
        "bands": [
            {"name": band.name, "lowest": band.lowest.value, "highest": band.highest.value}
            for band in form.bands
        ],
    }
