"""What is found after suitability was signed, or missed, or worse, stands in the way of the next order."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from tests.clinic import patients
from tests.clinic.visits import scenes
from tests.clinic.visits.scenes import NOW, minutes

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import actions as courses
from euthymia.clinic.courses import queries
from euthymia.clinic.courses.models import Course, TreatedSession
from euthymia.clinic.measures import actions as measures
from euthymia.clinic.safety import actions as safety
from euthymia.clinic.visits import actions, assess, models
from euthymia.clinic.visits.actions import GateShut, Refused
from euthymia.clinic.visits.record import Record
from euthymia.protocol import Answer, Benefit, Condition, LiverImpairment, Outcome, Product

S, V, U = Outcome.SATISFIED, Outcome.VIOLATED, Outcome.UNKNOWN


@pytest.fixture
def staff(db: None) -> Viewer:
    return patients.staff()


def course_of(visit_id: UUID) -> Course:
    """The course a visit belongs to."""
    return models.Visit.objects.select_related("course").get(pk=visit_id).course


def outcomes(
    by: Viewer, visit_id: UUID, *rules: str, dose: assess.Dose = scenes.FIFTY_SIX
) -> dict[str, Outcome]:
    """How rules come out when the dose is ordered a few minutes after check-in began."""
    record = Record(models.Visit.objects.get(pk=visit_id))
    return {
        each.rule: each.outcome for each in assess.order(by, record, minutes(5), dose) if each.rule in rules
    }


def order(by: Viewer, visit_id: UUID, at_min: float = 6) -> None:
    """Sign the usual dose."""
    at = minutes(at_min)
    actions.sign_order(by=by, at=at, visit_id=visit_id, dose=scenes.FIFTY_SIX, reauth=patients.proof(by, at))


def ready(by: Viewer, **changed: Any) -> UUID:
    """A visit whose check-in is finished, with nothing against an order."""
    visit_id = scenes.asked(by, **changed)
    actions.finish_check_in(by=by, at=minutes(1), visit_id=visit_id)
    return visit_id


class TestFoundSince:
    def test_a_liver_judged_severe_since_stops_the_order(self, staff: Viewer) -> None:
        visit_id = ready(staff)
        assert outcomes(staff, visit_id, "WP-11") == {"WP-11": S}
        measures.record_liver(
            by=staff,
            at=minutes(2),
            patient_id=course_of(visit_id).patient_id,
            impairment=LiverImpairment.CHILD_PUGH_C,
            basis="hepatologist's letter",
        )
        assert outcomes(staff, visit_id, "WP-11") == {"WP-11": V}
        with pytest.raises(GateShut):
            order(staff, visit_id)

    def test_a_sick_heart_needs_a_site_that_can_resuscitate(self, staff: Viewer) -> None:
        visit_id = ready(staff)
        sick = courses.Reply(answer=Answer.YES, basis="cardiologist's letter", reason="new letter")
        courses.answer_conditions(
            by=staff,
            at=minutes(2),
            course_id=course_of(visit_id).id,
            replies={Condition.CARDIORESPIRATORY_DISEASE: sick},
            answered_at=minutes(2),
        )
        assert outcomes(staff, visit_id, "PRE-8") == {"PRE-8": U}  # nobody wrote down what the site has

    def test_what_is_new_since_last_time_is_before_the_prescriber(self, staff: Viewer) -> None:
        visit_id = ready(staff)
        assert outcomes(staff, visit_id, "PRE-11") == {}
        new = measures.TakenMedicine(name="a tablet at night")
        actions.record_medicines(by=staff, at=minutes(2), visit_id=visit_id, changed=True, medicines=(new,))
        assert outcomes(staff, visit_id, "PRE-11") == {"PRE-11": U}
        record = Record(models.Visit.objects.get(pk=visit_id))
        found = assess.order(staff, record, minutes(5), scenes.FIFTY_SIX)
        assert "a tablet at night" in next(each.sentence for each in found if each.rule == "PRE-11")

    def test_no_dose_before_the_risk_of_abuse_was_assessed(self, staff: Viewer, monkeypatch: Any) -> None:
        monkeypatch.setattr(measures, "record_tests", lambda **_: None)
        visit_id = ready(staff)
        assert outcomes(staff, visit_id, "MIS-1") == {"MIS-1": U}

    def test_at_a_high_body_mass_index_somebody_chose_the_weight(self, staff: Viewer) -> None:
        visit_id = scenes.asked(staff, product=Product.KETAMINE_IV)
        dose = scenes.INFUSION
        assert outcomes(staff, visit_id, "IV-DOSE-8", dose=dose) == {"IV-DOSE-8": S}
        actions.record_weight(by=staff, at=minutes(2), visit_id=visit_id, weight_kg=Decimal("95.0"))
        assert outcomes(staff, visit_id, "IV-DOSE-8", dose=dose) == {"IV-DOSE-8": U}


class TestWorse:
    def judged(self, by: Viewer, visit_id: UUID, level: str, at_min: float) -> None:
        at = minutes(at_min)
        safety.record_risk(
            by=by,
            at=at,
            patient_id=course_of(visit_id).patient_id,
            level=level,
            basis="interview",
            assessed_at=at,
        )

    def treated_before(self, visit_id: UUID, days: int = 4) -> None:
        course = course_of(visit_id)
        when = NOW - timedelta(days=days)
        TreatedSession.objects.create(
            clinic_id=course.clinic_id,
            recorded_at=when,
            recorded_by_id=models.IdentityCheck.objects.get(visit=visit_id).recorded_by_id,
            course=course,
            number=1,
            visit=visit_id,
            started_at=when,
            on=when.date(),
        )

    def test_a_risk_that_rose_since_treatment_began_asks_for_a_decision(self, staff: Viewer) -> None:
        visit_id = scenes.asked(staff)
        self.treated_before(visit_id)
        self.judged(staff, visit_id, "low", -5 * 24 * 60)
        self.judged(staff, visit_id, "moderate", 1)
        assert outcomes(staff, visit_id, "MBC-8") == {"MBC-8": V}
        self.judged(staff, visit_id, "moderate", 2)  # judging the same again answers nothing
        assert outcomes(staff, visit_id, "MBC-8") == {"MBC-8": V}

    def test_a_risk_before_the_first_dose_is_not_worse_since_treatment(self, staff: Viewer) -> None:
        visit_id = scenes.asked(staff)
        self.judged(staff, visit_id, "moderate", 2)
        assert outcomes(staff, visit_id, "MBC-8") == {"MBC-8": S}

    def test_a_long_gap_waits_for_a_review(self, staff: Viewer) -> None:
        visit_id = scenes.asked(staff)
        self.treated_before(visit_id, days=28)
        assert outcomes(staff, visit_id, "MISS-3") == {"MISS-3": S}
        other = scenes.asked(staff, chair_id=scenes.chair(staff, "Chair 2").pk)
        self.treated_before(other, days=29)
        assert outcomes(staff, other, "MISS-3") == {"MISS-3": V}


class TestUnderTheDrug:
    def consent(self, by: Viewer, visit_id: UUID, at_min: float) -> UUID:
        at, course_id = minutes(at_min), course_of(visit_id).id
        told = patients.consent(queries.course(by, course_id), at)
        return courses.record_consent(
            by=by, at=at, course_id=course_id, consent=told, reauth=patients.proof(by, at)
        )

    def test_no_consent_is_taken_while_a_dose_acts(self, staff: Viewer) -> None:
        visit_id = scenes.recovered(staff)
        for at_min in (0, 60, 129):
            with pytest.raises(Refused, match="KAP-7"):
                self.consent(staff, visit_id, at_min)
        actions.discharge(
            by=staff, at=minutes(130), visit_id=visit_id, reauth=patients.proof(staff, minutes(130))
        )
        assert self.consent(staff, visit_id, 131)

    def test_consent_is_taken_before_the_dose(self, staff: Viewer) -> None:
        assert self.consent(staff, scenes.asked(staff), 1)


class TestCourseThatDoesNotGoOn:
    def test_nothing_is_ordered_or_booked_in_a_course_that_was_stopped(self, staff: Viewer) -> None:
        visit_id = ready(staff)
        course_id = course_of(visit_id).id
        courses.advance(by=staff, at=minutes(2), course_id=course_id, event="stop")
        with pytest.raises(Refused, match="No dose can be ordered"):
            order(staff, visit_id)
        with pytest.raises(Refused, match="This course is over"):
            scenes.booked(staff, course_id=course_id, chair_id=scenes.chair(staff, "Chair 2").pk)

    def test_nothing_is_ordered_after_the_decision_to_stop(self, staff: Viewer) -> None:
        visit_id = ready(staff)
        course = course_of(visit_id)
        Course.objects.filter(pk=course.pk).update(state="induction")
        courses.decide_benefit(
            by=staff,
            at=minutes(2),
            course_id=course.id,
            decision=Benefit.STOP,
            rationale="no benefit",
            reauth=patients.proof(staff, minutes(2)),
        )
        with pytest.raises(Refused, match="No dose can be ordered"):
            order(staff, visit_id)
