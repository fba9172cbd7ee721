"""What this room, which stands below the patients, must ask about one; ``config`` wires the questions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from euthymia.clinic.access.viewer import NotFound, Viewer


@dataclass(frozen=True, slots=True)
class Restricted:
    """A restricted patient, as somebody may see them who has no access yet: a number and no name."""

    id: UUID
    record_number: str
    chart_url: str


def _nobody(viewer: Viewer, patient_id: UUID) -> Any:
    raise NotFound


_find_restricted: Callable[[Viewer, UUID], Restricted] = _nobody
_require_chart: Callable[[Viewer, UUID], Any] = _nobody


def wire(
    *, find_restricted: Callable[[Viewer, UUID], Restricted], require_chart: Callable[[Viewer, UUID], Any]
) -> None:
    """Set how a restricted patient is found, and how it is made sure that somebody may see a chart.

    Both raise NotFound for a patient of another clinic; the second also for a restricted one whose chart
    the viewer has not opened.
    """
    global _find_restricted, _require_chart
    _find_restricted, _require_chart = find_restricted, require_chart


def restricted_patient(viewer: Viewer, patient_id: UUID) -> Restricted:
    """The restricted patient of the viewer's clinic. Raises NotFound for anybody else."""
    return _find_restricted(viewer, patient_id)


def require_chart(viewer: Viewer, patient_id: UUID) -> None:
    """Raise NotFound unless the viewer may see this patient's chart now."""
    _require_chart(viewer, patient_id)
