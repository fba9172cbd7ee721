"""The escort who is here holds the gate open; one who is gone again, or never came, shuts it."""

from __future__ import annotations

from uuid import UUID

import pytest
from tests.clinic import patients
from tests.clinic.visits import scenes
from tests.clinic.visits.scenes import minutes

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.visits import actions, assess, models, queries
from euthymia.clinic.visits.actions import GateShut, Refused
from euthymia.clinic.visits.forms import EscortArrivalForm
from euthymia.clinic.visits.queries._telling import sections
from euthymia.clinic.visits.queries.handover import summarise
from euthymia.clinic.visits.record import Record
from euthymia.protocol import Outcome

GONE = "went to fetch the car and does not answer"


@pytest.fixture
def staff(db: None) -> Viewer:
    return patients.staff()


@pytest.fixture
def ready(staff: Viewer) -> UUID:
    visit_id = scenes.recovered(staff)
    actions.find_ready_to_leave(by=staff, at=minutes(130), visit_id=visit_id)
    return visit_id


def record(visit_id: UUID) -> Record:
    return Record(models.Visit.objects.get(pk=visit_id))


def escort(by: Viewer, at: float, visit_id: UUID, **said: object) -> None:
    actions.record_escort_arrival(by=by, at=minutes(at), visit_id=visit_id, measured_at=minutes(at), **said)  # type: ignore[arg-type]


def rule(visit_id: UUID, at: float) -> tuple[Outcome, str]:
    found = next(each for each in assess.discharge(record(visit_id), minutes(at)) if each.rule == "PRE-9")
    return found.outcome, found.sentence


def test_who_was_ready_is_watched_again_once_nobody_is_here(staff: Viewer, ready: UUID) -> None:
    assert rule(ready, 130)[0] is Outcome.SATISFIED
    escort(staff, 132, ready, here=False, why=GONE)
    assert scenes.state(ready) == "monitoring"
    outcome, sentence = rule(ready, 133)
    assert outcome is Outcome.VIOLATED
    assert sentence.endswith("the adult who takes the patient home is not here.")
    with pytest.raises(GateShut):
        actions.discharge(
            by=staff, at=minutes(133), visit_id=ready, reauth=patients.proof(staff, minutes(133))
        )
    assert queries.leaving(staff, ready, minutes(133)).escort == ""


def test_what_was_said_first_stays_and_another_may_come(staff: Viewer, ready: UUID) -> None:
    first = record(ready).escort_arrival
    assert first is not None
    escort(staff, 132, ready, here=False, why=GONE)
    assert record(ready).escort_arrival is None
    escort(staff, 140, ready, name="Ana Brook")
    found = record(ready)
    assert found.escort_arrival is not None
    assert found.escort_arrival.name == "Ana Brook"
    assert models.EscortArrival.objects.filter(visit=ready).count() == 3
    assert rule(ready, 141)[0] is Outcome.SATISFIED
    told = [line.text for part in sections(staff, record(ready), minutes(141)) for line in part.lines]
    assert [line.split(" ")[0] for line in told if "came at" in line or "no escort" in line] == [
        "Jo",
        "At",
        "Ana",
    ]


def test_nothing_is_taken_back_without_a_reason_or_where_nobody_was(staff: Viewer, ready: UUID) -> None:
    with pytest.raises(Refused, match="Say why"):
        escort(staff, 132, ready, here=False, why=" ")
    escort(staff, 132, ready, here=False, why=GONE)
    with pytest.raises(Refused, match="nothing to take back"):
        escort(staff, 133, ready, here=False, why=GONE)
    with pytest.raises(Refused, match="who has come"):
        escort(staff, 134, ready)


def test_the_form_asks_for_the_name_or_for_the_reason() -> None:
    def errors(**said: str) -> set[str]:
        return set(EscortArrivalForm(said, now=minutes(0)).errors) - {"idempotency_key"}

    assert errors(here="yes", name="Jo Field") == set()
    assert errors(here="yes") == {"name"}
    assert errors(here="yes", name="Jo Field", why=GONE) == {"why"}
    assert errors(here="no", name="Jo Field") == {"why"}
    assert errors(here="no", why=GONE) == set()
    assert errors(name="Jo Field") == {"here"}


def test_the_note_says_that_nobody_was_there(staff: Viewer, ready: UUID) -> None:
    escort(staff, 132, ready, here=False, why=GONE)
    told = [line.text for part in sections(staff, record(ready), minutes(133)) for line in part.lines]
    assert any(line.endswith(f"no escort was here: {GONE}.") for line in told)
    assert any(line.startswith("Jo Field came at") for line in told)


def test_after_leaving_the_note_is_put_right_and_not_the_gate(staff: Viewer, ready: UUID) -> None:
    actions.discharge(by=staff, at=minutes(133), visit_id=ready, reauth=patients.proof(staff, minutes(133)))
    with pytest.raises(Refused, match="addendum"):
        escort(staff, 140, ready, here=False, why=GONE)


def test_the_next_nurse_is_told_that_the_escort_is_gone(staff: Viewer, ready: UUID) -> None:
    assert summarise(record(ready), minutes(131))["escort"] == "Jo Field, is here"
    escort(staff, 132, ready, here=False, why=GONE)
    told = summarise(record(ready), minutes(133))["escort"]
    assert told.startswith("not here at ")
    assert GONE in told
    assert "Announced: Jo Field" in told
