"""Sessions that were missed: what the schedule should do about it, for a prescriber to decide.

``assess`` judges what must be decided before the next session; ``proposal`` puts into one sentence what the source
suggests. Nothing here moves a session.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._findings import Datum, Finding, Input, Outcome
from euthymia.protocol._judge import finding, given, moment, stated, yes_or_no
from euthymia.protocol.facts import Product


class Rhythm(StrEnum):
    """How often sessions are given, from the closest to the widest step."""

    TWICE_WEEKLY = "twice a week"
    WEEKLY = "weekly"
    EVERY_TWO_WEEKS = "every two weeks"
    EVERY_THREE_WEEKS = "every three weeks"
    EVERY_FOUR_WEEKS = "every four weeks"

    @property
    def closer(self) -> "Rhythm":
        """One step closer; the closest stays."""
        steps = list(Rhythm)
        return steps[max(steps.index(self) - 1, 0)]

    @property
    def wider(self) -> "Rhythm":
        """One step wider; the widest stays."""
        steps = list(Rhythm)
        return steps[min(steps.index(self) + 1, len(steps) - 1)]


@dataclass(frozen=True, slots=True)
class MissedFacts:
    """A course's sessions and what was decided about them. All dates are the clinic's.

    ``treated`` and ``missed`` are sessions given and sessions planned but not given, in any order; ``next_on`` is
    the session that would come next. ``worse`` says whether the depression is worse than before the miss,
    ``step_decision`` is the prescriber's on going back a step, ``gap_review`` the clinician's after a long gap.
    ``stopped_on`` is the day treatment was stopped, ``relapsed`` whether a relapse followed, ``induction_again``
    whether the plan starts with induction again.
    """

    product: Product
    treated: tuple[date, ...] = ()
    missed: tuple[date, ...] = ()
    next_on: date | None = None
    rhythm: Rhythm | None = None
    worse: Datum[bool] | None = None
    step_decision: Datum[str] | None = None
    gap_review: Datum[str] | None = None
    stopped_on: date | None = None
    relapsed: Datum[bool] | None = None
    induction_again: Datum[bool] | None = None


class Advice(StrEnum):
    """What the source suggests."""

    NOTHING = "nothing to change"
    KEEP = "keep the schedule"
    STEP_BACK = "consider one step back"
    REVIEW = "review before the next session"
    INDUCTION = "start again with induction"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the source suggests, with the rule it stands on; ``rhythm`` is the one a step back would lead to."""

    advice: Advice
    rule: str
    sentence: str
    rhythm: Rhythm | None = None


