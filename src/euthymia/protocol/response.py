"""Response, remission and relapse by the definitions in force, and what measurement-based care makes of them."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._findings import Datum, Finding, Input, Outcome
from euthymia.protocol._judge import finding, given, moment, stated, yes_or_no
from euthymia.protocol.facts import Indication, Product, RiskLevel
from euthymia.protocol.missed import Rhythm

PHQ9, MADRS = "phq-9", "madrs"
_NAMES = {PHQ9: "phq9", MADRS: "madrs"}
_PER_CENT = Decimal(100)
_MONTHS_PER_YEAR = 12
_LEVELS = list(RiskLevel)


class DayAfter(StrEnum):
    """How the patient was a day after an infusion."""

    BETTER = "better"
    NOT_BETTER = "not better"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class ResponseFacts:
    """A course's scores on one instrument and what was decided about it.

    ``instrument`` is ``"phq-9"`` or ``"madrs"``; another is shown and judged by nothing. ``scores`` are the totals
    since the first dose, in any order. ``day_after`` says for each infusion, from the first, how the patient was
    a day after it. ``relapse_event`` is an admission for depression or a
    suicidal act, ``stop_on`` a day on which treatment is meant to stop. ``risk`` are the levels as judged, in any
    order; ``regimen_decision`` is the prescriber's after a higher one.
    """

    product: Product
    indication: Indication
    instrument: str
    baseline: Datum[int] | None = None
    scores: tuple[Datum[int], ...] = ()
    sessions_given: int = 0
    day_after: tuple[DayAfter, ...] = ()
    in_maintenance: bool = False
    rhythm: Rhythm | None = None
    planned_rhythm: Rhythm | None = None
    rhythm_review: Datum[str] | None = None
    relapse_event: Datum[str] | None = None
    improved_on: date | None = None
    stop_on: date | None = None
    first_on: date | None = None
    oral_antidepressant: Datum[bool] | None = None
    risk: tuple[Datum[RiskLevel], ...] = ()
    regimen_decision: Datum[str] | None = None


def assess(facts: ResponseFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge the definitions and the rules of going on that the book states for the product."""
    judgements = {
        "RESP-1": _response,
        "REM-1": _remission,
        "REL-1": _relapse,
        "MBC-2": _long_enough,
        "MBC-3": _reviewed,
        "MBC-4": _futile,
        "MBC-5": _no_response,
        "MBC-6": _stepped,
        "MBC-7": _antidepressant,
        "MBC-8": _risk,
    }
    found = []
    for identifier, judge in judgements.items():
        if identifier in rules and facts.product.value in rules[identifier].products:
            rule = rules[identifier]
            outcome, sentence, inputs = judge(rule, facts, rules, now)
            found.append(finding(rule, facts.product, outcome, sentence, inputs))
    return tuple(found)


Judged = tuple[Outcome, str, list[Input]]


def in_order(facts: ResponseFacts) -> list[Datum[int]]:
    """Return the scores since the first dose, oldest first."""
    return sorted(facts.scores, key=lambda score: score.at)


def fall_percent(baseline: int, total: int) -> Decimal:
    """Return the fall from baseline in per cent; negative when the score rose. ``baseline`` is above zero."""
    return Decimal(baseline - total) * _PER_CENT / Decimal(baseline)


def is_response(facts: ResponseFacts, total: int, rules: RuleBook) -> bool | None:
    """Tell whether a total is a response; ``None`` without a baseline above zero or a definition."""
    if facts.instrument not in _NAMES or facts.baseline is None or facts.baseline.value <= 0:
        return None
    least = rules["RESP-1"].number(f"{_NAMES[facts.instrument]}_fall_min")
    return fall_percent(facts.baseline.value, total) >= least


def is_remission(facts: ResponseFacts, total: int, rules: RuleBook) -> bool | None:
    """Tell whether a total is at the level of remission; ``None`` without a definition."""
    if facts.instrument not in _NAMES:
        return None
    return total <= rules["REM-1"].integer(f"{_NAMES[facts.instrument]}_max")


