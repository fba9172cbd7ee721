"""Worked examples of doses by age and ancestry, of doses in an acute suicidal state, and of pressures by age."""

from datetime import date, timedelta
from decimal import Decimal

from tests.protocol.examples._example import Example, S, U, V
from tests.protocol.people import NOW, ago, arrived, datum, later_plan, nasal_plan, pressure

from euthymia.protocol import Indication, plan, readiness

ALMOST_65 = datum(date(1961, 3, 4))
EXACTLY_65 = datum(date(1961, 3, 3))


def _planned(rule, title, outcome, facts, boundary=""):
    return Example(rule, title, outcome, lambda book: plan.assess(facts, book, NOW), boundary)


def _first(mg, **changes):
    return nasal_plan(dose_mg=None if mg is None else Decimal(mg), devices=mg and mg // 28, **changes)


def _later(mg, *days, number=2, **changes):
    days = days or (4,)
    return later_plan(
        number, *days, dose_mg=None if mg is None else Decimal(mg), devices=mg and mg // 28, **changes
    )


_BY_AGE = (
    _planned("DOSE-EU-1", "56 mg at 64", S, _first(56, birth_date=ALMOST_65), "first_mg"),
    _planned("DOSE-EU-1", "28 mg at 64", V, _first(28, birth_date=ALMOST_65), "first_mg"),
    _planned("DOSE-EU-1", "28 mg at 65", S, _first(28, birth_date=EXACTLY_65), "older_first_mg"),
    _planned("DOSE-EU-1", "56 mg at 65", V, _first(56, birth_date=EXACTLY_65), "older_first_mg"),
    _planned("DOSE-EU-1", "56 mg, the age is not known", U, _first(56, birth_date=None)),
    _planned("DOSE-EU-1", "84 mg, whatever the age", V, _first(84, birth_date=None)),
    _planned("DOSE-EU-1", "no dose entered", U, _first(None)),
    _planned("DOSE-EU-2", "84 mg at 64", S, _later(84, birth_date=ALMOST_65), "later_mg"),
    _planned("DOSE-EU-2", "28 mg at 64", V, _later(28, birth_date=ALMOST_65), "later_mg"),
    _planned("DOSE-EU-2", "28 mg at 65", S, _later(28, birth_date=EXACTLY_65), "older_later_mg"),
    _planned("DOSE-EU-2", "112 mg at 65", V, _later(112, birth_date=EXACTLY_65), "older_later_mg"),
    _planned("DOSE-EU-2", "28 mg, the age is not known", U, _later(28, birth_date=None)),
    _planned("DOSE-EU-2", "56 mg, whatever the age", S, _later(56, birth_date=None)),
    _planned("DOSE-EU-3", "exactly 84 mg", S, _later(84), "dose_max"),
    _planned("DOSE-EU-3", "112 mg", V, _later(112), "dose_max"),
    _planned("DOSE-EU-3", "no dose entered", U, _first(None)),
    _planned("DOSE-EU-4", "the second session in 7 days", S, later_plan(2, 3), "induction_per_week_max"),
    _planned("DOSE-EU-4", "a third session on day 6", V, later_plan(3, 6, 3), "induction_per_week_max"),
    _planned(
        "DOSE-EU-4",
        "session 9, the only one this week",
        S,
        later_plan(9, *range(7, 15)),
        "later_per_week_max",
    ),
    _planned(
        "DOSE-EU-4", "session 9, the second this week", V, later_plan(9, *range(6, 14)), "later_per_week_max"
    ),
    _planned(
        "DOSE-EU-4", "session 8 still is induction", S, later_plan(8, *range(6, 27, 3)), "induction_sessions"
    ),
    _planned("DOSE-EU-4", "the dates are not known", U, nasal_plan(session_number=3)),
)
_ANCESTRY = (
    _planned("DOSE-EU-6", "28 mg first", S, _first(28), "ancestry_first_mg"),
    _planned("DOSE-EU-6", "56 mg, not of Japanese ancestry", S, _first(56, japanese_ancestry=datum(False))),
    _planned(
        "DOSE-EU-6",
        "56 mg, of Japanese ancestry",
        V,
        _first(56, japanese_ancestry=datum(True)),
        "ancestry_first_mg",
    ),
    _planned("DOSE-EU-6", "56 mg, not asked", U, _first(56)),
    _planned("DOSE-EU-6", "no dose entered", U, _first(None)),
)
_STEP = (
    _planned("DOSE-EU-7", "84 mg after 56 mg", S, _later(84, previous_mg=Decimal(56)), "step_max"),
    _planned("DOSE-EU-7", "84 mg after 28 mg", V, _later(84, previous_mg=Decimal(28)), "step_max"),
    _planned("DOSE-EU-7", "28 mg after 84 mg", V, _later(28, previous_mg=Decimal(84))),
    _planned("DOSE-EU-7", "the last dose is not known", U, _later(84)),
    _planned("DOSE-EU-7", "no dose entered", U, _later(None, previous_mg=Decimal(56))),
)
_MDSI = {"indication": Indication.MDSI}


def _acute(rule):
    return (
        _planned(rule, "84 mg first", S, _first(84, **_MDSI), "acute_mg"),
        _planned(rule, "56 mg first", V, _first(56, **_MDSI), "acute_mg"),
        _planned(rule, "56 mg later", S, _later(56, **_MDSI), "reduced_mg"),
        _planned(rule, "28 mg later", V, _later(28, **_MDSI), "reduced_mg"),
        _planned(rule, "no dose entered", U, _first(None, **_MDSI)),
    )


_ACUTE = (
    *_acute("DOSE-US-5"),
    *_acute("DOSE-EU-5"),
    _planned("DOSE-EU-5", "84 mg at 64", S, _first(84, birth_date=ALMOST_65, **_MDSI), "older_age_from"),
    _planned("DOSE-EU-5", "84 mg at 65", V, _first(84, birth_date=EXACTLY_65, **_MDSI), "older_age_from"),
    _planned("DOSE-EU-5", "84 mg, the age is not known", U, _first(84, birth_date=None, **_MDSI)),
)


def _case(rule, title, outcome, boundary="", **changes):
    facts = arrived(**changes)
    return Example(rule, title, outcome, lambda book: readiness.assess(facts, book, NOW), boundary)


def _read(*readings):
    return tuple(
        pressure(systolic, diastolic, ago(minutes=minutes)) for systolic, diastolic, minutes in readings
    )


def _older(rule, title, outcome, boundary="", born=EXACTLY_65, **changes):
    return _case(rule, title, outcome, boundary, birth_date=born, **changes)


_PRESSURE = (
    _case("PRE-3", "140/90 below 65", S, "systolic_max", pressures=_read((140, 90, 5))),
    _case("PRE-3", "141 systolic below 65", V, "systolic_max", pressures=_read((141, 80, 5))),
    _case("PRE-3", "90 diastolic", S, "diastolic_max", pressures=_read((120, 90, 5))),
    _case("PRE-3", "91 diastolic", V, "diastolic_max", pressures=_read((120, 91, 5))),
    _older("PRE-3", "150/90 at 65", S, "older_systolic_max", pressures=_read((150, 90, 5))),
    _older("PRE-3", "151 systolic at 65", V, "older_systolic_max", pressures=_read((151, 80, 5))),
    _older("PRE-3", "91 diastolic at 65", V, pressures=_read((120, 91, 5))),
    _older("PRE-3", "145 systolic, 65 tomorrow", V, born=ALMOST_65, pressures=_read((145, 80, 5))),
    _older("PRE-3", "145 systolic, the age is not known", U, born=None, pressures=_read((145, 80, 5))),
    _older("PRE-3", "140 systolic, the age is not known", S, born=None, pressures=_read((140, 80, 5))),
    _older("PRE-3", "151 systolic, the age is not known", V, born=None, pressures=_read((151, 80, 5))),
    _case("PRE-3", "raised, then not", S, pressures=_read((150, 80, 20), (138, 80, 10))),
    _case(
        "PRE-3",
        "the third reading is final",
        V,
        pressures=_read((150, 80, 30), (150, 80, 20), (146, 80, 10), (130, 80, 2)),
    ),
    _case("PRE-3", "not measured today", U, pressures=(pressure(120, 80, NOW - timedelta(days=1)),)),
)

EXAMPLES = (*_BY_AGE, *_ANCESTRY, *_STEP, *_ACUTE, *_PRESSURE)
