"""Readings of the pulse and of dissociation that ask for the drug to be slowed or stopped."""

from datetime import datetime

from euthymia.evidence import Rule
from euthymia.protocol._findings import Finding, Outcome, Tier
from euthymia.protocol._judge import finding, given, moment
from euthymia.protocol._readings import latest, series
from euthymia.protocol.facts import Dissociation, ObservationFacts


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
        sentence = f"{sentence} So it was the time before: stop the drug, record an electrocardiogram."
        return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs, tier=Tier.STOP)
    sentence = f"{sentence} Count it again."
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
    return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs, tier=Tier.ALERT)
