"""What goes home: words that read easily, times across a change of clocks, a page that names nobody and runs out."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from docs.consents import of_prose
from tests.clinic import factories, patients
from tests.clinic.visits import scenes
from tests.clinic.visits.scenes import minutes

from euthymia.clinic.access.models import Clinic
from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.visits import actions, models, queries, sheets
from euthymia.clinic.visits.actions import Refused
from euthymia.evidence import rules, task_delay
from euthymia.protocol import Product, discharge

NEW_YORK = ZoneInfo("America/New_York")
UNTIL = datetime(2026, 11, 21, 6, 0, tzinfo=NEW_YORK)


def test_the_words_read_easily() -> None:
    """As the consent texts are held to: Flesch 70 and more, a school grade of 6 or less."""
    ease, grade, words_a_sentence = of_prose(sheets.compose(UNTIL, "+1 555 0100", "Call or text 988.").text)
    assert ease >= 70
    assert grade <= 6
    assert words_a_sentence <= 12


def test_the_ban_on_driving_has_its_day_its_hour_and_both_conditions() -> None:
    text = sheets.compose(UNTIL, "", "").text
    assert text.startswith(
        "No driving before Saturday 21 November 2026 at 06:00, and only after a full night's sleep and feeling "
        "fully alert."
    )
    assert sheets.NO_CONTACT in text


@pytest.mark.parametrize(
    ("dosed", "until"),
    [
        (datetime(2026, 11, 20, 10, 0, tzinfo=NEW_YORK), "Saturday 21 November 2026 at 06:00"),
        (datetime(2026, 11, 20, 20, 0, tzinfo=NEW_YORK), "Saturday 21 November 2026 at 06:00"),
        (datetime(2026, 11, 20, 20, 1, tzinfo=NEW_YORK), "Sunday 22 November 2026 at 06:00"),
        (datetime(2026, 11, 20, 23, 55, tzinfo=NEW_YORK), "Sunday 22 November 2026 at 06:00"),
        (datetime(2026, 11, 21, 0, 1, tzinfo=NEW_YORK), "Sunday 22 November 2026 at 06:00"),
        (datetime(2026, 10, 31, 21, 0, tzinfo=NEW_YORK), "Sunday 1 November 2026 at 06:00"),
        (datetime(2026, 10, 31, 22, 0, tzinfo=NEW_YORK), "Monday 2 November 2026 at 06:00"),
        (datetime(2026, 3, 7, 19, 0, tzinfo=NEW_YORK), "Sunday 8 March 2026 at 06:00"),
        (datetime(2026, 3, 7, 20, 0, tzinfo=NEW_YORK), "Monday 9 March 2026 at 06:00"),
    ],
    ids=[
        "by day",
        "room for just a night",
        "a minute too late for one",
        "leaves after midnight",
        "dosed after midnight",
        "clocks go back: seven hours shown are eight",
        "clocks go back: six hours shown are seven",
        "clocks go forward: nine hours shown are eight",
        "clocks go forward: eight hours shown are seven",
    ],
)
def test_the_hour_is_the_clinics_across_midnight_and_a_change_of_clocks(dosed: datetime, until: str) -> None:
    book, now = rules("US"), dosed + timedelta(hours=2)
    assert (
        sheets.said(
            discharge.no_driving_before(
                Product.ESKETAMINE_NASAL, dosed.astimezone(UTC), book, now.astimezone(NEW_YORK)
            )
        )
        == until
    )


def test_after_an_infusion_a_day_of_the_clocks_is_24_hours_that_passed() -> None:
    dosed = datetime(2026, 10, 31, 9, 0, tzinfo=NEW_YORK)
    until = discharge.no_driving_before(Product.KETAMINE_IV, dosed, rules("US"), dosed)
    assert sheets.said(until) == "Sunday 1 November 2026 at 08:00"


def test_an_address_is_opened_by_its_own_seal_alone() -> None:
    sheet_id = UUID(int=1)
    token = sheets.token(sheet_id)
    assert sheets.opened(token) == sheet_id
    other = sheets.token(UUID(int=2**127))
    letters = string.ascii_letters + string.digits + "-_"
    another_last = [token[:-1] + letter for letter in letters if letter != token[-1]]
    for made_up in (*another_last, token + "=", token + " ", other[:20] + token[20:], "", "x", "é"):
        assert sheets.opened(made_up) is None, made_up


@pytest.fixture
def staff(db: None) -> Viewer:
    return patients.staff()


@pytest.fixture
def watched(staff: Viewer) -> UUID:
    """A patient after both devices, with a clinic that has set its number."""
    actions.keep_contact(by=keeper(staff), at=minutes(0), phone="+1 555 0100", answers="the duty doctor")
    return scenes.monitored(staff)


def keeper(by: Viewer) -> Viewer:
    """Somebody who keeps the house of the same clinic."""
    return factories.viewer(Role.MEDICAL_DIRECTOR, clinic=Clinic.objects.get(pk=by.clinic_id))


def receive(by: Viewer, visit_id: UUID, **said: object) -> None:
    given = {"signer": "escort", "signed_name": "Jo Field", "received": ["instructions on paper"]} | said
    actions.record_receipt(by=by, at=minutes(131), visit_id=visit_id, **given)  # type: ignore[arg-type]


def test_the_sheet_is_one_until_something_in_it_changes(staff: Viewer, watched: UUID, client: Client) -> None:
    first = actions.prepare_sheet(by=staff, at=minutes(10), visit_id=watched)
    assert actions.prepare_sheet(by=staff, at=minutes(20), visit_id=watched) == first
    over = queries.handing_over(staff, watched, minutes(21))
    assert over.sheet is not None
    assert "Nobody has signed for the instructions." in over.missing
    address = reverse("portal:going_home", args=[over.sheet.token])
    opened = client.get(address).content.decode()
    assert "No driving before Saturday 21 November 2026 at 06:00" in opened
    assert "+1 555 0100 (the duty doctor)" in opened
    for named in ("Imke", "Test", "esketamine", "ketamine", "depress", "mg"):
        assert named.lower() not in opened.split("<main")[1].lower(), named
    actions.keep_contact(by=keeper(staff), at=minutes(30), phone="+1 555 0101", answers="the duty doctor")
    assert "number changed" in queries.handing_over(staff, watched, minutes(31)).stale
    second = actions.prepare_sheet(by=staff, at=minutes(32), visit_id=watched)
    assert second != first
    assert queries.public_sheet(over.sheet.token, minutes(33)) is None
    token = sheets.token(second)
    assert queries.public_sheet(token, minutes(33)) is not None
    assert queries.public_sheet(token, minutes(32) + task_delay("going_home_page", "lasts")) is None
    assert client.get(reverse("portal:going_home", args=[sheets.token(uuid4())])).status_code == 404


def test_the_escort_signs_for_it_and_the_patient_only_after_the_gate(staff: Viewer, watched: UUID) -> None:
    with pytest.raises(Refused, match="Prepare the instructions first"):
        receive(staff, watched)
    actions.prepare_sheet(by=staff, at=minutes(10), visit_id=watched)
    with pytest.raises(Refused, match="signs nothing between the dose and the passed gate"):
        receive(staff, watched, signer="patient")
    with pytest.raises(Refused, match="Write why nobody signed"):
        receive(staff, watched, signer="nobody", signed_name="", received=[])
    receive(staff, watched, strokes=[[(10, 20), (300, 400)]])
    over = queries.handing_over(staff, watched, minutes(132))
    assert over.receipt is not None
    assert (over.receipt.signed_name, over.receipt.lines) == ("Jo Field", ("10,20 300,400",))
    assert over.missing == ()
    points = {each.rule: each.outcome for each in over.points}
    assert points["MON-11"] == "unknown"
    actions.record_leaving_points(by=staff, at=minutes(132), visit_id=watched, ready_at=minutes(95))
    (ready,) = [e for e in queries.handing_over(staff, watched, minutes(133)).points if e.rule == "MON-11"]
    assert (ready.outcome, "95" in ready.sentence or "1 h 35" in ready.sentence) == ("satisfied", True)
    assert models.SheetReceipt.objects.get().received == ["instructions on paper"]
