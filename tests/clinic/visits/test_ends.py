"""The gate explains itself, and nothing holds a patient who leaves another way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.clinic import factories, patients
from tests.clinic.visits import scenes
from tests.clinic.visits.scenes import NOW, minutes, state

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Denied, Viewer
from euthymia.clinic.courses.models import Course
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.clinic.safety.models import Task
from euthymia.clinic.visits import actions, models, queries
from euthymia.clinic.visits.actions import Conflict, GateShut, Refused
from euthymia.clinic.visits.record import Record
from euthymia.evidence import RuleBook
from euthymia.protocol import VISIT

Scene = Callable[[Viewer], UUID]


@pytest.fixture
def staff(db: None) -> Viewer:
    return patients.staff()


def discharge(by: Viewer, at: Any, visit_id: UUID, **changed: Any) -> None:
    actions.discharge(by=by, at=at, visit_id=visit_id, reauth=patients.proof(by, at), **changed)


class TestReadiness:
    def test_check_in_says_everything_that_is_missing(self, staff: Viewer) -> None:
        visit_id = scenes.checking_in(staff)
        with pytest.raises(GateShut) as shut:
            actions.finish_check_in(by=staff, at=NOW, visit_id=visit_id)
        missing = {each.rule for each in shut.value.result.blocked_by}
        assert {"PRE-1", "PRE-4", "PRE-6", "PRE-9", "PRE-10", "PRE-12", "PRE-13", "MON-8", "SUI-4"} <= missing
        assert state(visit_id) == "checking_in"

    def test_a_raised_pressure_is_passed_by_a_prescribers_signature(self, staff: Viewer) -> None:
        visit_id = scenes.asked(staff)
        for _ in range(3):
            scenes.pressure(staff, NOW, visit_id, 152, 88)
        (finding,) = queries.at_gate(staff, visit_id, NOW).blocked_by
        assert finding.rule == "PRE-2"
        actions.override(
            by=staff,
            at=NOW,
            visit_id=visit_id,
            gate_name="readiness",
            fingerprints=[finding.fingerprint],
            why="white coat; 128/80 at home this morning",
            reauth=patients.proof(staff, NOW),
        )
        actions.finish_check_in(by=staff, at=NOW, visit_id=visit_id)
        assert state(visit_id) == "ready"

    def test_a_new_reading_needs_a_new_signature(self, staff: Viewer) -> None:
        self.test_a_raised_pressure_is_passed_by_a_prescribers_signature(staff)
        visit_id = models.Visit.objects.get().id
        actions.reopen_check_in(by=staff, at=minutes(1), visit_id=visit_id, why="measured again")
        scenes.pressure(staff, minutes(1), visit_id, 168, 99)
        with pytest.raises(GateShut):
            actions.finish_check_in(by=staff, at=minutes(1), visit_id=visit_id)

    def test_two_identifiers_must_differ(self, staff: Viewer) -> None:
        visit_id = scenes.booked(staff)
        with pytest.raises(Refused, match="two different"):
            actions.start_check_in(by=staff, at=NOW, visit_id=visit_id, first="name", second="name")

    def test_high_risk_waits_for_the_prescribers_decision(self, staff: Viewer) -> None:
        visit_id = scenes.asked(staff)
        scenes.risk(staff, minutes(1), visit_id, "high", level_of_care="day clinic, seen daily")
        assert {each.rule for each in queries.at_gate(staff, visit_id, minutes(2)).blocked_by} == {"SUI-9"}
        actions.decide_at_high_risk(
            by=staff,
            at=minutes(2),
            visit_id=visit_id,
            decision="treat: it is why we treat",
            level_of_care="day clinic, seen daily",
            reauth=patients.proof(staff, minutes(2)),
        )
        actions.finish_check_in(by=staff, at=minutes(3), visit_id=visit_id)

    def test_the_second_screen_is_told_what_happened_since(self, staff: Viewer) -> None:
        visit_id = scenes.asked(staff)
        seen = models.Visit.objects.get(pk=visit_id).version
        actions.finish_check_in(by=staff, at=NOW, visit_id=visit_id, version=seen)
        with pytest.raises(Conflict, match=f"{staff.name} at 10:00: finish check in"):
            actions.reopen_check_in(
                by=patients.staff(), at=minutes(1), visit_id=visit_id, why="x", version=seen
            )


class TestDischarge:
    def test_before_its_time_the_gate_says_why(self, staff: Viewer) -> None:
        visit_id = scenes.monitored(staff)
        with pytest.raises(GateShut) as shut:
            discharge(staff, minutes(60), visit_id)
        sentences = {each.rule: each.sentence for each in shut.value.result.blocked_by}
        assert {"MON-1", "MON-3", "MON-4", "MON-5", "MON-6", "SUI-10", "PRE-9"} <= set(sentences)
        assert "not before 12:05" in sentences["MON-1"]
        assert state(visit_id) == "monitoring"

    def test_without_an_escort_nobody_is_discharged(self, staff: Viewer) -> None:
        visit_id = scenes.recovered(staff)
        models.EscortArrival.objects.get()  # taken back below only in effect: another visit without one
        other = scenes.monitored(staff, NOW + timedelta(days=7))
        leaving = queries.leaving(staff, other, NOW + timedelta(days=7, hours=3))
        assert "PRE-9" in {each.rule for each in leaving.needed}
        assert queries.leaving(staff, visit_id, minutes(128)).needed == ()

    def test_no_rule_of_leaving_is_passed_by_a_signature_where_its_class_says_nobody(
        self, staff: Viewer
    ) -> None:
        visit_id = scenes.monitored(staff)
        shut = queries.at_discharge(staff, visit_id, minutes(60))
        assert (shut.is_open, shut.overridable) == (False, ())
        with pytest.raises(Refused, match="may not be passed"):
            actions.override(
                by=staff,
                at=minutes(60),
                visit_id=visit_id,
                gate_name="discharge",
                fingerprints=[each.fingerprint for each in shut.blocked_by],
                why="in a hurry",
                reauth=patients.proof(staff, minutes(60)),
            )

    def test_what_a_rules_class_lets_pass_is_passed_by_a_prescriber_with_reason_and_signature(
        self, staff: Viewer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No delivered rule of leaving may be passed: this clinic's book has one of that class."""
        visit_id = scenes.recovered(staff)
        book = _passable(Record(models.Visit.objects.get(pk=visit_id)).rules, "MON-5")
        monkeypatch.setattr(rulebook, "book_of_version", lambda clinic_id, version: book)
        scenes.pressure(staff, minutes(128), visit_id, 155, 78)
        shut = queries.at_discharge(staff, visit_id, minutes(129))
        assert (
            [each.rule for each in shut.overridable] == [each.rule for each in shut.blocked_by] == ["MON-5"]
        )
        mark = shut.blocked_by[0].fingerprint
        said: dict[str, Any] = {"visit_id": visit_id, "at": minutes(129), "gate_name": "discharge"}
        nurse = factories.viewer(Role.NURSE)
        with pytest.raises(Denied):
            actions.override(
                **said, by=nurse, fingerprints=[mark], why="x", reauth=patients.proof(nurse, minutes(129))
            )
        own = patients.proof(staff, minutes(129))
        with pytest.raises(Refused, match="Write why leaving is right"):
            actions.override(**said, by=staff, fingerprints=[mark], why=" ", reauth=own)
        with pytest.raises(Refused, match="may not be passed"):
            actions.override(**said, by=staff, fingerprints=["0" * 64], why="x", reauth=own)
        with pytest.raises(GateShut):
            discharge(staff, minutes(129), visit_id)
        actions.override(**said, by=staff, fingerprints=[mark], why="white coat, 130 at home", reauth=own)
        kept = models.OverrideRecord.objects.get()
        assert (kept.why, kept.signature.signer_name, kept.gate) == (
            "white coat, 130 at home",
            staff.name,
            "discharge",
        )
        shown = queries.visit_page(staff, visit_id, minutes(130))
        assert shown.needed == ()
        passed = next(each for each in shown.history if each.title == "Passed by signature: MON-5")
        assert (passed.note, passed.by) == ("white coat, 130 at home", staff.name)
        discharge(staff, minutes(130), visit_id)
        assert state(visit_id) == "discharged"

    def test_leaving_without_a_receipt_is_open_and_its_reason_is_kept(self, staff: Viewer) -> None:
        visit_id = scenes.recovered(staff)
        at = minutes(129)
        assert queries.handing_over(staff, visit_id, at).receipt_open
        assert "Nobody has signed for the instructions." in queries.handing_over(staff, visit_id, at).missing
        actions.prepare_sheet(by=staff, at=at, visit_id=visit_id)
        discharge(staff, at, visit_id, no_receipt_why="The escort had no hand free")
        over = queries.handing_over(staff, visit_id, at)
        assert not over.receipt_open
        assert over.receipt is not None
        assert (over.receipt.nobody, over.receipt.why_not) == (True, "The escort had no hand free")

    def test_one_key_discharges_once(self, staff: Viewer) -> None:
        visit_id, key = scenes.recovered(staff), uuid4()
        for _ in range(2):
            discharge(staff, minutes(129), visit_id, idempotency_key=key)
        assert models.Exit.objects.count() == 1
        assert state(visit_id) == "discharged"

    def test_a_proof_of_somebody_else_signs_nothing(self, staff: Viewer) -> None:
        visit_id = scenes.recovered(staff)
        with pytest.raises(Denied):
            actions.discharge(
                by=staff,
                at=minutes(129),
                visit_id=visit_id,
                reauth=patients.proof(patients.staff(), minutes(129)),
            )
        assert state(visit_id) == "monitoring"


