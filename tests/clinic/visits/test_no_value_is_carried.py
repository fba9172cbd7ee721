"""No value is carried forward: every form of a visit comes empty though an earlier visit had everything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import pytest
from django import forms as django_forms
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.clinic import factories, patients
from tests.clinic.factories import Staff
from tests.clinic.visits import scenes

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.courses.models import Course
from euthymia.clinic.measures import actions as measures
from euthymia.clinic.visits import actions, forms, models
from euthymia.clinic.visits.actions.medicines import Dosed
from euthymia.clinic.visits.models.dose import InfusionStep
from euthymia.clinic.visits.urls import urlpatterns
from euthymia.protocol import Product
from euthymia.protocol.misuse import BladderSymptom, Signal

OURS = {
    *("idempotency_key", "csrfmiddlewaretoken", "version", "number", "alarm_ids", "confirmed", "asked_about"),
    *("seen_list", "seen", "step", "read_up_to", "shown"),
}
"""Hidden fields that say which form this is. No measured value, lot or answer is among them."""
SIGNER = {"username"}
"""The signer's own name beside the password, for a password manager."""
REACHED: dict[str, Callable[[UUID], Any]] = {
    "step": lambda _: "started",
    "due_key": lambda _: "last+20",
    "device_id": lambda visit: _latest(models.DeviceAdministration, visit),
    "what": lambda _: "readings",
    "entry_id": lambda visit: models.Observation.objects.filter(visit=visit, kind="pressure")[0].id,
    "observation_id": lambda visit: models.Observation.objects.filter(visit=visit, kind="pressure")[0].id,
    "deviation_id": lambda visit: models.Deviation.objects.current().filter(visit=visit)[0].id,
    "alarm_id": lambda visit: _latest(models.Alarm, visit),
    "order_id": lambda visit: _latest(models.MedicineOrder, visit),
}
"""How the other parts of an address are found on the visit that is looked at."""
OF_AN_INFUSION = "event_id"
PRESSES = {"take_back", "note_version"}
"""Addresses that only take a press about something that stands, or only show it: there is no form on them."""

OF_THIS_VISIT = {("alarm_event", name) for name in ("term", "onset_at", "known_at")}
"""What a form takes from the alarm of this very visit that it is about."""


def _latest(table: Any, visit_id: UUID) -> UUID:
    found: UUID = table.objects.filter(visit=visit_id).latest("recorded_at").id
    return found


