"""What a judged level demands, by when, of whom; and the safety plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.urls import reverse
from tests.clinic import factories, patients
from tests.clinic.safety.test_safety import NOW, WORST

from euthymia.clinic.access.models import Clinic
from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Denied, NotFound, Viewer
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.measures import actions as measures
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.clinic.safety import actions, queries, triage
from euthymia.clinic.safety.models import SafetyPlan, Task, TaskKind
from euthymia.clinic.safety.queries import Standing
from euthymia.protocol import Outcome

PLAN = actions.PlanEntry(
    warning_signs="I stop answering the telephone",
    own_means="Walk to the harbour",
    company="The choir",
    helpers="My sister, 01 234",
    professionals="The clinic, 01 567; the crisis line",
    surroundings="My brother keeps the tablets",
    likelihood=8,
    barriers="Shame; my sister knows the word for it",
    kept_where="In my wallet",
    review_on=date(2026, 12, 20),
    written_at=NOW,
)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def nurse(db: None) -> Viewer:
    return factories.viewer(Role.NURSE)


@pytest.fixture
def patient(nurse: Viewer) -> UUID:
    return patients.patient(nurse, NOW)


def judge(by: Viewer, patient: UUID, level: str, at: datetime = NOW, **more: object) -> None:
    said: dict[str, object] = {
        "basis": "Asked at the chair",
        "level_of_care": "At the ward",
        "assessed_at": at,
    }
    actions.record_risk(by=by, at=at, patient_id=patient, level=level, **(said | more))  # type: ignore[arg-type]


def open_kinds(by: Viewer, patient: UUID, at: datetime = NOW) -> dict[TaskKind, queries.TaskView]:
    return {task.kind: task for task in queries.tasks_of(by, patient, at)}


def write(by: Viewer, patient: UUID, at: datetime = NOW, **changed: object) -> UUID:
    return actions.write_safety_plan(by=by, at=at, patient_id=patient, plan=replace(PLAN, **changed))  # type: ignore[arg-type]


class TestDemands:
    def test_high_risk_asks_at_once_and_for_the_prescriber(self, nurse: Viewer, patient: UUID) -> None:
        judge(nurse, patient, "high")
        found, rule = open_kinds(nurse, patient), rulebook.book(nurse.clinic_id)["SUI-1"]
        assert set(found) == {TaskKind.RISK_PRECAUTIONS, TaskKind.RISK_EVALUATION}
        assert found[TaskKind.RISK_PRECAUTIONS].due_at == NOW + rule.duration("precautions_max")
        assert found[TaskKind.RISK_EVALUATION].due_at == NOW + rule.duration("evaluation_max")
        assert found[TaskKind.RISK_EVALUATION].owner_role is Role.PRESCRIBER
        assert found[TaskKind.RISK_PRECAUTIONS].escalates_to == "medical director"

    def test_moderate_risk_asks_for_today_and_for_three_days(self, nurse: Viewer, patient: UUID) -> None:
        judge(nurse, patient, "moderate")
        found, rule = open_kinds(nurse, patient), rulebook.book(nurse.clinic_id)["SUI-2"]
        assert set(found) == {TaskKind.RISK_ASSESSMENT, TaskKind.RISK_PLAN, TaskKind.RISK_CONTACT}
        zone = ZoneInfo(Clinic.objects.get(id=nurse.clinic_id).time_zone)
        midnight = datetime.combine(
            NOW.astimezone(zone).date() + timedelta(days=1), datetime.min.time(), zone
        )
        assert found[TaskKind.RISK_ASSESSMENT].due_at == found[TaskKind.RISK_PLAN].due_at == midnight
        assert found[TaskKind.RISK_CONTACT].due_at == NOW + rule.duration("contact_max")

    def test_a_prescriber_who_assessed_by_an_instrument_has_done_the_assessment(self, patient: UUID) -> None:
        prescriber = factories.viewer(Role.PRESCRIBER)
        judge(prescriber, patient, "moderate", instrument="Structured interview")
        assert TaskKind.RISK_ASSESSMENT not in open_kinds(prescriber, patient)

    def test_low_risk_asks_for_line_plan_and_contact_unless_nothing_was_found(
        self, nurse: Viewer, patient: UUID
    ) -> None:
        judge(nurse, patient, "low", thoughts_found=False)
        assert open_kinds(nurse, patient) == {}
        judge(nurse, patient, "low", NOW + MINUTE)  # not said is not none
        found = open_kinds(nurse, patient)
        assert set(found) == {TaskKind.RISK_CRISIS_LINE, TaskKind.RISK_PLAN, TaskKind.RISK_CONTACT}
        rule = rulebook.book(nurse.clinic_id)["SUI-3"]
        assert found[TaskKind.RISK_CONTACT].due_at == NOW + MINUTE + rule.duration("contact_max")

    @pytest.mark.parametrize("level", ["moderate", "high"])
    def test_a_level_above_low_contradicts_that_nothing_was_found(
        self, nurse: Viewer, patient: UUID, level: str
    ) -> None:
        with pytest.raises(Refused) as refused:
            judge(nurse, patient, level, thoughts_found=False)
        assert refused.value.field == "thoughts_found"

    def test_a_deadline_is_missed_at_its_minute_and_goes_to_the_director(
        self, nurse: Viewer, patient: UUID
    ) -> None:
        judge(nurse, patient, "high")
        task = open_kinds(nurse, patient)[TaskKind.RISK_PRECAUTIONS]
        director = factories.viewer(Role.MEDICAL_DIRECTOR)
        before, at = task.due_at - timedelta(seconds=1), task.due_at
        assert queries.task(nurse, task.id, before).standing is Standing.DUE
        assert queries.task(nurse, task.id, at).standing is Standing.OVERDUE
        assert queries.queue(director, before).missed == 0
        assert queries.queue(director, at).missed == 1
        assert not queries.task(director, task.id, before).mine
        actions.acknowledge(by=nurse, at=NOW, task_id=task.id)
        late = queries.task(director, task.id, at)  # to be taken is not to be done
        assert late.mine
        assert late.escalated

    def test_judging_again_puts_no_deadline_off_and_takes_nothing_back(
        self, nurse: Viewer, patient: UUID
    ) -> None:
        judge(nurse, patient, "high")
        first = open_kinds(nurse, patient)
        judge(nurse, patient, "low", NOW + 10 * MINUTE, thoughts_found=False)
        assert open_kinds(nurse, patient) == first
        judge(nurse, patient, "high", NOW + 20 * MINUTE)
        assert open_kinds(nurse, patient) == first

    def test_to_judge_again_is_to_have_spoken(self, nurse: Viewer, patient: UUID) -> None:
        judge(nurse, patient, "moderate")
        later = NOW + timedelta(days=1)
        judge(nurse, patient, "low", later, thoughts_found=False)
        assert TaskKind.RISK_CONTACT not in open_kinds(nurse, patient, later)

    def test_a_judgement_entered_late_asks_for_no_second_contact(self, nurse: Viewer, patient: UUID) -> None:
        judge(nurse, patient, "moderate", NOW)
        first = open_kinds(nurse, patient)[TaskKind.RISK_CONTACT]
        judge(nurse, patient, "moderate", NOW + MINUTE, assessed_at=NOW - timedelta(hours=1))
        assert open_kinds(nurse, patient)[TaskKind.RISK_CONTACT] == first
        assert Task.objects.filter(kind=TaskKind.RISK_CONTACT).count() == 1

    def test_only_who_judges_closes_a_demand_and_only_a_prescriber_the_evaluation(
        self, nurse: Viewer, patient: UUID
    ) -> None:
        judge(nurse, patient, "high")
        found = open_kinds(nurse, patient)
        for kind, by in ((TaskKind.RISK_PRECAUTIONS, Role.THERAPIST), (TaskKind.RISK_EVALUATION, Role.NURSE)):
            with pytest.raises(Denied):
                done(factories.viewer(by), found[kind].id)
        done(nurse, found[TaskKind.RISK_PRECAUTIONS].id)
        done(factories.viewer(Role.PRESCRIBER), found[TaskKind.RISK_EVALUATION].id)
        assert open_kinds(nurse, patient) == {}
        (finding,) = [each for each in triage.findings(nurse, patient, NOW) if each.rule == "SUI-1"]
        assert finding.outcome is Outcome.SATISFIED

    def test_the_same_form_sent_twice_asks_once(self, nurse: Viewer, patient: UUID) -> None:
        key = uuid4()
        for _ in range(2):
            judge(nurse, patient, "high", idempotency_key=key)
        assert Task.objects.count() == 2


class TestItemNine:
    def test_zero_clears_nobody(self, nurse: Viewer, patient: UUID) -> None:
        answered = {**WORST, "9": 0}
        measures.record_answers(
            by=nurse, at=NOW, patient_id=patient, answers=answered, taken_at=NOW, mode="device"
        )
        assert open_kinds(nurse, patient) == {}
        found = {each.rule: each for each in triage.findings(nurse, patient, NOW)}
        assert found["SUI-5"].outcome is Outcome.UNKNOWN
        assert "clears nobody" in found["SUI-5"].sentence

    @pytest.mark.parametrize("score", [1, 3])
    def test_above_zero_asks_for_an_assessment_the_same_day(
        self, nurse: Viewer, patient: UUID, score: int
    ) -> None:
        answered = {**WORST, "9": score}
        measures.record_answers(
            by=nurse, at=NOW, patient_id=patient, answers=answered, taken_at=NOW, mode="device"
        )
        task = open_kinds(nurse, patient)[TaskKind.ITEM_NINE]
        assert task.due_at - NOW < timedelta(days=1)
        judge(
            nurse, patient, "low", NOW + MINUTE, instrument="Any structured interview", thoughts_found=False
        )
        assert TaskKind.ITEM_NINE not in open_kinds(nurse, patient)


class TestSafetyPlan:
    @pytest.mark.parametrize("part", [*triage.PARTS, "barriers", "kept_where"])
    def test_every_part_is_needed(self, nurse: Viewer, patient: UUID, part: str) -> None:
        with pytest.raises(Refused) as refused:
            write(nurse, patient, **{part: " "})
        assert refused.value.field == part

    @pytest.mark.parametrize(
        "changed", [{"likelihood": 11}, {"likelihood": -1}, {"review_on": date(2026, 11, 19)}]
    )
    def test_impossible_values_are_refused(
        self, nurse: Viewer, patient: UUID, changed: dict[str, object]
    ) -> None:
        with pytest.raises(Refused) as refused:
            write(nurse, patient, **changed)
        assert refused.value.field in changed

    def test_the_database_refuses_an_empty_part_and_any_change(self, nurse: Viewer, patient: UUID) -> None:
        write(nurse, patient)
        row = SafetyPlan.objects.get()
        with pytest.raises(IntegrityError), transaction.atomic():
            SafetyPlan.objects.create(
                **{name: getattr(row, name) for name in ("clinic", "recorded_at", "recorded_by", "patient")},
                **dict.fromkeys(triage.PARTS, ""),
                likelihood=1,
                barriers="x",
                kept_where="x",
                review_on=row.review_on,
                written_at=row.written_at,
                entered_offset_min=0,
            )
        with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
            cursor.execute("UPDATE safety_safetyplan SET barriers = 'none'")

    def test_a_newer_plan_stands_and_the_earlier_stays(self, nurse: Viewer, patient: UUID) -> None:
        first = write(nurse, patient)
        later = NOW + timedelta(days=7)
        second = write(nurse, patient, later, written_at=later, company="The harbour")
        found = triage.plans(nurse, patient, later.date())
        assert [(each.id, each.number, each.stands) for each in found] == [
            (second, 2, True),
            (first, 1, False),
        ]

    def test_it_answers_the_task_and_serves_a_low_level_until_its_review(
        self, nurse: Viewer, patient: UUID
    ) -> None:
        judge(nurse, patient, "moderate")
        write(nurse, patient, NOW + MINUTE, written_at=NOW + MINUTE)
        assert TaskKind.RISK_PLAN not in open_kinds(nurse, patient)
        for days, asked in ((30, False), (31, True)):
            at = NOW + timedelta(days=days)
            judge(nurse, patient, "low", at)
            assert (TaskKind.RISK_PLAN in open_kinds(nurse, patient, at)) is asked, days

    def test_the_rule_finds_it_whole_until_the_day_of_review(self, nurse: Viewer, patient: UUID) -> None:
        write(nurse, patient)
        for day, outcome in ((20, Outcome.SATISFIED), (21, Outcome.VIOLATED)):
            found = triage.findings(nurse, patient, datetime(2026, 12, day, 12, tzinfo=UTC))
            assert next(each for each in found if each.rule == "SUI-PLAN").outcome is outcome

    def test_another_clinics_plan_is_not_found(self, nurse: Viewer, patient: UUID) -> None:
        plan = write(nurse, patient)
        stranger = factories.viewer(Role.NURSE, clinic=factories.clinic("Elsewhere"))
        with pytest.raises(NotFound):
            triage.plan(stranger, patient, plan, NOW.date())


def test_the_pages_write_show_and_print_a_plan(db: None) -> None:
    nurse = factories.staff(Role.NURSE)
    patient = patients.patient(nurse.viewer, datetime.now(UTC))
    browser = factories.signed_in(nurse)
    said = {name: f"Words on {name}" for name in (*triage.PARTS, "barriers", "kept_where")}
    form = said | {
        "likelihood": "7",
        "review_on": (datetime.now(UTC) + timedelta(days=20)).date().isoformat(),
        "written_at": datetime.now(UTC).astimezone(ZoneInfo("America/New_York")).strftime("%Y-%m-%dT%H:%M"),
        "idempotency_key": str(uuid4()),
    }
    address = reverse("safety:write_plan", args=[patient])
    assert browser.post(address, form | {"company": ""}).status_code == 422
    sent = browser.post(address, form)
    assert sent.status_code == 303, sent.content.decode()[-2000:]
    chart = browser.get(reverse("people:chart", args=[patient])).content.decode()
    plan = triage.plans(nurse.viewer, patient, NOW.date())[0]
    assert reverse("safety:plan", args=[patient, plan.id]) in chart
    shown = browser.get(reverse("safety:plan", args=[patient, plan.id])).content.decode()
    assert all(words in shown for words in said.values())


def done(by: Viewer, task: UUID) -> None:
    actions.complete(by=by, at=NOW + MINUTE, task_id=task, outcome="Done, and told", done_at=NOW + MINUTE)
