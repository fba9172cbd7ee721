"""A synthetic patient leaves, and the visit is closed. Each yields the time of what comes next, then does it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from euthymia.clinic.config.demo.arriving import judge_risk
from euthymia.clinic.config.demo.clockwork import Life
from euthymia.clinic.config.demo.looking_after import observe, ready_at
from euthymia.clinic.config.demo.sitting import PATIENCE, Sitting
from euthymia.clinic.config.demo.team import prove, soon
from euthymia.clinic.visits import actions, models


def send_home(sitting: Sitting) -> Life:
    at = sitting.when(soon(ready_at(sitting), 3))
    yield at
    actions.record_escort_arrival(
        by=sitting.nurse, at=at, visit_id=sitting.visit_id, name=sitting.person.escort_name, measured_at=at
    )
    for _attempt in range(PATIENCE):
        yield at
        _look_again(sitting, at)
        at = soon(at, 3)
        yield at
        try:
            actions.discharge(
                by=sitting.nurse, at=at, visit_id=sitting.visit_id, reauth=prove(sitting.nurse, at)
            )
        except actions.GateShut:
            at = soon(at, 12)
        else:
            return
    yield at
    actions.transfer(
        by=sitting.nurse,
        at=at,
        visit_id=sitting.visit_id,
        left_at=at,
        destination="Synthetic general hospital",
        why="Not settled after long watching.",
    )


def _look_again(sitting: Sitting, at: datetime) -> None:
    """A last set of readings, the second look at suicide risk and the judgement, before the gate is tried."""
    observe(sitting, at)
    judge_risk(sitting, at)
    actions.judge_stability(
        by=sitting.nurse,
        at=at,
        visit_id=sitting.visit_id,
        stable=True,
        basis="Awake, oriented, walks steadily, feels as before.",
    )


def walk_out(sitting: Sitting) -> Life:
    at = sitting.when(soon(sitting.t0, 72))
    yield at
    actions.leave_against_advice(
        by=sitting.nurse,
        at=at,
        visit_id=sitting.visit_id,
        left_at=at,
        advice="Asked to stay for the two hours; wanted to leave. Told not to drive and whom to call.",
        with_whom=sitting.person.escort_name,
    )


def close(sitting: Sitting) -> Life:
    at = sitting.when(soon(_last_exit(sitting.visit_id), 6))
    yield at
    for deviation in models.Deviation.objects.filter(visit_id=sitting.visit_id, answer__isnull=True):
        actions.explain_deviation(
            by=sitting.nurse,
            at=at,
            visit_id=sitting.visit_id,
            deviation_id=deviation.id,
            why="The room was busy; told the medical director.",
        )
    actions.close(
        by=sitting.nurse,
        at=at,
        visit_id=sitting.visit_id,
        discrepancy="Taken out before movements were recorded; counted by hand.",
        adverse_events=sitting.adverse_events,
        reauth=prove(sitting.nurse, at),
    )


def _last_exit(visit_id: UUID) -> datetime:
    left: models.Exit = models.Exit.objects.filter(visit_id=visit_id).latest("measured_at")
    return left.measured_at
