"""Worked examples of the rules on the day, before the dose."""

from dataclasses import replace
from datetime import timedelta

from tests.protocol.examples._example import Example, S, U, V
from tests.protocol.people import (
    IV,
    NASAL,
    NOW,
    ago,
    answers,
    arrived,
    at_risk,
    datum,
    no,
    not_asked,
    pressure,
    yes,
)

from euthymia.protocol import Condition, Escort, RiskAssessment, RiskLevel, SafetyProgrammeFacts, readiness

YESTERDAY = ago(days=1)


def _case(rule, title, outcome, boundary="", product=NASAL, **changes):
    facts = arrived(product, **changes)
    return Example(rule, title, outcome, lambda book: readiness.assess(facts, book, NOW), boundary)


def _risk(rule, title, outcome, boundary="", level=RiskLevel.LOW, **changes):
    return _case(rule, title, outcome, boundary, risk=at_risk(level, **changes))


def _read(*readings):
    return tuple(
        pressure(systolic, diastolic, ago(minutes=minutes)) for systolic, diastolic, minutes in readings
    )


_PRESSURE = (
    _case(
        "PRE-1", "measured exactly 60 minutes before", S, "reading_age_max", pressures=_read((120, 80, 60))
    ),
    _case("PRE-1", "measured 61 minutes before", V, "reading_age_max", pressures=_read((120, 80, 61))),
    _case("PRE-1", "measured yesterday only", U, pressures=(pressure(120, 80, YESTERDAY),)),
    _case("PRE-1", "not measured", U, pressures=()),
    _case("PRE-2", "exactly 140 systolic", S, "systolic_max", pressures=_read((140, 80, 5))),
    _case("PRE-2", "141 systolic", V, "systolic_max", pressures=_read((141, 80, 5))),
    _case("PRE-2", "exactly 90 diastolic", S, "diastolic_max", pressures=_read((120, 90, 5))),
    _case("PRE-2", "91 diastolic", V, "diastolic_max", pressures=_read((120, 91, 5))),
    _case(
        "PRE-2",
        "raised at first, within the limit at the third reading",
        S,
        "readings_counted",
        pressures=_read((150, 95, 20), (145, 92, 12), (138, 88, 5)),
    ),
    _case(
        "PRE-2",
        "a fourth reading does not undo the third",
        V,
        "readings_counted",
        pressures=_read((150, 95, 25), (150, 95, 20), (145, 92, 12), (138, 88, 5)),
    ),
    _case(
        "PRE-2",
        "a fourth reading that is raised counts",
        V,
        pressures=_read((150, 95, 25), (150, 95, 20), (138, 88, 12), (150, 88, 5)),
    ),
    _case("PRE-2", "not measured today", U, pressures=(pressure(120, 80, YESTERDAY),)),
    _case("IV-CI-4", "exactly 140/90", S, "systolic_max", IV, pressures=_read((140, 90, 5))),
    _case("IV-CI-4", "141 systolic, not yet repeated", U, "systolic_max", IV, pressures=_read((141, 80, 5))),
    _case("IV-CI-4", "exactly 90 diastolic", S, "diastolic_max", IV, pressures=_read((120, 90, 5))),
    _case("IV-CI-4", "91 diastolic, not yet repeated", U, "diastolic_max", IV, pressures=_read((120, 91, 5))),
    _case(
        "IV-CI-4",
        "raised again exactly 5 minutes later",
        V,
        "repeat_after",
        IV,
        pressures=_read((150, 95, 10), (148, 92, 5)),
    ),
    _case(
        "IV-CI-4",
        "raised again, but only 4 minutes later",
        U,
        "repeat_after",
        IV,
        pressures=_read((150, 95, 9), (148, 92, 5)),
    ),
    _case(
        "IV-CI-4",
        "the third reading is within the limit",
        S,
        "readings_counted",
        IV,
        pressures=_read((150, 95, 20), (148, 92, 12), (138, 88, 5)),
    ),
    _case(
        "IV-CI-4",
        "a fourth reading does not undo the third",
        V,
        "readings_counted",
        IV,
        pressures=_read((150, 95, 25), (150, 95, 20), (148, 92, 12), (138, 88, 5)),
    ),
    _case(
        "IV-CI-4",
        "three in a row are no repeat at rest",
        U,
        "repeat_after",
        IV,
        pressures=_read((150, 95, 12), (150, 95, 11), (148, 92, 10)),
    ),
    _case(
        "IV-CI-4",
        "three in a row, then within the limit at rest",
        S,
        product=IV,
        pressures=_read((150, 95, 12), (150, 95, 11), (148, 92, 10), (138, 88, 5)),
    ),
    _case(
        "IV-CI-4",
        "three in a row, then raised at rest",
        V,
        product=IV,
        pressures=_read((150, 95, 12), (150, 95, 11), (148, 92, 10), (146, 88, 5)),
    ),
    _case("IV-CI-4", "not measured", U, product=IV, pressures=()),
)

