"""When a patient may leave, what that waits for, and until when they must not drive."""

from dataclasses import replace
from datetime import datetime, timedelta

from tests.protocol.people import BOOK, IV, LAST_DOSE, NASAL, NOW, T0, ZONE, leaving, reading, sprayed

from euthymia.protocol import administration, discharge, gate


def test_a_patient_for_whom_all_holds_may_leave_now():
    for product in (NASAL, IV):
        facts = leaving(product)
        assert gate(discharge.assess(facts, BOOK, NOW)).is_open
        assert discharge.earliest_leave(facts, BOOK, NOW) == discharge.LeaveForecast(NOW, ())


def test_before_two_hours_leaving_waits_for_the_time_from_the_last_device_not_the_first():
    at = LAST_DOSE + timedelta(minutes=60)
    facts = leaving(observations=(reading(40), reading(58)), stable=None)
    forecast = discharge.earliest_leave(facts, BOOK, at)
    assert forecast.at == LAST_DOSE + timedelta(hours=2)
    assert [(wait.rule, wait.until) for wait in forecast.waits_for] == [("MON-1", forecast.at)]


def test_the_forecast_names_what_only_people_can_bring():
    facts = leaving(rescreen=None, escort_present=None)
    forecast = discharge.earliest_leave(facts, BOOK, NOW)
    assert [(wait.rule, wait.until) for wait in forecast.waits_for] == [("SUI-10", None), ("PRE-9", None)]
    assert forecast.at == NOW


def test_an_early_patient_waits_for_the_40_minute_window_too():
    at = LAST_DOSE + timedelta(minutes=10)
    waits = {
        wait.rule: wait.until
        for wait in discharge.earliest_leave(leaving(observations=()), BOOK, at).waits_for
    }
    assert waits["MON-3"] == LAST_DOSE + timedelta(minutes=35)


def test_there_is_no_forecast_while_the_dose_runs():
    assert discharge.earliest_leave(leaving(IV, last_dose_at=None), BOOK, NOW).at is None


def test_driving_is_barred_until_the_next_morning_in_the_clinics_zone():
    assert discharge.no_driving_before(NASAL, T0, BOOK, NOW) == datetime(2026, 3, 4, 6, 0, tzinfo=ZONE)


def test_after_an_infusion_driving_is_barred_for_at_least_24_hours():
    end = datetime(2026, 3, 3, 11, 30, tzinfo=ZONE)
    assert discharge.no_driving_before(IV, end, BOOK, NOW) == datetime(2026, 3, 4, 11, 30, tzinfo=ZONE)


def test_the_24_hours_are_hours_and_not_the_same_time_on_a_clock_put_forward():
    end = datetime(2026, 3, 7, 11, 30, tzinfo=ZONE)
    assert discharge.no_driving_before(IV, end, BOOK, end) == datetime(2026, 3, 8, 12, 30, tzinfo=ZONE)


def test_the_ban_is_said_in_full():
    found = next(one for one in discharge.assess(leaving(), BOOK, NOW) if one.rule == "MON-8")
    assert found.sentence.startswith(
        "No driving: not before Wednesday 4 March 2026 06:00, and only after a full night's sleep and "
        "feeling fully alert."
    )


def test_a_missed_40_minute_pressure_does_not_trap_the_patient_and_is_not_forgotten():
    found = next(
        one
        for one in discharge.assess(leaving(observations=(reading(165),)), BOOK, NOW)
        if one.rule == "MON-3"
    )
    assert found.outcome == "satisfied"
    assert "was not measured" in found.deviation


def test_the_next_device_waits_five_minutes_and_the_last_has_no_next():
    one = sprayed(0, finished=False)
    assert administration.next_device_at(one, BOOK) == T0 + timedelta(minutes=5)
    assert administration.next_device_at(sprayed(0, 5, finished=False), BOOK) is None
    assert administration.next_device_at(sprayed(finished=False), BOOK) is None
    assert administration.next_device_at(replace(one, ordered_mg=None), BOOK) is None
