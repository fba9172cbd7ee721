"""What the readings after a dose demand: markedly raised pressure, crisis symptoms, breathing, sedation.

These are no alarm of their own: the certified monitor is. They say which rule a recorded reading meets.
"""

from datetime import datetime

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._findings import Datum, Finding, Outcome, Tier
from euthymia.protocol._judge import finding, given, moment, span, stated
from euthymia.protocol._reactions import anxiety, dissociation, nausea, pulse
from euthymia.protocol._readings import latest, series
from euthymia.protocol._repeats import again
from euthymia.protocol.facts import ObservationFacts, Pressure, Product, Symptom

_STOP_DRUG = {
    Product.ESKETAMINE_NASAL: "give no further device",
    Product.KETAMINE_IV: "stop the infusion",
}
_PAUSE_DRUG = {
    Product.ESKETAMINE_NASAL: "give no further device",
    Product.KETAMINE_IV: "pause or slow the infusion",
}


_GIVE_NO_MORE = "give no more of the drug"


def assess(facts: ObservationFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge the latest readings of each kind.

    Before a dose only what calls somebody to the patient whatever is given later is returned: crisis symptoms,
    breathing, oxygen, sedation and pulse beyond their limits. The pressure before a dose is readiness's.
    """
    if not facts.begun:
        return tuple(found for found in _whatever_is_given(facts, rules, now) if found.tier is not None)
    return (
        _markedly_raised(rules["STOP-1"], facts, now),
        _symptoms(rules["STOP-2"], facts, now),
        _rise(rules["STOP-3"], rules["STOP-1"], facts, now),
        _breathing(rules["STOP-4"], facts, now),
        _sedation(rules["STOP-5"], facts, now),
        *((pulse(rules["STOP-6"], facts, now),) if "STOP-6" in rules else ()),
        *((dissociation(rules["STOP-7"], facts, now),) if "STOP-7" in rules else ()),
        *((anxiety(rules["STOP-7b"], facts, now),) if "STOP-7b" in rules else ()),
        *((nausea(rules["STOP-8"], facts, now),) if "STOP-8" in rules else ()),
        *((_stays_high(rules["MON-7"], facts, now),) if "MON-7" in rules else ()),
    )


def _whatever_is_given(facts: ObservationFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    return (
        _symptoms(rules["STOP-2"], facts, now),
        _breathing(rules["STOP-4"], facts, now),
        _sedation(rules["STOP-5"], facts, now),
        *((pulse(rules["STOP-6"], facts, now),) if "STOP-6" in rules else ()),
    )


def _no_more(facts: ObservationFacts) -> str:
    if not facts.begun:
        return "give no dose"
    return _GIVE_NO_MORE if _direct(facts) else _STOP_DRUG[facts.product]


def _direct(facts: ObservationFacts) -> bool:
    return facts.route is not None and facts.route.is_direct


def _stays_high(rule: Rule, facts: ObservationFacts, now: datetime) -> Finding:
    last, dose = latest(facts.observations, lambda one: one.pressure), facts.last_dose_at
    inputs = [
        given("blood pressure", last, "mmHg"),
        stated("dose finished", dose.isoformat(timespec="minutes") if dose else None, at=dose),
    ]
    if last is None:
        sentence = "Blood pressure has not been measured since the dose."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    most, limits = (
        rule.duration("rise_minutes_max"),
        (rule.number("systolic_below"), rule.number("diastolic_below")),
    )
    limit = f"{limits[0]}/{limits[1]} mmHg"
    sentence = f"{last.value} mmHg at {moment(last.at, now)}; below {limit} is asked for {span(most)} after the dose."
    if last.value.systolic < limits[0] and last.value.diastolic < limits[1]:
        return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)
    if dose is None or last.at - dose <= most:
        sentence = f"{sentence} That time is not over."
        return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)
    sentence = (
        f"{sentence} Get help from people used to managing blood pressure; at a crisis symptom, transfer."
    )
    return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs, tier=Tier.ALERT)


def _markedly_raised(rule: Rule, facts: ObservationFacts, now: datetime) -> Finding:
    readings = series(facts.observations, lambda one: one.pressure)
    inputs = [given("blood pressure", reading, "mmHg") for reading in readings[-3:]]
    if not readings:
        return finding(
            rule, facts.product, Outcome.UNKNOWN, "Blood pressure has not been measured since the dose."
        )
    last, raised = readings[-1], _raised_run(rule, readings)
    limit = f"{rule.number('systolic_below')}/{rule.number('diastolic_below')} mmHg"
    sentence = f"{last.value} mmHg at {moment(last.at, now)}; it must stay below {limit}."
    if not raised:
        return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)
    lasted, soonest = last.at - raised[0].at, rule.duration("repeat_from")
    if lasted >= soonest:
        sentence += f" So it was {span(lasted)} earlier: confirmed. Call the prescriber, "
        sentence += f"{_GIVE_NO_MORE if _direct(facts) else _PAUSE_DRUG[facts.product]}."
        return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs, tier=Tier.STOP)
    latest_by = raised[0].at + rule.duration("repeat_by")
    late = " The repeat is overdue." if now > latest_by else ""
    sentence += (
        f" Repeat it between {moment(raised[0].at + soonest, now)} and {moment(latest_by, now)}.{late}"
    )
    return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs, tier=Tier.ALERT)


def _raised_run(rule: Rule, readings: list[Datum[Pressure]]) -> list[Datum[Pressure]]:
    """Return the unbroken run of markedly raised readings that ends with the latest one."""
    run: list[Datum[Pressure]] = []
    for reading in reversed(readings):
        pressure = reading.value
        if pressure.systolic < rule.number("systolic_below") and pressure.diastolic < rule.number(
            "diastolic_below"
        ):
            break
        run.insert(0, reading)
    return run


def _symptoms(rule: Rule, facts: ObservationFacts, now: datetime) -> Finding:
    last = latest(facts.observations, lambda one: one.symptoms)
    if last is None:
        return finding(
            rule, facts.product, Outcome.UNKNOWN, "Nobody has asked about crisis symptoms since the dose."
        )
    inputs = [given("crisis symptoms", last, show=_list)]
    if not last.value:
        sentence = f"No crisis symptom at {moment(last.at, now)}."
        return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)
    found = f"{_list(last.value).capitalize()} at {moment(last.at, now)}"
    sentence = f"{found}: {_no_more(facts)} and call the emergency team."
    return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs, tier=Tier.EMERGENCY)


def _list(symptoms: frozenset[Symptom]) -> str:
    return ", ".join(sorted(symptom.value for symptom in symptoms)) or "none"


def _rise(rule: Rule, marked: Rule, facts: ObservationFacts, now: datetime) -> Finding:
    """Judge the rise. Of a pressure that is ``marked`` as too high by itself, that rule says when to repeat it."""
    last, before = latest(facts.observations, lambda one: one.pressure), facts.baseline
    inputs = [given("blood pressure before the dose", before, "mmHg"), given("blood pressure", last, "mmHg")]
    if last is None or before is None:
        missing = "since" if last is None else "before"
        sentence = f"Blood pressure {missing} the dose is not known."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    systolic = last.value.systolic - before.value.systolic
    diastolic = last.value.diastolic - before.value.diastolic
    most = rule.number("systolic_rise_below"), rule.number("diastolic_rise_below")
    sentence = (
        f"{last.value} mmHg at {moment(last.at, now)} against {before.value} mmHg before the dose: "
        f"{systolic:+d} and {diastolic:+d} mmHg; below +{most[0]} and +{most[1]} mmHg is expected."
    )
    if systolic >= most[0] or diastolic >= most[1]:
        sentence += "" if _raised_run(marked, [last]) else again(rule, last.at, now)
        return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs, tier=Tier.ALERT)
    return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)


def _breathing(rule: Rule, facts: ObservationFacts, now: datetime) -> Finding:
    oxygen = series(facts.observations, lambda one: one.spo2_percent)
    breaths = series(facts.observations, lambda one: one.respiratory_rate_per_min)
    inputs = [
        *(given("oxygen saturation", reading, "%") for reading in oxygen[-2:]),
        *(given("breaths", reading, "/min") for reading in breaths[-2:]),
    ]
    tier = _breathing_tier(rule, oxygen, breaths)
    parts = [
        f"oxygen {oxygen[-1].value} % at {moment(oxygen[-1].at, now)}" if oxygen else "oxygen not measured"
    ]
    parts += [
        f"{breaths[-1].value} breaths a minute at {moment(breaths[-1].at, now)}"
        if breaths
        else "breaths not counted"
    ]
    limits = (
        f"alert below {rule.number('spo2_alert_min')} %, stop below {rule.number('spo2_stop_min')} % "
        f"or below {rule.number('respiratory_rate_min')} a minute"
    )
    sentence = f"{', '.join(parts).capitalize()}; {limits}."
    if tier:
        action = _BREATHING_ACTION[tier].format(stop="Stop the drug" if facts.begun else "Give no dose")
        newest = max(reading.at for reading in (*oxygen[-1:], *breaths[-1:]))
        sentence = f"{sentence}{action}{again(rule, newest, now)}"
        return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs, tier=tier)
    outcome = Outcome.SATISFIED if oxygen and breaths else Outcome.UNKNOWN
    return finding(rule, facts.product, outcome, sentence, inputs)


_BREATHING_ACTION = {
    Tier.ALERT: " Rouse the patient and watch.",
    Tier.STOP: " {stop}, open the airway, give oxygen.",
    Tier.EMERGENCY: " Not corrected since the reading before: call the emergency team.",
}


def _breathing_tier(rule: Rule, oxygen: list[Datum[int]], breaths: list[Datum[int]]) -> Tier | None:
    """Return how far it has gone; a second reading in a row at the stop level is an emergency."""
    runs = ((oxygen, rule.number("spo2_stop_min")), (breaths, rule.number("respiratory_rate_min")))
    low = [[reading.value < least for reading in readings[-2:]] for readings, least in runs]
    if any(len(run) > 1 and all(run) for run in low):
        return Tier.EMERGENCY
    if any(run and run[-1] for run in low):
        return Tier.STOP
    if oxygen and oxygen[-1].value < rule.number("spo2_alert_min"):
        return Tier.ALERT
    return None


def _sedation(rule: Rule, facts: ObservationFacts, now: datetime) -> Finding:
    last = latest(facts.observations, lambda one: one.sedation)
    inputs = [given("MOAA/S", last, "{score}")]
    if last is None:
        return finding(
            rule, facts.product, Outcome.UNKNOWN, "Sedation has not been judged since the dose.", inputs
        )
    steps = {
        Tier.EMERGENCY: (
            rule.number("emergency_above"),
            "call the emergency team, open the airway, give oxygen",
        ),
        Tier.STOP: (rule.number("stop_above"), f"{_no_more(facts)}, open the airway, give oxygen"),
        Tier.ALERT: (rule.number("alert_above"), "rouse the patient and watch"),
    }
    reached = next((tier for tier, (above, _) in steps.items() if last.value <= above), None)
    limits = ", ".join(
        f"{tier.value} at {steps[tier][0]}" for tier in (Tier.ALERT, Tier.STOP, Tier.EMERGENCY)
    )
    sentence = f"MOAA/S {last.value} at {moment(last.at, now)}; {limits} or below."
    if reached is None:
        return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)
    sentence += f" Now: {steps[reached][1]}.{again(rule, last.at, now)}"
    return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs, tier=reached)
