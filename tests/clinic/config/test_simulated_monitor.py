"""The simulated monitor: the same for the same seed, and the record makes the truth of everything it does wrong."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from tests.clinic import factories, patients
from tests.clinic.visits import scenes

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Reauthenticated
from euthymia.clinic.config.demo import bedside
from euthymia.clinic.fhir import observation
from euthymia.clinic.visits import actions, models, queries, wire
from euthymia.clinic.visits.limits import limits
from euthymia.protocol import Product

T0 = scenes.minutes(5)
SEED = "6"  # in half an hour everything goes wrong once


def stream(seed: str = SEED, **changed: object) -> bedside.Stream:
    asked: dict[str, object] = {"t0": T0, "minutes": 45, "begins_min": 1}
    return bedside.stream(seed, Product.ESKETAMINE_NASAL, **(asked | changed))  # type: ignore[arg-type]


def test_the_same_seed_sends_the_same_and_another_seed_something_else() -> None:
    assert stream() == stream()
    assert stream().truth != stream("4").truth


def test_every_trouble_happens_and_none_that_was_not_asked_for() -> None:
    assert {each.why for each in stream().sent} == {"reading", "again", "renamed", "late", "artefact"}
    plain = stream(troubles=())
    assert {each.why for each in plain.sent} == {"reading"}
    assert len(plain.sent) == 45
    first = plain.sent[0].body
    assert first["sent_at"] == first["readings"][0]["measured_at"] == plain.sent[0].arrives_at.isoformat()


@pytest.mark.parametrize("number", range(0, 30, 5))
def test_both_forms_say_the_same(number: int) -> None:
    body = stream(troubles=()).sent[number].body
    ours = wire.read_json(json.dumps(body).encode())
    theirs = observation.read(json.dumps(bedside.as_fhir(body)).encode(), key="k")
    assert [(each.device_time, dict(each.values)) for each in ours.readings] == [
        (each.device_time, dict(each.values)) for each in theirs.readings
    ]


def test_gaps_duplicates_skew_and_artefacts_leave_each_true_value_once_at_its_time(db: None) -> None:
    staff, admin = patients.staff(), factories.viewer(Role.ADMINISTRATOR)
    visit_id = scenes.monitored(staff)
    monitor_id = actions.keep_monitor(by=admin, at=scenes.NOW, name="Monitor 1")
    proof = Reauthenticated(admin.user_id, "passkey", scenes.NOW)
    key = actions.issue_key(by=admin, at=scenes.NOW, monitor_id=monitor_id, reauth=proof)
    who = queries.credential(actions.hashed(key), scenes.NOW)
    assert who is not None
    actions.place_monitor(by=staff, at=scenes.NOW, monitor_id=monitor_id, visit_id=visit_id)
    made = stream(minutes=30)
    for sent in made.sent:
        message = wire.read_json(json.dumps(sent.body).encode())
        actions.receive(credential=who, at=sent.arrives_at, message=message)
    possible = sorted(
        (at, name, value)
        for at, values in made.truth.items()
        for name, value in values.items()
        if name != "diastolic" and limits()[name].is_possible(value)
    )
    rows = models.Observation.objects.filter(visit=visit_id, source="Monitor 1").order_by("measured_at")
    names = {"pressure": "systolic"}
    kept = sorted((row.measured_at, names.get(row.kind, row.kind), row.value or 0) for row in rows)
    assert [(name, value) for _, name, value in sorted(kept)] == [
        (name, value) for _, name, value in possible
    ]
    slack = wire.span("clock", "equal_within")
    assert all(abs(one[0] - other[0]) <= slack for one, other in zip(kept, possible, strict=True))
    ahead = models.MonitorMessage.objects.filter(monitor=monitor_id).values_list("ahead_s", flat=True)
    assert all(timedelta(minutes=3.9) < timedelta(seconds=each or 0) < timedelta(minutes=5) for each in ahead)