_RISK = Condition.PRESSURE_RISK
_POSSIBLE = Condition.PREGNANCY_POSSIBLE
_ASKED = (
    _case("PRE-4", "asked today, none known", S),
    _case("PRE-4", "a serious risk", V, conditions=answers(yes(_RISK, "raised intracranial pressure"))),
    _case("PRE-4", "asked yesterday only", U, conditions=answers(no(_RISK, at=YESTERDAY))),
    _case("PRE-4", "not asked", U, conditions=answers(not_asked(_RISK))),
    _case("PRE-12", "pregnancy is not possible", S, conditions=answers(no(_POSSIBLE, "hysterectomy"))),
    _case(
        "PRE-12",
        "not possible, as was said at intake",
        U,
        conditions=answers(no(_POSSIBLE, "hysterectomy", ago(days=30))),
    ),
    _case(
        "PRE-12",
        "possible, and negative exactly 7 days ago",
        S,
        "test_age_max",
        conditions=answers(yes(_POSSIBLE)),
        pregnancy_test=datum(False, ago(days=7)),
    ),
    _case(
        "PRE-12",
        "possible, and negative 7 days and a minute ago",
        V,
        "test_age_max",
        conditions=answers(yes(_POSSIBLE)),
        pregnancy_test=datum(False, ago(days=7, minutes=1)),
    ),
    _case("PRE-12", "a positive test", V, conditions=answers(yes(_POSSIBLE)), pregnancy_test=datum(True)),
    _case("PRE-12", "a positive test against the answer", V, pregnancy_test=datum(True)),
    _case("WP-9", "a positive test of today against the answer at referral", V, pregnancy_test=datum(True)),
    _case(
        "IV-CI-9",
        "a positive test on the day, whatever was answered",
        V,
        product=IV,
        pregnancy_test=datum(True),
    ),
    _case("PRE-12", "possible and not tested", U, conditions=answers(yes(_POSSIBLE))),
    _case("PRE-12", "not asked", U, conditions=answers(not_asked(_POSSIBLE))),
)

_ESCORT = Escort("Ana Ruiz", "555 0100", NOW + timedelta(hours=3))
_PROGRAMME = SafetyProgrammeFacts(datum(True), datum(True), datum(True), datum(True))
_ARRANGED = (
    _case("PRE-6", "food exactly 2 hours ago", S, "food_min", last_food=datum(ago(hours=2))),
    _case("PRE-6", "food 1 h 59 min ago", V, "food_min", last_food=datum(ago(minutes=119))),
    _case("PRE-6", "a drink exactly 30 minutes ago", S, "liquid_min", last_liquid=datum(ago(minutes=30))),
    _case("PRE-6", "a drink 29 minutes ago", V, "liquid_min", last_liquid=datum(ago(minutes=29))),
    _case("PRE-6", "when the patient ate is not known", U, last_food=None),
    _case("PRE-6", "a recent drink, whatever the food", V, last_food=None, last_liquid=datum(ago(minutes=5))),
    _case("PRE-9", "a named adult with telephone and time", S),
    _case("PRE-9", "nobody is named", V, escort=datum(replace(_ESCORT, name=""))),
    _case("PRE-9", "the telephone is missing", U, escort=datum(replace(_ESCORT, phone=""))),
    _case("PRE-9", "the time is missing", U, escort=datum(replace(_ESCORT, expected_at=None))),
    _case("PRE-9", "not asked", U, escort=None),
    _case("PRE-10", "certified, enrolled, prescriber and oximeter there", S),
    _case(
        "PRE-10",
        "the patient is not enrolled",
        V,
        programme=replace(_PROGRAMME, patient_enrolled=datum(False)),
    ),
    _case(
        "PRE-10", "no prescriber on site", V, programme=replace(_PROGRAMME, prescriber_on_site=datum(False))
    ),
    _case(
        "PRE-10",
        "the prescriber was on site yesterday",
        U,
        programme=replace(_PROGRAMME, prescriber_on_site=datum(True, YESTERDAY)),
    ),
    _case("PRE-10", "certification is not recorded", U, programme=replace(_PROGRAMME, site_certified=None)),
    _case("MON-8", "signed today, before the dose", S),
    _case("MON-8", "signed at an earlier visit", V, instructions_signed=datum("1", YESTERDAY)),
    _case("MON-8", "not signed", U, instructions_signed=None),
)

