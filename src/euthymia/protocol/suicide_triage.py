"""What the clinician's level of suicide risk demands, by when, and whether it was done.

The level is the clinician's. Nothing here derives one: a level without its basis is unknown, an item 9 of zero
clears nobody, and one above zero is answered by ``suicide_risk``, which asks for a structured assessment.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._findings import Datum, Finding, Input, Outcome
from euthymia.protocol._indications import first_of
from euthymia.protocol._judge import dated, finding, given, moment, stated, yes_or_no
from euthymia.protocol._suicide_facts import ActionDone, PlanPart, SafetyPlan, SuicideAction, TriageFacts
from euthymia.protocol.facts import RiskAssessment, RiskLevel

RULE_OF = {RiskLevel.HIGH: "SUI-1", RiskLevel.MODERATE: "SUI-2", RiskLevel.LOW: "SUI-3"}
_SAME_DAY = ""
_DEMANDS: dict[RiskLevel, dict[SuicideAction, str]] = {
    RiskLevel.HIGH: {
        SuicideAction.PRECAUTIONS: "precautions_max",
        SuicideAction.EVALUATION: "evaluation_max",
    },
    RiskLevel.MODERATE: {
        SuicideAction.ASSESSMENT: _SAME_DAY,
        SuicideAction.SAFETY_PLAN: _SAME_DAY,
        SuicideAction.CONTACT: "contact_max",
    },
    RiskLevel.LOW: {
        SuicideAction.CRISIS_LINE: _SAME_DAY,
        SuicideAction.SAFETY_PLAN: _SAME_DAY,
        SuicideAction.CONTACT: "contact_max",
    },
}
"""Each demand with the threshold that holds its deadline; without one it is due by the end of the day."""


@dataclass(frozen=True, slots=True)
class Demand:
    """One action a level demands: due at ``due_at``, done at ``done_at`` or not yet."""

    rule: str
    action: SuicideAction
    due_at: datetime
    done_at: datetime | None

    def is_overdue(self, now: datetime) -> bool:
        """Whether it was not done in time."""
        return (self.done_at or now) > self.due_at


def demands(
    judged: Datum[RiskAssessment], rules: RuleBook, now: datetime, done: tuple[ActionDone, ...] = ()
) -> tuple[Demand, ...]:
    """Return what the judged level demands, with deadlines counted from the judgement, in order of time.

    Nothing where the book is older than the rule.
    "The same day" ends at midnight of the clinic's day, in the time zone of ``now``.
    """
    rule = first_of(rules, (RULE_OF[judged.value.level],))
    if rule is None:
        return ()
    wanted = _DEMANDS[judged.value.level].items()
    made = [
        Demand(rule.id, action, _due(rule, limit, judged.at, now), _done(action, judged.at, done))
        for action, limit in wanted
    ]
    return tuple(sorted(made, key=lambda demand: demand.due_at))


def _due(rule: Rule, limit: str, since: datetime, now: datetime) -> datetime:
    if limit:
        return since + rule.duration(limit)
    day = since.astimezone(now.tzinfo).date()
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=now.tzinfo)


def _done(action: SuicideAction, since: datetime, done: tuple[ActionDone, ...]) -> datetime | None:
    minute = since.replace(second=0, microsecond=0)  # people enter times without seconds
    return min((one.at for one in done if one.action is action and one.at >= minute), default=None)


def assess(facts: TriageFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge what each level demands, what item 9 may tell, and the safety plan."""
    other = {"SUI-5": _zero, "SUI-6": _hazard, "SUI-PLAN": _plan}
    return (
        *(
            _demanded(rules[rule], level, facts, rules, now)
            for level, rule in RULE_OF.items()
            if rule in rules
        ),
        *(judge(rules[rule], facts, now) for rule, judge in other.items() if rule in rules),
    )


def _show(assessment: RiskAssessment) -> str:
    return f"{assessment.level.value} ({assessment.basis.strip() or 'no basis written down'})"


def _demanded(rule: Rule, level: RiskLevel, facts: TriageFacts, rules: RuleBook, now: datetime) -> Finding:
    judged = facts.assessment
    inputs = [given("suicide risk", judged, show=_show)]
    if judged is None:
        return finding(
            rule, facts.product, Outcome.UNKNOWN, "Suicide risk has not been judged by a clinician.", inputs
        )
    when = dated(judged.at, now)
    if not judged.value.basis.strip():
        sentence = f"Suicide risk was judged {judged.value.level.value} on {when}; the basis is missing."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    if judged.value.level is not level:
        sentence = f"Suicide risk was judged {judged.value.level.value} on {when}, not {level.value}."
        return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)
    wanted = demands(judged, rules, now, facts.done)
    opening = f"Suicide risk was judged {level.value} on {when}: "
    sentence = opening + "; ".join(_state(demand, now) for demand in wanted) + "."
    return finding(rule, facts.product, _outcome(wanted, now), sentence, [*inputs, *map(_as_input, wanted)])