WAYS: dict[str, Callable[[Viewer, Any, UUID], None]] = {
    "leave_against_advice": lambda by, at, visit_id: actions.leave_against_advice(
        by=by, at=at, visit_id=visit_id, left_at=at, advice="told to stay; goes home"
    ),
    "transfer": lambda by, at, visit_id: actions.transfer(
        by=by, at=at, visit_id=visit_id, left_at=at, destination="General Hospital", why="chest pain"
    ),
    "record_elopement": lambda by, at, visit_id: actions.record_elopement(
        by=by, at=at, visit_id=visit_id, noticed_at=at, last_seen_at=at - timedelta(minutes=4)
    ),
    "declare_emergency": lambda by, at, visit_id: actions.declare_emergency(
        by=by, at=at, visit_id=visit_id, seen="not rousable", happened_at=at
    ),
    "record_death": lambda by, at, visit_id: actions.record_death(
        by=by, at=at, visit_id=visit_id, died_at=at, circumstances="arrest, resuscitation without success"
    ),
}
SCENES: dict[str, Scene] = {
    "checking_in": scenes.checking_in,
    "ordered": scenes.ordered,
    "administering": lambda by: _first_device(by),
    "monitoring": scenes.monitored,
}


def _first_device(by: Viewer) -> UUID:
    visit_id = scenes.ordered(by)
    scenes.device(by, NOW, visit_id, 1)
    return visit_id


