"""One patient from referral to follow-up, in the hands of each role, on a desktop and on a tablet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.browser import serving
from tests.browser.tablet import DESKTOP, TABLET, Tablet
from tests.browser.walk import NURSE, Walk, minutes

if TYPE_CHECKING:
    from tests.browser.serving import ServedClinic
    from tests.conftest import Databases


@pytest.fixture(scope="module")
def clinic(demos: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedClinic]:
    """The demo clinic with its worker, over HTTPS under a name of its own: a visit's page waits for what it predicts.

    Over plain HTTP the cases walk the same way (``test_cases.py``).
    """
    name, folder = demos.clone(), tmp_path_factory.mktemp("walk")
    url = demos.app_url(name)
    with serving.served(url, folder, demos.sign_ins, tls=True) as running, serving.worked(url, folder):
        yield running
    demos.drop(name)


@pytest.mark.parametrize(
    ("kind", "size"), [pytest.param("desktop", DESKTOP, marks=pytest.mark.long), ("tablet", TABLET)]
)
def test_a_patient_goes_from_referral_to_follow_up(
    tablet: Callable[..., Tablet], images: Path, kind: str, size: dict[str, int]
) -> None:
    windows = [tablet(size=size) for _ in range(3)]
    walk = Walk(*windows, f"Rowan {kind.title()}man", f"WALK-{kind}", "esketamine-nasal")
    clinic, nurse = walk.clinic, walk.nurse
    walk.sign_in()
    walk.register()
    walk.refer()
    walk.agree()
    walk.book()
    clinic.advance(minutes=3)
    walk.check_in()
    walk.order({"dose_mg": "56", "devices": "2"})
    walk.take_out("2")
    walk.confirm({"dose_mg": "56", "devices": "2"})
    walk.give_device()
    clinic.advance(minutes=minutes("DEV-3", "rest_min") + 0.2)
    walk.give_device()
    for wait, systolic, sedation, dissociation in ((17, 134, 5, 0), (14, 140, 4, 1), (10, 144, 4, 1)):
        clinic.advance(minutes=wait)
        walk.read(systolic, sedation=sedation, dissociation=dissociation)
    nurse.open(walk.at(""))
    nurse.page.locator("section:has(#expected) figure svg polygon:visible").first.wait_for(timeout=180_000)
    nurse.photograph(images / f"visit-{kind}.png")
    for wait, systolic in ((20, 136), (30, 128), (31, 124)):
        clinic.advance(minutes=wait)
        walk.read(systolic)
    walk.go_home()
    assert "night's sleep" in nurse.page.content() or "night’s sleep" in nurse.page.content()
    walk.close()
    clinic.advance(hours=24)
    nurse.sign_in(NURSE)
    walk.call()
    clinic.advance(days=6)
    nurse.sign_in(NURSE)
    walk.answer_again("1")
    nurse.open(f"/patients/{walk.patient}/")
    nurse.page.locator("main figure svg:visible").first.wait_for()
    assert "14 days" in nurse.page.locator("main").inner_text()
    nurse.photograph(images / f"chart-{kind}.png")


@pytest.mark.long
def test_an_infusion_and_leaving_against_advice(tablet: Callable[..., Tablet], images: Path) -> None:
    walk = Walk(tablet(), tablet(), tablet(), "Basil Infusedman", "WALK-iv", "ketamine-iv")
    clinic = walk.clinic
    walk.sign_in()
    walk.register()
    walk.refer()
    walk.agree()
    walk.book()
    clinic.advance(minutes=3)
    walk.check_in()
    walk.order(
        {
            "route": "intravenous",
            "mg_per_kg": "0.5",
            "dose_mg": "38",
            "minutes": "40",
            "concentration_mg_per_ml": "0.5",
        }
    )
    walk.take_out("50")
    pump = {"concentration_mg_per_ml": "0.5", "rate_ml_per_h": "114"}
    walk.confirm({"dose_mg": "38", "volume_ml": "76", **pump})
    walk.nurse.enter(walk.at("infusion/started/"), {**pump, "lot": "SYN-LOT", "expires_on": "2030-01-31"})
    clinic.advance(minutes=20)
    walk.read(138, dissociation=1)
    clinic.advance(minutes=20)
    walk.nurse.enter(walk.at("infusion/ended/"), {"volume_given_ml": "76"})
    clinic.advance(minutes=10)
    walk.nurse.enter(walk.at("against-advice/"), {"advice": "Asked to stay an hour; wants to go."})
    walk.nurse.photograph(images / "against-advice.png")
    assert "against advice" in walk.nurse.page.locator("main").inner_text().lower()
    walk.waste("12")
    walk.nurse.enter(walk.at("close/"), {"adverse_events": "Felt detached"}, signer=NURSE)
