"""The due list: the right readings at the right times, from the right clock, in the right state."""

from datetime import timedelta

import pytest
from tests.protocol.people import BOOK, IV, LAST_DOSE, NASAL, NURSE, T0, reading

from euthymia.protocol import Clock, DueState, Kind, MonitoringFacts, Observation, Pressure, Waiver
from euthymia.protocol.monitoring import due_list, next_due

VITALS = {Kind.PRESSURE, Kind.HEART_RATE, Kind.BREATHING, Kind.OXYGEN}


def after(minutes):
    return LAST_DOSE + timedelta(minutes=minutes)


def nasal(*observations, **changes):
    return MonitoringFacts(NASAL, T0, LAST_DOSE, observations, **changes)


def states(facts, now):
    return {item.key: item.state for item in due_list(facts, BOOK, now)}


def test_esketamine_is_watched_at_the_minutes_of_the_data_from_the_last_device():
    items = due_list(nasal(), BOOK, LAST_DOSE)
    assert [item.minutes for item in items] == [15, 20, 30, 40, 60, 90, 120]
    assert {item.clock for item in items} == {Clock.LAST_DOSE}
    by_minute = {item.minutes: item for item in items}
    assert by_minute[20].kinds == VITALS
    assert by_minute[15].kinds == {Kind.SEDATION}
    assert by_minute[40].kinds == VITALS | {Kind.SEDATION, Kind.DISSOCIATION}
    assert by_minute[40].due_at == after(40)


def test_the_40_minute_pressure_has_its_own_window():
    item = next(item for item in due_list(nasal(), BOOK, LAST_DOSE) if item.minutes == 40)
    assert (item.rule, item.opens_at, item.closes_at) == ("MON-3", after(35), after(50))


@pytest.mark.parametrize(
    ("minutes", "state"),
    [
        (34, DueState.UPCOMING),
        (35, DueState.DUE),
        (50, DueState.DUE),
        (51, DueState.OVERDUE),
    ],
)
def test_a_reading_is_upcoming_then_due_then_overdue(minutes, state):
    assert states(nasal(), after(minutes))["last+40"] is state


def test_readings_in_the_window_are_done():
    items = {item.key: item for item in due_list(nasal(reading(40)), BOOK, after(41))}
    assert items["last+40"].state is DueState.DONE
    assert items["last+40"].done_at == after(40)
    assert not items["last+40"].late
    assert items["last+60"].state is DueState.UPCOMING


def test_a_late_reading_stands_in_and_is_marked_late():
    items = {item.key: item for item in due_list(nasal(reading(55)), BOOK, after(56))}
    assert items["last+40"].state is DueState.DONE
    assert items["last+40"].late
    assert items["last+60"].state is DueState.DONE
    assert not items["last+60"].late


def test_what_is_still_missing_is_named():
    only_pressure = Observation(after(41), NURSE, pressure=Pressure(120, 80))
    item = next(item for item in due_list(nasal(only_pressure), BOOK, after(42)) if item.minutes == 40)
    assert item.state is DueState.DUE
    assert item.missing == (VITALS - {Kind.PRESSURE}) | {Kind.SEDATION, Kind.DISSOCIATION}


def test_a_further_device_moves_the_times_and_keeps_the_keys():
    first = MonitoringFacts(NASAL, T0, T0)
    second = nasal()
    before, moved = due_list(first, BOOK, T0), due_list(second, BOOK, LAST_DOSE)
    assert [item.key for item in before] == [item.key for item in moved]
    assert all(
        late.due_at - early.due_at == LAST_DOSE - T0 for early, late in zip(before, moved, strict=True)
    )


def test_a_waived_reading_says_why():
    facts = nasal(waivers=(Waiver("last+20", "asleep, breathing seen", after(21)),))
    item = next(item for item in due_list(facts, BOOK, after(60)) if item.key == "last+20")
    assert (item.state, item.reason) == (DueState.WAIVED, "asleep, breathing seen")


def test_when_monitoring_has_ended_nothing_stays_overdue():
    facts = nasal(reading(40), ended_at=after(70))
    found = states(facts, after(500))
    assert found["last+20"] is DueState.DONE or found["last+20"] is DueState.MISSED
    assert found["last+60"] is DueState.MISSED
    assert found["last+90"] is DueState.WAIVED


def test_what_comes_next_is_the_oldest_that_waits():
    items = due_list(nasal(), BOOK, after(62))
    assert next_due(items).minutes == 15
    assert next_due(due_list(nasal(reading(61)), BOOK, after(62))).minutes == 90
    assert next_due(()) is None


def test_an_infusion_is_watched_from_its_start_while_it_runs():
    items = due_list(MonitoringFacts(IV, T0, None), BOOK, T0 + timedelta(minutes=12))
    every = [item for item in items if Kind.PRESSURE in item.kinds]
    assert [item.minutes for item in every] == [10, 20]
    assert {item.clock for item in items} == {Clock.PROGRAMME}
    assert {item.minutes for item in items if Kind.DISSOCIATION in item.kinds} == {40, 80, 120}


def test_a_forgotten_end_of_infusion_does_not_make_an_endless_list():
    items = due_list(MonitoringFacts(IV, T0, None), BOOK, T0 + timedelta(days=2))
    assert max(item.minutes for item in items if Kind.PRESSURE in item.kinds) == 100


def test_recovery_is_watched_from_the_end_of_the_infusion():
    end = T0 + timedelta(minutes=40)
    items = due_list(MonitoringFacts(IV, T0, end), BOOK, end)
    assert [item.minutes for item in items if item.clock is Clock.LAST_DOSE] == [15, 30, 45, 60]
    running = [
        item.minutes for item in items if item.clock is Clock.PROGRAMME and Kind.PRESSURE in item.kinds
    ]
    assert running == [10, 20, 30, 40]
