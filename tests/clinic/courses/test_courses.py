"""A course from referral to maintenance, by the table and by the rules."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from tests.clinic import factories, patients

from euthymia.clinic.access.permissions import GRANTS, Permission, Role
from euthymia.clinic.access.viewer import Denied, NotFound, Viewer
from euthymia.clinic.audit import queries as audit
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.courses import actions, facts, gates, queries, words
from euthymia.clinic.courses.models import Course, CourseTransition, EligibilityDecision
from euthymia.clinic.courses.queries.steps import StepState
from euthymia.clinic.courses.views.course import GENERAL
from euthymia.clinic.people import actions as people
from euthymia.clinic.safety.models import Task
from euthymia.evidence import consent_text
from euthymia.protocol import COURSE, Answer, Benefit, Condition, Product

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@pytest.fixture
def staff(db: None) -> Viewer:
    return patients.staff()


def reply(staff: Viewer, course: object, condition: Condition, answer: Answer, **more: str) -> int:
    said = {"basis": "asked"} | more
    return actions.answer_conditions(
        by=staff,
        at=NOW,
        course_id=course,  # type: ignore[arg-type]
        replies={condition: actions.Reply(answer=answer, **said)},
        answered_at=NOW,
    )


class TestTable:
    def test_every_state_and_event_has_its_words(self) -> None:
        assert set(words.STATES) == set(COURSE.states)
        assert set(words.EVENTS) == {row.event for row in COURSE.transitions}

    def test_every_gate_of_the_table_has_its_judge(self) -> None:
        assert {row.gate for row in COURSE.transitions if row.gate} == set(gates.JUDGES)

    def test_an_event_out_of_turn_is_refused(self, staff: Viewer) -> None:
        course = patients.referred(staff, NOW)
        with pytest.raises(Refused, match="does not follow"):
            actions.advance(by=staff, at=NOW, course_id=course, event="decide_benefit")

    def test_a_role_the_table_does_not_name_is_denied(self, staff: Viewer) -> None:
        course = patients.referred(staff, NOW)
        with pytest.raises(Denied, match="prescriber or medical director"):
            actions.advance(by=factories.viewer(Role.NURSE), at=NOW, course_id=course, event="stop")

    def test_every_role_the_table_names_may_open_the_page_that_records_it(self) -> None:
        pages = {
            "find_eligible": Permission.DECIDE_ELIGIBILITY,
            "find_not_eligible": Permission.DECIDE_ELIGIBILITY,
            "record_consent": Permission.RECORD_CONSENT,
            "sign_plan": Permission.PRESCRIBE,
            "revise_plan": Permission.PRESCRIBE,
            "repeat_induction": Permission.PRESCRIBE,
            "decide_benefit": Permission.PRESCRIBE,
            "continue": Permission.PRESCRIBE,
            "record_first_dose": Permission.RECORD_ADMINISTRATION,
            "withdraw": Permission.VIEW_DIRECTORY,
        } | dict.fromkeys(GENERAL, Permission.VIEW_CHART)
        for row in COURSE.transitions:
            for role in row.roles:
                assert pages[row.event] in GRANTS[Role(role)], (row.event, role)

    def test_the_director_judges_and_prescribes_nothing_but_may_end_a_course(self) -> None:
        named = {row.event for row in COURSE.transitions if "medical_director" in row.roles}
        assert named == {"stop", "transfer", "record_death", "withdraw"}

    def test_whoever_treats_or_answers_for_it_may_end_a_course_by_a_withdrawal(self) -> None:
        ending = {role.value for role, granted in GRANTS.items() if Permission.VIEW_CHART in granted}
        assert all(set(row.roles) == ending for row in COURSE.transitions if row.event == "withdraw")
        assert "front_desk" not in ending

    def test_the_database_knows_the_states(self, staff: Viewer) -> None:
        course = patients.referred(staff, NOW)
        with pytest.raises(IntegrityError), transaction.atomic():
            Course.objects.filter(pk=course).update(state="cured")

    def test_one_key_moves_once(self, staff: Viewer) -> None:
        course, key = patients.referred(staff, NOW), uuid4()
        for _ in range(2):
            actions.advance(by=staff, at=NOW, course_id=course, event="stop", idempotency_key=key)
        assert CourseTransition.objects.count() == 1
        assert [move.label for move in queries.moves(staff, course)] == ["Stop the course"]

    @pytest.mark.parametrize("event", sorted(COURSE.protective))
    def test_every_way_out_is_open_from_the_start(self, staff: Viewer, event: str) -> None:
        course = patients.referred(staff, NOW)
        actions.advance(by=staff, at=NOW, course_id=course, event=event)
        assert queries.course(staff, course).is_over


class TestReferral:
    def test_one_course_at_a_time(self, staff: Viewer) -> None:
        course = queries.course(staff, patients.referred(staff, NOW))
        again = {
            "by": staff,
            "at": NOW,
            "patient_id": course.patient_id,
            "product": Product.KETAMINE_IV,
            "referred_by": "x",
            "referred_on": NOW.date(),
            "referral_reason": "x",
        }
        with pytest.raises(Refused, match="not over"):
            actions.refer(**again)
        actions.advance(by=staff, at=NOW, course_id=course.id, event="stop")
        assert actions.refer(**again)

    def test_a_referral_from_the_future_is_refused(self, staff: Viewer) -> None:
        with pytest.raises(Refused) as refused:
            actions.refer(
                by=staff,
                at=NOW,
                patient_id=patients.patient(staff, NOW),
                product=Product.KETAMINE_IV,
                referred_by="x",
                referred_on=NOW.date() + timedelta(days=2),
                referral_reason="x",
            )
        assert refused.value.field == "referred_on"

    def test_a_course_of_another_clinic_is_not_found(self, staff: Viewer) -> None:
        course = patients.referred(staff, NOW)
        elsewhere = patients.staff(factories.clinic("Birch Clinic"))
        for read in (queries.course, queries.conditions, queries.plan, queries.sessions, queries.consents):
            with pytest.raises(NotFound):
                read(elsewhere, course)
        with pytest.raises(NotFound):
            actions.advance(by=elsewhere, at=NOW, course_id=course, event="stop")


class TestSuitability:
    def test_nothing_asked_is_nothing_known(self, staff: Viewer) -> None:
        found = queries.assessment(staff, patients.referred(staff, NOW), NOW)
        assert found.answer.startswith("Still needed: ")
        assert found.missing > 0

    def test_a_full_history_makes_the_patient_suitable(self, staff: Viewer) -> None:
        found = queries.assessment(staff, patients.with_history(staff, NOW), NOW)
        assert (found.answer, found.kind) == ("Suitable: every requirement is met.", "ok")

    @pytest.mark.parametrize("family", ["augmentation", "other"])
    def test_what_is_no_antidepressant_of_its_own_counts_as_no_failure(
        self, staff: Viewer, family: str
    ) -> None:
        course = patients.referred(staff, NOW)
        patient = queries.course(staff, course).patient_id
        for drug, drug_class in (("sertraline", "ssri"), ("aripiprazole", family)):
            trial = patients.failed_trial(drug, drug_class=drug_class)
            people.record_trial(by=staff, at=NOW, patient_id=patient, trial=trial)
        patients.answer_all(staff, NOW, course)
        (found,) = [
            each for each in queries.assessment(staff, course, NOW).findings if each.rule == "IND-US-1"
        ]
        assert found.outcome == "violated"
        assert "aripiprazole: it is no antidepressant of its own" in found.sentence

    def test_a_contraindication_speaks_before_what_is_missing(self, staff: Viewer) -> None:
        course = patients.referred(staff, NOW)
        reply(staff, course, Condition.ANEURYSMAL_DISEASE, Answer.YES)
        found = queries.assessment(staff, course, NOW)
        assert "CI-1" in found.answer
        assert found.kind == "stop"

    def test_an_answer_needs_its_basis(self, staff: Viewer) -> None:
        with pytest.raises(Refused, match="how it is known"):
            reply(
                staff,
                patients.referred(staff, NOW),
                Condition.ANEURYSMAL_DISEASE,
                Answer.NONE_KNOWN,
                basis="",
            )

    def test_a_changed_answer_needs_its_reason_and_keeps_the_earlier_one(self, staff: Viewer) -> None:
        course = patients.with_history(staff, NOW)
        with pytest.raises(Refused, match="why the answer changed"):
            reply(staff, course, Condition.ANEURYSMAL_DISEASE, Answer.YES, basis="CT today")
        reply(staff, course, Condition.ANEURYSMAL_DISEASE, Answer.YES, basis="CT today", reason="New scan")
        (asked,) = [
            each
            for each in queries.conditions(staff, course)
            if each.condition is Condition.ANEURYSMAL_DISEASE
        ]
        assert (asked.answer, asked.reason) == (Answer.YES, "New scan")
        assert [each.answer for each in asked.earlier] == [Answer.NONE_KNOWN]

    def test_the_same_answer_again_records_nothing(self, staff: Viewer) -> None:
        course = patients.referred(staff, NOW)
        assert reply(staff, course, Condition.ANEURYSMAL_DISEASE, Answer.NONE_KNOWN) == 1
        assert reply(staff, course, Condition.ANEURYSMAL_DISEASE, Answer.NONE_KNOWN) == 0

    def test_the_decision_is_signed_over_the_findings(self, staff: Viewer) -> None:
        course = patients.eligible(staff, NOW)
        assert queries.course(staff, course).state == "eligible"
        row = EligibilityDecision.objects.get()
        content = {
            "course": course,
            "suitable": True,
            "rationale": "",
            "findings": row.findings,
            "overrides": {},
        }
        assert audit.signature(staff, row.signature_id).matches(content)
        assert not audit.signature(staff, row.signature_id).matches(content | {"suitable": False})

    def test_what_was_not_seen_is_not_signed(self, staff: Viewer) -> None:
        course = patients.with_history(staff, NOW)
        seen = {each.fingerprint for each in queries.assessment(staff, course, NOW).findings}
        reply(staff, course, Condition.HYPERSENSITIVITY, Answer.NONE_KNOWN, basis="asked again", reason="New")
        with pytest.raises(Refused, match="changed after the page was opened"):
            patients.decide(staff, NOW, course, seen=seen)

    def test_a_shut_gate_is_not_signed_open(self, staff: Viewer) -> None:
        with pytest.raises(Refused, match="cannot be signed as suitable"):
            patients.decide(staff, NOW, patients.referred(staff, NOW))

    def test_an_override_needs_a_reason_and_a_rule_that_allows_it(self, staff: Viewer) -> None:
        course = patients.with_history(staff, NOW)
        reply(staff, course, Condition.ANEURYSMAL_DISEASE, Answer.YES, basis="CT", reason="New scan")
        found = queries.assessment(staff, course, NOW).findings
        never = next(each for each in found if each.rule == "CI-1")
        with pytest.raises(Refused, match="cannot be overridden"):
            patients.decide(staff, NOW, course, overrides={never.fingerprint: "I think so"})

    def test_a_prescriber_overrides_with_a_reason(self, staff: Viewer) -> None:
        course = patients.referred(staff, NOW)
        patients.answer_all(staff, NOW, course)
        patient = queries.course(staff, course).patient_id
        people.record_trial(by=staff, at=NOW, patient_id=patient, trial=patients.failed_trial())
        found = queries.assessment(staff, course, NOW)
        assert "(IND-US-1). Suitable only if a prescriber overrides" in found.answer
        (trd,) = found.gate.overridable
        with pytest.raises(Refused, match="reason"):
            patients.decide(staff, NOW, course, overrides={trd.fingerprint: " "})
        patients.decide(staff, NOW, course, overrides={trd.fingerprint: "Second drug failed abroad"})
        decision = queries.decision(staff, course)
        assert decision is not None
        assert [(each.rule, why) for each, why in decision.overrides] == [
            ("IND-US-1", "Second drug failed abroad")
        ]

    def test_not_suitable_needs_a_reason_and_can_be_assessed_again(self, staff: Viewer) -> None:
        course = patients.with_history(staff, NOW)
        with pytest.raises(Refused) as refused:
            patients.decide(staff, NOW, course, suitable=False, rationale="")
        assert refused.value.field == "rationale"
        patients.decide(staff, NOW, course, suitable=False)
        assert queries.course(staff, course).state == "not_eligible"
        actions.advance(by=staff, at=NOW, course_id=course, event="reassess", captured={"reason": "News"})
        assert queries.course(staff, course).state == "referred"

    def test_a_nurse_does_not_decide(self, staff: Viewer) -> None:
        with pytest.raises(Denied):
            patients.decide(factories.viewer(Role.NURSE), NOW, patients.with_history(staff, NOW))


class TestConsent:
    def test_the_text_is_frozen_word_for_word(self, staff: Viewer) -> None:
        (signed,) = queries.consents(staff, patients.consented(staff, NOW))
        assert signed.text == consent_text("us-esketamine-trd-3").text
        assert signed.text_sha256 == consent_text("us-esketamine-trd-3").sha256

    def test_an_older_text_is_refused(self, staff: Viewer) -> None:
        course = queries.course(staff, patients.eligible(staff, NOW))
        with pytest.raises(Refused, match="newer version"):
            actions.record_consent(
                by=staff,
                at=NOW,
                course_id=course.id,
                consent=patients.consent(course, NOW, text_version="us-esketamine-0"),
                reauth=patients.proof(staff, NOW),
            )

    def test_consent_before_the_decision_on_suitability_leads_on_to_the_plan(self, staff: Viewer) -> None:
        course = queries.course(staff, patients.with_history(staff, NOW))
        actions.record_consent(
            by=staff,
            at=NOW,
            course_id=course.id,
            consent=patients.consent(course, NOW),
            reauth=patients.proof(staff, NOW),
        )
        assert queries.course(staff, course.id).state == "referred"
        patients.decide(staff, NOW, course.id)
        assert queries.course(staff, course.id).state == "consented"

    def test_the_front_desk_may_record_a_withdrawal(self, staff: Viewer) -> None:
        course = patients.consented(staff, NOW)
        desk, key = factories.viewer(Role.FRONT_DESK), uuid4()
        for _ in range(2):
            actions.withdraw(
                by=desk,
                at=NOW,
                course_id=course,
                words="I do not want this any more",
                withdrawn_at=NOW,
                idempotency_key=key,
            )
        assert queries.course(staff, course).state == "consented"
        assert facts.consent_facts(staff, course).withdrawn is not None
        assert not gates.result("consent", staff, Course.objects.get(pk=course), NOW).is_open
        task = Task.objects.get(kind="other")
        assert (task.owner_role, task.closed_at) == ("prescriber", None)
        actions.withdraw(by=staff, at=NOW, course_id=course, words="", withdrawn_at=NOW)
        assert queries.course(staff, course).state == "withdrawn"
        with pytest.raises(Refused, match="does not follow"):
            actions.withdraw(by=desk, at=NOW, course_id=course, words="", withdrawn_at=NOW)


class TestPlan:
    def test_induction_is_eight_sessions_in_four_weeks(self, staff: Viewer) -> None:
        course = patients.planned(staff, NOW)
        sessions = queries.sessions(staff, course)
        assert [session.number for session in sessions] == list(range(1, 9))
        assert sessions[0].target_on == date(2026, 11, 20)
        assert queries.course(staff, course).state == "planned"

    def test_a_dose_the_regimen_does_not_allow_needs_an_override(self, staff: Viewer) -> None:
        course = queries.course(staff, patients.consented(staff, NOW))
        new = patients.new_plan(course, NOW, dose_mg=Decimal(84))
        found = actions.judge_plan(staff, course.id, new, timezone.localtime(NOW))
        said = {
            "by": staff,
            "at": NOW,
            "course_id": course.id,
            "new": new,
            "seen": {each.fingerprint for each in found},
            "reauth": patients.proof(staff, NOW),
        }
        with pytest.raises(Refused, match="DOSE-US-1"):
            actions.sign_plan(overrides={}, **said)
        first = next(each for each in found if each.rule == "DOSE-US-1")
        actions.sign_plan(overrides={first.fingerprint: "Label read on 20 November"}, **said)
        plan = queries.plan(staff, course.id)
        assert plan is not None
        assert plan.overrides[0][1] == "Label read on 20 November"

    def test_more_than_the_largest_dose_cannot_be_signed(self, staff: Viewer) -> None:
        course = queries.course(staff, patients.consented(staff, NOW))
        new = patients.new_plan(course, NOW, dose_mg=Decimal(112))
        found = actions.judge_plan(staff, course.id, new, timezone.localtime(NOW))
        most = next(each for each in found if each.rule == "DOSE-US-3")
        with pytest.raises(Refused, match="cannot be overridden"):
            actions.sign_plan(
                by=staff,
                at=NOW,
                course_id=course.id,
                new=new,
                overrides={most.fingerprint: "please"},
                seen={each.fingerprint for each in found},
                reauth=patients.proof(staff, NOW),
            )

    def test_an_infusion_is_planned_by_weight(self, staff: Viewer) -> None:
        course = patients.planned(staff, NOW, Product.KETAMINE_IV)
        plan = queries.plan(staff, course)
        assert plan is not None
        assert (plan.dose, plan.count) == ("0.5 mg/kg over 40 minutes", 6)

    def test_a_plan_does_not_begin_in_the_past(self, staff: Viewer) -> None:
        course = queries.course(staff, patients.consented(staff, NOW))
        with pytest.raises(Refused) as refused:
            actions.sign_plan(
                by=staff,
                at=NOW,
                course_id=course.id,
                new=patients.new_plan(course, NOW, first_session_on=NOW.date() - timedelta(days=2)),
                overrides={},
                seen=(),
                reauth=patients.proof(staff, NOW),
            )
        assert refused.value.field == "first_session_on"

    def test_a_revision_is_a_new_plan_with_its_reason(self, staff: Viewer) -> None:
        course = queries.course(staff, patients.planned(staff, NOW))
        new = patients.new_plan(course, NOW, first_session_on=date(2026, 11, 30), why="Patient travels")
        found = actions.judge_plan(staff, course.id, new, timezone.localtime(NOW))
        actions.sign_plan(
            by=staff,
            at=NOW,
            course_id=course.id,
            new=new,
            overrides={},
            seen={each.fingerprint for each in found},
            reauth=patients.proof(staff, NOW),
            event="revise_plan",
        )
        plan = queries.plan(staff, course.id)
        assert plan is not None
        assert (plan.number, plan.first_session_on) == (2, date(2026, 11, 30))


class TestTreatment:
    def test_the_first_dose_begins_induction_and_each_visit_counts_once(self, staff: Viewer) -> None:
        course, visit = patients.planned(staff, NOW), uuid4()
        for _ in range(2):
            number = actions.record_treated_session(
                by=staff, at=NOW, course_id=course, visit_id=visit, started_at=NOW, on=NOW.date()
            )
        assert number == 1
        assert queries.course(staff, course).state == "induction"

    def test_a_dose_without_a_plan_is_recorded_all_the_same(self, staff: Viewer) -> None:
        course = patients.referred(staff, NOW)
        actions.record_treated_session(
            by=staff, at=NOW, course_id=course, visit_id=uuid4(), started_at=NOW, on=NOW.date()
        )
        assert queries.course(staff, course).state == "referred"
        assert len(queries.sessions(staff, course)) == 1

    def benefit(self, staff: Viewer, course: object, decision: Benefit, **more: object) -> None:
        actions.decide_benefit(
            by=staff,
            at=NOW,
            course_id=course,  # type: ignore[arg-type]
            decision=decision,
            rationale="Fewer bad days",
            reauth=patients.proof(staff, NOW),
            **more,  # type: ignore[arg-type]
        )

    def test_going_on_needs_a_plan_and_opens_maintenance(self, staff: Viewer) -> None:
        course = patients.treated(staff, NOW, 8)
        with pytest.raises(Refused, match="needs a plan"):
            self.benefit(staff, course, Benefit.CONTINUE)
        new = patients.new_plan(
            queries.course(staff, course),
            NOW + timedelta(days=7),
            dose_mg=Decimal(84),
            maintenance_gap_days=14,
        )
        found = actions.judge_plan(staff, course, new, timezone.localtime(NOW))
        self.benefit(staff, course, Benefit.CONTINUE, new=new, seen={each.fingerprint for each in found})
        assert queries.course(staff, course).state == "maintenance"
        later = [session for session in queries.sessions(staff, course) if session.given_at is None]
        assert [session.number for session in later] == list(range(9, 19))
        gaps = {
            (after.target_on - before.target_on).days  # type: ignore[operator]
            for before, after in itertools.pairwise(later)
        }
        assert gaps == {7, 14}

    def test_repeating_induction_is_a_decision_to_treat_again(self, staff: Viewer) -> None:
        course = patients.treated(staff, NOW, 8)
        self.benefit(staff, course, Benefit.STOP)
        day = timezone.localtime(NOW).date() + timedelta(days=7)
        new = patients.new_plan(queries.course(staff, course), NOW, first_session_on=day, why="Relapse")
        found = actions.judge_plan(staff, course, new, timezone.localtime(NOW))
        actions.sign_plan(
            by=staff,
            at=NOW,
            course_id=course,
            new=new,
            overrides={},
            seen={each.fingerprint for each in found},
            reauth=patients.proof(staff, NOW),
            event="repeat_induction",
        )
        assert queries.course(staff, course).state == "induction"
        made = facts.benefit(staff, course)
        assert made is not None
        assert (made.decision, made.sessions_before) == (Benefit.CONTINUE, 8)
        assert gates.result("continuation", staff, Course.objects.get(), timezone.localtime(NOW)).is_open

    def test_weeks_after_induction_are_four_however_early_it_was_decided(self, staff: Viewer) -> None:
        course = patients.treated(staff, NOW, 6)
        new = patients.new_plan(
            queries.course(staff, course),
            NOW + timedelta(days=7),
            dose_mg=Decimal(84),
            maintenance_gap_days=14,
        )
        found = actions.judge_plan(staff, course, new, timezone.localtime(NOW))
        self.benefit(staff, course, Benefit.CONTINUE, new=new, seen={each.fingerprint for each in found})
        later = [session for session in queries.sessions(staff, course) if session.given_at is None]
        assert [session.phase for session in later].count("Weekly sessions after induction") == 4

    def test_too_early_a_decision_does_not_open_maintenance(self, staff: Viewer) -> None:
        course = patients.treated(staff, NOW, 8)
        self.benefit(staff, course, Benefit.STOP)
        assert queries.course(staff, course).state == "benefit_decided"
        with pytest.raises(Refused, match="MBC-1"):
            actions.advance(by=staff, at=NOW, course_id=course, event="continue")

    def test_the_steps_lead_from_one_to_the_next(self, staff: Viewer) -> None:
        def current(course: object) -> str:
            steps = queries.steps(staff, course, timezone.localtime(NOW))  # type: ignore[arg-type]
            return next(step.key for step in steps if step.state is StepState.CURRENT)

        assert current(patients.referred(staff, NOW)) == "history"
        assert current(patients.with_history(staff, NOW)) == "suitability"
        assert current(patients.eligible(staff, NOW)) == "consent"
        assert current(patients.consented(staff, NOW)) == "plan"
        assert current(patients.planned(staff, NOW)) == "sessions"
        assert current(patients.treated(staff, NOW, 8)) == "benefit"


class TestFacts:
    def test_partly_taken_is_not_taken(self, staff: Viewer) -> None:
        course = patients.referred(staff, NOW)
        patient = queries.course(staff, course).patient_id
        people.record_trial(
            by=staff, at=NOW, patient_id=patient, trial=patients.failed_trial(adherence="partly")
        )
        (trial,) = facts.eligibility_facts(staff, course).trials
        assert (trial.adherent, trial.dose) == (False, "150 mg a day")

    def test_enrolment_is_the_latest_look(self, staff: Viewer) -> None:
        course = patients.consented(staff, NOW)
        actions.record_programme(
            by=staff,
            at=NOW + timedelta(minutes=1),
            course_id=course,
            active=False,
            enrolment_number="",
            checked_at=NOW + timedelta(minutes=1),
            origin="programme portal",
        )
        enrolled = facts.programme_enrolled(staff, course)
        assert enrolled is not None
        assert enrolled.value is False
