"""Worked examples of the rules after the dose: readings, going home, follow-up."""

from dataclasses import replace
from datetime import timedelta

from tests.protocol.examples._example import Example, S, U, V
from tests.protocol.people import IV, LAST_DOSE, NOW, T0, ago, datum, leaving, pressure, reading, watched

from euthymia.protocol import (
    Dissociation,
    FollowUpCall,
    FollowUpFacts,
    Nausea,
    Pressure,
    RiskAssessment,
    RiskLevel,
    Symptom,
    discharge,
    follow_up,
    observation,
)
from euthymia.protocol.route import Route

NASAL_END = LAST_DOSE


def _seen(rule, title, outcome, *readings, boundary="", **changes):
    facts = watched(*readings, **changes)
    return Example(rule, title, outcome, lambda book: observation.assess(facts, book, NOW), boundary)


def _bp(minutes, systolic, diastolic):
    return reading(minutes, pressure=Pressure(systolic, diastolic))


_RAISED = _bp(20, 182, 100)
_ALARMS = (
    _seen("STOP-1", "179/109", S, _bp(20, 179, 109)),
    _seen("STOP-1", "180 systolic, not yet repeated", U, _bp(20, 180, 100), boundary="systolic_below"),
    _seen("STOP-1", "179 systolic", S, _bp(20, 179, 100), boundary="systolic_below"),
    _seen("STOP-1", "110 diastolic, not yet repeated", U, _bp(20, 170, 110), boundary="diastolic_below"),
    _seen("STOP-1", "109 diastolic", S, _bp(20, 170, 109), boundary="diastolic_below"),
    _seen(
        "STOP-1", "raised again exactly 2 minutes later", V, _RAISED, _bp(22, 181, 99), boundary="repeat_from"
    ),
    _seen("STOP-1", "raised again after 1 minute", U, _RAISED, _bp(21, 181, 99), boundary="repeat_from"),
    _seen("STOP-1", "back below at the repeat", S, _RAISED, _bp(23, 170, 95)),
    _seen("STOP-1", "raised, normal, raised: to be repeated", U, _RAISED, _bp(23, 170, 95), _bp(60, 185, 99)),
    _seen("STOP-1", "not measured", U, reading(20, pressure=None)),
    _seen("STOP-2", "asked, none", S, reading(20)),
    _seen("STOP-2", "chest pain", V, reading(20, symptoms=frozenset({Symptom.CHEST_PAIN}))),
    _seen("STOP-2", "not asked", U, reading(20, symptoms=None)),
    _seen("STOP-3", "39 above", S, _bp(40, 163, 80), boundary="systolic_rise_below"),
    _seen("STOP-3", "40 above", V, _bp(40, 164, 80), boundary="systolic_rise_below"),
    _seen("STOP-3", "24 above, diastolic", S, _bp(40, 130, 102), boundary="diastolic_rise_below"),
    _seen("STOP-3", "25 above, diastolic", V, _bp(40, 130, 103), boundary="diastolic_rise_below"),
    _seen("STOP-3", "not measured", U, reading(40, pressure=None)),
    _seen("STOP-4", "94 % is no alert", S, reading(20, spo2_percent=94), boundary="spo2_alert_min"),
    _seen("STOP-4", "93 % is an alert", V, reading(20, spo2_percent=93), boundary="spo2_alert_min"),
    _seen("STOP-4", "90 % is still an alert", V, reading(20, spo2_percent=90), boundary="spo2_stop_min"),
    _seen("STOP-4", "89 % stops the drug", V, reading(20, spo2_percent=89), boundary="spo2_stop_min"),
    _seen(
        "STOP-4", "89 % twice is an emergency", V, reading(20, spo2_percent=89), reading(22, spo2_percent=88)
    ),
    _seen("STOP-4", "8 breaths", S, reading(20, respiratory_rate_per_min=8), boundary="respiratory_rate_min"),
    _seen("STOP-4", "7 breaths", V, reading(20, respiratory_rate_per_min=7), boundary="respiratory_rate_min"),
    _seen("STOP-4", "oxygen well, breaths not counted", U, reading(20, respiratory_rate_per_min=None)),
    _seen(
        "STOP-4",
        "oxygen low, breaths not counted",
        V,
        reading(20, spo2_percent=88, respiratory_rate_per_min=None),
    ),
    _seen("STOP-5", "MOAA/S 4", S, reading(20, sedation=4), boundary="alert_above"),
    _seen("STOP-5", "MOAA/S 3 is an alert", V, reading(20, sedation=3), boundary="alert_above"),
    _seen("STOP-5", "MOAA/S 2 stops the drug", V, reading(20, sedation=2), boundary="stop_above"),
    _seen("STOP-5", "MOAA/S 1 is an emergency", V, reading(20, sedation=1), boundary="emergency_above"),
    _seen("STOP-5", "not judged", U, reading(20, sedation=None)),
    _seen("STOP-6", "45 a minute", S, reading(20, heart_rate_per_min=45), boundary="rate_min"),
    _seen("STOP-6", "44 a minute, once", U, reading(20, heart_rate_per_min=44), boundary="rate_min"),
    _seen("STOP-6", "130 a minute", S, reading(20, heart_rate_per_min=130), boundary="rate_max"),
    _seen(
        "STOP-6",
        "131 a minute, twice in a row",
        V,
        reading(20, heart_rate_per_min=131),
        reading(22, heart_rate_per_min=140),
        boundary="rate_max",
    ),
    _seen(
        "STOP-6",
        "131 a minute, then 120",
        S,
        reading(20, heart_rate_per_min=131),
        reading(22, heart_rate_per_min=120),
    ),
    _seen("STOP-6", "not counted", U, reading(20, heart_rate_per_min=None)),
    _seen("STOP-7", "moderate", S, reading(20, dissociation=Dissociation.MODERATE)),
    _seen("STOP-7", "severe", V, reading(20, dissociation=Dissociation.SEVERE)),
    _seen("STOP-7", "not judged", U, reading(20, dissociation=None)),
    _seen("STOP-7b", "6 of 10", S, reading(20, anxiety=6), boundary="anxiety_below"),
    _seen("STOP-7b", "7 of 10", V, reading(20, anxiety=7), boundary="anxiety_below"),
    _seen("STOP-7b", "not asked", U, reading(20)),
    _seen("STOP-8", "moderate", S, reading(20, nausea=Nausea.MODERATE)),
    _seen("STOP-8", "severe", V, reading(20, nausea=Nausea.SEVERE)),
    _seen("STOP-8", "not asked", U, reading(20)),
)