def _scored(facts: ResponseFacts) -> list[Input]:
    shown = [given(f"{facts.instrument} baseline", facts.baseline, "{score}")]
    return [*shown, *(given(facts.instrument, score, "{score}") for score in in_order(facts))]


def _response(rule: Rule, facts: ResponseFacts, rules: RuleBook, now: datetime) -> Judged:
    inputs, scores = _scored(facts), in_order(facts)
    if not scores:
        return Outcome.UNKNOWN, "There is no score since the first dose.", inputs
    last = scores[-1].value
    found = is_response(facts, last, rules)
    if found is None or facts.baseline is None:
        return Outcome.UNKNOWN, "Without a baseline and a definition a response cannot be told.", inputs
    fall = fall_percent(facts.baseline.value, last).quantize(Decimal("0.1"))
    sentence = f"From {facts.baseline.value} to {last}: a fall of {fall} %, {'' if found else 'no '}response."
    return yes_or_no(found), sentence, inputs


def _remission(rule: Rule, facts: ResponseFacts, rules: RuleBook, now: datetime) -> Judged:
    inputs, scores = _scored(facts), in_order(facts)
    if not scores:
        return Outcome.UNKNOWN, "There is no score since the first dose.", inputs
    found = is_remission(facts, scores[-1].value, rules)
    if found is None:
        return Outcome.UNKNOWN, f"There is no definition of remission for {facts.instrument}.", inputs
    sentence = f"The last score is {scores[-1].value}, {'' if found else 'not '}at the level of remission."
    return yes_or_no(found), sentence, inputs


def _relapse(rule: Rule, facts: ResponseFacts, rules: RuleBook, now: datetime) -> Judged:
    inputs, scores = [*_scored(facts), given("event", facts.relapse_event)], in_order(facts)
    if facts.relapse_event:
        when = moment(facts.relapse_event.at, now)
        what = facts.relapse_event.value.strip() or "what it was is not recorded"
        return Outcome.VIOLATED, f"A relapse by an event of {when}: {what}.", inputs
    if not scores:
        return Outcome.UNKNOWN, "There is no score since the first dose.", inputs
    if facts.instrument == MADRS:
        outcome, sentence = _high_twice(rule, scores)
    else:
        outcome, sentence = _lost_twice(facts, scores, rules)
    return outcome, sentence, inputs


def _high_twice(rule: Rule, scores: list[Datum[int]]) -> tuple[Outcome, str]:
    most = rule.integer("madrs_max")
    if len(scores) < 2 or scores[-1].value <= most or scores[-2].value <= most:
        return Outcome.SATISFIED, f"The last two scores are not both above {most}."
    apart = scores[-1].at - scores[-2].at
    near = rule.duration("days_from") <= apart <= rule.duration("days_to")
    sentence = f"The last two scores are both above {most}, {apart.days} days apart"
    if near:
        return Outcome.VIOLATED, f"{sentence}: a relapse."
    return Outcome.UNKNOWN, f"{sentence}: outside the days of the definition; score again."


def _lost_twice(facts: ResponseFacts, scores: list[Datum[int]], rules: RuleBook) -> tuple[Outcome, str]:
    reached = [is_response(facts, score.value, rules) for score in scores]
    if None in reached:
        return Outcome.UNKNOWN, "Without a baseline and a definition a relapse cannot be told."
    if True not in reached:
        return Outcome.UNKNOWN, "No response has been reached yet, so none can be lost."
    lost = reached[-2:] == [False, False]
    return yes_or_no(
        not lost
    ), f"The response reached {'was lost twice in a row' if lost else 'is not lost'}."


def _plus_months(day: date, months: int) -> date:
    total = day.month - 1 + months
    year, month = day.year + total // _MONTHS_PER_YEAR, total % _MONTHS_PER_YEAR + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _long_enough(rule: Rule, facts: ResponseFacts, rules: RuleBook, now: datetime) -> Judged:
    inputs = [stated("improved on", facts.improved_on), stated("to stop on", facts.stop_on or "not planned")]
    if facts.stop_on is None:
        return Outcome.SATISFIED, "Treatment is not meant to stop.", inputs
    if facts.improved_on is None:
        return Outcome.UNKNOWN, "Treatment is meant to stop; since when it helped is not recorded.", inputs
    until = _plus_months(facts.improved_on, rule.integer("months_min"))
    sentence = (
        f"Improved on {facts.improved_on.isoformat()}, to stop on {facts.stop_on.isoformat()}; "
        f"{rule.integer('months_min')} months end on {until.isoformat()}."
    )
    return yes_or_no(facts.stop_on >= until), sentence, inputs