class Filled(HTMLParser):
    """The controls of a page's main part that hold something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.controls = 0
        self._main = self._area = ""
        self._select = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attributes}
        self._main = self._main or ("main" if has.get("id") == "main" else "")
        if not self._main:
            return
        name, kind = has.get("name", ""), has.get("type", "text")
        self.controls += tag in ("input", "textarea", "select") and kind not in ("hidden", "submit")
        if tag == "input" and kind in ("radio", "checkbox"):
            self._add(name, "checked" if "checked" in has else "")
        elif tag == "input" and name not in OURS and has.get("autocomplete") not in SIGNER:
            self._add(name, has.get("value", ""))
        elif tag == "textarea":
            self._area = name
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in has:
            self._add(self._select, has.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._area:
            self._add(self._area, data.strip())

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
        if tag == "select":
            self._select = ""

    def _add(self, name: str, value: str) -> None:
        if value:
            self.found.append((name, value))


@pytest.fixture
def person(db: None) -> Staff:
    factories.by_day()
    return factories.staff(Role.NURSE, Role.PRESCRIBER, name="Nell Nurse")


@pytest.fixture
def later(person: Staff) -> UUID:
    """A visit in maintenance of a course whose first one measured, asked and answered everything."""
    by, first_at = person.viewer, timezone.now() - timedelta(days=4)
    first = scenes.recovered(by, first_at)
    told: dict[str, Any] = {"by": by, "at": first_at, "visit_id": first}
    actions.record_substances(
        **told, alcohol_at=first_at - timedelta(hours=30), sedative="x", sedative_at=first_at
    )
    actions.record_interval(**told, happened=True, detail="a night in hospital")
    actions.record_maintenance(
        **told,
        bladder=tuple(BladderSymptom),
        signals=tuple(Signal),
        urine_tested="dipstick",
        urologist="normal",
    )
    new = measures.TakenMedicine(name="lithium", dose="300 mg")
    actions.record_medicines(**told, changed=True, medicines=(new,))
    when = first_at + timedelta(minutes=130)
    actions.discharge(by=by, at=when, visit_id=first, reauth=patients.proof(by, when))
    course_id = models.Visit.objects.get(pk=first).course_id
    at = timezone.now() - timedelta(minutes=60)
    visit_id = scenes.ordered(by, at, course_id=course_id)
    scenes.device(by, at + timedelta(minutes=2), visit_id, 1)
    scenes.device(by, at + timedelta(minutes=3), visit_id, 2)  # too early: a deviation to explain
    scenes.observe(by, at + timedelta(minutes=40), visit_id)
    scenes.pressure(by, at + timedelta(minutes=45), visit_id, 186, 112)  # an alarm to answer
    dosed = Dosed(medicine="ondansetron", dose=Decimal(4), unit="mg", route="oral")
    actions.order_medicine(
        by=by, at=at, visit_id=visit_id, dosed=dosed, why="nausea", reauth=patients.proof(by, at)
    )
    Course.objects.filter(pk=course_id).update(state="maintenance")
    return visit_id


@pytest.fixture
def infusion(person: Staff) -> tuple[UUID, UUID]:
    """A visit with an infusion and a dose under the tongue, and the step by which the infusion began."""
    at = timezone.now() - timedelta(minutes=30)
    chair = scenes.chair(person.viewer, "Chair 2").pk
    visit_id = scenes.ordered(person.viewer, at, product=Product.KETAMINE_IV, chair_id=chair)
    begun = scenes.infuse(person.viewer, at + timedelta(minutes=2), visit_id, InfusionStep.STARTED)
    when = at + timedelta(minutes=4)
    given = actions.DirectGiven("sublingual", Decimal(50), lot="Z1")
    who: dict[str, Any] = {"by": person.viewer, "at": when, "visit_id": visit_id, "measured_at": when}
    actions.give_direct(**who, number=1, given=given)
    actions.end_direct(**who, outcome="swallowed")
    return visit_id, begun


def addresses(visit_id: UUID, infusion: tuple[UUID, UUID]) -> dict[str, str]:
    """Every address about a visit, with what stands in it. One that says nothing of how it is found fails."""
    found = {}
    for pattern in urlpatterns:
        parts = set(pattern.pattern.converters)
        if "visit_id" not in parts or pattern.name in PRESSES:
            continue
        if OF_AN_INFUSION in parts:
            said = {"visit_id": infusion[0], OF_AN_INFUSION: infusion[1]}
        elif "route" in parts:
            said = {"visit_id": infusion[0], "route": "intramuscular"}
        elif "dose_id" in parts:
            step = "ended" if pattern.name == "correct_mouth" else "given"
            dose = models.DirectDose.objects.get(visit=infusion[0], step=step)
            said = {"visit_id": infusion[0], "dose_id": dose.id}
        else:
            unknown = parts - {"visit_id", *REACHED}
            assert not unknown, (
                f"{pattern.name}: say in REACHED how {unknown} are found, so that its form is looked at"
            )
            said = {"visit_id": visit_id, **{name: REACHED[name](visit_id) for name in parts - {"visit_id"}}}
        found[pattern.name] = reverse(f"visits:{pattern.name}", kwargs=said)
    return found


def test_every_form_of_a_visit_comes_empty(person: Staff, later: UUID, infusion: tuple[UUID, UUID]) -> None:
    client: Client = factories.signed_in(person)
    looked_at = 0
    for name, address in addresses(later, infusion).items():
        answer = client.get(address)
        if answer.status_code == 405:  # it only takes something
            continue
        assert answer.status_code < 500, name
        if not answer.headers["Content-Type"].startswith("text/html"):
            continue
        page = Filled()
        page.feed(answer.content.decode())
        carried = [each for each in page.found if (name, each[0]) not in OF_THIS_VISIT]
        assert not carried, f"{name} comes with {carried}"
        looked_at += page.controls > 0
    assert looked_at >= 45, looked_at


def test_no_form_of_the_room_names_an_initial_value() -> None:
    for form in vars(forms).values():
        if isinstance(form, type) and issubclass(form, django_forms.Form):
            filled = {name for name, field in form.base_fields.items() if field.initial not in (None, "")}
            assert filled <= OURS, form
