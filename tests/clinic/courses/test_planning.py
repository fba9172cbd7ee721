"""Plans in every phase, missed sessions, the weight of an infusion, and the site: on the real database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.clinic import factories, patients

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.courses import actions, facts, queries
from euthymia.clinic.courses.models import Course, MissedSession, PlannedSession, TreatmentPlan
from euthymia.clinic.measures import actions as measures
from euthymia.protocol import Benefit, Product
from euthymia.protocol.missed import Advice

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)  # a Friday, 10:00 in New York
TODAY = date(2026, 11, 20)


@pytest.fixture
def staff(db: None) -> Viewer:
    return patients.staff()


def treat(by: Viewer, course_id: UUID, *days: date) -> None:
    for day in days:
        when = datetime(day.year, day.month, day.day, 15, tzinfo=UTC)
        actions.record_treated_session(
            by=by, at=max(when, NOW), course_id=course_id, visit_id=uuid4(), started_at=when, on=day
        )


def sign(by: Viewer, course_id: UUID, at: datetime, event: str, **changed: Any) -> UUID:
    new = patients.new_plan(queries.course(by, course_id), at, why="Agreed", **changed)
    found = actions.judge_plan(by, course_id, new, timezone.localtime(at), event)
    return actions.sign_plan(
        by=by,
        at=at,
        course_id=course_id,
        new=new,
        overrides={each.fingerprint: "Judged" for each in found if each.outcome == "violated"},
        seen={each.fingerprint for each in found},
        reauth=patients.proof(by, at),
        event=event,
    )


def in_maintenance(by: Viewer, gap: int = 14) -> UUID:
    """A course after eight sessions, decided to go on from today."""
    course_id = patients.treated(by, NOW, 8)
    new = patients.new_plan(
        queries.course(by, course_id), NOW, dose_mg=Decimal(84), maintenance_gap_days=gap,
        first_session_on=TODAY + timedelta(days=3),
    )  # fmt: skip
    found = actions.judge_plan(by, course_id, new, timezone.localtime(NOW), "continue")
    actions.decide_benefit(
        by=by, at=NOW, course_id=course_id, decision=Benefit.CONTINUE, rationale="Better", new=new,
        reauth=patients.proof(by, NOW), seen={each.fingerprint for each in found},
        overrides={each.fingerprint: "Judged" for each in found if each.outcome == "violated"},
    )  # fmt: skip
    return course_id


class TestRevising:
    def test_in_induction_it_keeps_the_numbers_and_plans_what_is_left(self, staff: Viewer) -> None:
        course = patients.treated(staff, NOW, 3)
        sign(staff, course, NOW, "revise_plan", first_session_on=TODAY + timedelta(days=3))
        ahead = queries.ahead(staff, course)
        assert [each.number for each in ahead] == [4, 5, 6, 7, 8]
        assert ahead[0].target_on == TODAY + timedelta(days=3)
        assert PlannedSession.objects.filter(plan__course=course, plan__number=1).count() == 8

    def test_when_induction_is_over_the_decision_on_benefit_comes_first(self, staff: Viewer) -> None:
        course = patients.treated(staff, NOW, 8)
        with pytest.raises(Refused, match="decision on benefit"):
            sign(staff, course, NOW, "revise_plan", first_session_on=TODAY + timedelta(days=7))

    def test_in_maintenance_it_keeps_what_the_regimen_fixes_and_takes_the_new_distance(
        self, staff: Viewer
    ) -> None:
        course = in_maintenance(staff, gap=7)
        sign(
            staff, course, NOW, "revise_plan", dose_mg=Decimal(84),
            first_session_on=TODAY + timedelta(days=5), maintenance_gap_days=14,
        )  # fmt: skip
        ahead = queries.ahead(staff, course)
        assert [each.phase for each in ahead].count("optimisation") == 4
        late = [each.target_on for each in ahead if each.phase == "maintenance"]
        assert {(b - a).days for a, b in pairwise(late)} == {14}

    def test_a_distance_the_regimen_does_not_know_is_refused(self, staff: Viewer) -> None:
        course = in_maintenance(staff)
        with pytest.raises(Refused, match="every 7 or 14 days"):
            sign(staff, course, NOW, "revise_plan", maintenance_gap_days=10, first_session_on=TODAY)

    def test_induction_again_counts_from_one_and_may_come_twice_a_week(self, staff: Viewer) -> None:
        course = in_maintenance(staff)
        start = TODAY + timedelta(days=10)
        sign(staff, course, NOW, "repeat_induction", dose_mg=Decimal(56), first_session_on=start)
        ahead = queries.ahead(staff, course)
        assert [each.number for each in ahead] == list(range(9, 17))
        treat(staff, course, start)
        later = NOW + timedelta(days=13)
        new = patients.new_plan(queries.course(staff, course), later, dose_mg=Decimal(56))
        found = {
            each.rule: each for each in actions.judge_plan(staff, course, new, timezone.localtime(later))
        }
        assert found["DOSE-US-4"].outcome == "satisfied", found["DOSE-US-4"].sentence

    def test_the_page_shows_the_days_before_they_are_signed(self, db: None) -> None:
        person = factories.staff(Role.PRESCRIBER, Role.NURSE)
        course = patients.planned(person.viewer, timezone.now())
        Course.objects.filter(id=course).update(state="induction")
        browser = factories.signed_in(person)
        start = timezone.localdate() + timedelta(days=2)
        asked = {"first_session_on": start.isoformat(), "dose_mg": "56", "why": "The patient travels"}
        page = browser.get(reverse("courses:plan", args=[course]), asked).content.decode()
        assert "What this plan makes" in page
        assert "would follow" in page
        assert "Sign the revised plan" in page


class TestMissed:
    def test_in_induction_it_goes_on_and_nothing_of_the_old_plan_is_lost(self, staff: Viewer) -> None:
        course = patients.treated(staff, NOW, 2)  # sessions on 23 and 26 October; the third was never given
        lost = queries.missed_sessions(staff, course, TODAY)
        assert [each.number for each in lost] == [3, 4, 5, 6, 7, 8]  # all their days are over
        found, proposal = actions.judge_missed(
            staff, course, timezone.localtime(NOW), worse="no", next_on=TODAY
        )
        assert {each.rule for each in found} >= {"MISS-1", "MISS-3"}
        assert proposal.advice in (Advice.KEEP, Advice.REVIEW)
        before = list(PlannedSession.objects.filter(plan__course=course).values_list("number", "target_on"))
        self.decide(staff, course, "continue", first_session_on=TODAY + timedelta(days=1))
        kept = PlannedSession.objects.filter(plan__course=course, plan__number=1)
        assert list(kept.values_list("number", "target_on")) == before
        assert [each.number for each in queries.ahead(staff, course)] == [3, 4, 5, 6, 7, 8]
        fact = MissedSession.objects.get(course=course)
        assert (fact.number, fact.decision, fact.new_plan.number) == (3, "continue", 2)
        assert queries.missed_sessions(staff, course, TODAY) == ()

    def test_in_maintenance_and_worse_a_step_back_from_weekly_is_induction_again(self, staff: Viewer) -> None:
        course = in_maintenance(staff, gap=7)
        later = NOW + timedelta(days=10)
        on = timezone.localtime(later)
        _, proposal = actions.judge_missed(staff, course, on, worse="yes", next_on=on.date())
        assert (proposal.advice, proposal.rule) == (Advice.STEP_BACK, "MISS-2")
        assert proposal.rhythm == "twice a week"
        self.decide(staff, course, "more-often", at=later, worse="yes", first_session_on=on.date())
        assert queries.course(staff, course).state == "induction"
        assert len(queries.ahead(staff, course)) == 8

    def test_without_a_missed_session_or_a_reason_there_is_nothing_to_decide(self, staff: Viewer) -> None:
        course = patients.planned(staff, NOW)
        with pytest.raises(Refused, match="No session was missed"):
            self.decide(staff, course, "continue", first_session_on=TODAY)
        late = patients.treated(staff, NOW, 2)
        with pytest.raises(Refused, match="Say why"):
            self.decide(staff, late, "continue", first_session_on=TODAY, why=" ")
        with pytest.raises(Refused, match="not open from here"):
            self.decide(staff, late, "repeat-induction", first_session_on=TODAY)

    def test_the_page_leads_from_the_course_to_the_signature(self, db: None) -> None:
        person = factories.staff(Role.PRESCRIBER, Role.NURSE)
        course = patients.treated(person.viewer, timezone.now(), 2)
        browser = factories.signed_in(person)
        address = reverse("courses:missed", args=[course])
        assert address in browser.get(reverse("courses:course", args=[course])).content.decode()
        assert "What the rules propose" in browser.get(address).content.decode()
        start = (timezone.localdate() + timedelta(days=1)).isoformat()
        asked = f"?first_session_on={start}&dose_mg=56&worse=no&decision=continue&why=Was+abroad"
        checked = browser.get(address + asked)
        seen = [each.fingerprint for each in checked.context["findings"]]
        data = {"idempotency_key": str(uuid4()), "seen": seen} | factories.signing(person)
        answer = browser.post(address + asked, data)
        assert answer.status_code == 303, answer.content.decode()[-3000:]
        assert MissedSession.objects.get(course=course).why == "Was abroad"

    def decide(self, by: Viewer, course_id: UUID, decision: str, **changed: Any) -> UUID:
        at, worse = changed.pop("at", NOW), changed.pop("worse", "no")
        said: dict[str, Any] = {"why": "The patient was abroad", "dose_mg": Decimal(56)}
        new = patients.new_plan(queries.course(by, course_id), at, **(said | changed))
        event = "repeat_induction" if decision != "continue" else "revise_plan"
        found = actions.judge_plan(by, course_id, new, timezone.localtime(at), event)
        return actions.decide_missed(
            by=by,
            at=at,
            course_id=course_id,
            worse=worse,
            decision=decision,
            new=new,
            overrides={each.fingerprint: "Judged" for each in found if each.outcome == "violated"},
            seen={each.fingerprint for each in found},
            reauth=patients.proof(by, at),
        )


class TestWeight:
    def test_above_the_limit_both_doses_are_offered_and_the_choice_is_kept(self, staff: Viewer) -> None:
        course = patients.consented(staff, NOW, Product.KETAMINE_IV)
        view = queries.course(staff, course)
        measures.record_height(
            by=staff, at=NOW, patient_id=view.patient_id, height_cm=Decimal("150.0"), measured_at=NOW
        )
        assert queries.both_doses(staff, course, Decimal("0.5")) is not None  # 70 kg at 150 cm
        new = patients.new_plan(view, NOW)
        now = timezone.localtime(NOW)
        open_one = {each.rule: each for each in actions.judge_plan(staff, course, new, now)}
        assert open_one["IV-DOSE-8"].outcome == "unknown"
        with pytest.raises(Refused, match="has not chosen"):
            self.sign(staff, course, new)
        self.sign(staff, course, patients.new_plan(view, NOW, weight_basis="actual", weight_why="Usual here"))
        plan = TreatmentPlan.objects.get(course=course)
        assert (plan.weight_basis, plan.weight_kg, plan.weight_why) == (
            "actual",
            Decimal("70.0"),
            "Usual here",
        )

    def test_without_a_height_nobody_knows_whether_there_is_anything_to_choose(
        self, staff: Viewer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(measures, "record_height", lambda **_: None)
        course = patients.consented(staff, NOW, Product.KETAMINE_IV)
        new = patients.new_plan(queries.course(staff, course), NOW)
        with pytest.raises(Refused, match="Weight or height is not known"):
            self.sign(staff, course, new)

    def test_the_ideal_weight_of_a_tall_thin_person_is_no_way_to_a_larger_dose(self, staff: Viewer) -> None:
        course = patients.consented(staff, NOW, Product.KETAMINE_IV)
        view = queries.course(staff, course)
        measures.record_height(
            by=staff, at=NOW, patient_id=view.patient_id, height_cm=Decimal("200.0"), measured_at=NOW
        )
        new = patients.new_plan(view, NOW, weight_basis="ideal")
        found = {each.rule: each for each in actions.judge_plan(staff, course, new, timezone.localtime(NOW))}
        assert "0.5 mg/kg × 70.0 kg" in found["IV-DOSE-4"].sentence

    def sign(self, by: Viewer, course_id: UUID, new: actions.NewPlan) -> UUID:
        found = actions.judge_plan(by, course_id, new, timezone.localtime(NOW))
        return actions.sign_plan(
            by=by, at=NOW, course_id=course_id, new=new, overrides={}, reauth=patients.proof(by, NOW),
            seen={each.fingerprint for each in found},
        )  # fmt: skip


@pytest.mark.parametrize(("recorded", "known"), [("japanese", True), ("other", False), ("", None)])
def test_ancestry_on_record_reaches_the_first_dose(staff: Viewer, recorded: str, known: bool | None) -> None:
    course_id = patients.referred(staff, NOW, ancestry=recorded)
    found = facts.plan_facts(staff, course_id).japanese_ancestry
    assert (found.value if found else None) is known


class TestMeetings:
    def test_a_meeting_is_with_a_therapist_once_for_one_key_and_closed_once(self, staff: Viewer) -> None:
        course, key = patients.planned(staff, NOW), uuid4()
        said: dict[str, Any] = {"kind": "preparation", "starts_at": NOW, "minutes": 50, "course_id": course}
        with pytest.raises(Refused, match="is a therapist"):
            actions.plan_appointment(by=staff, at=NOW, therapist_id=staff.user_id, **said)
        therapist = factories.viewer(Role.THERAPIST)
        said |= {"therapist_id": therapist.user_id, "idempotency_key": key}
        made = {actions.plan_appointment(by=therapist, at=NOW, **said) for _ in range(2)}
        assert len(made) == 1
        closing: dict[str, Any] = {"course_id": course, "appointment_id": made.pop(), "held": True}
        with pytest.raises(Refused, match="still to come"):
            actions.close_appointment(by=therapist, at=NOW - timedelta(hours=1), **closing)
        actions.close_appointment(by=therapist, at=NOW, **closing)
        with pytest.raises(Refused, match="said before"):
            actions.close_appointment(by=therapist, at=NOW, **closing)
        assert [each.state for each in queries.appointments(therapist, course)] == ["Held"]


class TestSite:
    def test_a_certified_site_names_its_representative_and_lapses_after_its_last_day(self, db: None) -> None:
        director = factories.viewer(Role.MEDICAL_DIRECTOR)
        said = {"setting": "outpatient", "origin": "certificate", "certified": True}
        with pytest.raises(Refused, match="representative"):
            actions.record_site(by=director, at=NOW, site=actions.Site(**said))
        site = actions.Site(**said, representative="Dr. R.", certified_until=TODAY)
        actions.record_site(by=director, at=NOW, site=site)
        standing = queries.site(director)
        assert standing is not None
        assert standing.is_certified_on(TODAY) is True
        assert standing.is_certified_on(TODAY + timedelta(days=1)) is False

    def test_where_there_is_no_programme_nothing_asks_for_a_certificate(self, db: None) -> None:
        clinic = factories.clinic("Elm Clinic")
        clinic.jurisdiction = "EU"
        clinic.save()
        director = factories.staff(Role.MEDICAL_DIRECTOR, clinic=clinic)
        assert queries.has_programme(clinic.id) is False
        page = factories.signed_in(director).get(reverse("courses:site")).content.decode()
        assert "Pulse oximeters" in page
        assert "certified by the safety programme" not in page


def test_the_pages_ask_the_database_no_more_for_more_sessions(db: None) -> None:
    person = factories.staff(Role.PRESCRIBER, Role.NURSE)
    browser = factories.signed_in(person)

    def asked(course_id: UUID) -> int:
        browser.get(reverse("courses:plan", args=[course_id]))
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(reverse("courses:plan", args=[course_id])).status_code == 200
        return len(captured)

    few = asked(patients.treated(person.viewer, timezone.now(), 1))
    assert asked(patients.treated(person.viewer, timezone.now(), 6)) == few
    assert few <= 40, few
