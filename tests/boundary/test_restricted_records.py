"""A restricted record is shut at every address to whoever has not opened it; and to open any part of it is noted."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.boundary.role_url_table import ROWS, Row
from tests.boundary.world import LETTERS, PATIENT_NAME, World
from tests.clinic import factories

from euthymia.clinic.access import actions as access
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.courses.models import Referral
from euthymia.clinic.people.models import Patient

# What hangs on a patient's record. A referral is nobody's record before it is decided.
OF_A_RECORD = {
    "patient", "restricted_patient", "course_patient", "joined_patient", "visit_course", "visit", "booked_visit",
    "infusion_visit", "running_visit", "mouth_visit", "task", "letter",
}  # fmt: skip
GETS = [row for row in ROWS if row.method == "GET"]
# Nothing clinical is in these: they lead to a record, list who read it, or are not there at this point.
READS_NOTHING = {
    "access:break_glass", "access:readings", "people:restrict", "courses:missed", "courses:repeat_plan",
    "courses:benefit", "visits:phone_state",
}  # fmt: skip


MARKUP = "<b onclick=x>'\""  # what somebody may type where a name or a reason goes


@dataclass(frozen=True, slots=True)
class Scene:
    """One clinic whose patients are all restricted: a browser with every role, and one that has opened them."""

    world: World
    shut: Client
    opened: Client


@pytest.fixture(scope="module")
def scene(django_db_setup: None, django_db_blocker) -> Iterator[Scene]:
    with django_db_blocker.unblock(), transaction.atomic():
        world = World("Willow Clinic")
        world.make_everything()
        Patient.objects.update(restricted=True, given_name=MARKUP, address=MARKUP, allergies=MARKUP)
        Referral.objects.update(given_name=MARKUP, reason=MARKUP, medicines=MARKUP, organisation=MARKUP)
        shut, opened = (factories.staff(*LETTERS.values(), clinic=world.clinic) for _ in range(2))
        for patient_id in Patient.objects.values_list("id", flat=True):
            access.break_glass(
                by=opened.viewer, patient_id=patient_id, why="the only nurse here", at=timezone.now()
            )
        yield Scene(world, factories.signed_in(shut), factories.signed_in(opened))
        transaction.set_rollback(True)


def ask(client: Client, row: Row, world: World) -> tuple[HttpResponse, set[str]]:
    """The answer, and the verbs that were noted; nothing of it outlasts the question."""
    cookies = copy.deepcopy(client.cookies)
    url = reverse(row.url, args=[world.thing(kind) for kind in row.args])
    with transaction.atomic():
        last = AuditEntry.objects.count()
        response = client.post(url, dict(row.data)) if row.method == "POST" else client.get(url)
        noted = set(AuditEntry.objects.order_by("seq")[last:].values_list("verb", flat=True))
        transaction.set_rollback(True)
    client.cookies = cookies
    return response, noted


def test_every_page_of_it_is_shut_and_no_list_names_it(scene: Scene):
    open_, named = [], []
    for row in ROWS:
        response, _ = ask(scene.shut, row, scene.world)
        if OF_A_RECORD & set(row.args) and response.status_code not in (302, 303, 404):
            open_.append(str(row))
        if PATIENT_NAME.encode() in response.content and not {"referral"} & set(row.args):
            named.append(str(row))
    assert open_ == ["GET access:break_glass", "POST access:break_glass"]
    assert named == ["GET courses:inbox"]  # the referral that nobody decided on


def test_whoever_reads_any_part_of_it_is_noted(scene: Scene):
    """And on none of its pages is what somebody typed taken for markup."""
    unnoted, marked = [], []
    for row in GETS:
        if not (OF_A_RECORD | {"referral"}) & set(row.args) or row.url in READS_NOTHING:
            continue
        response, noted = ask(scene.opened, row, scene.world)
        if not {"read", "courses.read_referral"} & noted:
            unnoted.append(str(row))
        if b"<b onclick" in response.content:
            marked.append(str(row))
    assert unnoted == ["GET courses:decline_referral"]  # it names the referral's number alone
    assert marked == []
    draft = next(row for row in ROWS if row.url == "courses:intake_draft")
    assert "read" in ask(scene.opened, draft, scene.world)[1]
