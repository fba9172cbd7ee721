"""A question is stored once, answered once by the worker, and only read by pages."""

from __future__ import annotations

import dataclasses
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from tests.clinic import factories, patients
from tests.clinic.visits import scenes

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Denied, Viewer
from euthymia.clinic.config.jobs import JOBS
from euthymia.clinic.forecasts import actions, engine, queries
from euthymia.clinic.forecasts.engine import Computed, Dose, Question
from euthymia.clinic.forecasts.models import Calculation, CalculationRequest
from euthymia.clinic.forecasts.queries import State
from euthymia.clinic.visits.models.dose import InfusionStep
from euthymia.protocol import Product

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
NASAL = Question(
    model="perez-ruixo-2021",
    drug="esketamine",
    route="nasal",
    t0=NOW,
    doses=(Dose(Decimal(0), Decimal(28), device=1), Dose(Decimal(5), Decimal(28), device=2)),
    age_years=45,
    weight_kg=Decimal("74.0"),
    ancestry="other",
)


@pytest.fixture
def staff(db: None) -> Viewer:
    return patients.staff()


def ask(by: Viewer, subject: UUID, question: Question = NASAL, at: datetime = NOW) -> UUID:
    return actions.request(by=by, at=at, subject=subject, question=question)


def later(question: Question, minutes: int) -> Question:
    first, second = question.doses
    return dataclasses.replace(question, doses=(first, dataclasses.replace(second, at_min=Decimal(minutes))))


def test_the_same_question_is_one_and_the_answer_names_what_it_rests_on(staff: Viewer) -> None:
    subject = uuid4()
    assert ask(staff, subject) == ask(staff, subject)
    (pending,) = queries.latest(staff, subject=subject, now=NOW)
    assert (pending.state, pending.answer) == (State.PENDING, None)
    assert actions.compute_next(NOW + timedelta(seconds=2))
    assert not actions.compute_next(NOW + timedelta(seconds=2))
    (found,) = queries.latest(staff, subject=subject, now=NOW)
    assert found.state is State.OK
    assert found.answer is not None
    assert found.answer.model_id == "perez-ruixo-2021"
    assert len(found.answer.parameters_hash) == 64
    assert found.answer.seed is not None, "the people of the band can be drawn again"
    assert found.answer.request["doses"][1]["at_min"] == "5"
    peak = found.answer.result["analytes"][0]
    assert 50 < peak["cmax_ng_per_ml"] < 150
    row = Calculation.objects.get()
    assert row.recorded_by_id == staff.user_id
    assert row.computed_by.startswith("worker on ")


def test_a_changed_question_supersedes_and_the_old_answer_says_so_until_the_new_one_is_there(
    staff: Viewer,
) -> None:
    subject = uuid4()
    ask(staff, subject)
    actions.compute_next(NOW)
    ask(staff, subject, later(NASAL, 9), NOW + timedelta(minutes=1))
    (found,) = queries.latest(staff, subject=subject, now=NOW)
    assert (found.state, found.superseded) == (State.PENDING, True)
    actions.compute_next(NOW + timedelta(minutes=1))
    (found,) = queries.latest(staff, subject=subject, now=NOW)
    assert (found.state, found.superseded) == (State.OK, False)
    assert found.answer is not None
    assert found.answer.request["doses"][1]["at_min"] == "9"


def test_back_to_the_first_question_is_a_new_question(staff: Viewer) -> None:
    subject = uuid4()
    first = ask(staff, subject)
    ask(staff, subject, later(NASAL, 9), NOW + timedelta(minutes=1))
    again = ask(staff, subject, NASAL, NOW + timedelta(minutes=2))
    assert again != first
    actions.compute_next(NOW + timedelta(minutes=3))
    assert not actions.compute_next(NOW + timedelta(minutes=3)), "superseded questions are left alone"
    (found,) = queries.latest(staff, subject=subject, now=NOW)
    assert found.state is State.OK