class TestWaysOut:
    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("scene", SCENES)
    def test_every_way_out_is_open_from_every_room(self, staff: Viewer, scene: str, way: str) -> None:
        visit_id = SCENES[scene](staff)
        transition = VISIT.find(state(visit_id), way)
        assert transition is not None
        WAYS[way](staff, minutes(10), visit_id)
        assert state(visit_id) == transition.target
        assert models.Exit.objects.filter(visit=visit_id).count() == 1

    def test_the_patient_who_leaves_has_what_was_not_done_kept_and_is_still_called(
        self, staff: Viewer
    ) -> None:
        visit_id = scenes.monitored(staff)
        WAYS["leave_against_advice"](staff, minutes(30), visit_id)
        frozen = models.Assessment.objects.get(gate="leave against advice")
        assert {each["rule"] for each in frozen.findings if each["outcome"] != "satisfied"} >= {
            "MON-1",
            "SUI-10",
        }
        actions.close(
            by=staff,
            at=minutes(40),
            visit_id=visit_id,
            discrepancy="counted by hand",
            adverse_events="none known",
            reauth=patients.proof(staff, minutes(40)),
        )
        assert Task.objects.filter(origin=f"visit:{visit_id}").count() == 2

    def test_an_emergency_can_end_with_the_patient_stable_and_still_here(self, staff: Viewer) -> None:
        visit_id = scenes.monitored(staff)
        WAYS["declare_emergency"](staff, minutes(20), visit_id)
        assert state(visit_id) == "emergency"
        actions.stabilise(by=staff, at=minutes(30), visit_id=visit_id, done="oxygen", happened_at=minutes(29))
        assert state(visit_id) == "monitoring"

    def test_what_was_judged_and_read_before_an_emergency_lets_nobody_go(self, staff: Viewer) -> None:
        visit_id = scenes.recovered(staff)
        assert queries.leaving(staff, visit_id, minutes(128)).needed == ()
        WAYS["declare_emergency"](staff, minutes(129), visit_id)
        actions.stabilise(
            by=staff, at=minutes(131), visit_id=visit_id, done="oxygen", happened_at=minutes(131)
        )
        needed = {each.rule for each in queries.leaving(staff, visit_id, minutes(132)).needed}
        assert needed == {"MON-1", "MON-4", "MON-5", "MON-6", "SUI-10", "PRE-9"}

    def test_a_time_typed_too_early_lets_no_judgement_of_before_the_emergency_stand(
        self, staff: Viewer
    ) -> None:
        visit_id = scenes.recovered(staff)
        WAYS["declare_emergency"](staff, minutes(129), visit_id)
        actions.stabilise(
            by=staff, at=minutes(131), visit_id=visit_id, done="oxygen", happened_at=minutes(110)
        )
        assert "MON-1" in {each.rule for each in queries.leaving(staff, visit_id, minutes(132)).needed}

    def test_one_press_declares_an_emergency_and_the_words_come_later(self, staff: Viewer) -> None:
        visit_id = scenes.monitored(staff)
        actions.declare_emergency(by=staff, at=minutes(20), visit_id=visit_id, happened_at=minutes(20))
        assert state(visit_id) == "emergency"
        actions.declare_emergency(by=staff, at=minutes(21), visit_id=visit_id, happened_at=minutes(21))
        assert models.Exit.objects.filter(visit=visit_id).count() == 1
        actions.declare_emergency(
            by=staff, at=minutes(25), visit_id=visit_id, happened_at=minutes(25), seen="not rousable"
        )
        standing = models.Exit.objects.current().get(visit=visit_id)
        assert (standing.detail, standing.measured_at) == ("not rousable", minutes(20))
        told = [each.note for each in queries.visit_page(staff, visit_id, minutes(26)).history]
        assert "not rousable" in told

    def test_who_has_just_left_can_still_become_an_emergency(self, staff: Viewer) -> None:
        visit_id = scenes.recovered(staff)
        actions.discharge(
            by=staff, at=minutes(130), visit_id=visit_id, reauth=patients.proof(staff, minutes(130))
        )
        WAYS["declare_emergency"](staff, minutes(134), visit_id)
        assert state(visit_id) == "emergency"
        actions.stabilise(
            by=staff, at=minutes(140), visit_id=visit_id, done="lay down", happened_at=minutes(140)
        )
        needed = {each.rule for each in queries.leaving(staff, visit_id, minutes(141)).needed}
        assert needed == {"MON-1", "MON-4", "MON-5", "MON-6", "SUI-10", "PRE-9"}

    def test_the_front_desk_may_call_the_emergency_and_nothing_else(self, staff: Viewer) -> None:
        visit_id, desk = scenes.monitored(staff), factories.viewer(Role.FRONT_DESK)
        WAYS["declare_emergency"](desk, minutes(20), visit_id)
        with pytest.raises(Denied):
            WAYS["transfer"](desk, minutes(21), visit_id)

    def test_no_dose_is_an_end_without_tasks(self, staff: Viewer) -> None:
        visit_id = scenes.asked(staff)
        actions.withhold(by=staff, at=minutes(5), visit_id=visit_id, why="has eaten; new day next week")
        assert state(visit_id) == "withheld"
        actions.close(
            by=staff,
            at=minutes(6),
            visit_id=visit_id,
            discrepancy="counted by hand",
            adverse_events="none",
            reauth=patients.proof(staff, minutes(6)),
        )
        assert not Task.objects.filter(origin=f"visit:{visit_id}").exists()
        assert models.Exit.objects.get().no_driving_before is None

    def test_words_are_needed(self, staff: Viewer) -> None:
        visit_id = scenes.monitored(staff)
        with pytest.raises(Refused):
            actions.leave_against_advice(
                by=staff, at=minutes(9), visit_id=visit_id, left_at=minutes(9), advice=" "
            )


