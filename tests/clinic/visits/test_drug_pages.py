"""The pages of order, bedside and drug: what is worked out, who signs on whose tablet, and what wrong entries get."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.clinic import factories
from tests.clinic.visits import scenes

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.pharmacy.models import DrugMovement
from euthymia.clinic.visits import actions, models
from euthymia.protocol import Product

pytestmark = pytest.mark.django_db
PUMP = {"concentration_mg_per_ml": "0.5", "volume_ml": "70", "rate_ml_per_h": "105"}


def url(name: str, *args: Any) -> str:
    return reverse(f"visits:{name}", args=args)


def key() -> dict[str, str]:
    return {"idempotency_key": str(uuid4())}


def beside(person: factories.Staff, **changed: str) -> dict[str, str]:
    """The fields with which a second person signs on this tablet."""
    return {
        "witness": str(person.user.id),
        "witness_password": person.password,
        "witness_code": person.code(),
    } | changed


def test_an_infusion_is_ordered_with_pump_settings_worked_out_confirmed_and_its_rest_wasted() -> None:
    clinic = factories.by_day()
    prescriber = factories.staff(Role.PRESCRIBER, clinic=clinic)
    nurse, second = (factories.staff(Role.NURSE, clinic=clinic) for _ in range(2))
    everybody = factories.viewer(Role.PRESCRIBER, Role.NURSE, clinic=clinic)
    visit_id = scenes.asked(everybody, timezone.now() - timedelta(minutes=5), Product.KETAMINE_IV)
    actions.finish_check_in(by=everybody, at=timezone.now(), visit_id=visit_id)
    page = factories.signed_in(prescriber)
    dose = {"route": "intravenous", "mg_per_kg": "0.5", "dose_mg": "35", "minutes": "40"}
    dose["concentration_mg_per_ml"] = "0.5"

    for wrong, sentence in (
        ({"dose_mg": "35,0"}, "with a point"),
        ({"dose_mg": "35000 mcg"}, "35000 mcg is 35 mg"),
        ({"route": ""}, "required"),
    ):
        refused = page.post(url("order", visit_id), {**key(), **dose, **wrong})
        assert refused.status_code == 422
        assert sentence in refused.content.decode()
    for route, missing in (("intramuscular", "volume_ml"), ("sublingual", "units")):
        refused = page.post(url("order", visit_id), {**key(), "route": route, "step": "sign"})
        assert refused.status_code == 422
        assert missing == "volume_ml" or missing in refused.context["form"].errors
        assert "Sign the order" not in refused.content.decode()
    stray = page.post(url("order", visit_id), {**key(), **dose, "units": "2"})
    assert "has none" in stray.content.decode()
    injection = {**dose, "route": "intramuscular", "concentration_mg_per_ml": "50", "minutes": ""}
    waits = page.post(url("order", visit_id), {**key(), **injection}).content.decode()
    assert 'value="0.70"' in waits
    assert "has not agreed today to a dose into the muscle" in waits
    assert url("agree_to_route", visit_id, "intramuscular") in waits

    checked = page.post(url("order", visit_id), {**key(), **dose})
    shown = checked.content.decode()
    assert 'value="70.00"' in shown
    assert 'value="105.00"' in shown
    assert "Worked out in two ways that agree: volume and rate" in shown
    seen = checked.context["preview"].seen
    signed = {**key(), **dose, "volume_ml": "70.00", "rate_ml_per_h": "105.00", "step": "sign", "seen": seen}
    answer = page.post(url("order", visit_id), {**signed, **factories.signing(prescriber)})
    assert answer.status_code == 303, answer.content.decode()

    tablet = factories.signed_in(nurse)
    assert (
        "<strong>0.5 mg/kg</strong> at 70.0 kg" in tablet.get(url("bedside_check", visit_id)).content.decode()
    )
    assert "Not confirmed" in tablet.get(url("visit", visit_id)).content.decode()
    read = {"first": "name", "second": "birth date", "product": "ketamine-iv", "dose_mg": "35", **PUMP}
    wrong_rate = {**read, "rate_ml_per_h": "1050"}
    ten_times = tablet.post(url("bedside_check", visit_id), {**key(), **wrong_rate, **beside(second)})
    assert "rate: 1050 mL/h read, 105 mL/h ordered" in ten_times.content.decode()
    own = tablet.post(url("bedside_check", visit_id), {**key(), **read, **beside(prescriber)})
    assert own.status_code == 422
    wrong_password = beside(second, witness_password="guessed")
    refused = tablet.post(url("bedside_check", visit_id), {**key(), **read, **wrong_password})
    assert f"Nothing was signed for {second.user.name}" in refused.content.decode()
    assert tablet.post(url("bedside_check", visit_id), {**key(), **read, **beside(second)}).status_code == 303
    assert models.BedsideCheck.objects.get().confirmed_by_id == second.user.id
    assert f'Confirmed at the bedside</span> <span class="small soft">{second.user.name}' in "".join(
        tablet.get(url("visit", visit_id)).content.decode().split("\n")
    )

    drawn = {"amount": "50", "lot": "K1", "expires_on": "2030-01-31"}
    assert tablet.post(url("drawn", visit_id), {**key(), **drawn}).status_code == 303
    waste = {**key(), "amount": "15", "lot": "K1", "why": "rest of the vial"}
    alone = tablet.post(url("wasted", visit_id), {**waste, **beside(nurse), **factories.signing(nurse)})
    assert alone.status_code == 422
    assert not DrugMovement.objects.filter(kind="wasted").exists()


def test_waste_is_signed_by_two_and_the_first_ones_session_goes_on() -> None:
    clinic = factories.by_day()
    nurse, second = (factories.staff(Role.NURSE, clinic=clinic) for _ in range(2))
    everybody = factories.viewer(Role.PRESCRIBER, Role.NURSE, clinic=clinic)
    visit_id = scenes.ordered(everybody, timezone.now() - timedelta(minutes=5))
    tablet = factories.signed_in(nurse)
    before = tablet.session.session_key
    waste = {**key(), "amount": "1", "lot": "L1", "why": "dropped, into the drug waste"}
    answer = tablet.post(url("wasted", visit_id), {**waste, **beside(second), **factories.signing(nurse)})
    assert answer.status_code == 303, answer.content.decode()
    line = DrugMovement.objects.get()
    assert line.signature.signer_name == nurse.user.name
    assert line.witness_signature.signer_name == second.user.name
    page = tablet.get(url("visit", visit_id))
    assert page.context["viewer"].user_id == nurse.user.id
    assert tablet.session.session_key == before
    assert "Does not balance" in page.content.decode()
    fresh = {**beside(second, witness_code=second.code(steps=1)), **factories.signing(nurse, steps=1)}
    assert tablet.post(url("wasted", visit_id), {**waste, **fresh}).status_code == 303
    assert DrugMovement.objects.count() == 1
