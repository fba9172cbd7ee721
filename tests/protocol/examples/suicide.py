"""Worked examples of what a level of suicide risk demands, what item 9 tells, and the safety plan."""

from dataclasses import replace
from datetime import timedelta

from tests.protocol.examples._example import Example, S, U, V
from tests.protocol.people import NASAL, NOW, ago, datum

from euthymia.protocol import RiskAssessment, RiskLevel, suicide_triage
from euthymia.protocol.facts import ActionDone, PlanPart, SafetyPlan, SuicideAction, TriageFacts

PLAN = SafetyPlan(
    tuple((part, "in the patient's words") for part in PlanPart), NOW.date() + timedelta(days=7)
)
ACTIONS = tuple(SuicideAction)


def triaged(level=RiskLevel.LOW, minutes=0, done=(), **changes):
    """Return a risk judged so many minutes ago; ``done`` pairs actions with minutes after the judgement."""
    at = ago(minutes=minutes)
    carried_out = tuple(
        ActionDone(action, at + timedelta(minutes=after), "nurse K. Ode") for action, after in done
    )
    judged = datum(RiskAssessment(level, "interview"), at)
    return replace(TriageFacts(NASAL, judged, datum(0, at), carried_out, datum(PLAN, ago(days=1))), **changes)


def _case(rule, title, outcome, facts, boundary=""):
    return Example(rule, title, outcome, lambda book: suicide_triage.assess(facts, book, NOW), boundary)


def _all_at(minutes):
    return [(action, minutes) for action in ACTIONS]


HIGH, MODERATE, LOW = RiskLevel.HIGH, RiskLevel.MODERATE, RiskLevel.LOW
PRECAUTIONS, EVALUATION = SuicideAction.PRECAUTIONS, SuicideAction.EVALUATION
CONTACT = SuicideAction.CONTACT
SAME_DAY = [(action, 10) for action in ACTIONS if action is not CONTACT]
HOURS, DAYS = 60, 24 * 60


def _any_level(rule, level, other):
    return (
        _case(rule, f"judged {other.value}, so it asks for nothing here", S, triaged(other)),
        _case(rule, "nobody has judged the risk", U, triaged(assessment=None)),
        _case(
            rule,
            "the level has no basis",
            U,
            triaged(level, assessment=datum(RiskAssessment(level, " ")), done=_all_at(0)),
        ),
        _case(rule, "all of it done at once", S, triaged(level, 120, _all_at(1))),
        _case(
            rule,
            "what was done before the level was judged does not count",
            U,
            triaged(level, 5, _all_at(-3)),
        ),
    )


def _contact(rule, level, days):
    late = days * DAYS + 1
    return (
        _case(rule, "no contact yet, in time", U, triaged(level, days * DAYS, SAME_DAY), "contact_max"),
        _case(rule, "no contact, too late", V, triaged(level, late, SAME_DAY), "contact_max"),
        _case(
            rule,
            "contact on the last minute",
            S,
            triaged(level, 10 * DAYS, [*SAME_DAY, (CONTACT, days * DAYS)]),
            "contact_max",
        ),
        _case(rule, "contact too late", V, triaged(level, 10 * DAYS, [*SAME_DAY, (CONTACT, late)])),
        _case(rule, "no safety plan by midnight", V, triaged(level, DAYS)),
    )


EXAMPLES = (
    *_any_level("SUI-1", HIGH, MODERATE),
    *_any_level("SUI-2", MODERATE, LOW),
    *_any_level("SUI-3", LOW, HIGH),
    _case("SUI-1", "15 minutes, no precautions yet", U, triaged(HIGH, 15), "precautions_max"),
    _case("SUI-1", "16 minutes without precautions", V, triaged(HIGH, 16), "precautions_max"),
    _case(
        "SUI-1",
        "evaluated after exactly 60 minutes",
        S,
        triaged(HIGH, 90, [(PRECAUTIONS, 5), (EVALUATION, 60)]),
        "evaluation_max",
    ),
    _case(
        "SUI-1",
        "evaluated after 61 minutes",
        V,
        triaged(HIGH, 90, [(PRECAUTIONS, 5), (EVALUATION, 61)]),
        "evaluation_max",
    ),
    *_contact("SUI-2", MODERATE, 3),
    *_contact("SUI-3", LOW, 7),
    _case("SUI-5", "item 9 is 0 and the risk was judged the same day", S, triaged(), "item9_max"),
    _case("SUI-5", "item 9 is 0 and nobody judged the risk", U, triaged(assessment=None)),
    _case("SUI-5", "item 9 is 0, the risk was judged the day before", V, triaged(LOW, DAYS, item9=datum(0))),
    _case("SUI-5", "item 9 is 1: SUI-4 asks", S, triaged(LOW, DAYS, item9=datum(1)), "item9_max"),
    _case("SUI-5", "item 9 was not answered", U, triaged(item9=None)),
    _case("SUI-6", "item 9 is 0", S, triaged()),
    *(_case("SUI-6", f"item 9 is {score}", V, triaged(item9=datum(score))) for score in (1, 2, 3)),
    _case("SUI-6", "item 9 was not answered", U, triaged(item9=None)),
    _case("SUI-PLAN", "all six parts, to be reviewed in a week", S, triaged()),
    _case("SUI-PLAN", "to be reviewed today", S, triaged(plan=datum(replace(PLAN, review_on=NOW.date())))),
    _case(
        "SUI-PLAN",
        "the day of review has passed",
        V,
        triaged(plan=datum(replace(PLAN, review_on=ago(days=1).date()))),
    ),
    _case(
        "SUI-PLAN", "the last part is missing", V, triaged(plan=datum(replace(PLAN, parts=PLAN.parts[:-1])))
    ),
    _case("SUI-PLAN", "no day of review", U, triaged(plan=datum(replace(PLAN, review_on=None)))),
    _case("SUI-PLAN", "there is no plan", U, triaged(plan=None)),
)
