"""What every page's frame shows: who is signed in, where they may go, and what this installation is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from euthymia.clinic.access import codes
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.courses.queries import referrals
from euthymia.clinic.safety import queries as safety

# (label, address, icon, what one must be allowed)
_PLACES = (
    ("Board", "visits:board", "board", Permission.VIEW_BOARD),
    ("Schedule", "visits:schedule", "calendar", Permission.VIEW_BOARD),
    ("Patients", "people:directory", "patients", Permission.VIEW_DIRECTORY),
    ("Referrals", "courses:inbox", "inbox", Permission.VIEW_CHART),
    ("Courses", "courses:courses", "course", Permission.VIEW_CHART),
    ("Tasks", "safety:tasks", "tasks", Permission.VIEW_TASKS),
    ("Rules", "rulebook:rules", "rules", Permission.VIEW_RULES),
    ("Emergency access", "access:emergencies", "shield", Permission.REVIEW_BREAK_GLASS),
    ("Access log", "access:log", "log", Permission.VIEW_ACCESS_LOG),
    ("Staff", "access:staff", "staff", Permission.MANAGE_STAFF),
    ("Monitors", "visits:monitors", "device", Permission.MANAGE_MONITORS),
    ("System", "system", "system", Permission.VIEW_SYSTEM),
)


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of a menu. ``count``, asked when the menu is drawn, is how many things wait there for this person."""

    label: str
    url: str
    icon: str
    current: bool = False
    count: Callable[[], int] | None = None
    post: bool = False


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor for ``base.html`` and ``entrance.html``.

    The menus are made where they are drawn: a board is sixty pieces, each of which is given this context.
    """
    person = getattr(request, "person", None)
    common: dict[str, Any] = {"mode": settings.MODE, "not_for_patient_care": settings.NOT_FOR_PATIENT_CARE}
    if person is None:
        nobody = {"viewer": None, "clinic_name": "", "nav": (), "user_menu": ()}
        return {**common, **nobody, "demo_sign_ins": lambda: _demo_sign_ins(request)}
    return {
        **common,
        "viewer": person.viewer,
        "clinic_name": person.clinic_name,
        "nav": SimpleLazyObject(lambda: _places(request) if person.has_second_factor else ()),
        "user_menu": SimpleLazyObject(_own_places),
    }


def _own_places() -> tuple[Place, ...]:
    return (
        Place("Switch user", reverse("access:switch"), "switch", post=True),
        Place("Security", reverse("access:security"), "key"),
        Place("Sign out", reverse("access:sign_out"), "leave", post=True),
    )


def _demo_sign_ins(request: HttpRequest) -> list[dict[str, Any]]:
    """How to enter the demo, with the code of now and the one after; asked for by the sign-in pages alone."""
    if settings.MODE != "demo":
        return []
    from euthymia.clinic.config.demo import team  # a real clinic never loads the demo

    now = request.now  # type: ignore[attr-defined]
    return [
        {"who": each, "next_code": codes.code_at(each.secret, now=now, steps=1)}
        for each in team.sign_ins(now)
    ]


def _places(request: HttpRequest) -> tuple[Place, ...]:
    viewer = request.viewer  # type: ignore[attr-defined]
    places = []
    for label, name, icon, permission in _PLACES:
        if viewer.may(permission):
            try:
                url = reverse(name)
            except NoReverseMatch:
                continue
            count = _counted(request, name)
            places.append(Place(label, url, icon, current=_is_current(request.path, url), count=count))
    return tuple(places)


def _counted(request: HttpRequest, name: str) -> Callable[[], int] | None:
    """What waits behind an entry: fragments that are asked for every two seconds draw no menu and count nothing."""
    viewer, now = request.viewer, request.now  # type: ignore[attr-defined]
    if name == "safety:tasks":
        return lambda: safety.open_count(viewer, now)
    if name == "courses:inbox":
        return lambda: referrals.new_count(viewer)
    return None


def first_page(request: HttpRequest) -> str:
    """The first place this person may go; their own account where there is none."""
    places = _places(request)
    return places[0].url if places else reverse("access:security")


def _is_current(path: str, url: str) -> bool:
    return path == url if url == "/" else path.startswith(url)