_LOW = RiskAssessment(RiskLevel.LOW, "interview")
_HIGH = RiskAssessment(RiskLevel.HIGH, "interview")
_SUICIDE = (
    _risk("PRE-13", "judged today, with its basis", S),
    _risk("PRE-13", "judged yesterday", V, assessment=datum(_LOW, YESTERDAY)),
    _risk("PRE-13", "judged today without a basis", U, assessment=datum(RiskAssessment(RiskLevel.LOW, ""))),
    _risk("PRE-13", "not judged", U, assessment=None),
    _risk("SUI-4", "item 9 is 0, which clears nobody", S, "item9_max"),
    _risk("SUI-4", "item 9 is 1, no structured assessment", U, "item9_max", item9=datum(1)),
    _risk("SUI-4", "item 9 is 1, assessed today", S, item9=datum(1), structured=datum("clinical interview")),
    _risk(
        "SUI-4", "item 9 is 2, last assessed yesterday", V, item9=datum(2), structured=datum("SSI", YESTERDAY)
    ),
    _risk(
        "SUI-4",
        "item 9 is 2, assessed today but before the answer",
        V,
        item9=datum(2, ago(minutes=10)),
        structured=datum("clinical interview", ago(minutes=11)),
    ),
    _risk(
        "SUI-4",
        "item 9 is 2, assessed in the same minute",
        S,
        item9=datum(2, ago(minutes=10)),
        structured=datum("clinical interview", ago(minutes=10)),
    ),
    _risk("SUI-4", "item 9 was answered yesterday", U, item9=datum(0, YESTERDAY)),
    _risk("SUI-4", "item 9 is not answered", U, item9=None),
    _risk("SUI-9", "the risk is moderate", S, level=RiskLevel.MODERATE),
    _risk(
        "SUI-9",
        "high, both decisions made today",
        S,
        level=RiskLevel.HIGH,
        dosing_decision=datum("treat: it is the indication"),
        level_of_care=datum("in-patient ward"),
    ),
    _risk(
        "SUI-9",
        "high, the level of care was decided yesterday",
        V,
        level=RiskLevel.HIGH,
        dosing_decision=datum("treat"),
        level_of_care=datum("home with crisis team", YESTERDAY),
    ),
    _risk(
        "SUI-9",
        "high, decided in the minute it was judged",
        S,
        assessment=datum(_HIGH, ago(minutes=10)),
        dosing_decision=datum("treat", ago(minutes=10)),
        level_of_care=datum("in-patient ward", ago(minutes=10)),
    ),
    _risk(
        "SUI-9",
        "judged high again since the decision to treat",
        V,
        assessment=datum(_HIGH, ago(minutes=10)),
        dosing_decision=datum("treat", ago(minutes=11)),
        level_of_care=datum("in-patient ward", ago(minutes=10)),
    ),
    _risk("SUI-9", "high, and nothing is decided", U, level=RiskLevel.HIGH),
    _risk("SUI-9", "the risk is not judged", U, assessment=None),
)

EXAMPLES = (*_PRESSURE, *_ASKED, *_ARRANGED, *_SUICIDE)