def _goes(rule, title, outcome, boundary="", product=None, now=NOW, deviation=False, **changes):
    facts = leaving(**({"product": product} if product else {}), **changes)
    return Example(rule, title, outcome, lambda book: discharge.assess(facts, book, now), boundary, deviation)


def _timed(rule, product, minutes, **by):
    over = LAST_DOSE + timedelta(minutes=minutes)
    judged = datum(True, over)
    return (
        _goes(
            rule,
            f"exactly {minutes} minutes, judged stable",
            S,
            "minutes_min",
            product,
            over,
            stable=judged,
            **by,
        ),
        _goes(
            rule,
            f"{minutes - 1} minutes",
            V,
            "minutes_min",
            product,
            over - timedelta(minutes=1),
            stable=judged,
            **by,
        ),
        _goes(rule, "judged not ready to leave", V, "", product, stable=datum(False), **by),
        _goes(
            rule,
            "judged ready before the time was over",
            U,
            "",
            product,
            stable=datum(True, ago(hours=2)),
            **by,
        ),
        _goes(
            rule,
            "judged ready before an emergency that followed",
            U,
            "",
            product,
            resumed_at=ago(minutes=4),
            **by,
        ),
        _goes(
            rule, "judged ready after an emergency was over", S, "", product, resumed_at=ago(minutes=6), **by
        ),
        _goes(rule, "nobody has judged", U, "", product, stable=None, **by),
        _goes(rule, "the dose is not finished", U, "", product, last_dose_at=None, **by),
    )


def _at(*minutes):
    return {"observations": tuple(reading(minute) for minute in minutes)}


def _ends_with(*pressures):
    """Return pressures five minutes apart, the last one 10 minutes before NOW."""
    last = 165
    return {
        "observations": tuple(
            _bp(last - 5 * (len(pressures) - 1 - index), *one) for index, one in enumerate(pressures)
        )
    }


def _last(**changes):
    return {"observations": (reading(40), reading(165, **changes))}


def _after(minutes):
    return LAST_DOSE + timedelta(minutes=minutes)


