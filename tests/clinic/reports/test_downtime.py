"""The downtime pack: a sheet for each booked patient, blank where today belongs, and its age on every page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone
from tests.clinic import factories, patients
from tests.clinic.visits import scenes

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.people.models import Patient
from euthymia.clinic.reports import downtime
from euthymia.protocol import Product

EARLY = scenes.NOW - timedelta(hours=3)


@pytest.fixture
def staff(db: None) -> Iterator[Viewer]:
    with timezone.override("America/New_York"):  # as the clinic's pages are shown
        yield factories.viewer(*patients.STAFF)


def words(content: object) -> str:
    if isinstance(content, dict):
        return " ".join(words(each) for each in content.values())
    if isinstance(content, list):
        return " ".join(words(each) for each in content)
    return str(content)


def test_a_sheet_holds_who_what_limits_and_minutes_but_no_clock_and_no_reading(staff: Viewer) -> None:
    scenes.booked(staff)
    scenes.booked(staff, product=Product.KETAMINE_IV, chair_id=scenes.chair(staff, "Chair 2").pk)
    pack = downtime.compose(staff, None, EARLY)
    assert pack["made"] == "07:00 on 20 November 2026"
    assert pack["ages"] == "19:00 on 20 November 2026"
    spray, drip = pack["sheets"]
    assert "NOT ASKED" in words(spray["identity"]) or "none known" in words(spray["identity"])
    assert {"STOP-1", "STOP-2", "STOP-4", "STOP-5"} <= {each["rule"] for each in spray["stops"]}
    assert "180/110" in words(spray["stops"])
    assert "unverified" in words(spray["stops"])
    offsets = {each["offset"]: each["since"] for each in spray["times"]}
    assert offsets["+40 min"] == "after the last device"
    assert {each["since"] for each in drip["times"]} == {
        "after the start of the infusion",
        "after the end of the infusion",
    }
    assert not re.search(r"\b\d\d:\d\d\b", words(spray["times"]))
    assert "weigh today" in words(drip["plan"])
    assert {"911", ""} <= {row["value"].split(" ")[0] for row in pack["numbers"]}


def test_the_clinics_own_threshold_stands_on_the_sheet(
    staff: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from euthymia.clinic.rulebook import queries as rulebook

    book = rulebook.book(staff.clinic_id).with_threshold("STOP-1", "systolic_below", 170)
    monkeypatch.setattr(rulebook, "book", lambda clinic_id: book)
    scenes.booked(staff)
    assert "170/110" in words(downtime.compose(staff, None, EARLY)["sheets"][0]["stops"])


def test_the_document_is_printed_read_and_audited(staff: Viewer) -> None:
    visit_id = scenes.booked(staff, timezone.localtime().replace(hour=15))  # of the clinic's own day
    nurse = factories.signed_in(factories.staff(Role.NURSE))
    page = nurse.get(reverse("reports:downtime"))
    assert page.status_code == 200
    assert "Print anew after" in page.content.decode()
    on = page.context["pack"]["on"]
    answer = nurse.get(reverse("reports:downtime_pdf", args=[on]))
    assert answer.content.startswith(b"%PDF")
    assert AuditEntry.objects.filter(verb="reports.print_downtime_pack", subject=f"day {on}").exists()
    patient = Patient.objects.get(courses__visits=visit_id)
    assert AuditEntry.objects.filter(patient_id=patient.id, subject__contains="downtime").exists() or (
        AuditEntry.objects.filter(patient_id=patient.id, detail__icontains="downtime").exists()
    )


def test_a_restricted_chart_is_listed_and_not_printed(staff: Viewer) -> None:
    visit_id = scenes.booked(staff)
    Patient.objects.filter(courses__visits=visit_id).update(restricted=True, family_name="Hidden")
    pack = downtime.compose(staff, None, EARLY)
    assert [each["locked"] for each in pack["sheets"]] == [True]
    assert "Hidden" not in words(pack)


def test_the_command_writes_for_its_owner_alone_and_keeps_few(db: None, tmp_path: Path) -> None:
    person = factories.staff(Role.NURSE)
    for _ in range(2):
        call_command("downtime_pack", "--to", str(tmp_path), "--by", person.user.email, "--keep", "1")
    (pack,) = tmp_path.iterdir()
    assert pack.read_bytes().startswith(b"%PDF")
    assert pack.stat().st_mode & 0o077 == 0
    with pytest.raises(CommandError, match="no folder"):
        call_command("downtime_pack", "--to", str(tmp_path / "nowhere"), "--by", person.user.email)
    with pytest.raises(CommandError, match="Nobody"):
        call_command("downtime_pack", "--to", str(tmp_path), "--by", "nobody@example.org")
    clerk = factories.staff(Role.FRONT_DESK)
    with pytest.raises(CommandError, match="roles"):
        call_command("downtime_pack", "--to", str(tmp_path), "--by", clerk.user.email)


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "tomorrow"])
def test_a_day_the_calendar_does_not_hold_is_not_found(db: None, day: str) -> None:
    nurse = factories.signed_in(factories.staff(Role.NURSE))
    assert nurse.get(reverse("reports:downtime_of", args=[day])).status_code == 404
