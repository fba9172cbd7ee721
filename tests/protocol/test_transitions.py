"""The tables of states: nobody is trapped, everything is reachable, and no gate refuses a record."""

from importlib import import_module

import pytest

from euthymia.protocol import COURSE, VISIT

MACHINES = pytest.mark.parametrize("machine", [COURSE, VISIT], ids=lambda machine: machine.name)
STAFF = {"prescriber", "nurse", "therapist", "front_desk", "medical_director", "administrator"}
ORDERS_AND_PROMPTS = {
    "find_eligible",
    "record_consent",
    "sign_plan",
    "revise_plan",
    "continue",
    "finish_check_in",
    "sign_order",
    "find_ready_to_leave",
    "discharge",
}


def _reachable(machine, start):
    seen, waiting = set(), [start]
    while waiting:
        state = waiting.pop()
        if state not in seen:
            seen.add(state)
            waiting += [change.target for change in machine.leaving(state)]
    return seen


@MACHINES
def test_every_state_is_reachable(machine):
    assert _reachable(machine, machine.initial) == set(machine.states)


@MACHINES
def test_the_table_names_only_its_states_and_each_event_once_a_state(machine):
    assert {state for change in machine.transitions for state in (change.source, change.target)} <= set(
        machine.states
    )
    pairs = [(change.source, change.event) for change in machine.transitions]
    assert len(pairs) == len(set(pairs))


@MACHINES
def test_every_state_leads_to_an_end_without_passing_a_gate(machine):
    for state in machine.states:
        seen, waiting = set(), [state]
        while waiting:
            here = waiting.pop()
            if here not in seen:
                seen.add(here)
                waiting += [change.target for change in machine.leaving(here) if change.gate is None]
        assert seen & machine.terminal, f"from {state} only a gate leads on"


@MACHINES
def test_only_terminal_states_have_no_way_on(machine):
    assert {state for state in machine.states if not machine.leaving(state)} == machine.terminal


@MACHINES
def test_every_occupied_state_has_each_protective_way_out_and_no_gate_on_it(machine):
    assert machine.occupied
    for state in machine.occupied:
        for event in machine.protective:
            change = machine.find(state, event)
            assert change is not None, f"{state} has no way to {event}"
            assert change.gate is None


def test_a_patient_in_a_visit_may_become_an_emergency_from_anywhere():
    for state in VISIT.occupied:
        assert "emergency" in state or VISIT.find(state, "declare_emergency") is not None


def test_somebody_who_has_just_left_may_become_an_emergency_too():
    for state in ("discharged", "left_against_advice", "withheld"):
        assert VISIT.find(state, "declare_emergency") is not None


def test_a_dose_that_was_given_is_recordable_wherever_the_patient_is():
    for state in {"scheduled", *VISIT.occupied} - {"administering"}:
        doses = [
            change
            for change in VISIT.leaving(state)
            if change.event.startswith("record_") and "dose" in change.event
        ]
        assert [dose.gate for dose in doses] == [None], state


@MACHINES
def test_gates_stand_only_before_orders_and_prompts_and_are_real_judgements(machine):
    for change in machine.transitions:
        if change.gate:
            assert change.event in ORDERS_AND_PROMPTS
            assert callable(import_module(f"euthymia.protocol.{change.gate}").assess)


@MACHINES
def test_every_transition_names_who_may_do_it_and_what_it_captures(machine):
    for change in machine.transitions:
        assert change.roles
        assert set(change.roles) <= STAFF
        assert all(change.captures)


def test_only_a_prescriber_orders_and_decides_on_benefit():
    for machine, event in ((VISIT, "sign_order"), (COURSE, "decide_benefit"), (COURSE, "continue")):
        roles = {role for change in machine.transitions if change.event == event for role in change.roles}
        assert roles == {"prescriber"}


@MACHINES
def test_a_state_that_does_not_exist_is_named_in_the_error(machine):
    with pytest.raises(ValueError, match="has no state 'elsewhere'"):
        machine.leaving("elsewhere")
