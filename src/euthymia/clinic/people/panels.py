"""The panels of a chart. The chart stands here; what is on it comes from the rooms above."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.safestring import SafeString

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer

Render = Callable[[Viewer, UUID, datetime], SafeString | None]


@dataclass(frozen=True, slots=True)
class Panel:
    """One part of a page about a patient, drawn on the server; nothing is drawn where it returns None.

    ``place`` is "chart", "details" (what the front desk sees) or "course" (the page of the patient's course).
    ``side`` puts it beside the main column, ``order`` among the others.
    """

    key: str
    order: int
    permission: Permission
    render: Render
    place: str = "chart"
    side: bool = False


@dataclass(frozen=True, slots=True)
class Drawn:
    """A panel as the page holds it."""

    key: str
    html: SafeString


_panels: dict[str, Panel] = {}


def register(panel: Panel) -> None:
    """Put a panel on the page; the same key again replaces it."""
    _panels[panel.key] = panel


def drawn(viewer: Viewer, patient_id: UUID, now: datetime, *, place: str, side: bool) -> tuple[Drawn, ...]:
    """The panels of a place that this person may see, in order."""
    wanted = [
        panel
        for panel in _panels.values()
        if (panel.place, panel.side) == (place, side) and viewer.may(panel.permission)
    ]
    made = [(panel, panel.render(viewer, patient_id, now)) for panel in sorted(wanted, key=lambda p: p.order)]
    return tuple(Drawn(panel.key, html) for panel, html in made if html is not None)
