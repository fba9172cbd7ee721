"""Where a visit's page leads: the one thing to do next, and the ways out that are always there."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.urls import reverse
from django.utils.timezone import localtime

from euthymia.clinic.access.pages import opens_to
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.visits.queries import Live, VisitPage
from euthymia.protocol import DueState, Product

_OPEN = {DueState.DUE.value, DueState.OVERDUE.value}


@dataclass(frozen=True, slots=True)
class Way:
    """A button: where it leads, and whether it writes at once."""

    label: str
    url: str
    primary: bool = False
    post: bool = False


def next_steps(view: VisitPage, viewer: Viewer) -> tuple[Way, ...]:
    """The buttons of the bar at the bottom; the last one is what comes next."""
    ways = _BY_STATE.get(view.state, lambda view: [])(view)
    return tuple(
        Way(label, reverse(f"visits:{name}", args=[view.visit_id, *rest]), primary, post)
        for label, name, permission, primary, post, *rest in ways
        if viewer.may(permission)
    )


def waiting_words(view: VisitPage) -> str:
    """What a person who can do nothing now should know."""
    return {
        "ready": "A prescriber signs the order.",
        "ordered": "Waiting for the first dose.",
        "scheduled": "Waiting for the patient.",
    }.get(view.state, "")


_Ways = list[tuple[Any, ...]]
_P = Permission


def _scheduled(view: VisitPage) -> _Ways:
    return [("Check in", "start", _P.RECORD_CHECK_IN, True, False)]


def _checking_in(view: VisitPage) -> _Ways:
    return [("Finish check-in", "finish_check_in", _P.RECORD_CHECK_IN, True, True)]


def _ready(view: VisitPage) -> _Ways:
    return [("Write the order", "order", _P.PRESCRIBE, True, False)]


def _dosing(view: VisitPage) -> _Ways:
    ways = _giving(view)
    if view.confirmation is None or view.confirmation.stands:
        return ways
    # Not confirmed yet: that is what comes next, and what was given already can be recorded all the same.
    later = [(label, name, permission, False, *more) for label, name, permission, _, *more in ways]
    return [*later, ("Confirm at the bedside", "bedside_check", _P.RECORD_ADMINISTRATION, True, False)]


def _giving(view: VisitPage) -> _Ways:
    record = _P.RECORD_ADMINISTRATION
    if view.product is Product.ESKETAMINE_NASAL:
        more: _Ways = []
        if view.dosing.devices:
            more.append(("No further device", "no_more_devices", record, False, False))
        number = view.dosing.next_number
        return [*_reading(view), *more, (f"Device {number}", "device", record, True, False)]
    if by_mouth_or_muscle(view):
        return _direct(view)
    if view.dosing.infusion_state == "":
        return [("Start the infusion", "infusion", record, True, False, "started")]
    pause = ("Resume", "resumed") if view.dosing.infusion_state == "paused" else ("Pause", "paused")
    return [
        *_reading(view),
        ("Change rate", "infusion", record, False, False, "rate-changed"),
        (pause[0], "infusion", record, False, False, pause[1]),
        ("Stop early", "infusion", record, False, False, "stopped"),
        ("Infusion ended", "infusion", record, True, False, "ended"),
    ]


def by_mouth_or_muscle(view: VisitPage) -> bool:
    """Whether the dose in hand needs neither device nor pump."""
    ordered = view.dosing.order is not None and bool(view.dosing.order.route)
    return bool(view.dosing.direct) or (ordered and not view.dosing.infusion)


def _direct(view: VisitPage) -> _Ways:
    record = _P.RECORD_ADMINISTRATION
    if view.dosing.in_mouth:
        return [*_reading(view), ("Out of the mouth", "direct_out", record, True, False)]
    more: _Ways = [("No further dose", "no_more_devices", record, False, False)] if view.dosing.direct else []
    number = view.dosing.next_direct
    return [
        *_reading(view),
        *more,
        (f"Dose {number}" if number > 1 else "Dose", "direct", record, True, False),
    ]


def _reading(view: VisitPage) -> _Ways:
    if not view.live.t0:
        return []
    return [("Readings", "observe", _P.RECORD_OBSERVATION, False, False)]


def _monitoring(view: VisitPage) -> _Ways:
    ready = not view.needed
    ways: _Ways = [("Record readings", "observe", _P.RECORD_OBSERVATION, not ready, False)]
    if ready:
        ways.append(("Ready to leave", "ready_to_leave", _P.DISCHARGE, True, True))
    return ways


def _ready_to_leave(view: VisitPage) -> _Ways:
    return [*_reading(view), ("Discharge", "discharge", _P.DISCHARGE, True, False)]


def _emergency(view: VisitPage) -> _Ways:
    return [*_reading(view), ("Stable again", "stabilise", _P.RECORD_OBSERVATION, True, False)]


def _left(view: VisitPage) -> _Ways:
    return [("Close the visit", "close", _P.RECORD_OBSERVATION, True, False)]


def _gone(view: VisitPage) -> _Ways:
    return [
        ("Close the visit", "close", _P.RECORD_OBSERVATION, False, False),
        ("The patient is back", "back", _P.RECORD_OBSERVATION, True, False),
    ]


_BY_STATE = {
    "scheduled": _scheduled,
    "checking_in": _checking_in,
    "ready": _ready,
    "ordered": _dosing,
    "administering": _dosing,
    "monitoring": _monitoring,
    "ready_to_leave": _ready_to_leave,
    "emergency": _emergency,
    "emergency_before_dose": _emergency,
    "discharged": _left,
    "withheld": _left,
    "left_against_advice": _left,
    "transferred": _left,
    "died": _left,
    "eloped": _gone,
    "eloped_before_dose": _gone,
}

_EXITS = (
    ("reopen_check_in", "Open check-in again", "reopen_check_in"),
    ("withhold", "No dose today", "withhold"),
    ("record_first_dose", "A dose was given without an order", ""),
    ("record_further_dose", "A further dose was given", ""),
    ("resume_monitoring", "Back to monitoring", "resume_monitoring"),
    ("transfer", "Transfer", "transfer"),
    ("leave_against_advice", "Leaves against advice", "against_advice"),
    ("record_elopement", "Walked out unseen", "gone"),
    ("record_death", "Death", "death"),
    ("end_follow_up", "End the follow-up: not reached", "end_follow_up"),
    ("cancel", "Cancel the visit", "cancel"),
    ("record_missed", "Did not come", "missed"),
)


def exits(view: VisitPage, viewer: Viewer) -> tuple[Way, ...]:
    """Every other way on from here, for this viewer. What happened is always recordable, an unordered dose too."""
    found = []
    for event, label, name in _EXITS:
        if event not in view.events or (event == "record_first_dose" and view.state == "ordered"):
            continue
        args: list[Any] = [view.visit_id]
        if not name and view.product is Product.KETAMINE_IV:
            said = f"{label}: into the muscle or by mouth"
            found.append(Way(said, reverse("visits:direct", args=args)))
        if not name and view.product is Product.ESKETAMINE_NASAL:
            name = "device"
        elif not name:
            if event == "record_further_dose":
                continue
            name, args = "infusion", [view.visit_id, "started"]
        if view.state == "scheduled" and event == "transfer" and not _is_today(view):
            continue  # who is not in the house yet is recorded as taken elsewhere
        url = reverse(f"visits:{name}", args=args)
        if opens_to(viewer, url):
            found.append(Way(label, url))
    if _is_away(view) and viewer.may(_P.RECORD_OBSERVATION):
        found.append(
            Way(
                "Taken ill, or to hospital, away from here", reverse("visits:elsewhere", args=[view.visit_id])
            )
        )
    return tuple(found)


def _is_today(view: VisitPage) -> bool:
    """Whether the visit is of today: who is expected may stand at the door, or lie before it."""
    return localtime(view.scheduled_at).date() == localtime(view.live.read_at).date()


def _is_away(view: VisitPage) -> bool:
    return not view.live.here and view.state not in ("died", "closed_after_death")


def emergency(view: VisitPage) -> str:
    """Where one press declares an emergency, from every part of the page; none where nobody can be here."""
    if "declare_emergency" not in view.events or (view.state == "scheduled" and not _is_today(view)):
        return ""
    return reverse("visits:emergency", args=[view.visit_id])


def due_items(live: Live, viewer: Viewer) -> list[dict[str, Any]]:
    """The due list with where each line leads who may take readings."""
    may_record = viewer.may(_P.RECORD_OBSERVATION)
    items = []
    for due in live.due:
        item: dict[str, Any] = asdict(due)
        if may_record and due.status in _OPEN:
            item["url"] = reverse("visits:observe", args=[live.visit_id])
        if may_record and (due.status in _OPEN or due.status == DueState.UPCOMING.value):
            item["waive_url"] = reverse("visits:waive", args=[live.visit_id, due.key])
        items.append(item)
    return items