def _outcome(wanted: tuple[Demand, ...], now: datetime) -> Outcome:
    if any(demand.is_overdue(now) for demand in wanted):
        return Outcome.VIOLATED
    return Outcome.UNKNOWN if any(demand.done_at is None for demand in wanted) else Outcome.SATISFIED


def _state(demand: Demand, now: datetime) -> str:
    due = dated(demand.due_at, now)
    if demand.done_at is None:
        return f"{demand.action.value}: {'was due' if demand.is_overdue(now) else 'is due'} by {due}"
    late = f", late, it was due by {due}" if demand.is_overdue(now) else ""
    return f"{demand.action.value}: done {dated(demand.done_at, now)}{late}"


def _as_input(demand: Demand) -> Input:
    done = demand.done_at.isoformat(timespec="minutes") if demand.done_at else None
    return stated(demand.action.value, done, at=demand.done_at)


def _zero(rule: Rule, facts: TriageFacts, now: datetime) -> Finding:
    item9, judged, most = facts.item9, facts.assessment, rule.integer("item9_max")
    inputs = [given("PHQ-9 item 9", item9, "{score}"), given("suicide risk", judged, show=_show)]
    if item9 is None:
        return finding(rule, facts.product, Outcome.UNKNOWN, "PHQ-9 item 9 has not been answered.", inputs)
    answered = f"PHQ-9 item 9 was {item9.value} on {dated(item9.at, now)}"
    if item9.value > most:
        sentence = f"{answered}, above {most}: it asks for a structured assessment."
        return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)
    if judged is None:
        sentence = f"{answered}, which clears nobody; no clinician has judged the risk."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    same = judged.at.astimezone(now.tzinfo).date() == item9.at.astimezone(now.tzinfo).date()
    which = "the same day" if same else "on another day"
    sentence = f"{answered}, which clears nobody; the risk was judged {which}, {dated(judged.at, now)}."
    return finding(rule, facts.product, yes_or_no(same), sentence, inputs)


def _hazard(rule: Rule, facts: TriageFacts, now: datetime) -> Finding:
    item9, ratios = facts.item9, rule.numbers("hazard_ratios")
    inputs = [given("PHQ-9 item 9", item9, "{score}")]
    if item9 is None or not 0 <= item9.value <= len(ratios):
        return finding(rule, facts.product, Outcome.UNKNOWN, "PHQ-9 item 9 has no valid answer.", inputs)
    answered = f"PHQ-9 item 9 was {item9.value} on {dated(item9.at, now)}"
    if item9.value == 0:
        sentence = f"{answered}, the answer other hazards are compared with; it clears nobody."
        return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)
    sentence = (
        f"{answered}; in a cohort this answer went with {ratios[item9.value - 1]} times the hazard of 0."
    )
    return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs)


def missing_parts(plan: SafetyPlan) -> tuple[PlanPart, ...]:
    """Return the parts of a safety plan that are not filled in, in the plan's order."""
    written = {part for part, text in plan.parts if text.strip()}
    return tuple(part for part in PlanPart if part not in written)


def _plan(rule: Rule, facts: TriageFacts, now: datetime) -> Finding:
    plan = facts.plan
    inputs = [given("safety plan", plan, show=_shown_plan)]
    if plan is None:
        return finding(rule, facts.product, Outcome.UNKNOWN, "There is no safety plan.", inputs)
    opening = f"The safety plan of {moment(plan.at, now)} "
    if missing := missing_parts(plan.value):
        sentence = f"{opening}lacks: {', '.join(part.value for part in missing)}."
        return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs)
    review = plan.value.review_on
    if review is None:
        return finding(rule, facts.product, Outcome.UNKNOWN, f"{opening}names no day to review it.", inputs)
    past = review < now.date()
    words = "was to be" if past else "is to be"
    sentence = f"{opening}has all {len(PlanPart)} parts and {words} reviewed on {review.isoformat()}."
    return finding(rule, facts.product, yes_or_no(not past), sentence, inputs)


def _shown_plan(plan: SafetyPlan) -> str:
    filled = len(PlanPart) - len(missing_parts(plan))
    review = plan.review_on.isoformat() if plan.review_on else "no day"
    return f"{filled} of {len(PlanPart)} parts, review on {review}"
