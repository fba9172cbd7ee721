"""Where a rule that is not met is answered: a piece of check-in, a page of the course, a decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.timezone import localtime

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import queries as courses
from euthymia.clinic.visits.queries._check_in import Piece
from euthymia.clinic.visits.queries.weighed import Weighed

_P = Permission


@dataclass(frozen=True, slots=True)
class Place:
    """What is pressed to get there."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Held:
    """A finding with its weight, and where it is answered; ``place`` is None where no page of ours does."""

    weighed: Weighed
    place: Place | None


_AT_CHECK_IN = {
    "pressure": ("PRE-1", "PRE-2", "PRE-3", "PRE-5", "IV-CI-4"),
    "weight": ("IV-DOSE-4", "ROUTE-5"),
    "fasting": ("PRE-6",),
    "nasal-product": ("PRE-7",),
    "medicines": ("PRE-11", "COMB-1", "COMB-2", "IV-CI-16", "WP-13", "WP-13-STIM", "WP-13-MAOI", "WP-13-BP"),
    "substances": ("PRE-14",),
    "maintenance": ("MIS-4", "MIS-5", "MIS-5b"),
    "pressure-risk": ("PRE-4", "IV-CI-1"),
    "pregnancy": ("PRE-12",),
    "programme": ("PRE-10",),
    "risk": ("PRE-13", "SUI-4"),
    "high-risk": ("SUI-9",),
    "escort": ("PRE-9",),
    "instructions": ("MON-8",),
}
_LABELS = {
    "pressure": "Measure it",
    "weight": "Weigh",
    "medicines": "Go through the medicines",
    "programme": "Check the site",
    "risk": "Judge the risk",
    "high-risk": "Decide",
    "instructions": "Let the patient sign",
}
_IN_THE_COURSE = {
    "REMS-5": ("programme", "See to the enrolment form", _P.RECORD_HISTORY),
    "MBC-5": ("benefit", "Decide about benefit", _P.PRESCRIBE),
    "MIS-1": ("intake", "Write down the assessment", _P.RECORD_HISTORY),
    "PRE-8": ("history", "Answer the question", _P.RECORD_HISTORY),
    "IV-DOSE-8": ("plan", "Choose the weight", _P.PRESCRIBE),
}
_MISSED = ("MISS-1", "MISS-2", "MISS-3", "MISS-4")
_NEEDS = {
    "phq-9": _P.RECORD_MEASURE,
    "high-risk": _P.PRESCRIBE,
    "risk": _P.ASSESS_SUICIDE_RISK,
    "pressure": _P.RECORD_OBSERVATION,
}
_BY_RULE = {rule: name for name, rules in _AT_CHECK_IN.items() for rule in rules}


def held(
    request: Any,
    visit_id: UUID,
    course_id: UUID,
    found: tuple[Weighed, ...],
    pieces: tuple[Piece, ...] = (),
) -> tuple[Held, ...]:
    """Each finding with the place where this person may answer it: of several pieces the first that is missing."""
    missing: dict[str, str] = {}
    for piece in pieces:
        for rule in piece.rules if not piece.done else ():
            missing.setdefault(rule, piece.key)
    return tuple(
        Held(each, _place(request, visit_id, course_id, each, missing) if each.is_open else None)
        for each in found
    )


def _place(
    request: Any, visit_id: UUID, course_id: UUID, each: Weighed, missing: Mapping[str, str]
) -> Place | None:
    viewer: Viewer = request.viewer
    rule = each.finding.rule
    if name := missing.get(rule) or _BY_RULE.get(rule):
        if not viewer.may(_NEEDS.get(name, _P.RECORD_CHECK_IN)):
            return None
        return Place(_LABELS.get(name, "Ask and enter it"), reverse(f"visits:{name}", args=[visit_id]))
    if rule == "ROUTE-2" and viewer.may(_P.RECORD_CHECK_IN):
        chosen = next((one.value for one in each.finding.inputs if one.name == "route"), "")
        return Place("Let the patient sign", reverse("visits:agree_to_route", args=[visit_id, chosen]))
    if rule in _IN_THE_COURSE:
        page, label, permission = _IN_THE_COURSE[rule]
        return Place(label, reverse(f"courses:{page}", args=[course_id])) if viewer.may(permission) else None
    if rule in _MISSED and viewer.may(_P.PRESCRIBE):
        return _missed(viewer, course_id, request)
    return None


def _missed(viewer: Viewer, course_id: UUID, request: Any) -> Place:
    """Where the missed sessions are decided; the course where nothing of its plan is missed any more."""
    if courses.missed_sessions(viewer, course_id, localtime(request.now).date()):
        return Place("Decide about the missed session", reverse("courses:missed", args=[course_id]))
    return Place("Open the course", reverse("courses:course", args=[course_id]))
