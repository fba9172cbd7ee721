"""The due list: the right readings at the right times, from the right clock, in the right state."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.protocol.people import (
    BOOK,
    BOOKS,
    IV,
    LAST_DOSE,
    NASAL,
    NOW,
    NURSE,
    T0,
    answers,
    candidate,
    datum,
    reading,
    yes,
)

from euthymia.protocol import (
    Clock,
    Condition,
    Datum,
    Dissociation,
    DueState,
    InteractionClass,
    Kind,
    LiverImpairment,
    Medicine,
    MonitoringFacts,
    Nausea,
    Observation,
    ObservationFacts,
    Pressure,
    SuitabilityFacts,
    Symptom,
    Waiver,
    WatchRisk,
    observation,
)
from euthymia.protocol.monitoring import due_list, next_due, risks

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
    assert {item.rule for item in items} == {"OBS-ESK-1", "MON-3"}
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
    assert max(item.minutes for item in items if Kind.PRESSURE in item.kinds) == 720


def test_an_infusion_that_runs_on_after_its_longest_time_is_watched_on():
    """A pump that was paused for an hour: the drug still runs, and the next reading is still asked for."""
    longest = BOOK["IV-DOSE-3"].integer("minutes_max")
    now = T0 + timedelta(minutes=longest + 31)
    coming = [
        item.minutes for item in due_list(MonitoringFacts(IV, T0, None), BOOK, now) if item.opens_at > now
    ]
    assert longest + 40 in coming
    over = due_list(MonitoringFacts(IV, T0, now), BOOK, now)
    assert longest + 30 in {item.minutes for item in over if item.clock is Clock.PROGRAMME}


def test_what_was_waived_before_a_further_dose_is_asked_for_anew():
    early, late = Waiver("last+40", "asleep", LAST_DOSE - timedelta(minutes=3)), after(41)
    assert states(nasal(waivers=(early,)), late)["last+40"] is DueState.DUE
    again = Waiver("last+40@1", "left the room", after(41))
    assert states(nasal(waivers=(early, again)), late)["last+40"] is DueState.WAIVED


def test_recovery_is_watched_from_the_end_of_the_infusion():
    end = T0 + timedelta(minutes=40)
    items = due_list(MonitoringFacts(IV, T0, end), BOOK, end)
    assert [item.minutes for item in items if item.clock is Clock.LAST_DOSE] == [15, 30, 45, 60]
    running = [
        item.minutes for item in items if item.clock is Clock.PROGRAMME and Kind.PRESSURE in item.kinds
    ]
    assert running == [10, 20, 30, 40]


def again(*observations, now, baseline=(124, 78)):
    """Return what is to be taken again, by rule: its state and when it was done."""
    before = Datum(Pressure(*baseline), T0, NURSE) if baseline else None
    facts = MonitoringFacts(NASAL, T0, LAST_DOSE, observations, baseline=before)
    found = [item for item in due_list(facts, BOOK, now) if item.clock is Clock.READING]
    return [(item.rule, item.state, item.because, item.done_at) for item in found]


def _pressure(minutes, systolic, diastolic=80):
    return Observation(after(minutes), NURSE, pressure=Pressure(systolic, diastolic))


@pytest.mark.parametrize(
    ("minutes", "state"),
    [(21, DueState.UPCOMING), (22, DueState.DUE), (25, DueState.DUE), (26, DueState.OVERDUE)],
)
def test_a_markedly_raised_pressure_is_due_again_within_minutes(minutes, state):
    assert again(_pressure(20, 182), now=after(minutes)) == [("STOP-1", state, "182/80 mmHg", None)]


def test_a_repeat_that_is_still_raised_asks_for_the_next_and_a_good_one_ends_it():
    raised = _pressure(20, 182), _pressure(23, 185)
    first, second = again(*raised, now=after(24))
    assert first == ("STOP-1", DueState.DONE, "182/80 mmHg", after(23))
    assert second == ("STOP-1", DueState.UPCOMING, "185/80 mmHg", None)
    assert again(*raised, _pressure(24, 150), now=after(30))[1][1:] == (
        DueState.DONE,
        "185/80 mmHg",
        after(24),
    )


def test_a_repeat_taken_too_soon_does_not_count_while_it_is_raised():
    found = again(_pressure(20, 182), _pressure(21, 181), now=after(26))
    assert found == [("STOP-1", DueState.OVERDUE, "182/80 mmHg", None)]


@pytest.mark.parametrize(
    ("rule", "reading_", "because"),
    [
        ("STOP-3", {"pressure": Pressure(170, 80)}, "170/80 mmHg"),
        ("STOP-4", {"spo2_percent": 92}, "oxygen 92 %"),
        ("STOP-4", {"respiratory_rate_per_min": 7}, "7 breaths a minute"),
        ("STOP-5", {"sedation": 3}, "MOAA/S 3"),
        ("STOP-6", {"heart_rate_per_min": 131}, "pulse 131 a minute"),
        ("STOP-7", {"dissociation": Dissociation.SEVERE}, "dissociation severe"),
        ("STOP-7b", {"anxiety": 7}, "anxiety 7 of 10"),
        ("STOP-8", {"nausea": Nausea.SEVERE}, "nausea severe"),
    ],
)
def test_every_reading_beyond_a_limit_asks_for_itself_again(rule, reading_, because):
    found = again(Observation(after(20), NURSE, **reading_), now=after(120))
    assert found == [(rule, DueState.OVERDUE, because, None)]


def test_a_rise_is_not_asked_for_where_no_pressure_was_measured_before():
    assert again(_pressure(20, 170), now=after(30), baseline=None) == []


def test_somebody_still_here_after_the_plan_goes_on_being_observed():
    late = [item.minutes for item in due_list(nasal(), BOOK, after(125))]
    assert late[-2:] == [120, 150]
    left = due_list(nasal(ended_at=after(125)), BOOK, after(300))
    assert left[-1].minutes == 120
    assert max(item.minutes for item in due_list(nasal(), BOOK, after(5000))) == 720


def test_the_plan_reaches_to_the_end_of_the_watch_of_the_jurisdiction():
    longer = BOOK.with_threshold("MON-1", "minutes_min", 200)
    assert [item.minutes for item in due_list(nasal(), longer, LAST_DOSE)][-3:] == [150, 180, 210]
    sick = nasal(risks=frozenset({WatchRisk.LIVER}))
    assert [item.minutes for item in due_list(sick, BOOK, LAST_DOSE)][-2:] == [150, 180]
    assert due_list(sick, BOOKS["EU"], LAST_DOSE)[-1].minutes == 120  # its texts name no longer watch


def test_a_risk_adds_its_own_kinds_between_the_usual_times():
    items = {
        item.minutes: item for item in due_list(nasal(risks=frozenset({WatchRisk.PRESSURE})), BOOK, LAST_DOSE)
    }
    assert (items[10].rule, items[10].kinds) == ("OBS-RISK-1", {Kind.PRESSURE, Kind.HEART_RATE})
    assert items[30].kinds == {Kind.SEDATION, Kind.PRESSURE, Kind.HEART_RATE}
    breathing = due_list(nasal(risks=frozenset({WatchRisk.BREATHING})), BOOK, LAST_DOSE)
    assert breathing[0].kinds == {Kind.BREATHING, Kind.OXYGEN, Kind.SEDATION}
    end = T0 + timedelta(minutes=40)
    recovery = due_list(MonitoringFacts(IV, T0, end, risks=frozenset({WatchRisk.BREATHING})), BOOK, end)
    assert [item.minutes for item in recovery if item.clock is Clock.LAST_DOSE] == [10, 20, 30, 40, 50, 60]


def _medicine(*classes):
    return Medicine("lorazepam", frozenset(classes), "1 mg", T0, NURSE)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        (
            {"medicines": datum((_medicine(InteractionClass.BENZODIAZEPINE),))},
            [(WatchRisk.BREATHING, "WP-13")],
        ),
        (
            {"medicines": datum((_medicine(InteractionClass.PSYCHOSTIMULANT),))},
            [(WatchRisk.PRESSURE, "WP-13-STIM")],
        ),
        ({"medicines": datum((_medicine(InteractionClass.SSRI),))}, []),
        ({"liver": datum(LiverImpairment.CHILD_PUGH_B)}, [(WatchRisk.LIVER, "MON-9")]),
        ({"liver": datum(LiverImpairment.CHILD_PUGH_A)}, []),
        (
            {"eligibility": candidate(conditions=answers(yes(Condition.CARDIORESPIRATORY_DISEASE)))},
            [(WatchRisk.BREATHING, "OBS-RISK-1"), (WatchRisk.PRESSURE, "OBS-RISK-1")],
        ),
    ],
)
def test_what_is_on_record_makes_the_watch_closer(changes, found):
    facts = replace(SuitabilityFacts(eligibility=candidate()), **changes)
    assert [(one.risk, one.rule) for one in risks(facts, BOOK, NOW)] == found


@pytest.mark.parametrize(
    ("readings", "rules"),
    [
        ({"symptoms": frozenset({Symptom.CHEST_PAIN})}, ["STOP-2"]),
        ({"spo2_percent": 89}, ["STOP-4"]),
        ({"sedation": 2}, ["STOP-5"]),
        ({"heart_rate_per_min": 140}, ["STOP-6"]),
        ({"pressure": Pressure(190, 112)}, []),
        ({}, []),
    ],
)
def test_before_a_dose_only_what_calls_whatever_is_given_is_judged(readings, rules):
    found = observation.assess(
        ObservationFacts(NASAL, None, (Observation(T0, NURSE, **readings),), begun=False), BOOK, NOW
    )
    assert [one.rule for one in found] == rules
    assert all("give no dose" in one.sentence.lower() or one.rule == "STOP-6" for one in found)
