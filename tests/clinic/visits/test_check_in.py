"""What is asked at check-in gates the same day: medicines gone through, substances, the bladder, earlier response."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from tests.clinic import patients
from tests.clinic.visits import scenes
from tests.clinic.visits.scenes import NOW, minutes
from tests.clinic.visits.test_forms import sent, sent_again

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses.models import Course, SafetyProgrammeEnrolment, TreatedSession
from euthymia.clinic.measures import actions as measures
from euthymia.clinic.measures.facts import Listed, StandingList
from euthymia.clinic.safety.models import Task
from euthymia.clinic.visits import actions, assess, models
from euthymia.clinic.visits.actions import Conflict, GateShut, Refused
from euthymia.clinic.visits.forms import (
    MaintenanceForm,
    MedicinesForm,
    PressureForm,
    SubstancesForm,
    WeightForm,
)
from euthymia.clinic.visits.queries.weighed import weighed
from euthymia.clinic.visits.record import Record
from euthymia.clinic.visits.views import _places
from euthymia.evidence import rules
from euthymia.protocol import Outcome, Product
from euthymia.protocol.facts import InteractionClass, Medicine
from euthymia.protocol.misuse import BladderSymptom, Signal

S, V, U = Outcome.SATISFIED, Outcome.VIOLATED, Outcome.UNKNOWN


@pytest.fixture
def staff(db: None) -> Viewer:
    return patients.staff()


def record_of(visit_id: UUID) -> Record:
    return Record(models.Visit.objects.select_related("course__patient", "clinic").get(pk=visit_id))


def at_check_in(by: Viewer, visit_id: UUID, rule: str, at: datetime = NOW) -> Outcome:
    found = assess.readiness(by, record_of(visit_id), at)
    return next(each.outcome for each in found if each.rule == rule)


def at_order(by: Viewer, visit_id: UUID, rule: str, dose: assess.Dose, at: datetime = NOW) -> Outcome | None:
    found = assess.order(by, record_of(visit_id), at, dose)
    return next((each.outcome for each in found if each.rule == rule), None)


class TestMedicines:
    def test_a_list_counts_only_on_the_day_it_was_gone_through(self, staff: Viewer) -> None:
        visit_id = scenes.checking_in(staff, product=Product.KETAMINE_IV)  # the list is of the day before
        assert at_check_in(staff, visit_id, "IV-CI-16") is U
        assert at_order(staff, visit_id, "IV-CI-16", scenes.INFUSION) is U
        actions.record_medicines(by=staff, at=NOW, visit_id=visit_id, changed=False)
        assert at_check_in(staff, visit_id, "IV-CI-16") is S
        assert at_order(staff, visit_id, "IV-CI-16", scenes.INFUSION) is S
        assert at_check_in(staff, visit_id, "IV-CI-16", NOW + timedelta(days=1)) is U

    def test_what_is_new_is_judged_as_it_was_sorted(self, staff: Viewer) -> None:
        visit_id = scenes.checking_in(staff, product=Product.KETAMINE_IV)
        strong = measures.TakenMedicine(
            name="lorazepam",
            classes=frozenset({InteractionClass.BENZODIAZEPINE}),
            lorazepam_mg_per_day=Decimal(4),
        )
        actions.record_medicines(by=staff, at=NOW, visit_id=visit_id, changed=True, medicines=(strong,))
        assert at_check_in(staff, visit_id, "IV-CI-16") is V
        assert at_check_in(staff, visit_id, "PRE-11") is V

    def test_a_list_written_meanwhile_is_gone_through_anew(self, staff: Viewer) -> None:
        visit_id = scenes.checking_in(staff)
        with pytest.raises(Conflict, match="another list"):
            actions.record_medicines(by=staff, at=NOW, visit_id=visit_id, changed=False, seen_list=uuid4())
        assert models.MedicineReport.objects.count() == 0


class TestSubstances:
    def test_a_drink_of_the_day_holds_check_in_until_a_prescriber_signs(self, staff: Viewer) -> None:
        visit_id = scenes.asked(staff)
        actions.record_substances(
            by=staff, at=minutes(1), visit_id=visit_id, alcohol_at=NOW - timedelta(hours=3)
        )
        with pytest.raises(GateShut) as shut:
            actions.finish_check_in(by=staff, at=minutes(2), visit_id=visit_id)
        (finding,) = shut.value.result.blocked_by
        assert finding.rule == "PRE-14"
        actions.override(
            by=staff,
            at=minutes(3),
            visit_id=visit_id,
            gate_name=assess.READINESS,
            fingerprints=[finding.fingerprint],
            why="one sip at communion",
            reauth=patients.proof(staff, minutes(3)),
        )
        actions.finish_check_in(by=staff, at=minutes(4), visit_id=visit_id)
        at = minutes(5)
        actions.sign_order(
            by=staff, at=at, visit_id=visit_id, dose=scenes.FIFTY_SIX, reauth=patients.proof(staff, at)
        )
        assert scenes.state(visit_id) == "ordered"

    def test_not_asked_is_not_none(self, staff: Viewer) -> None:
        assert at_check_in(staff, scenes.checking_in(staff), "PRE-14") is U

    def test_a_sedative_has_a_name_and_a_time(self, staff: Viewer) -> None:
        visit_id = scenes.checking_in(staff)
        with pytest.raises(Refused, match="which sedative"):
            actions.record_substances(
                by=staff, at=NOW, visit_id=visit_id, alcohol_at=None, sedative="zopiclone"
            )
        with pytest.raises(Refused, match="still to come"):
            actions.record_substances(by=staff, at=NOW, visit_id=visit_id, alcohol_at=minutes(30))


class TestMaintenance:
    def asking(self, by: Viewer, at: datetime, bladder: tuple[BladderSymptom, ...], **said: Any) -> UUID:
        visit_id = scenes.checking_in(by, at, course_id=said.pop("course_id", None), why="agreed")
        Course.objects.filter(visits=visit_id).update(state="maintenance")
        actions.record_maintenance(by=by, at=at, visit_id=visit_id, bladder=bladder, signals=(), **said)
        return visit_id

    def test_a_symptom_for_the_second_time_waits_for_a_urologist(self, staff: Viewer) -> None:
        first = self.asking(staff, NOW, (BladderSymptom.URGENCY,))
        assert at_check_in(staff, first, "MIS-5b") is S
        assert at_check_in(staff, first, "MIS-5") is V  # a urine test is owed
        assert Task.objects.filter(origin__startswith="urine:").count() == 1
        models.Visit.objects.filter(pk=first).update(state="closed")
        course_id = record_of(first).visit.course_id
        later = NOW + timedelta(days=7)
        second = self.asking(
            staff,
            later,
            (BladderSymptom.URGENCY,),
            course_id=course_id,
            urine_tested="dipstick, culture sent",
        )
        assert at_check_in(staff, second, "MIS-5b", later) is V
        assert at_check_in(staff, second, "MIS-5", later) is S
        assert at_order(staff, second, "MIS-5b", scenes.FIFTY_SIX, later) is V
        Course.objects.filter(pk=course_id).update(
            state="induction"
        )  # begun again: what was told still holds
        assert at_check_in(staff, second, "MIS-5b", later) is V

    def test_outside_maintenance_nothing_of_it_is_asked(self, staff: Viewer) -> None:
        found = assess.readiness(staff, record_of(scenes.checking_in(staff)), NOW)
        assert not {each.rule for each in found} & {"MIS-4", "MIS-5", "MIS-5b"}


class TestOrder:
    def test_no_seventh_infusion_without_a_response(self, staff: Viewer) -> None:
        visit_id = scenes.asked(staff, product=Product.KETAMINE_IV)
        course = record_of(visit_id).visit.course
        most = rules("US")["MBC-5"].integer("infusions_max")
        for number in range(1, most + 1):
            when = NOW - timedelta(days=3 * (most + 1 - number))
            TreatedSession.objects.create(
                clinic_id=course.clinic_id,
                recorded_at=when,
                recorded_by_id=staff.user_id,
                course=course,
                number=number,
                visit=uuid4(),
                started_at=when,
                on=when.date(),
            )
            if number == most - 1:
                assert at_order(staff, visit_id, "MBC-5", scenes.INFUSION) is S
        assert at_order(staff, visit_id, "MBC-5", scenes.INFUSION) is U  # no score before the first dose
        before = NOW - timedelta(days=40)
        for at, score in ((before, 3), (NOW - timedelta(hours=1), 3)):
            answers = {str(item): score for item in range(1, 9)} | {"9": 0}
            measures.record_answers(
                by=staff, at=at, patient_id=course.patient_id, answers=answers, taken_at=at, mode="paper"
            )
        assert at_order(staff, visit_id, "MBC-5", scenes.INFUSION) is V

    def test_no_dose_before_the_enrolment_form_is_whole_and_sent(self, staff: Viewer) -> None:
        visit_id = scenes.checking_in(staff)
        assert at_order(staff, visit_id, "REMS-5", scenes.FIFTY_SIX) is S
        course = record_of(visit_id).visit.course
        SafetyProgrammeEnrolment.objects.create(
            clinic_id=course.clinic_id,
            recorded_at=NOW,
            recorded_by_id=staff.user_id,
            patient_id=course.patient_id,
            active=True,
            enrolment_number="R-2",
            checked_at=NOW,
            entered_offset_min=0,
            origin="portal",
        )
        assert at_order(staff, visit_id, "REMS-5", scenes.FIFTY_SIX) is U


class TestHeld:
    """What holds a gate says who may pass it, who did, and leads to where it is answered."""

    def held(
        self, by: Viewer, visit_id: UUID, dose: assess.Dose, at: datetime = NOW
    ) -> dict[str, _places.Held]:
        record = record_of(visit_id)
        found = weighed(record, assess.order(by, record, at, dose), (assess.ORDER, assess.READINESS))
        asking = SimpleNamespace(viewer=by, now=at)
        shown = _places.held(asking, visit_id, record.visit.course_id, found)
        return {each.weighed.finding.rule: each for each in shown}

    def test_a_missed_session_leads_to_where_it_is_decided(self, staff: Viewer) -> None:
        course_id = patients.planned(staff, NOW - timedelta(days=30))
        visit_id = scenes.checking_in(staff, course_id=course_id)
        TreatedSession.objects.create(
            clinic_id=staff.clinic_id,
            recorded_at=NOW - timedelta(days=29),
            recorded_by_id=staff.user_id,
            course_id=course_id,
            number=1,
            visit=uuid4(),
            started_at=NOW - timedelta(days=29),
            on=(NOW - timedelta(days=29)).date(),
        )
        found = self.held(staff, visit_id, scenes.FIFTY_SIX)
        assert found["MISS-3"].weighed.holds
        place = found["MISS-3"].place
        assert place is not None
        assert place.url == f"/courses/{course_id}/missed/"

    def test_it_says_who_may_pass_it_who_did_and_why(self, staff: Viewer) -> None:
        visit_id = scenes.asked(staff)
        actions.record_substances(
            by=staff, at=minutes(1), visit_id=visit_id, alcohol_at=NOW - timedelta(hours=3)
        )
        found = self.held(staff, visit_id, scenes.FIFTY_SIX, minutes(2))["PRE-14"]
        assert "A prescriber may pass it" in found.weighed.who
        assert found.place is not None
        assert found.place.url.endswith("/check-in/substances/")
        actions.override(
            by=staff,
            at=minutes(3),
            visit_id=visit_id,
            gate_name=assess.READINESS,
            fingerprints=[found.weighed.finding.fingerprint],
            why="one sip at communion",
            reauth=patients.proof(staff, minutes(3)),
        )
        passed = self.held(staff, visit_id, scenes.FIFTY_SIX, minutes(2))["PRE-14"].weighed
        assert not passed.holds
        assert passed.note == f"Passed by {staff.name}: one sip at communion"


class TestUnderTheDose:
    def test_nobody_signs_before_the_rest_of_leaving_is_there(self, staff: Viewer) -> None:
        visit_id = scenes.monitored(staff)
        with pytest.raises(Refused, match="signs nothing"):
            actions.sign_instructions(by=staff, at=minutes(30), visit_id=visit_id, signed_name="Imke Test")

    def test_whoever_was_dosed_without_it_signs_last(self, staff: Viewer) -> None:
        visit_id = scenes.recovered(staff)
        actions.sign_instructions(by=staff, at=minutes(130), visit_id=visit_id, signed_name="Imke Test")
        assert models.InstructionsSignature.objects.filter(visit=visit_id).count() == 2


class TestForms:
    """What a tired hand enters, refused beside the field it stands in."""

    NOW = datetime(2026, 11, 20, 18, 40, tzinfo=UTC)

    @pytest.fixture(autouse=True)
    def clinic_zone(self) -> Iterator[None]:
        with timezone.override("America/New_York"):
            yield

    def standing(self) -> StandingList:
        taken = Medicine("sertraline", frozenset({InteractionClass.SSRI}), "100 mg", self.NOW, "letter")
        other = Medicine("a tablet", None, "", self.NOW, "letter")
        over = Medicine("lithium", None, "", self.NOW, "letter", stopped_on=date(2026, 5, 1))
        return StandingList(
            uuid4(), self.NOW, "letter", tuple(Listed(uuid4(), one) for one in (taken, other, over))
        )

    def form(self, **said: str) -> MedicinesForm:
        listed = self.standing()
        return MedicinesForm(sent({"seen_list": str(listed.id), **said}), now=self.NOW, standing=listed)

    def test_all_as_listed_changes_nothing(self) -> None:
        form = self.form(is_0="same", is_1="same", new="no")
        assert form.is_valid(), form.errors
        assert form.values() == {"changed": False, "seen_list": form.standing.id}  # type: ignore[union-attr]

    def test_the_new_list_holds_what_goes_on_what_stopped_and_what_is_new(self) -> None:
        form = self.form(
            is_0="changed",
            dose_0="150 mg",
            is_1="stopped",
            stopped_1="2026-11-17",
            new="yes",
            name_0="zopiclone",
        )
        assert form.is_valid(), form.errors
        found = {each.name: each for each in form.values()["medicines"]}
        assert found["sertraline"].dose == "150 mg"
        assert found["a tablet"].stopped_on == date(2026, 11, 17)
        assert found["lithium"].stopped_on == date(2026, 5, 1)
        assert found["zopiclone"].classes is None

    @pytest.mark.parametrize(
        ("said", "field"),
        [
            ({"is_0": "same", "new": "no"}, "is_1"),  # one was not asked about
            ({"is_0": "changed", "is_1": "same", "new": "no"}, "dose_0"),
            ({"is_0": "same", "dose_0": "50 mg", "is_1": "same", "new": "no"}, "is_0"),
            ({"is_0": "stopped", "is_1": "same", "new": "no"}, "stopped_0"),
            ({"is_0": "stopped", "stopped_0": "2026-11-21", "is_1": "same", "new": "no"}, "stopped_0"),
            ({"is_0": "same", "is_1": "same", "new": "yes"}, "name_0"),
            ({"is_0": "same", "is_1": "same", "new": "no", "name_0": "zopiclone"}, "new"),
            ({"is_0": "same", "is_1": "same", "new": "yes", "name_0": "x", "amount_1": "5 mg"}, "name_1"),
        ],
    )
    def test_what_does_not_go_together_is_refused(self, said: dict[str, str], field: str) -> None:
        assert field in self.form(**said).errors

    @pytest.mark.parametrize(
        ("said", "field"),
        [
            ({"alcohol": "yes"}, "alcohol_at"),
            ({"alcohol": "no", "alcohol_at": "2026-11-20T08:00"}, "alcohol"),
            ({"alcohol": "yes", "alcohol_at": "2026-11-20T23:00"}, "alcohol_at"),
            ({"any_sedative": "yes", "sedative": "zopiclone"}, "sedative_at"),
            ({"illicit": "no", "illicit_what": "cannabis"}, "illicit"),
        ],
    )
    def test_a_substance_goes_with_its_time(self, said: dict[str, str], field: str) -> None:
        none = {"alcohol": "no", "any_sedative": "no", "illicit": "no"}
        form = SubstancesForm(sent(none | said), now=self.NOW, hours=Decimal(24))
        assert field in form.errors
        assert SubstancesForm(sent(none), now=self.NOW, hours=Decimal(24)).is_valid()

    def test_a_repeat_before_the_rest_is_over_is_asked_about_and_kept(self) -> None:
        said = {"systolic": "136", "diastolic": "84"}
        over = self.NOW + timedelta(minutes=3)
        first = PressureForm(sent(said), now=self.NOW, rest_until=over)
        assert "counts as no repeat" in str(first.non_field_errors())
        assert PressureForm(sent_again(first), now=self.NOW, rest_until=over).is_valid()
        assert PressureForm(sent(said), now=self.NOW, rest_until=self.NOW).is_valid()

    def test_a_weight_of_another_day_keeps_its_day(self) -> None:
        form = WeightForm(sent({"weight_kg": "70.0", "weighed_on": "2026-11-18"}), now=self.NOW)
        assert form.is_valid(), form.errors
        assert form.values()["measured_at"].date() == date(2026, 11, 18)
        ahead = WeightForm(sent({"weight_kg": "70.0", "weighed_on": "2026-11-21"}), now=self.NOW)
        assert "weighed_on" in ahead.errors

    def test_some_says_which(self) -> None:
        said = {"bladder_asked": "some", "signals_asked": "none", "signals": "craving"}
        assert {"bladder", "signals_asked"} <= set(MaintenanceForm(sent(said), now=self.NOW).errors)
        whole = {"bladder_asked": "some", "bladder": "blood", "signals_asked": "some", "signals": "craving"}
        form = MaintenanceForm(sent(whole), now=self.NOW)
        assert form.is_valid(), form.errors
        assert (form.values()["bladder"], form.values()["signals"]) == (
            [BladderSymptom.BLOOD],
            [Signal.CRAVING],
        )