def assess(facts: MissedFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge missed sessions, a long gap and a start after a relapse."""
    judgements = {"MISS-1": _early, "MISS-2": _late, "MISS-3": _gap, "MISS-4": _relapse}
    return tuple(judge(rules[rule], facts, now) for rule, judge in judgements.items() if rule in rules)


def proposal(facts: MissedFacts, rules: RuleBook, now: datetime) -> Proposal:
    """Return what to suggest: the weightiest of what the four rules ask for."""
    found = {one.rule: one for one in assess(facts, rules, now)}
    shut = {rule for rule, one in found.items() if one.outcome is Outcome.VIOLATED}
    for rule, advice in (
        ("MISS-4", Advice.INDUCTION),
        ("MISS-3", Advice.REVIEW),
        ("MISS-2", Advice.STEP_BACK),
        ("MISS-1", Advice.KEEP),
    ):
        if rule in shut:
            back = facts.rhythm.closer if facts.rhythm and advice is Advice.STEP_BACK else None
            return Proposal(advice, rule, found[rule].sentence, back)
    if not {"MISS-1", "MISS-2"} <= found.keys():
        return Proposal(Advice.NOTHING, "", "The rules in force say nothing about missed sessions.")
    late = _after_induction(rules["MISS-2"], facts)
    sentence = found["MISS-2" if late else "MISS-1"].sentence
    return Proposal(Advice.KEEP if late else Advice.NOTHING, "MISS-2" if late else "MISS-1", sentence)


def _induction_ends(rule: Rule, facts: MissedFacts) -> date | None:
    """Return the first day after induction, counted from the first session; ``None`` before there was one."""
    return min(facts.treated) + rule.duration("induction_weeks") if facts.treated else None


def _in_induction(rule: Rule, facts: MissedFacts) -> list[date]:
    ends = _induction_ends(rule, facts)
    return [] if ends is None else sorted(day for day in facts.missed if day < ends)


def _after_induction(rule: Rule, facts: MissedFacts) -> list[date]:
    ends = _induction_ends(rule, facts)
    return [] if ends is None else sorted(day for day in facts.missed if day >= ends)


def _sessions(facts: MissedFacts) -> list[Input]:
    return [
        stated("sessions given", _days(facts.treated) or "none"),
        stated("sessions missed", _days(facts.missed) or "none"),
    ]


def _days(days: tuple[date, ...] | list[date]) -> str:
    return ", ".join(day.isoformat() for day in sorted(days))


def _early(rule: Rule, facts: MissedFacts, now: datetime) -> Finding:
    if facts.missed and not facts.treated:
        sentence = f"Missed: {_days(facts.missed)}; no session has been given, so induction has not begun."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, _sessions(facts))
    missed = _in_induction(rule, facts)
    if not missed:
        sentence = "No session of induction was missed."
        return finding(rule, facts.product, Outcome.SATISFIED, sentence, _sessions(facts))
    sentence = f"Missed in induction: {_days(missed)}; go on with the schedule as it is."
    return finding(rule, facts.product, Outcome.VIOLATED, sentence, _sessions(facts))


def _late(rule: Rule, facts: MissedFacts, now: datetime) -> Finding:
    missed = _after_induction(rule, facts)
    inputs = [
        *_sessions(facts),
        stated("rhythm", facts.rhythm.value if facts.rhythm else None),
        given("depression worse", facts.worse, show=lambda worse: "yes" if worse else "no"),
        given("decision", facts.step_decision),
    ]
    outcome, sentence = _stepping_back(facts, missed, now)
    return finding(rule, facts.product, outcome, sentence, inputs)


def _stepping_back(facts: MissedFacts, missed: list[date], now: datetime) -> tuple[Outcome, str]:
    if not missed:
        return Outcome.SATISFIED, "No session was missed after induction."
    opening = f"Missed after induction: {_days(missed)}; "
    decided = facts.step_decision
    if decided and decided.at.astimezone(now.tzinfo).date() >= missed[-1]:
        return Outcome.SATISFIED, f"{opening}decided {moment(decided.at, now)}: {decided.value}."
    if facts.worse is None:
        return Outcome.UNKNOWN, f"{opening}whether the depression is worse is not recorded."
    if facts.worse.at.astimezone(now.tzinfo).date() < missed[-1]:
        asked = moment(facts.worse.at, now)
        return Outcome.UNKNOWN, f"{opening}whether the depression is worse was asked before that, {asked}."
    if not facts.worse.value:
        return Outcome.SATISFIED, f"{opening}the depression is not worse: keep the rhythm."
    back = f" from {facts.rhythm.value} to {facts.rhythm.closer.value}" if facts.rhythm else ""
    sentence = f"{opening}the depression is worse: a prescriber decides whether to go one step back{back}."
    return Outcome.VIOLATED, sentence


def _gap(rule: Rule, facts: MissedFacts, now: datetime) -> Finding:
    inputs = [
        *_sessions(facts),
        stated("next session", facts.next_on.isoformat() if facts.next_on else None),
        given("review", facts.gap_review),
    ]
    outcome, sentence = _lapse(rule, facts, now)
    return finding(rule, facts.product, outcome, sentence, inputs)


def _lapse(rule: Rule, facts: MissedFacts, now: datetime) -> tuple[Outcome, str]:
    if not facts.treated:
        return Outcome.SATISFIED, "No session has been given yet."
    if facts.next_on is None:
        return Outcome.UNKNOWN, "The day of the next session is not known."
    last, most = max(facts.treated), rule.duration("gap_max")
    sentence = (
        f"{(facts.next_on - last).days} days lie between {last.isoformat()} and {facts.next_on.isoformat()}; "
        f"at most {most.days} without a review"
    )
    if facts.next_on - last <= most:
        return Outcome.SATISFIED, f"{sentence}."
    reviewed = facts.gap_review
    if reviewed is None or (on := reviewed.at.astimezone(now.tzinfo).date()) <= last:
        return Outcome.VIOLATED, f"{sentence}, and none is recorded since."
    words = f"{sentence}; reviewed {moment(reviewed.at, now)}: {reviewed.value}"
    if facts.next_on - on > most:
        return Outcome.VIOLATED, f"{words}. That is {(facts.next_on - on).days} days before the session."
    return Outcome.SATISFIED, f"{words}."


def _relapse(rule: Rule, facts: MissedFacts, now: datetime) -> Finding:
    stopped = facts.stopped_on.isoformat() if facts.stopped_on else "not stopped"
    inputs = [
        stated("stopped", stopped),
        given("relapsed", facts.relapsed, show=_yes),
        given("starts with induction", facts.induction_again, show=_yes),
    ]
    outcome, sentence = _starting_again(facts)
    return finding(rule, facts.product, outcome, sentence, inputs)


def _starting_again(facts: MissedFacts) -> tuple[Outcome, str]:
    if facts.stopped_on is None:
        return Outcome.SATISFIED, "Treatment was not stopped."
    opening = f"Treatment was stopped on {facts.stopped_on.isoformat()}; "
    if facts.relapsed is None:
        return Outcome.UNKNOWN, f"{opening}whether a relapse followed is not recorded."
    if not facts.relapsed.value:
        return Outcome.SATISFIED, f"{opening}no relapse followed."
    if facts.induction_again is None:
        return Outcome.UNKNOWN, f"{opening}a relapse followed; how the course starts again is not planned."
    again = facts.induction_again.value
    words = "starts with induction" if again else "does not start with induction"
    return yes_or_no(again), f"{opening}a relapse followed; the plan {words}."


def _yes(value: bool) -> str:
    return "yes" if value else "no"
