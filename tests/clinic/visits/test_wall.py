"""The board on a wall: it shows the board, opens nothing, ends by itself and by a press, and is signed for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.clinic import factories
from tests.clinic.factories import Staff
from tests.clinic.visits import scenes

from euthymia.clinic.access import actions as access
from euthymia.clinic.access import wall_screens
from euthymia.clinic.access.models import RoleAssignment, WallScreen
from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import NotFound, Reauthenticated
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.people.models import Patient

pytestmark = pytest.mark.django_db
WALL, TILES, OPEN = reverse("visits:wall"), reverse("visits:wall_tiles"), reverse("visits:open_wall")


@pytest.fixture
def nurse() -> Staff:
    person = factories.staff(Role.PRESCRIBER, Role.NURSE, clinic=factories.by_day(), name="Nell Notional")
    scenes.monitored(person.viewer, timezone.now() - timedelta(minutes=30))
    return person


def open_at(nurse: Staff, at: datetime) -> str:
    proof = Reauthenticated(nurse.user.pk, "password+totp", at)
    return wall_screens.open_screen(by=nurse.viewer, at=at, name="Hall", reauth=proof)


def hung(token: str) -> Client:
    """A screen with the cookie and nobody signed in."""
    screen = Client()
    screen.cookies["wall"] = token
    return screen


def test_a_nurse_opens_it_with_a_signature_and_is_signed_out_of_the_screen(nurse: Staff) -> None:
    screen = factories.signed_in(nurse)
    form = {"name": "Hall", "idempotency_key": str(uuid4())}
    assert screen.post(OPEN, form).status_code == 422
    assert not WallScreen.objects.exists(), "nothing opens without the proof"
    answer = screen.post(OPEN, form | factories.signing(nurse))
    assert answer.url == WALL
    kept = answer.cookies["wall"]
    assert (kept["path"], kept["httponly"], kept["samesite"]) == (WALL, True, "Strict")
    assert screen.get(reverse("visits:board")).status_code == 302, "nobody is signed in here any more"
    verbs = list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs[-3:] == ["audit.sign", "access.open_wall_screen", "access.sign_out"]
    for address in (WALL, TILES):
        page = screen.get(address).content.decode()
        assert "Imke" in page
        assert 'href="/visits/' not in page
        assert "/watch/" not in page
        assert "/schedule/" not in page


def test_it_does_not_idle_out_and_ends_after_its_day(nurse: Staff) -> None:
    at = timezone.now()
    token = open_at(nurse, at)
    last = at + wall_screens.LASTS - timedelta(seconds=1)
    assert wall_screens.shown(token, last) is not None
    assert wall_screens.shown(token, last + timedelta(seconds=1)) is None
    assert wall_screens.shown("another", at) is None


def test_a_restricted_chart_stays_closed_though_its_opener_has_opened_it(nurse: Staff) -> None:
    Patient.objects.update(restricted=True)
    at = timezone.now()
    patient = Patient.objects.get().pk
    access.break_glass(by=nurse.viewer, patient_id=patient, why="Watches this patient", at=at)
    page = hung(open_at(nurse, at)).get(WALL).content.decode()
    assert "Restricted chart" in page
    assert "Imke" not in page
    assert "/emergency/" not in page


def test_its_opener_or_the_administrator_closes_it_and_the_page_leaves(nurse: Staff) -> None:
    at = timezone.now()
    token = open_at(nurse, at)
    (mine,) = wall_screens.open_screens(nurse.viewer, at)
    other = factories.viewer(Role.NURSE, clinic=nurse.user.clinic)
    assert wall_screens.open_screens(other, at) == ()
    with pytest.raises(NotFound):
        wall_screens.close_screen(by=other, at=at, screen_id=mine.id)
    ada = factories.staff(Role.ADMINISTRATOR, clinic=nurse.user.clinic)
    desk = factories.signed_in(ada)
    assert "Hall" in desk.get(reverse("access:staff")).content.decode()
    desk.post(reverse("access:close_wall_screen", args=[mine.id]))
    assert AuditEntry.objects.order_by("pk").last().verb == "access.close_wall_screen"  # type: ignore[union-attr]
    screen = hung(token)
    answer = screen.get(WALL)
    assert (answer.status_code, b"Imke" in answer.content) == (403, False)
    assert screen.get(TILES)["HX-Redirect"] == WALL, "what hangs open leaves with its next question"


@pytest.mark.parametrize("how", ["account closed", "password changed", "role taken away"])
def test_it_goes_dark_with_what_its_opener_may(nurse: Staff, how: str) -> None:
    at = timezone.now()
    token = open_at(nurse, at)
    admin = factories.viewer(Role.ADMINISTRATOR, clinic=nurse.user.clinic)
    assert wall_screens.shown(token, at) is not None
    if how == "account closed":
        access.close_account(by=admin, user_id=nurse.user.pk, at=at)
        access.open_account(by=admin, user_id=nurse.user.pk, at=at)
    elif how == "password changed":
        access.change_password(by=nurse.viewer, password="seven quiet lanterns", at=at)
    else:
        RoleAssignment.objects.filter(user=nurse.user).update(held=False)
        RoleAssignment.objects.create(user=nurse.user, role=Role.FRONT_DESK)
    assert wall_screens.shown(token, at) is None


def test_it_looks_as_no_person(nurse: Staff) -> None:
    at = timezone.now()
    shown = wall_screens.shown(open_at(nurse, at), at)
    assert shown is not None
    assert shown.viewer == replace(nurse.viewer, user_id=shown.viewer.user_id, name="Hall")
    assert shown.viewer.user_id != nurse.user.pk