class TestBooking:
    def test_a_chair_is_taken_once_and_the_second_is_told(self, staff: Viewer) -> None:
        scenes.booked(staff)
        with pytest.raises(Refused, match="Chair 1 is taken from 10:00 to 14:00 on 20 Nov"):
            scenes.booked(staff, NOW + timedelta(hours=2))
        assert scenes.booked(staff, NOW + timedelta(hours=4))

    def test_a_cancelled_visit_frees_its_chair(self, staff: Viewer) -> None:
        visit_id = scenes.booked(staff)
        actions.cancel(by=staff, at=NOW, visit_id=visit_id, why="patient has a cold")
        assert scenes.booked(staff)

    def test_one_key_books_once(self, staff: Viewer) -> None:
        course_id, key = patients.planned(staff, NOW), uuid4()
        said = {"course_id": course_id, "chair_id": scenes.chair(staff).pk, "scheduled_at": minutes(60)}
        booked = {actions.book(by=staff, at=NOW, minutes=120, idempotency_key=key, **said) for _ in range(2)}
        assert len(booked) == 1

    def test_nothing_is_booked_where_the_treatment_was_judged_not_to_suit(self, staff: Viewer) -> None:
        course_id = patients.with_history(staff, NOW)
        patient_id = Course.objects.get(pk=course_id).patient_id
        assert queries.open_course(staff, patient_id) == course_id
        patients.decide(staff, NOW, course_id, suitable=False)
        assert queries.open_course(staff, patient_id) is None
        said = {"course_id": course_id, "chair_id": scenes.chair(staff).pk, "scheduled_at": minutes(60)}
        with pytest.raises(Refused, match="judged not to suit the patient"):
            actions.book(by=staff, at=NOW, minutes=120, **said)

    def test_a_chair_of_another_clinic_is_none(self, staff: Viewer) -> None:
        elsewhere = scenes.chair(patients.staff(factories.clinic("Birch Clinic")))
        with pytest.raises(Refused, match="no such chair"):
            scenes.booked(staff, chair_id=elsewhere.pk)

    def test_moving_needs_the_newest_screen(self, staff: Viewer) -> None:
        visit_id = scenes.booked(staff)
        said = {"visit_id": visit_id, "chair_id": scenes.chair(staff, "Chair 2").pk, "minutes": 120}
        actions.move(by=staff, at=NOW, scheduled_at=minutes(30), version=1, **said)
        with pytest.raises(Conflict):
            actions.move(by=staff, at=NOW, scheduled_at=minutes(60), version=1, **said)

    def test_a_patient_who_is_here_is_moved_to_no_other_day_or_chair(self, staff: Viewer) -> None:
        """On another day no board would show them; on another chair they would get its monitor's earlier readings."""
        visit_id = scenes.monitored(staff)
        said = {"visit_id": visit_id, "chair_id": scenes.chair(staff, "Chair 2").pk, "minutes": 120}
        with pytest.raises(Refused, match="only one that is still to come"):
            actions.move(
                by=staff, at=minutes(20), scheduled_at=minutes(30) + timedelta(days=7), why="x", **said
            )
        assert [tile.visit_id for tile in queries.board(staff, minutes(20)).watched] == [visit_id]


def _passable(book: RuleBook, rule: str) -> RuleBook:
    """The same book, in which a prescriber may pass one rule."""
    old = book[rule]
    new = replace(old, override=replace(old.override, value="prescriber"))
    return replace(book, by_id=MappingProxyType({**book.by_id, rule: new}))