_BASE_100 = pressure(100, 60, T0)
_HIGH = {"baseline": pressure(165, 105, T0)}
_LEAVING = (
    *_timed("MON-1", None, 120),
    *_timed("IV-REC-1", IV, 60),
    *_timed("ROUTE-7", IV, 120, route=Route.INTRAMUSCULAR),
    _goes("MON-3", "measured at exactly 35 minutes", S, "opens_at", **_at(35)),
    _goes("MON-3", "measured at 34 minutes, none yet", U, "opens_at", now=_after(45), **_at(34)),
    _goes("MON-3", "measured at exactly 50 minutes", S, "closes_at", **_at(50)),
    _goes("MON-3", "missed: the next reading stands in", S, "closes_at", deviation=True, **_at(51)),
    _goes("MON-3", "missed, and none since", V, now=_after(51), deviation=True, **_at(20)),
    _goes("MON-3", "not yet due", U, now=_after(30), **_at(20)),
    _goes("MON-3", "the dose is not finished", U, last_dose_at=None),
    _goes("MON-4", "recorded exactly 30 minutes ago", S, "reading_age_max", now=_after(70), **_at(40)),
    _goes("MON-4", "recorded 31 minutes ago", V, "reading_age_max", now=_after(71), **_at(40)),
    _goes("MON-4", "recorded before an emergency that followed", U, resumed_at=ago(minutes=4)),
    _goes("MON-4", "breaths never counted", U, observations=(reading(165, respiratory_rate_per_min=None),)),
    _goes(
        "MON-5", "exactly 20 % above", S, "above_baseline_max", baseline=_BASE_100, **_ends_with((120, 72))
    ),
    _goes(
        "MON-5",
        "21 % above and not falling",
        V,
        "above_baseline_max",
        baseline=_BASE_100,
        **_ends_with((121, 72)),
    ),
    _goes("MON-5", "exactly 20 % below", S, baseline=_BASE_100, **_ends_with((80, 48))),
    _goes(
        "MON-5", "more than 20 % below is left to judgement", S, baseline=_BASE_100, **_ends_with((79, 48))
    ),
    _goes("MON-5", "above the band, falling", S, **_ends_with((165, 95), (158, 92))),
    _goes("MON-5", "above the band, rising", V, **_ends_with((150, 90), (155, 92))),
    _goes("MON-5", "falling, 159 systolic", S, "falling_systolic_below", **_ends_with((165, 92), (159, 92))),
    _goes("MON-5", "falling, 160 systolic", V, "falling_systolic_below", **_ends_with((165, 92), (160, 92))),
    _goes(
        "MON-5", "falling, 99 diastolic", S, "falling_diastolic_below", **_ends_with((155, 101), (150, 99))
    ),
    _goes(
        "MON-5", "falling, 100 diastolic", V, "falling_diastolic_below", **_ends_with((155, 101), (150, 100))
    ),
    _goes(
        "MON-5", "high before, 179 systolic", S, "systolic_below", **_HIGH, **_ends_with((178, 95), (179, 95))
    ),
    _goes(
        "MON-5", "high before, 180 systolic", V, "systolic_below", **_HIGH, **_ends_with((178, 95), (180, 95))
    ),
    _goes(
        "MON-5",
        "high before, 109 diastolic",
        S,
        "diastolic_below",
        **_HIGH,
        **_ends_with((165, 105), (165, 109)),
    ),
    _goes(
        "MON-5",
        "high before, 110 diastolic",
        V,
        "diastolic_below",
        **_HIGH,
        **_ends_with((165, 105), (165, 110)),
    ),
    _goes("MON-5", "measured exactly 30 minutes ago", S, "reading_age_max", now=_after(70), **_at(40)),
    _goes("MON-5", "measured 31 minutes ago", U, "reading_age_max", now=_after(71), **_at(40)),
    _goes("MON-5", "the value before the dose is not known", U, baseline=None),
    _goes("MON-5", "measured before an emergency that followed", U, resumed_at=ago(minutes=4)),
    _goes("MON-5", "value before not known, falling", S, baseline=None, **_ends_with((140, 88), (134, 84))),
    _goes(
        "MON-5",
        "value before not known, falling, still 160 systolic",
        U,
        baseline=None,
        **_ends_with((170, 88), (160, 84)),
    ),
    _goes("MON-6", "alert, present, breathing well", S, "sedation_min"),
    _goes("MON-6", "MOAA/S 4", V, "sedation_min", **_last(sedation=4)),
    _goes("MON-6", "recorded before an emergency that followed", U, resumed_at=ago(minutes=4)),
    _goes("MON-6", "mild dissociation", V, **_last(dissociation=Dissociation.MILD)),
    _goes("MON-6", "95 % with 98 % before", S, "spo2_min", **_last(spo2_percent=95)),
    _goes("MON-6", "94 % with 98 % before", V, "spo2_min", **_last(spo2_percent=94)),
    _goes("MON-6", "93 % with 93 % before", S, baseline_spo2_percent=datum(93, T0), **_last(spo2_percent=93)),
    _goes("MON-6", "93 %, value before not known", U, baseline_spo2_percent=None, **_last(spo2_percent=93)),
    _goes("MON-6", "8 breaths", S, "respiratory_rate_min", **_last(respiratory_rate_per_min=8)),
    _goes("MON-6", "7 breaths", V, "respiratory_rate_min", **_last(respiratory_rate_per_min=7)),
    _goes("MON-6", "recorded exactly 30 minutes ago", S, "reading_age_max", now=_after(70), **_at(40)),
    _goes("MON-6", "recorded 31 minutes ago", U, "reading_age_max", now=_after(71), **_at(40)),
    _goes("MON-8", "signed before the dose", S, "next_day_hour"),
    _goes("MON-8", "after an infusion, also 24 hours", S, "infusion_hours_min", IV),
    _goes("MON-8", "leaving after midnight", S, "sleep_min", now=_after(60 * 15)),
    _goes("MON-8", "signed after the dose had begun", S, deviation=True, instructions_signed=datum("1")),
    _goes("MON-8", "signed at an earlier visit only", V, instructions_signed=datum("1", ago(days=7))),
    _goes("MON-8", "not signed", U, instructions_signed=None),
    _goes("SUI-10", "judged again after the dose", S),
    _goes(
        "SUI-10",
        "judged before the dose only",
        V,
        rescreen=datum(RiskAssessment(RiskLevel.LOW, "interview"), T0),
    ),
    _goes(
        "SUI-10",
        "high, place of care not decided",
        U,
        rescreen=datum(RiskAssessment(RiskLevel.HIGH, "interview")),
    ),
    _goes(
        "SUI-10",
        "high, place of care decided",
        S,
        rescreen=datum(RiskAssessment(RiskLevel.HIGH, "interview"), ago(minutes=9)),
        level_of_care=datum("in-patient ward"),
    ),
    _goes("SUI-10", "not judged again", U, rescreen=None),
    _goes("PRE-9", "the escort is here", S),
    _goes("PRE-9", "the escort is not here", V, escort_present=datum(False)),
    _goes("PRE-9", "not recorded", U, escort_present=None),
)