def _reviewed(rule: Rule, facts: ResponseFacts, rules: RuleBook, now: datetime) -> Judged:
    inputs = [given("rhythm reviewed", facts.rhythm_review)]
    if not facts.in_maintenance:
        return Outcome.SATISFIED, "The course is not in maintenance.", inputs
    if facts.rhythm_review is None:
        return Outcome.UNKNOWN, "The rhythm has not been reviewed in maintenance.", inputs
    days = (now.date() - facts.rhythm_review.at.astimezone(now.tzinfo).date()).days
    most = rule.integer("review_age_max")
    return yes_or_no(days <= most), f"The rhythm was reviewed {days} days ago; at most {most}.", inputs


def _futile(rule: Rule, facts: ResponseFacts, rules: RuleBook, now: datetime) -> Judged:
    row, fourth = rule.integer("in_a_row"), rule.integer("infusion")
    asked = facts.day_after
    inputs = [stated(f"a day after infusion {number}", word.value) for number, word in enumerate(asked, 1)]
    first, at_fourth = asked[:row], asked[fourth - 1 : fourth]
    if len(first) >= row and set(first) <= {DayAfter.NOT_BETTER}:
        return Outcome.VIOLATED, f"Not better after any of the first {row} infusions.", inputs
    if DayAfter.NOT_BETTER in at_fourth:
        return Outcome.VIOLATED, f"Not better a day after infusion {fourth}.", inputs
    unclear = DayAfter.NOT_ASKED in first and DayAfter.BETTER not in first
    if unclear or DayAfter.NOT_ASKED in at_fourth:
        return Outcome.UNKNOWN, "Whether the patient was better was not asked after each infusion.", inputs
    return Outcome.SATISFIED, f"{len(asked)} infusions asked about; no early sign.", inputs


def _no_response(rule: Rule, facts: ResponseFacts, rules: RuleBook, now: datetime) -> Judged:
    most, scores = rule.integer("infusions_max"), in_order(facts)
    inputs = [stated("infusions given", facts.sessions_given), *_scored(facts)]
    opening = f"{facts.sessions_given} infusions were given"
    if facts.sessions_given < most:
        return Outcome.SATISFIED, f"{opening}, fewer than {most}.", inputs
    reached = [is_response(facts, score.value, rules) for score in scores]
    if True in reached:
        return Outcome.SATISFIED, f"{opening}, and a response was reached.", inputs
    if not reached or None in reached:
        return Outcome.UNKNOWN, f"{opening}; whether there was a response is not known.", inputs
    return Outcome.VIOLATED, f"{opening} without a response: stop and plan anew.", inputs


def next_rhythm(facts: ResponseFacts, rules: RuleBook) -> Rhythm | None:
    """Return the rhythm the scores speak for; ``None`` where the present one or the scores are not known."""
    scores, needed = in_order(facts), rules["MBC-6"].integer("in_a_row_min")
    if facts.rhythm is None or not scores:
        return None
    if _responds(facts, rules) is False:
        return facts.rhythm.closer
    last = scores[-needed:] if needed > 0 else []
    if len(last) >= needed and all(is_remission(facts, score.value, rules) for score in last):
        return facts.rhythm.wider
    return facts.rhythm


def _responds(facts: ResponseFacts, rules: RuleBook) -> bool | None:
    """Tell whether the last score is a response; ``None`` where that cannot be told."""
    scores = in_order(facts)
    return is_response(facts, scores[-1].value, rules) if scores else None


