"""An adverse event: whether it is serious, reported and reviewed in time, and whether its record is whole."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._findings import Datum, Finding, Input, Outcome
from euthymia.protocol._judge import dated, finding, given, stated, yes_or_no
from euthymia.protocol.facts import Product


class Criterion(StrEnum):
    """What makes an event serious; any one is enough."""

    DEATH = "death"
    LIFE_THREATENING = "threat to life"
    ADMISSION = "admission to hospital, or a longer stay"
    DISABILITY = "disability or lasting damage"
    BIRTH_DEFECT = "birth defect"
    IMPORTANT = "another important event that needed treatment to prevent one of these"


class EventOutcome(StrEnum):
    """How an event ended."""

    RECOVERED = "recovered"
    RECOVERING = "recovering"
    LASTING_HARM = "lasting harm"
    DIED = "died"


_MUST_BE = {EventOutcome.DIED: Criterion.DEATH, EventOutcome.LASTING_HARM: Criterion.DISABILITY}


@dataclass(frozen=True, slots=True)
class AdverseEventFacts:
    """One event as recorded. ``criteria`` is empty when it was judged and meets none.

    ``emergency_visit`` tells of a visit to an emergency department without admission, which is not serious by
    itself and must be judged. ``action`` is what was done ("observed", "infusion stopped"), ``cause`` the
    clinician's judgement of whether treatment caused it, ``expectedness`` of whether the product information tells of
    such an event.
    """

    product: Product
    term: str
    began_at: datetime | None = None
    ended_at: datetime | None = None
    severity: str = ""
    action: str = ""
    outcome: EventOutcome | None = None
    cause: str = ""
    expectedness: str = ""
    criteria: Datum[frozenset[Criterion]] | None = None
    admitted: bool | None = None
    emergency_visit: bool | None = None
    known_at: datetime | None = None
    reported: Datum[str] | None = None
    director_told: Datum[str] | None = None
    cause_review: Datum[str] | None = None


def is_serious(facts: AdverseEventFacts) -> bool | None:
    """Tell whether the event was judged serious; ``None`` while nobody has judged it."""
    return None if facts.criteria is None else bool(facts.criteria.value)


def assess(facts: AdverseEventFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge seriousness, times and completeness."""
    judgements = {"SAE-1": _seriousness, "SAE-5": _times, "SAE-6": _whole}
    return tuple(judge(rules[rule], facts, now) for rule, judge in judgements.items() if rule in rules)


def _seriousness(rule: Rule, facts: AdverseEventFacts, now: datetime) -> Finding:
    judged = facts.criteria
    inputs = [
        given("criteria met", judged, show=_shown),
        stated("outcome", facts.outcome.value if facts.outcome else None),
        stated("admitted", _yes(facts.admitted)),
        stated("emergency department without admission", _yes(facts.emergency_visit)),
    ]
    if judged is None:
        visit = " The visit to the emergency department must be judged too." if facts.emergency_visit else ""
        sentence = f"Seriousness has not been judged.{visit}"
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    missed = []
    if facts.outcome in _MUST_BE and _MUST_BE[facts.outcome] not in judged.value:
        missed.append(_MUST_BE[facts.outcome].value)
    if facts.admitted and Criterion.ADMISSION not in judged.value:
        missed.append(Criterion.ADMISSION.value)
    if missed:
        sentence = f"The record tells of {' and of '.join(missed)}, which was not counted."
        return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs)
    if facts.outcome is None or facts.admitted is None:
        sentence = "How it ended, or whether the patient was admitted, is not recorded."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    words = f"serious: {_shown(judged.value)}" if judged.value else "not serious"
    return finding(rule, facts.product, Outcome.SATISFIED, f"Judged {words}.", inputs)


def _shown(criteria: frozenset[Criterion]) -> str:
    return ", ".join(one.value for one in Criterion if one in criteria) or "none"


def _yes(value: bool | None) -> str | None:
    return None if value is None else "yes" if value else "no"


def _times(rule: Rule, facts: AdverseEventFacts, now: datetime) -> Finding:
    steps = {
        "reported": (facts.reported, "report_max"),
        "medical director told": (facts.director_told, "report_max"),
        "causes reviewed": (facts.cause_review, "review_max"),
    }
    known = facts.known_at.isoformat(timespec="minutes") if facts.known_at else None
    inputs: list[Input] = [stated("known at", known, at=facts.known_at)]
    inputs += [given(name, done) for name, (done, _) in steps.items()]
    serious = is_serious(facts)
    if serious is False:
        return finding(rule, facts.product, Outcome.SATISFIED, "The event is not serious.", inputs)
    if serious is None or facts.known_at is None:
        sentence = "Whether the event is serious, or when it was known, is not recorded."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    late, open_ = [], []
    for name, (done, limit) in steps.items():
        due = facts.known_at + rule.duration(limit)
        if (done.at if done else now) > due:
            late.append(f"{name} (by {dated(due, now)})")
        elif done is None:
            open_.append(f"{name} (by {dated(due, now)})")
    if late:
        return finding(rule, facts.product, Outcome.VIOLATED, f"Late: {', '.join(late)}.", inputs)
    if open_:
        return finding(rule, facts.product, Outcome.UNKNOWN, f"Still to do: {', '.join(open_)}.", inputs)
    return finding(rule, facts.product, Outcome.SATISFIED, "Reported and reviewed in time.", inputs)


def _whole(rule: Rule, facts: AdverseEventFacts, now: datetime) -> Finding:
    began, ended = facts.began_at, facts.ended_at
    parts = {
        "what it was": facts.term.strip(),
        "when it began": began.isoformat(timespec="minutes") if began else "",
        "how severe": facts.severity.strip(),
        "what was done": facts.action.strip(),
        "how it ended": facts.outcome.value if facts.outcome else "",
        "the cause": facts.cause.strip(),
        "whether it was to be expected": facts.expectedness.strip(),
    }
    inputs = [stated(name, value or None) for name, value in parts.items()]
    if began and ended and ended < began:
        sentence = f"It ended {dated(ended, now)}, before it began {dated(began, now)}."
        return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs)
    missing = [name for name, value in parts.items() if not value]
    if missing:
        sentence = f"Not recorded: {', '.join(missing)}."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    return finding(rule, facts.product, yes_or_no(True), "The record is whole.", inputs)
