"""Patients: one door for reading, one for writing, and nothing overwritten."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.clinic import factories, patients

from euthymia.clinic.access.actions import break_glass
from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Denied, NotFound, Viewer
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.people import actions, queries
from euthymia.clinic.people.models import AntidepressantTrial, Patient

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@pytest.fixture
def nurse(db: None) -> Viewer:
    return factories.viewer(Role.NURSE)


def test_registering_twice_with_one_key_makes_one_patient(nurse: Viewer) -> None:
    details, key = patients.details(), uuid4()
    first = actions.register(by=nurse, at=NOW, details=details, idempotency_key=key)
    assert actions.register(by=nurse, at=NOW, details=details, idempotency_key=key) == first
    assert Patient.objects.count() == 1


def test_a_record_number_belongs_to_one_patient_of_a_clinic(nurse: Viewer) -> None:
    patients.patient(nurse, NOW, medical_record_number="A1")
    with pytest.raises(Refused, match="Another patient has this record number") as refused:
        patients.patient(nurse, NOW, medical_record_number="A1")
    assert refused.value.field == "medical_record_number"
    elsewhere = factories.viewer(Role.NURSE, clinic=factories.clinic("Birch Clinic"))
    assert patients.patient(elsewhere, NOW, medical_record_number="A1")


def test_who_changes_a_patient_lets_facts_name_them_meanwhile(nurse: Viewer) -> None:
    """A dose holds the audit chain and writes a line that names the patient: the two must not wait for each other."""
    patient = patients.patient(nurse, NOW)
    with CaptureQueriesContext(connection) as asked:
        actions.record_allergies(by=nurse, at=NOW, patient_id=patient, allergies="penicillin")
    held = [
        each["sql"] for each in asked if 'FROM "people_patient"' in each["sql"] and " FOR " in each["sql"]
    ]
    assert [sql.endswith("FOR NO KEY UPDATE") for sql in held] == [True]


def test_a_birth_date_in_the_future_is_refused(nurse: Viewer) -> None:
    with pytest.raises(Refused, match="future"):
        patients.patient(nurse, NOW, birth_date=NOW.date() + timedelta(days=1))


def test_a_patient_of_another_clinic_is_not_found(nurse: Viewer) -> None:
    elsewhere = factories.viewer(Role.NURSE, clinic=factories.clinic("Birch Clinic"))
    patient = patients.patient(elsewhere, NOW)
    with pytest.raises(NotFound):
        queries.identity(nurse, patient, NOW)
    with pytest.raises(NotFound):
        actions.record_trial(by=nurse, at=NOW, patient_id=patient, trial=patients.failed_trial())
    assert queries.directory(nurse, "", NOW).total == 0


def test_a_restricted_patient_is_found_only_under_break_glass(nurse: Viewer) -> None:
    patient = patients.patient(nurse, NOW, medical_record_number="R7", family_name="Hidden")
    director = factories.viewer(Role.MEDICAL_DIRECTOR)
    actions.restrict(by=director, at=NOW, patient_id=patient, restricted=True)
    with pytest.raises(NotFound):
        queries.banner(nurse, patient, NOW)
    let_in = Viewer(nurse.user_id, nurse.name, nurse.clinic_id, nurse.roles, frozenset({patient}))
    assert queries.banner(let_in, patient, NOW).restricted


def test_the_directory_shows_a_restricted_patient_by_number_alone(nurse: Viewer) -> None:
    patient = patients.patient(nurse, NOW, medical_record_number="R7", family_name="Hidden")
    actions.restrict(by=factories.viewer(Role.MEDICAL_DIRECTOR), at=NOW, patient_id=patient, restricted=True)
    assert queries.directory(nurse, "Hidden", NOW).rows == ()
    (row,) = queries.directory(nurse, "r7", NOW).rows
    assert (row.locked, row.name, row.born) == (True, "", None)


@pytest.mark.parametrize("text", ["imk", "IMKE sten", "T-1", "1980-05-01", "sten 1980-05-01"])
def test_the_directory_finds_by_beginnings_and_by_birth_date(nurse: Viewer, text: str) -> None:
    patients.patient(nurse, NOW, family_name="Stenzel", medical_record_number="T-1")
    patients.patient(nurse, NOW, given_name="Olu", family_name="Other", birth_date=date(1970, 1, 1))
    assert [row.name for row in queries.directory(nurse, text, NOW).rows] == ["Imke Stenzel"]


def test_the_directory_survives_a_date_that_does_not_exist(nurse: Viewer) -> None:
    assert queries.directory(nurse, "2026-02-31", NOW).rows == ()


def test_two_changes_do_not_overwrite_each_other(nurse: Viewer) -> None:
    details = patients.details()
    patient = actions.register(by=nurse, at=NOW, details=details)
    actions.change_details(by=nurse, at=NOW, patient_id=patient, revision=1, details=details)
    with pytest.raises(Refused, match="changed these details"):
        actions.change_details(by=nurse, at=NOW, patient_id=patient, revision=1, details=details)


def test_a_change_leaves_its_history_and_names_the_fields_in_the_audit(nurse: Viewer) -> None:
    details = patients.details()
    patient = actions.register(by=nurse, at=NOW, details=details)
    moved = patients.details(medical_record_number=details.medical_record_number, phone="+1 555 0199")
    actions.change_details(by=nurse, at=NOW, patient_id=patient, revision=1, details=moved)
    history = Patient.pgh_event_model.objects.filter(pgh_obj_id=patient).order_by("pgh_id")  # type: ignore[attr-defined]
    assert [row.phone for row in history] == [details.phone, "+1 555 0199"]
    entry = AuditEntry.objects.get(verb="people.change_details")
    assert set(entry.detail["fields"]) == {"phone", "family_name"}
    assert "0199" not in str(entry.detail)


def test_a_corrected_trial_keeps_the_earlier_one_in_sight(nurse: Viewer) -> None:
    patient = patients.patient(nurse, NOW)
    wrong = actions.record_trial(
        by=nurse, at=NOW, patient_id=patient, trial=patients.failed_trial(weeks=Decimal(2))
    )
    actions.record_trial(
        by=nurse,
        at=NOW,
        patient_id=patient,
        trial=patients.failed_trial(weeks=Decimal(12)),
        corrects=wrong,
        reason="Misread the letter",
    )
    (trial,) = queries.trials(nurse, patient)
    assert trial.weeks == 12
    assert trial.replaces is not None
    assert (trial.replaces.weeks, trial.reason) == (2, "Misread the letter")


def test_a_correction_needs_its_reason_and_happens_once(nurse: Viewer) -> None:
    patient = patients.patient(nurse, NOW)
    trial = patients.failed_trial()
    first = actions.record_trial(by=nurse, at=NOW, patient_id=patient, trial=trial)
    with pytest.raises(Refused, match="why"):
        actions.record_trial(by=nurse, at=NOW, patient_id=patient, trial=trial, corrects=first)
    actions.record_trial(by=nurse, at=NOW, patient_id=patient, trial=trial, corrects=first, reason="Typo")
    with pytest.raises(Refused, match="corrected before"):
        actions.record_trial(
            by=nurse, at=NOW, patient_id=patient, trial=trial, corrects=first, reason="Again"
        )


def test_a_trial_of_another_patient_cannot_be_corrected_here(nurse: Viewer) -> None:
    trial = patients.failed_trial()
    theirs = actions.record_trial(by=nurse, at=NOW, patient_id=patients.patient(nurse, NOW), trial=trial)
    with pytest.raises(Refused, match="not in this record"):
        actions.record_trial(
            by=nurse,
            at=NOW,
            patient_id=patients.patient(nurse, NOW),
            trial=trial,
            corrects=theirs,
            reason="x",
        )


def test_the_same_trial_sent_twice_is_one(nurse: Viewer) -> None:
    patient, key = patients.patient(nurse, NOW), uuid4()
    once = {
        actions.record_trial(
            by=nurse, at=NOW, patient_id=patient, trial=patients.failed_trial(), idempotency_key=key
        )
        for _ in range(2)
    }
    assert len(once) == AntidepressantTrial.objects.count() == 1
    assert AuditEntry.objects.filter(verb="people.record_trial").count() == 1


def test_a_weight_is_possible_and_not_in_the_future(nurse: Viewer) -> None:
    patient = patients.patient(nurse, NOW)
    with pytest.raises(Refused, match="No person weighs"):
        actions.record_weight(by=nurse, at=NOW, patient_id=patient, weight_kg=Decimal(700), measured_at=NOW)
    with pytest.raises(Refused, match="future"):
        actions.record_weight(
            by=nurse,
            at=NOW,
            patient_id=patient,
            weight_kg=Decimal(70),
            measured_at=NOW + timedelta(hours=1),
        )


def test_a_time_keeps_the_offset_it_was_entered_in(nurse: Viewer) -> None:
    patient = patients.patient(nurse, NOW)
    with timezone.override("America/New_York"):
        actions.record_weight(
            by=nurse,
            at=NOW,
            patient_id=patient,
            weight_kg=Decimal(70),
            measured_at=timezone.localtime(NOW),
        )
    weight = Patient.objects.get(pk=patient).weights.get()
    assert (weight.measured_at, weight.entered_offset_min) == (NOW, -300)


@pytest.mark.parametrize(
    ("allergies", "alerts"),
    [("none known", ()), ("Latex", ("Allergies: Latex",))],
)
def test_allergies_stand_in_the_banner(nurse: Viewer, allergies: str, alerts: tuple[str, ...]) -> None:
    patient = patients.patient(nurse, NOW)
    assert queries.banner(nurse, patient, NOW).alerts == ("Allergies: not asked",)
    actions.record_allergies(by=nurse, at=NOW, patient_id=patient, allergies=allergies)
    assert queries.banner(nurse, patient, NOW).alerts == alerts


def test_an_allergy_that_somebody_else_has_just_entered_is_not_written_over(db: None) -> None:
    clinic = factories.clinic()
    people = factories.staff(Role.NURSE, clinic=clinic)
    client, address = factories.signed_in(people), "/patients/{}/allergies/"
    patient = patients.patient(people.viewer, timezone.now())
    actions.record_allergies(by=people.viewer, at=timezone.now(), patient_id=patient, allergies="Latex\nNuts")
    url = address.format(patient)
    opened = client.get(url).context["form"].initial["instead_of"]
    actions.record_allergies(by=people.viewer, at=timezone.now(), patient_id=patient, allergies="Penicillin")
    typed = {"allergies": "Latex", "instead_of": opened.replace("\n", "\r\n")}
    refused = client.post(url, typed)
    assert refused.status_code == 422
    assert "Meanwhile somebody wrote “Penicillin”" in refused.content.decode()
    again = {"allergies": "Latex, Penicillin", "instead_of": refused.context["form"].data["instead_of"]}
    assert client.post(url, again).status_code in (302, 303)
    assert Patient.objects.get(pk=patient).allergies == "Latex, Penicillin"


def test_the_front_desk_sees_who_but_nothing_clinical(nurse: Viewer) -> None:
    patient = patients.patient(nurse, NOW)
    actions.record_allergies(by=nurse, at=NOW, patient_id=patient, allergies="Latex")
    desk = factories.viewer(Role.FRONT_DESK)
    assert queries.banner(desk, patient, NOW).alerts == ()
    for read in (queries.trials, queries.weights, queries.clinical):
        with pytest.raises(Denied):
            read(desk, patient)


@pytest.mark.parametrize("page", ["trials", "weights", "allergies", "chart"])
def test_opening_any_page_of_a_chart_is_logged(nurse: Viewer, page: str) -> None:
    staff = factories.staff(Role.NURSE)
    patient = patients.patient(nurse, NOW)
    assert factories.signed_in(staff).get(reverse(f"people:{page}", args=[patient])).status_code == 200
    (entry,) = AuditEntry.objects.filter(verb="read", actor_id=staff.user.id)
    assert (entry.patient_id, entry.detail) == (patient, {"purpose": "treatment"})


def test_under_emergency_access_so_is_a_page_beside_the_chart(nurse: Viewer) -> None:
    staff = factories.staff(Role.NURSE)
    patient = patients.patient(nurse, NOW)
    Patient.objects.update(restricted=True)
    break_glass(by=staff.viewer, patient_id=patient, why="seizure in the chair", at=timezone.now())
    factories.signed_in(staff).get(reverse("people:trials", args=[patient]))
    entry = AuditEntry.objects.get(verb="read", actor_id=staff.user.id)
    assert entry.detail == {"purpose": "break-glass"}


def test_the_front_desk_opens_no_chart_and_is_not_logged_as_reading_one(nurse: Viewer) -> None:
    desk = factories.staff(Role.FRONT_DESK)
    page = reverse("people:details", args=[patients.patient(nurse, NOW)])
    assert factories.signed_in(desk).get(page).status_code == 200
    assert not AuditEntry.objects.filter(verb="read").exists()


def test_searching_leaves_no_name_in_the_tablets_history(nurse: Viewer) -> None:
    page = factories.signed_in(factories.staff(Role.NURSE)).get(reverse("people:directory"))
    assert b"hx-push-url" not in page.content
