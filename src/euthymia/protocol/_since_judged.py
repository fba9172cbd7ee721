"""Whether a reading after the clinician's judgement of the patient calls for another judgement."""

from datetime import datetime

from euthymia.evidence import RuleBook
from euthymia.protocol import observation
from euthymia.protocol._findings import Tier
from euthymia.protocol._judge import moment
from euthymia.protocol.facts import DischargeFacts, ObservationFacts


def calls_since(facts: DischargeFacts, rules: RuleBook, now: datetime) -> str:
    """Say what was read after the judgement that calls somebody to the patient; empty where nothing was.

    A crisis symptom counts although it has passed since. People enter times without seconds: what was read in the
    minute of the judgement counts as read after it.
    """
    if facts.stable is None:
        return ""
    judged = _minute(facts.stable.at)
    since = [one for one in facts.observations if _minute(one.measured_at) >= judged]
    for one in sorted(since, key=lambda each: each.measured_at):
        if one.symptoms:
            told = ", ".join(sorted(symptom.value for symptom in one.symptoms))
            return f"{told.capitalize()} at {moment(one.measured_at, now)}"
    if not since:
        return ""
    seen = ObservationFacts(
        product=facts.product,
        baseline=facts.baseline,
        observations=facts.observations,
        last_dose_at=facts.last_dose_at,
        route=facts.route,
    )
    for found in observation.assess(seen, rules, now):
        newest = max((each.at for each in found.inputs if each.at is not None), default=None)
        if found.tier in (Tier.STOP, Tier.EMERGENCY) and newest is not None and _minute(newest) >= judged:
            return found.sentence.split(";")[0].split(". ")[0]
    return ""


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
