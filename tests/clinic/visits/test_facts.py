"""What the rules are given about a visit: what stands now, wherever it was recorded."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from tests.clinic import patients
from tests.clinic.visits import scenes
from tests.clinic.visits.scenes import minutes

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.measures import actions as measures
from euthymia.clinic.people import actions as people
from euthymia.clinic.people.models import BodyWeight
from euthymia.clinic.safety import actions as safety
from euthymia.clinic.safety.models import SuicideRiskAssessment
from euthymia.clinic.visits import actions, assess, models
from euthymia.clinic.visits.actions import GateShut
from euthymia.clinic.visits.record import Record
from euthymia.protocol import Outcome, Product


@pytest.fixture
def staff(db: None) -> Viewer:
    return patients.staff()


def patient_of(visit_id: UUID) -> UUID:
    """Whose visit it is."""
    return models.Visit.objects.select_related("course").get(pk=visit_id).course.patient_id


def outcomes(by: Viewer, visit_id: UUID, at_min: float, *rules: str) -> dict[str, Outcome]:
    """How rules of check-in come out that many minutes after it began."""
    record = Record(models.Visit.objects.get(pk=visit_id))
    return {
        each.rule: each.outcome
        for each in assess.readiness(by, record, minutes(at_min))
        if each.rule in rules
    }


def beside(by: Viewer, visit_id: UUID, at_min: float, level: str, **changed: Any) -> UUID:
    """Suicide risk judged on the patient's own page and not in the visit."""
    said: dict[str, Any] = {"basis": "said so to the therapist", "level_of_care": "ward"}
    at = minutes(at_min)
    return safety.record_risk(
        by=by, at=at, patient_id=patient_of(visit_id), level=level, assessed_at=at, **(said | changed)
    )


def answered(by: Viewer, visit_id: UUID, at_min: float, item9: int, **changed: Any) -> None:
    """A PHQ-9 recorded on the patient's own page."""
    answers = {str(number): 1 for number in range(1, 9)} | {"9": item9}
    at = minutes(at_min)
    measures.record_answers(
        by=by,
        at=at,
        patient_id=patient_of(visit_id),
        instrument_id="phq-9",
        answers=answers,
        taken_at=at,
        mode="asked",
        **changed,
    )


def test_risk_judged_high_beside_the_visit_shuts_its_order(staff: Viewer) -> None:
    visit_id = scenes.asked(staff)
    actions.finish_check_in(by=staff, at=minutes(1), visit_id=visit_id)
    beside(staff, visit_id, 2, "high")
    assert outcomes(staff, visit_id, 3, "SUI-9") == {"SUI-9": Outcome.UNKNOWN}
    with pytest.raises(GateShut):
        actions.sign_order(
            by=staff,
            at=minutes(3),
            visit_id=visit_id,
            dose=scenes.FIFTY_SIX,
            reauth=patients.proof(staff, minutes(3)),
        )


def test_risk_judged_beside_the_visit_alone_is_no_judgement_in_it(staff: Viewer) -> None:
    visit_id = scenes.checking_in(staff)
    beside(staff, visit_id, 1, "low", level_of_care="")
    assert outcomes(staff, visit_id, 2, "PRE-13") == {"PRE-13": Outcome.UNKNOWN}


def test_a_corrected_level_is_the_level_of_the_visit(staff: Viewer) -> None:
    visit_id = scenes.asked(staff)
    first = SuicideRiskAssessment.objects.get()
    beside(staff, visit_id, 0, "high", corrects=first.id, reason="wrong line")
    assert outcomes(staff, visit_id, 1, "SUI-9") == {"SUI-9": Outcome.UNKNOWN}


def test_risk_judged_high_before_leaving_counts_wherever_it_was_recorded(staff: Viewer) -> None:
    visit_id = scenes.recovered(staff)
    beside(staff, visit_id, 128, "high", level_of_care="home with the crisis team")
    record = Record(models.Visit.objects.get(pk=visit_id))
    found = {each.rule: each for each in assess.discharge(record, minutes(129))}
    assert "judged high" in found["SUI-10"].sentence


def test_a_later_none_does_not_take_back_a_thought_of_death(staff: Viewer) -> None:
    visit_id = scenes.asked(staff)
    assert outcomes(staff, visit_id, 1, "SUI-4") == {"SUI-4": Outcome.SATISFIED}
    answered(staff, visit_id, -120, 2)
    assert outcomes(staff, visit_id, 1, "SUI-4") == {"SUI-4": Outcome.UNKNOWN}
    scenes.risk(staff, minutes(2), visit_id, instrument="clinical interview")
    assert outcomes(staff, visit_id, 3, "SUI-4") == {"SUI-4": Outcome.SATISFIED}


def test_a_weight_that_was_put_right_is_what_an_infusion_is_worked_out_from(staff: Viewer) -> None:
    visit_id = scenes.asked(staff, product=Product.KETAMINE_IV)
    wrong = BodyWeight.objects.get(visit_link__visit=visit_id)
    people.record_weight(
        by=staff,
        at=minutes(1),
        patient_id=patient_of(visit_id),
        weight_kg=Decimal("50.0"),
        measured_at=wrong.measured_at,
        corrects=wrong.id,
        reason="read 70 for 50",
    )
    record = Record(models.Visit.objects.get(pk=visit_id))
    found = {each.rule: each for each in assess.order(staff, record, minutes(2), scenes.INFUSION)}
    assert found["IV-DOSE-4"].outcome is Outcome.VIOLATED
    assert "50.0 kg" in found["IV-DOSE-4"].sentence


def test_a_positive_pregnancy_test_is_not_undone_by_a_word(staff: Viewer) -> None:
    visit_id = scenes.asked(staff)
    actions.record_pregnancy(by=staff, at=minutes(1), visit_id=visit_id, answer="positive")
    actions.record_pregnancy(
        by=staff, at=minutes(2), visit_id=visit_id, answer="not possible", basis="says so"
    )
    shut = {"PRE-12": Outcome.VIOLATED, "WP-9": Outcome.VIOLATED}
    assert outcomes(staff, visit_id, 3, "PRE-12", "WP-9") == shut
    actions.record_pregnancy(by=staff, at=minutes(4), visit_id=visit_id, answer="negative")
    assert outcomes(staff, visit_id, 5, "PRE-12", "WP-9") == {"PRE-12": Outcome.SATISFIED}
