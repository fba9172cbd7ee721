"""Reads of stored calculations. Nothing here computes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.forecasts.models import Calculation, CalculationRequest, Outcome


class State(StrEnum):
    """What became of the latest question about a subject."""

    PENDING = "pending"
    OK = "ok"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Answer:
    """One stored answer, with what it was computed from."""

    calculation_id: UUID
    request: dict[str, Any]
    result: dict[str, Any]
    sentence: str
    model_id: str
    model_version: str
    parameters_hash: str
    seed: int | None
    requested_at: datetime
    computed_at: datetime
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """The latest question about a subject, and the latest answer there is.

    While ``state`` is not ok, ``answer`` may be an earlier one: it is then ``superseded``, because what it
    was computed from has changed since.
    """

    state: State
    requested_at: datetime
    sentence: str
    answer: Answer | None

    @property
    def superseded(self) -> bool:
        """Whether the answer shown was computed from facts that have since changed."""
        return self.answer is not None and self.state is not State.OK


def latest(viewer: Viewer, *, kind: str, subject: UUID) -> Forecast | None:
    """The forecast of this kind for a subject of the viewer's clinic; ``None`` when nothing was asked.

    The caller has made sure that the viewer may see the subject. Raises Denied without VIEW_CHART.
    """
    viewer.require(Permission.VIEW_CHART)
    asked = (
        CalculationRequest.objects.filter(clinic_id=viewer.clinic_id, kind=kind, subject=subject)
        .select_related("calculation")
        .order_by("-recorded_at", "-id")
    )
    chain = list(asked)
    current = next((each for each in chain if each.id not in {other.corrects_id for other in chain}), None)
    if current is None:
        return None
    answered = [each.calculation for each in chain if _calculation(each) and each.calculation.outcome == Outcome.OK]
    calculation = _calculation(current)
    return Forecast(
        state=State(calculation.outcome) if calculation else State.PENDING,
        requested_at=current.recorded_at,
        sentence=calculation.sentence if calculation else "",
        answer=_answer(answered[0]) if answered else None,
    )


def _calculation(request: CalculationRequest) -> Calculation | None:
    return getattr(request, "calculation", None)


def _answer(calculation: Calculation) -> Answer:
    return Answer(
        calculation_id=calculation.id,
        request=calculation.request.request,
        result=calculation.result or {},
        sentence=calculation.sentence,
        model_id=calculation.model_id,
        model_version=calculation.model_version,
        parameters_hash=calculation.parameters_hash,
        seed=calculation.seed,
        requested_at=calculation.request.recorded_at,
        computed_at=calculation.recorded_at,
        duration_ms=calculation.duration_ms,
    )
