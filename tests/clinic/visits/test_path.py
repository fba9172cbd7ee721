"""The whole visit as it should go, for both products."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from tests.clinic import patients
from tests.clinic.visits import scenes
from tests.clinic.visits.scenes import NOW, minutes, state

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.safety import actions as safety
from euthymia.clinic.safety.models import Task
from euthymia.clinic.visits import actions, models, queries
from euthymia.clinic.visits.models.dose import InfusionStep
from euthymia.protocol import Product


@pytest.fixture
def staff(db: None) -> Viewer:
    return patients.staff()


def test_esketamine_from_booking_to_close(staff: Viewer) -> None:
    visit_id = scenes.recovered(staff)
    assert state(visit_id) == "monitoring"
    actions.find_ready_to_leave(by=staff, at=minutes(128), visit_id=visit_id)
    actions.discharge(
        by=staff, at=minutes(130), visit_id=visit_id, reauth=patients.proof(staff, minutes(130))
    )
    actions.close(
        by=staff,
        at=minutes(140),
        visit_id=visit_id,
        discrepancy="counted by hand",
        adverse_events="none",
        reauth=patients.proof(staff, minutes(140)),
    )
    assert state(visit_id) == "closed"
    exit_ = models.Exit.objects.get(visit=visit_id)
    assert exit_.signature is not None
    assert exit_.no_driving_before is not None
    assert exit_.no_driving_before > exit_.measured_at + timedelta(hours=12)
    assert set(Task.objects.filter(origin=f"visit:{visit_id}").values_list("kind", flat=True)) == {
        "follow-up-call",
        "follow-up-phq-9",
    }
    assert not models.Deviation.objects.filter(visit=visit_id).exists()
    assert AuditEntry.objects.filter(verb__startswith="visits.", subject=f"visit {visit_id}").count() > 20


def test_follow_up_completes_with_its_last_task(staff: Viewer) -> None:
    visit_id = scenes.monitored(staff)
    actions.leave_against_advice(
        by=staff, at=minutes(30), visit_id=visit_id, left_at=minutes(30), advice="told to stay"
    )
    actions.close(
        by=staff,
        at=minutes(40),
        visit_id=visit_id,
        discrepancy="counted by hand",
        adverse_events="none known",
        reauth=patients.proof(staff, minutes(40)),
    )
    later = NOW + timedelta(days=8)
    for number, task in enumerate(Task.objects.filter(origin=f"visit:{visit_id}")):
        assert state(visit_id) == "closed", number
        safety.complete(by=staff, at=later, task_id=task.id, outcome="reached, well", done_at=later)
    assert state(visit_id) == "followed_up"


def test_follow_up_can_be_given_up_with_its_attempts(staff: Viewer) -> None:
    visit_id = scenes.asked(staff)
    actions.withhold(by=staff, at=minutes(5), visit_id=visit_id, why="has eaten")
    actions.close(
        by=staff,
        at=minutes(6),
        visit_id=visit_id,
        discrepancy="counted by hand",
        adverse_events="none",
        reauth=patients.proof(staff, minutes(6)),
    )
    actions.end_follow_up(by=staff, at=minutes(7), visit_id=visit_id, why="called three times")
    assert state(visit_id) == "lost_to_follow_up"


def test_infusion_from_booking_to_leaving(staff: Viewer) -> None:
    visit_id = scenes.ordered(staff, product=Product.KETAMINE_IV)
    scenes.infuse(
        staff,
        NOW,
        visit_id,
        InfusionStep.STARTED,
        rate_ml_per_h=Decimal("52.5"),
        concentration_mg_per_ml=Decimal(1),
        lot="K1",
    )
    assert state(visit_id) == "administering"
    for minute in (10, 20, 30, 40):
        scenes.observe(staff, minutes(minute), visit_id)
    scenes.infuse(staff, minutes(40), visit_id, InfusionStep.ENDED, volume_given_ml=Decimal(35))
    assert state(visit_id) == "monitoring"
    page = queries.visit_page(staff, visit_id, minutes(41))
    assert page.dosing.given_mg == Decimal("35.00")
    assert page.live.leave is not None
    assert page.live.leave.at == minutes(100)
    for minute in (55, 70, 85, 101):
        scenes.observe(staff, minutes(minute), visit_id)
    actions.judge_stability(by=staff, at=minutes(102), visit_id=visit_id, stable=True, basis="walks steadily")
    scenes.risk(staff, minutes(102), visit_id)
    actions.record_escort_arrival(
        by=staff, at=minutes(102), visit_id=visit_id, name="Jo Field", measured_at=minutes(102)
    )
    actions.discharge(
        by=staff, at=minutes(103), visit_id=visit_id, reauth=patients.proof(staff, minutes(103))
    )
    assert state(visit_id) == "discharged"
