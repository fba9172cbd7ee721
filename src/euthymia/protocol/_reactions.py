"""Readings of pulse, dissociation, anxiety and nausea that ask for help, and for the drug to be slowed or stopped."""

from datetime import datetime

from euthymia.evidence import Rule
from euthymia.protocol._findings import Finding, Outcome, Tier
from euthymia.protocol._judge import finding, given, moment
from euthymia.protocol._readings import latest, series
from euthymia.protocol._repeats import again
from euthymia.protocol.facts import Dissociation, Nausea, ObservationFacts


def pulse(rule: Rule, facts: ObservationFacts, now: datetime) -> Finding:
    """Judge the latest pulse: outside the limits once is to be repeated, twice in a row is to be acted on."""
    readings = series(facts.observations, lambda one: one.heart_rate_per_min)
    inputs = [given("pulse", reading, "/min") for reading in readings[-2:]]
    if not readings:
        sentence = "The pulse has not been counted since the dose."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    least, most = rule.number("rate_min"), rule.number("rate_max")
    last = readings[-1]
    sentence = (
        f"Pulse {last.value} a minute at {moment(last.at, now)}; between {least} and {most} is asked for."
    )
    out = [not least <= reading.value <= most for reading in readings[-2:]]
    if not out[-1]:
        return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)
    if len(out) > 1 and out[0]:
        stop = "stop the drug" if facts.begun else "give no dose"
        sentence = f"{sentence} So it was the time before: {stop}, record an electrocardiogram."
        return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs, tier=Tier.STOP)
    sentence = f"{sentence}{again(rule, last.at, now)}"
    return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs, tier=Tier.ALERT)


def dissociation(rule: Rule, facts: ObservationFacts, now: datetime) -> Finding:
    """Judge the latest dissociation."""
    last = latest(facts.observations, lambda one: one.dissociation)
    inputs = [given("dissociation", last, show=lambda judged: judged.value)]
    if last is None:
        sentence = "Dissociation has not been judged since the dose."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    sentence = f"Dissociation was judged {last.value.value} at {moment(last.at, now)}."
    if last.value is not Dissociation.SEVERE:
        return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)
    sentence = f"{sentence} Speak calmly, keep the room still, slow or stop the drug; medicine only by order."
    sentence += again(rule, last.at, now)
    return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs, tier=Tier.ALERT)


def anxiety(rule: Rule, facts: ObservationFacts, now: datetime) -> Finding:
    """Judge the patient's latest number for anxiety."""
    last, below = latest(facts.observations, lambda one: one.anxiety), rule.number("anxiety_below")
    inputs = [given("anxiety", last, "{score}")]
    if last is None:
        sentence = "The patient has not been asked about anxiety since the dose."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    sentence = f"Anxiety {last.value} at {moment(last.at, now)}; below {below} is hoped for."
    if last.value < below:
        return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)
    sentence = f"{sentence} Stay, speak calmly, keep the room still; medicine only by order."
    sentence += again(rule, last.at, now)
    return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs, tier=Tier.ALERT)


def nausea(rule: Rule, facts: ObservationFacts, now: datetime) -> Finding:
    """Judge how sick the patient last felt."""
    last = latest(facts.observations, lambda one: one.nausea)
    inputs = [given("nausea", last, show=lambda felt: felt.value)]
    if last is None:
        sentence = "The patient has not been asked about nausea since the dose."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    sentence = f"Nausea was {last.value.value} at {moment(last.at, now)}."
    if last.value is not Nausea.SEVERE:
        return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)
    sentence = (
        f"{sentence} Put the patient so that nothing can be breathed in, give no more where the airway is in "
        "danger, ask the prescriber about a medicine; medicine only by order."
    )
    sentence += again(rule, last.at, now)
    return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs, tier=Tier.ALERT)
