"""The history of earlier treatments: found in the list, kept as typed, judged, and shown with what is missing."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from tests.clinic import factories, patients

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.people import actions, history, queries
from euthymia.clinic.people.models import AntidepressantTrial
from euthymia.protocol import Outcome, Product

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
NASAL = Product.ESKETAMINE_NASAL


@pytest.fixture
def prescriber() -> Viewer:
    return factories.viewer(Role.PRESCRIBER)


def trial(drug: str = "Zoloft", **changed: Any) -> actions.Trial:
    said: dict[str, Any] = {"dose_mg": None, "dose_amount": Decimal(100), "dose_unit": "mg/d"}
    return patients.failed_trial(drug, **(said | {"dose_adequate": None} | changed))


def record(by: Viewer, patient: Any, **changed: Any) -> Any:
    return actions.record_trial(by=by, at=NOW, patient_id=patient, trial=trial(**changed))


def test_a_trade_name_is_kept_as_typed_and_counted_by_its_code(prescriber: Viewer) -> None:
    patient = patients.patient(prescriber, NOW)
    record(prescriber, patient, drug="Zoloft", drug_class="other", oral=None)
    record(prescriber, patient, drug="sertraline")
    first, second = queries.trials(prescriber, patient)
    assert {first.drug, second.drug} == {"Zoloft", "sertraline"}
    assert {first.name, second.name} == {"sertraline"}
    assert (first.drug_class, first.oral) == ("ssri", True)
    shown = history.evidence(prescriber, patient, NASAL)
    assert shown is not None
    assert (shown.failed, shown.is_shown) == (1, False)


def test_a_drug_that_is_not_in_the_list_stays_and_is_asked_about(prescriber: Viewer) -> None:
    patient = patients.patient(prescriber, NOW)
    record(prescriber, patient, drug="Sertralix forte")
    shown = history.evidence(prescriber, patient, NASAL)
    assert shown is not None
    assert shown.judged[0].outcome is Outcome.UNKNOWN
    assert any("Sertralix forte" in sentence for sentence in shown.missing)


def test_an_entry_from_before_the_list_reads_as_before(prescriber: Viewer) -> None:
    patient = patients.patient(prescriber, NOW)
    AntidepressantTrial.objects.create(
        clinic_id=prescriber.clinic_id,
        recorded_by_id=prescriber.user_id,
        recorded_at=NOW,
        patient_id=patient,
        drug=" Sertraline ",
        drug_class="ssri",
        oral=True,
        dose_mg=Decimal("150.00"),
        dose_adequate=True,
        weeks=Decimal(8),
        adherence="yes",
        result="inadequate response",
        current_episode=True,
        origin="referral letter",
    )
    (old,) = queries.trials(prescriber, patient)
    assert (old.code, old.dose_words, old.origin_words) == ("N06AB06", "150 mg a day", "referral letter")
    shown = history.evidence(prescriber, patient, NASAL)
    assert shown is not None
    assert shown.judged[0].outcome is Outcome.SATISFIED


def test_an_addition_belongs_to_its_trial_through_a_correction_and_is_no_antidepressant(
    prescriber: Viewer,
) -> None:
    patient = patients.patient(prescriber, NOW)
    base = record(prescriber, patient, drug="venlafaxine", dose_amount=Decimal(225))
    record(prescriber, patient, drug="mirtazapine", dose_amount=Decimal(30), augments=base)
    actions.record_trial(
        by=prescriber,
        at=NOW,
        patient_id=patient,
        trial=trial("Effexor XR", dose_amount=Decimal(300)),
        corrects=base,
        reason="Dose of the letter",
    )
    added = next(row for row in queries.trials(prescriber, patient) if row.name == "mirtazapine")
    assert added.augments_name == "venlafaxine"
    shown = history.evidence(prescriber, patient, NASAL)
    assert shown is not None
    assert shown.failed == 1


def test_an_addition_to_another_patients_trial_is_refused(prescriber: Viewer) -> None:
    theirs = record(prescriber, patients.patient(prescriber, NOW))
    with pytest.raises(Refused, match="not in this record"):
        record(prescriber, patients.patient(prescriber, NOW), drug="lithium", augments=theirs)


def test_only_a_prescriber_judges_otherwise_and_says_why(prescriber: Viewer) -> None:
    nurse = factories.viewer(Role.NURSE)
    patient = patients.patient(nurse, NOW)
    own = {"weeks": Decimal(3), "judged": True}
    with pytest.raises(Refused, match="Only a prescriber"):
        record(nurse, patient, **own, judged_reason="blood level")
    patient = patients.patient(prescriber, NOW)
    with pytest.raises(Refused, match="Say why"):
        record(prescriber, patient, **own)
    record(prescriber, patient, **own, judged_reason="blood level in range")
    shown = history.evidence(prescriber, patient, NASAL)
    assert shown is not None
    (judged,) = shown.judged
    assert (judged.outcome, judged.computed) == (Outcome.SATISFIED, Outcome.VIOLATED)


@pytest.mark.parametrize("wrong", [{"started": "last spring"}, {"stopped": "2024-13"}])
def test_a_date_that_is_none_is_refused(prescriber: Viewer, wrong: dict[str, str]) -> None:
    with pytest.raises(Refused, match="Write a year"):
        record(prescriber, patients.patient(prescriber, NOW), **wrong)


@pytest.mark.parametrize(
    ("changed", "constraint"),
    [
        ({"started": "spring"}, "dates_written"),
        ({"judged": True}, "judgement_has_reason"),
        ({"dose_amount": Decimal(5)}, "amount_has_unit"),
        ({"dose_unit": "tablets"}, "dose_unit_known"),
    ],
)
def test_the_database_forbids_the_impossible(
    prescriber: Viewer, changed: dict[str, Any], constraint: str
) -> None:
    patient = patients.patient(prescriber, NOW)
    row = AntidepressantTrial(
        clinic_id=prescriber.clinic_id,
        recorded_by_id=prescriber.user_id,
        recorded_at=NOW,
        patient_id=patient,
        drug="x",
        drug_class="other",
        adherence="yes",
        origin="x",
        **changed,
    )
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        row.save()


# --- the pages -------------------------------------------------------------------------------------------------
TYPED = {
    "drug": "Zoloft",
    "current_episode": "yes",
    "dose_amount": "100",
    "dose_unit": "mg/d",
    "started": "2025-01",
    "stopped": "2025-06",
    "adherence": "yes",
    "result": "inadequate response",
    "origin_kind": "patient",
}


@pytest.fixture
def staff() -> Any:
    return factories.staff(Role.PRESCRIBER)


def _post(staff: Any, patient: Any, **changed: str) -> Any:
    url = reverse("people:add_trial", args=[patient])
    return factories.signed_in(staff).post(url, TYPED | changed)


def test_what_is_entered_stands_judged_on_the_page(staff: Any) -> None:
    patient = patients.patient(staff.viewer, NOW)
    assert _post(staff, patient).status_code == 303
    page = factories.signed_in(staff).get(reverse("people:trials", args=[patient])).content.decode()
    for text in (
        "sertraline",
        "entered as Zoloft",
        "Jan 2025 to Jun 2025",
        "1</strong> adequate failure of",
        "What is missing",
    ):
        assert text in page


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"drug": "Sertralin", "drug_class": "ssri"}, "Did you mean sertraline"),
        ({"drug": "Sertralin"}, "Say what kind of treatment"),
        ({"dose_unit": "ug/d"}, "cannot be judged"),
        ({"dose_unit": ""}, "Choose the unit"),
        ({"started": "2025-07"}, "before it started"),
        ({"started": "2099"}, "in the future"),
        ({"weeks": "40"}, "The dates allow"),
        ({"ongoing": "on"}, "cannot have stopped"),
        ({"drug": "ECT"}, "counted in sessions"),
        ({"judged": "yes"}, "Say why"),
        ({"started": "spring"}, "Write a year"),
    ],
)
def test_what_cannot_be_or_is_odd_is_asked_about(staff: Any, changed: dict[str, str], sentence: str) -> None:
    patient = patients.patient(staff.viewer, NOW)
    answer = _post(staff, patient, **changed)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not AntidepressantTrial.objects.exists()


def test_a_confirmed_name_that_is_not_in_the_list_is_kept(staff: Any) -> None:
    patient = patients.patient(staff.viewer, NOW)
    answer = _post(
        staff, patient, drug="Sertralix", drug_class="ssri", oral="yes", confirmed="drug=Sertralix"
    )
    assert answer.status_code == 303
    (kept,) = queries.trials(staff.viewer, patient)
    assert (kept.name, kept.code) == ("Sertralix", "")


def test_a_correction_starts_from_the_entry_but_not_from_its_judgement(staff: Any) -> None:
    patient = patients.patient(staff.viewer, NOW)
    entry = record(staff.viewer, patient, judged=False, judged_reason="Other name of the same drug")
    url = reverse("people:correct_trial", args=[patient, entry])
    page = factories.signed_in(staff).get(url).content.decode()
    assert 'value="Zoloft"' in page
    assert "Other name of the same drug" not in page


def test_a_nurse_is_not_asked_for_a_judgement(staff: Any) -> None:
    nurse = factories.staff(Role.NURSE)
    patient = patients.patient(nurse.viewer, NOW)
    page = factories.signed_in(nurse).get(reverse("people:add_trial", args=[patient])).content.decode()
    assert "Your judgement" not in page
    assert "Zoloft" in page  # offered without any script