_LEFT = NOW - timedelta(days=10)
_CALL = FollowUpCall(6, adverse_events_asked=True, safety_asked=True)


def _called(title, outcome, hours, boundary="", now=NOW, deviation=False, call=_CALL):
    heard = datum(call, _LEFT + timedelta(hours=hours)) if hours is not None else None
    facts = FollowUpFacts(_LEFT, call=heard)
    return Example(
        "FU-1", title, outcome, lambda book: follow_up.assess(facts, book, now), boundary, deviation
    )


def _answered(title, outcome, days, boundary="", now=NOW, deviation=False):
    heard = datum(11, _LEFT + timedelta(days=days)) if days is not None else None
    facts = FollowUpFacts(_LEFT, phq9=heard)
    return Example(
        "FU-2", title, outcome, lambda book: follow_up.assess(facts, book, now), boundary, deviation
    )


_ONE_DAY, _SIX_DAYS = _LEFT + timedelta(days=1), _LEFT + timedelta(days=6, hours=1)
_FOLLOWED = (
    _called("called at exactly 18 hours", S, 18, "opens_at"),
    _called("called at 17 hours, too early to count", U, 17, "opens_at", now=_ONE_DAY),
    _called("called at exactly 36 hours", S, 36, "closes_at"),
    _called("called at 37 hours, late", S, 37, "closes_at", deviation=True),
    _called("the call did not ask about safety", U, 24, call=replace(_CALL, safety_asked=False)),
    _called("never called", V, None, deviation=True),
    _called("not yet due", U, None, now=_ONE_DAY),
    _answered("answered on day 6", S, 6, "opens_at"),
    _answered("answered on day 5, too early to count", U, 5, "opens_at", now=_SIX_DAYS),
    _answered("answered on day 9", S, 9, "closes_at"),
    _answered("answered on day 9 and an hour, late", S, 9 + 1 / 24, "closes_at", deviation=True),
    _answered("never answered", V, None, deviation=True),
    _answered("not yet due", U, None, now=_SIX_DAYS),
)

EXAMPLES = (*_ALARMS, *_LEAVING, *_FOLLOWED)