def _stepped(rule: Rule, facts: ResponseFacts, rules: RuleBook, now: datetime) -> Judged:
    present, planned = facts.rhythm, facts.planned_rhythm
    inputs = [
        stated("rhythm", present.value if present else None),
        stated("planned", planned.value if planned else None),
        *_scored(facts),
    ]
    if present is None or planned is None:
        return Outcome.UNKNOWN, "The present or the planned rhythm is not known.", inputs
    steps = list(Rhythm)
    wider = steps.index(planned) - steps.index(present)
    move = f"From {present.value} to {planned.value}"
    responds, closest = _responds(facts, rules), planned is Rhythm.TWICE_WEEKLY
    if wider < 0 or (wider == 0 and closest):
        return Outcome.SATISFIED, f"{move}: as close as can be, or closer.", inputs
    if responds is False:
        return Outcome.VIOLATED, f"{move}, and the last score is no response: one step closer.", inputs
    if wider <= 0 and facts.scores and responds is None:
        return Outcome.UNKNOWN, f"{move}: whether the response holds is not known.", inputs
    if wider <= 0:
        return Outcome.SATISFIED, f"{move}: not wider.", inputs
    if wider > 1:
        return Outcome.VIOLATED, f"{move}: more than one step.", inputs
    needed = rule.integer("in_a_row_min")
    last = [is_remission(facts, score.value, rules) for score in in_order(facts)[-needed:]] if needed else []
    if False in last:
        return Outcome.VIOLATED, f"{move}: the last {needed} scores are not all in remission.", inputs
    if len(last) < needed or None in last:
        return Outcome.UNKNOWN, f"{move}: {needed} scores in remission are needed.", inputs
    return Outcome.SATISFIED, f"{move}, after {needed} scores in remission.", inputs


def _antidepressant(rule: Rule, facts: ResponseFacts, rules: RuleBook, now: datetime) -> Judged:
    inputs = [
        stated("first session", facts.first_on),
        given("oral antidepressant", facts.oral_antidepressant, show=lambda taken: "yes" if taken else "no"),
    ]
    if facts.indication is not Indication.MDSI:
        return Outcome.SATISFIED, "The course is not for an acute suicidal state.", inputs
    taken = facts.oral_antidepressant
    if facts.first_on is None:
        return Outcome.UNKNOWN, "The day of the first session is not known.", inputs
    after = facts.first_on + rule.duration("weeks_from")
    if now.date() < after:
        return Outcome.SATISFIED, f"The acute weeks end on {after.isoformat()}.", inputs
    if taken is None:
        return Outcome.UNKNOWN, "Whether an oral antidepressant is taken is not recorded.", inputs
    words = "goes on" if taken.value else "does not go on"
    return yes_or_no(taken.value), f"The oral antidepressant {words}.", inputs


def _risk(rule: Rule, facts: ResponseFacts, rules: RuleBook, now: datetime) -> Judged:
    levels = sorted(facts.risk, key=lambda level: level.at)
    inputs = [given("suicide risk", level, show=lambda value: value.value) for level in levels]
    inputs.append(given("decision", facts.regimen_decision))
    if not levels:
        return Outcome.UNKNOWN, "Suicide risk has not been judged.", inputs
    last, rise = levels[-1], _rise(levels)
    words = f"Suicide risk was last judged {last.value.value}, {moment(last.at, now)}"
    if rise is None:
        return Outcome.SATISFIED, f"{words}, not higher than before.", inputs
    decided = facts.regimen_decision
    since = f"{words}; it rose to {rise.value.value}, {moment(rise.at, now)}"
    if decided and decided.at >= rise.at:
        return Outcome.SATISFIED, f"{since}; decided since: {decided.value}.", inputs
    return Outcome.VIOLATED, f"{since}: decide whether to change the treatment or stop.", inputs


def _rise(levels: list[Datum[RiskLevel]]) -> Datum[RiskLevel] | None:
    """Return the last rise that has not gone back to where it began: judging the same again answers nothing."""
    found: Datum[RiskLevel] | None = None
    base = 0
    for before, after in pairwise(levels):
        was, now = _LEVELS.index(before.value), _LEVELS.index(after.value)
        if now > was:
            base = was if found is None else base
            found = after
        elif now <= base:
            found = None
    return found