def test_what_the_model_cannot_answer_is_a_stored_failure_with_a_sentence(staff: Viewer) -> None:
    subject = uuid4()
    ask(staff, subject, dataclasses.replace(NASAL, age_years=None))
    actions.compute_next(NOW)
    (found,) = queries.latest(staff, subject=subject, now=NOW)
    assert (found.state, found.answer) == (State.FAILED, None)
    assert "age" in found.sentence
    ask(staff, subject, dataclasses.replace(NASAL, age_years=None), NOW + timedelta(minutes=1))
    assert CalculationRequest.objects.count() == 2, "after a failure it may be asked again"


def test_what_nobody_waits_for_any_more_is_left_and_says_so(staff: Viewer) -> None:
    subject = uuid4()
    ask(staff, subject)
    later = NOW + timedelta(hours=13)
    assert not actions.compute_next(later)
    (left,) = queries.latest(staff, subject=subject, now=later)
    assert left.state is State.LEFT
    assert "now that it is over" in left.sentence


def test_a_fault_inside_the_model_is_an_answer_too_and_names_no_value(
    staff: Viewer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(content: object) -> Computed:
        raise RuntimeError("weight 74.0 of Imke")

    monkeypatch.setattr(engine, "_concentration", breaks)
    subject = uuid4()
    ask(staff, subject)
    assert actions.compute_next(NOW)
    (found,) = queries.latest(staff, subject=subject, now=NOW)
    assert "RuntimeError" in found.sentence
    assert "74.0" not in found.sentence + caplog.text


def test_a_calculation_that_kills_the_worker_is_given_up_and_the_next_one_gets_its_turn(
    staff: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question that ends every worker must not be asked for ever, nor hold back all behind it."""

    def dies(content: object) -> Computed:
        raise SystemExit  # as a kill does it: nothing after it runs, no answer is written

    deadly, next_one = uuid4(), uuid4()
    ask(staff, next_one)
    ask(staff, deadly, at=NOW + timedelta(seconds=1))  # the newest is answered first
    with monkeypatch.context() as patched:
        patched.setattr(engine, "_concentration", dies)
        for _ in range(actions.MOST_ATTEMPTS):
            with pytest.raises(SystemExit):
                actions.compute_next(NOW)
        assert queries.latest(staff, subject=deadly, now=NOW)[0].state is State.PENDING
        assert actions.compute_next(NOW)
    (given_up,) = queries.latest(staff, subject=deadly, now=NOW)
    assert given_up.state is State.FAILED
    assert "3 times" in given_up.sentence
    assert actions.compute_next(NOW)
    assert queries.latest(staff, subject=next_one, now=NOW)[0].state is State.OK
    assert ask(staff, deadly, at=NOW + timedelta(minutes=1)), "a person may ask again"


def test_only_who_may_see_charts_reads_and_only_of_the_own_clinic(staff: Viewer) -> None:
    subject = uuid4()
    ask(staff, subject)
    assert queries.latest(patients.staff(factories.clinic("Birch Clinic")), subject=subject, now=NOW) == ()
    with pytest.raises(Denied):
        queries.latest(factories.viewer(Role.FRONT_DESK), subject=subject, now=NOW)


def test_the_database_keeps_one_chain_and_one_answer(staff: Viewer) -> None:
    subject = uuid4()
    ask(staff, subject)
    actions.compute_next(NOW)
    first = CalculationRequest.objects.get()
    base = {"clinic_id": staff.clinic_id, "recorded_at": NOW, "recorded_by_id": staff.user_id}
    with pytest.raises(IntegrityError), transaction.atomic():
        CalculationRequest.objects.create(
            **base, kind=first.kind, subject=subject, request={}, request_hash="x"
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Calculation.objects.create(
            **base, request=first, outcome="ok", result={}, model_id="x", duration_ms=1, computed_by="x"
        )
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Calculation.objects.filter(pk=first.calculation.pk).update(sentence="other")


def test_two_workers_answer_a_question_once(transactional_db: None) -> None:
    staff = patients.staff()
    for _ in range(2):
        ask(staff, uuid4())
    together, done = threading.Barrier(2), []

    def work() -> None:
        try:
            together.wait(timeout=20)
            while actions.compute_next(NOW):
                done.append(1)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=90)
    assert Calculation.objects.count() == 2


def test_the_worker_has_the_job() -> None:
    assert "forecasts" in {job.name for job in JOBS}


class TestFromVisits:
    def test_each_device_asks_with_the_times_it_was_given(self, staff: Viewer) -> None:
        visit_id = scenes.monitored(staff)
        asked = CalculationRequest.objects.current().get(subject=visit_id)
        assert asked.request["doses"] == [
            {"at_min": "0.000", "mg": "28", "minutes": "0", "device": 1},
            {"at_min": "5.000", "mg": "28", "minutes": "0", "device": 2},
        ]
        assert asked.request["age_years"] == 46
        assert asked.request["weight_kg"] == "70.0"

    def test_a_corrected_time_supersedes_the_forecast(self, staff: Viewer) -> None:
        from euthymia.clinic.visits import actions as visits
        from euthymia.clinic.visits.models import DeviceAdministration

        visit_id = scenes.monitored(staff)
        actions.compute_next(scenes.minutes(6))
        visits.correct_device(
            by=staff,
            at=scenes.minutes(9),
            visit_id=visit_id,
            device_id=DeviceAdministration.objects.get(number=2).id,
            why="read the wrong clock",
            measured_at=scenes.minutes(8),
            first_nostril="left",
            lot="L1",
            expires_on=None,
            serial="",
            problem="",
        )
        (found,) = queries.latest(staff, subject=visit_id, now=NOW)
        assert found.superseded
        actions.compute_next(scenes.minutes(10))
        (found,) = queries.latest(staff, subject=visit_id, now=NOW)
        assert found.answer is not None
        assert found.answer.request["doses"][1]["at_min"] == "8.000"

    def test_an_infusion_is_asked_of_both_models_as_it_ran(self, staff: Viewer) -> None:
        visit_id = scenes.ordered(staff, product=Product.KETAMINE_IV)
        said = {"visit_id": visit_id}
        scenes.infuse(staff, scenes.NOW, **said, event=InfusionStep.STARTED, rate_ml_per_h=Decimal("52.5"))
        scenes.infuse(staff, scenes.minutes(10), **said, event=InfusionStep.PAUSED, why="nausea")
        scenes.infuse(
            staff, scenes.minutes(15), **said, event=InfusionStep.RESUMED, rate_ml_per_h=Decimal("52.5")
        )
        scenes.infuse(
            staff, scenes.minutes(25), **said, event=InfusionStep.ENDED, volume_given_ml=Decimal("17.5")
        )
        for asked in CalculationRequest.objects.current().filter(subject=visit_id):
            doses = asked.request["doses"]
            assert [(dose["at_min"], dose["minutes"]) for dose in doses] == [
                ("0.000", "10.000"),
                ("15.000", "10.000"),
            ]
            assert sum(Decimal(dose["mg"]) for dose in doses) == Decimal("17.5")
        while actions.compute_next(scenes.minutes(26)):
            pass
        found = queries.latest(staff, subject=visit_id, now=NOW)
        assert {each.answer.model_id for each in found if each.answer} == {"otto-2021", "kamp-2020"}
        assert {each.answer.result["sampling_site"] for each in found if each.answer} == {
            "venous",
            "arterial",
        }

    def test_an_infusion_that_runs_is_asked_as_the_pump_was_set_so_far(self, staff: Viewer) -> None:
        visit_id = scenes.ordered(staff, product=Product.KETAMINE_IV)

        def asked() -> list[tuple[str, str, str]]:
            question = CalculationRequest.objects.current().filter(subject=visit_id).first()
            assert question is not None
            return [(each["at_min"], each["mg"], each["minutes"]) for each in question.request["doses"]]

        said = {"visit_id": visit_id}
        scenes.infuse(staff, scenes.NOW, **said, event=InfusionStep.STARTED, rate_ml_per_h=Decimal("52.5"))
        assert asked() == [("0.000", "35.000", "40.000")]
        scenes.infuse(staff, scenes.minutes(10), **said, event=InfusionStep.PAUSED, why="nausea")
        assert asked() == [("0.000", "8.750", "10.000")]
        scenes.infuse(
            staff, scenes.minutes(15), **said, event=InfusionStep.RESUMED, rate_ml_per_h=Decimal("26.25")
        )
        assert asked() == [("0.000", "8.750", "10.000"), ("15.000", "26.250", "60.000")]
