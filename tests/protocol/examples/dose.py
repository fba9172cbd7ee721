"""Worked examples of the rules about a dose as planned and as given."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from tests.protocol.examples._example import Example, S, U, V
from tests.protocol.people import (
    IV,
    NOW,
    T0,
    ago,
    datum,
    devices,
    infusion,
    iv_plan,
    later_plan,
    nasal_plan,
    sprayed,
)

from euthymia.protocol import AdministrationFacts, DeviceUse, administration, plan


def _planned(rule, title, outcome, facts, boundary=""):
    return Example(rule, title, outcome, lambda book: plan.assess(facts, book, NOW), boundary)


def _given(rule, title, outcome, facts, boundary="", deviation=False):
    return Example(
        rule, title, outcome, lambda book: administration.assess(facts, book, NOW), boundary, deviation
    )


def _mg(dose, count):
    return {"dose_mg": Decimal(dose), "devices": count}


_NASAL = (
    _planned("DOSE-US-1", "56 mg first", S, nasal_plan(), "first_mg"),
    _planned("DOSE-US-1", "84 mg first", V, nasal_plan(**_mg(84, 3)), "first_mg"),
    _planned("DOSE-US-1", "28 mg first", V, nasal_plan(**_mg(28, 1)), "first_mg"),
    _planned("DOSE-US-1", "no dose entered", U, nasal_plan(dose_mg=None)),
    _planned("DOSE-US-2", "84 mg in session 2", S, later_plan(2, 4, **_mg(84, 3)), "later_mg"),
    _planned("DOSE-US-2", "28 mg in session 2", V, later_plan(2, 4, **_mg(28, 1)), "later_mg"),
    _planned("DOSE-US-2", "no dose entered", U, later_plan(2, 4, dose_mg=None)),
    _planned("DOSE-US-3", "exactly 84 mg", S, later_plan(2, 4, **_mg(84, 3)), "dose_max"),
    _planned("DOSE-US-3", "112 mg", V, later_plan(2, 4, **_mg(112, 4)), "dose_max"),
    _planned("DOSE-US-3", "no dose entered", U, nasal_plan(dose_mg=None)),
    _planned(
        "DOSE-US-4",
        "the second session in 7 days of induction",
        S,
        later_plan(2, 3),
        "induction_per_week_max",
    ),
    _planned("DOSE-US-4", "a third session on day 6", V, later_plan(3, 6, 3), "induction_per_week_max"),
    _planned("DOSE-US-4", "a third session on day 7", S, later_plan(3, 7, 3)),
    _planned(
        "DOSE-US-4",
        "session 9 a week after session 8",
        S,
        later_plan(9, 31, 28, 24, 21, 17, 14, 10, 7),
        "later_per_week_max",
    ),
    _planned(
        "DOSE-US-4",
        "session 9 six days after session 8",
        V,
        later_plan(9, 31, 28, 24, 21, 17, 14, 10, 6),
        "later_per_week_max",
    ),
    _planned(
        "DOSE-US-4",
        "session 8 four days after session 7",
        S,
        later_plan(8, 28, 25, 21, 18, 14, 11, 4),
        "induction_sessions",
    ),
    _planned(
        "DOSE-US-4",
        "session 9 four days after session 8",
        V,
        later_plan(9, 32, 28, 25, 21, 18, 14, 11, 4),
        "induction_sessions",
    ),
    _planned("DOSE-US-4", "the dates of earlier sessions are not known", U, later_plan(5, 4)),
    _planned("DEV-1", "2 devices for 56 mg", S, nasal_plan(), "mg_per_device"),
    _planned("DEV-1", "3 devices for 56 mg", V, nasal_plan(devices=3), "mg_per_device"),
    _planned("DEV-1", "the number of devices is not entered", U, nasal_plan(devices=None)),
)


def _iv(rule, title, outcome, boundary="", **parts):
    changes = {
        key: parts.pop(key)
        for key in ("dose_mg", "session_number", "earlier_sessions", "previous_mg_per_kg")
        if key in parts
    }
    return _planned(rule, title, outcome, iv_plan(infusion=infusion(**parts), **changes), boundary)


def _pump(concentration, volume, rate):
    values = (concentration, volume, rate)
    names = ("concentration_mg_per_ml", "volume_ml", "rate_ml_per_h")
    return {name: Decimal(value) if value else None for name, value in zip(names, values, strict=True)}


def _days(*before):
    return tuple(NOW.date() - timedelta(days=days) for days in before)


_INFUSION = (
    _iv("IV-DOSE-1", "exactly 1.0 mg/kg", S, "mg_per_kg_max", mg_per_kg="1.0", dose_mg=Decimal(70)),
    _iv("IV-DOSE-1", "1.01 mg/kg", V, "mg_per_kg_max", mg_per_kg="1.01"),
    _planned("IV-DOSE-1", "no infusion entered", U, iv_plan(infusion=None)),
    _iv("IV-DOSE-2", "exactly 0.1 mg/kg", S, "mg_per_kg_min", mg_per_kg="0.1", dose_mg=Decimal(7)),
    _iv("IV-DOSE-2", "0.09 mg/kg", V, "mg_per_kg_min", mg_per_kg="0.09"),
    _planned("IV-DOSE-2", "no infusion entered", U, iv_plan(infusion=None)),
    _iv("IV-DOSE-3", "exactly 40 minutes", S, "minutes_min", minutes="40"),
    _iv("IV-DOSE-3", "39 minutes", V, "minutes_min", minutes="39"),
    _iv("IV-DOSE-3", "exactly 100 minutes", S, "minutes_max", minutes="100"),
    _iv("IV-DOSE-3", "101 minutes", V, "minutes_max", minutes="101"),
    _planned("IV-DOSE-3", "no infusion entered", U, iv_plan(infusion=None)),
    _iv("IV-DOSE-4", "0.5 mg/kg × 74.3 kg, entered as 37 mg", S, weight="74.3", dose_mg=Decimal(37)),
    _iv("IV-DOSE-4", "exactly 1 mg of rounding", S, "rounding_max", dose_mg=Decimal(36)),
    _iv("IV-DOSE-4", "1.1 mg of rounding", V, "rounding_max", dose_mg=Decimal("36.1")),
    _iv("IV-DOSE-4", "ten times the dose", V, dose_mg=Decimal(350)),
    _iv("IV-DOSE-4", "weighed exactly 30 days ago", S, "weight_age_max", weighed=ago(days=30)),
    _iv(
        "IV-DOSE-4", "weighed 30 days and a minute ago", V, "weight_age_max", weighed=ago(days=30, minutes=1)
    ),
    _iv(
        "IV-DOSE-4",
        "1.0 mg/kg rounded up",
        V,
        mg_per_kg="1.0",
        weight="70.4",
        dose_mg=Decimal(71),
    ),
    _iv("IV-DOSE-4", "1.0 mg/kg rounded down", S, mg_per_kg="1.0", weight="70.4", dose_mg=Decimal(70)),
    _planned(
        "IV-DOSE-4",
        "an ideal weight above the patient's own",
        V,
        iv_plan(infusion=replace(infusion(), dosing_weight_kg=Decimal(71)), dose_mg=Decimal("35.5")),
    ),
    _planned(
        "IV-DOSE-4", "the weight is not known", U, iv_plan(infusion=replace(infusion(), weight_kg=None))
    ),
    _iv("IV-DOSE-5", "1 mg/mL, 35 mL at 52.5 mL/h for 40 min", S, **_pump("1", "35", "52.5")),
    _iv("IV-DOSE-5", "exactly 2 % too much drug", S, "difference_max", **_pump("1", "35.7", "53.55")),
    _iv("IV-DOSE-5", "2.1 % too much drug", V, "difference_max", **_pump("1", "35.735", "53.6")),
    _iv("IV-DOSE-5", "the rate would take twice as long", V, **_pump("1", "35", "26.25")),
    _iv("IV-DOSE-5", "the rate is not entered", U, **_pump("1", "35", None)),
    _iv("IV-DOSE-6", "0.5 mg/kg first", S, "steps"),
    _iv("IV-DOSE-6", "0.75 mg/kg first", V, "steps", mg_per_kg="0.75", dose_mg=Decimal("52.5")),
    _iv(
        "IV-DOSE-6",
        "0.75 after 0.5 mg/kg",
        S,
        mg_per_kg="0.75",
        session_number=2,
        previous_mg_per_kg=Decimal("0.5"),
    ),
    _iv(
        "IV-DOSE-6",
        "1.0 after 0.5 mg/kg",
        V,
        mg_per_kg="1.0",
        session_number=2,
        previous_mg_per_kg=Decimal("0.5"),
    ),
    _iv("IV-DOSE-6", "0.75 mg/kg, the last dose not known", U, mg_per_kg="0.75", session_number=2),
    _iv(
        "IV-DOSE-7",
        "the third infusion in 7 days",
        S,
        "per_week_max",
        session_number=3,
        earlier_sessions=_days(5, 2),
    ),
    _iv(
        "IV-DOSE-7",
        "the fourth infusion in 7 days",
        V,
        "per_week_max",
        session_number=4,
        earlier_sessions=_days(6, 4, 2),
    ),
    _iv("IV-DOSE-7", "the dates of earlier infusions are not known", U, session_number=4),
)


def _infused(dose, **changes):
    good = AdministrationFacts(
        IV,
        Decimal(35),
        infusion_start=datum(T0, T0),
        infusion_end=datum(T0 + timedelta(minutes=40), T0),
        infused_mg=Decimal(dose),
        finished=True,
    )
    return replace(good, **changes)


_SECONDS = (
    DeviceUse(1, T0, "nurse K. Ode"),
    DeviceUse(2, T0 + timedelta(minutes=4, seconds=59), "nurse K. Ode"),
)
_GIVEN = (
    _given("DEV-1", "2 devices given for 56 mg", S, sprayed(0, 5)),
    _given("DEV-1", "1 of 2 devices so far", U, sprayed(0, finished=False)),
    _given("DEV-1", "stopped after 1 of 2 devices", V, sprayed(0)),
    _given("DEV-1", "3 devices given for 56 mg", V, sprayed(0, 5, 10)),
    _given("DEV-3", "exactly 5 minutes between devices", S, sprayed(0, 5), "rest_min"),
    _given("DEV-3", "4 min 59 s between devices", V, sprayed(devices=_SECONDS), "rest_min", deviation=True),
    _given("DEV-3", "no device given yet", U, sprayed()),
    _given("ADM-1", "56 mg given of 56 mg", S, sprayed(0, 5)),
    _given("ADM-1", "28 mg given of 56 mg", V, sprayed(0), deviation=True),
    _given(
        "ADM-1", "given, and no order stood", V, sprayed(0, ordered_mg=None, finished=False), deviation=True
    ),
    _given("ADM-1", "84 mg given of 56 mg so far", V, sprayed(0, 5, 10, finished=False), deviation=True),
    _given("ADM-1", "not finished", U, sprayed(devices=devices(0), finished=False)),
    _given("ADM-1", "an infusion exactly 2 % short", S, _infused("34.3"), "difference_max"),
    _given("ADM-1", "an infusion 2.3 % short", V, _infused("34.2"), "difference_max", deviation=True),
)

EXAMPLES = (*_NASAL, *_INFUSION, *_GIVEN)
