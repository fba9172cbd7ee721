"""Reads of stored calculations. Nothing here computes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Any
from uuid import UUID

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.forecasts.models import WAITED_FOR, Calculation, CalculationRequest, Outcome

_LEFT = "None was made while the visit ran, and none is made now that it is over."


class State(StrEnum):
    """What became of the latest question about a subject."""

    PENDING = "pending"
    OK = "ok"
    FAILED = "failed"
    LEFT = "left"
    """Not answered while somebody waited; it is not answered any more."""


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

    kind: str
    state: State
    requested_at: datetime
    sentence: str
    answer: Answer | None

    @property
    def superseded(self) -> bool:
        """Whether the answer shown was computed from facts that have since changed."""
        return self.answer is not None and self.state is not State.OK


def latest(viewer: Viewer, *, subject: UUID, now: datetime) -> tuple[Forecast, ...]:
    """The forecasts for a subject of the viewer's clinic, one for each kind asked for; empty when none was.

    The caller has made sure that the viewer may see the subject. Raises Denied without VIEW_CHART.
    """
    viewer.require(Permission.VIEW_CHART)
    rows = (
        CalculationRequest.objects.filter(clinic_id=viewer.clinic_id, subject=subject)
        .select_related("calculation")
        .order_by("kind", "-recorded_at")
    )
    return tuple(
        _forecast(kind, list(chain), now) for kind, chain in groupby(rows, key=lambda asked: asked.kind)
    )


def _forecast(kind: str, chain: list[CalculationRequest], now: datetime) -> Forecast:
    corrected = {asked.corrects_id for asked in chain}
    current = next(asked for asked in chain if asked.id not in corrected)
    calculation = _calculation(current)
    answered = [found for asked in chain if (found := _calculation(asked)) and found.outcome == Outcome.OK]
    state = State.LEFT if current.recorded_at < now - WAITED_FOR else State.PENDING
    return Forecast(
        kind=kind,
        state=State(calculation.outcome) if calculation else state,
        requested_at=current.recorded_at,
        sentence=calculation.sentence if calculation else _LEFT if state is State.LEFT else "",
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
