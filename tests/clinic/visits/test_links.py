"""No link of the board or of a visit leads to a refusal: whoever may not do a thing is not offered it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.clinic import factories
from tests.clinic.visits import scenes

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.visits import actions

pytestmark = pytest.mark.django_db
_LINK = re.compile(r'href="(/visits/[^"#]+)')
_VARIABLE = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/due/)[^/]+")


def _watched(by: Viewer) -> UUID:
    begun = timezone.now() - timedelta(minutes=50)
    visit_id = scenes.monitored(by, begun)
    scenes.pressure(by, begun + timedelta(minutes=40), visit_id, 186, 112)
    return visit_id


def _left(by: Viewer) -> UUID:
    visit_id = _watched(by)
    at = timezone.now()
    actions.leave_against_advice(by=by, at=at, visit_id=visit_id, left_at=at, advice="told to stay")
    return visit_id


SCENES: dict[str, Callable[[Viewer], UUID]] = {
    "expected": lambda by: scenes.booked(by, timezone.now()),
    "check-in": lambda by: scenes.checking_in(by, timezone.now() - timedelta(minutes=5)),
    "watched": _watched,
    "left": _left,
}


@pytest.mark.parametrize("scene", SCENES)
def test_every_link_opens_to_who_sees_it(scene: str) -> None:
    clinic = factories.by_day()
    visit_id = SCENES[scene](factories.viewer(Role.PRESCRIBER, Role.NURSE, clinic=clinic))
    offered: dict[Role, set[str]] = {}
    for role in (Role.NURSE, Role.THERAPIST, Role.MEDICAL_DIRECTOR):
        browser = factories.signed_in(factories.staff(role, clinic=clinic))
        pages = [browser.get(reverse("visits:visit", args=[visit_id])), browser.get(reverse("visits:board"))]
        links = {link for page in pages for link in _LINK.findall(page.content.decode())}
        kinds = {_VARIABLE.sub("…", link.split("?")[0]): link for link in links}
        refused = [kind for kind, link in kinds.items() if browser.get(link).status_code == 403]
        assert refused == [], role
        offered[role] = set(kinds)
    assert offered[Role.THERAPIST] < offered[Role.NURSE], "and who may do it is offered it"
