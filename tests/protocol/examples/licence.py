"""Worked examples of what a licence asks before esketamine, jurisdiction by jurisdiction."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from tests.protocol.examples._example import Example, S, U, V
from tests.protocol.people import (
    NASAL,
    NOW,
    NURSE,
    SECOND_TRIAL,
    TRIAL,
    ago,
    answers,
    candidate,
    datum,
    no,
    not_asked,
    yes,
)

from euthymia.protocol import (
    Benefit,
    BenefitDecision,
    Condition,
    DatedEvent,
    Indication,
    InteractionClass,
    Medicine,
    SuitabilityFacts,
    eligibility,
    licensed_use,
    reassessment,
)
from euthymia.protocol.licensed_use import LicensedUseFacts
from euthymia.protocol.reassessment import ReassessmentFacts


def _suits(rule, title, outcome, boundary="", jurisdictions=(), **changes):
    facts = candidate(NASAL, **changes)
    return Example(
        rule,
        title,
        outcome,
        lambda book: eligibility.assess(facts, book, NOW),
        boundary,
        jurisdictions=jurisdictions,
    )


def _resistant(rule, *, oral_only, episode_only):
    def case(title, outcome, boundary="", **changes):
        trials = (TRIAL, replace(SECOND_TRIAL, **changes))
        return _suits(rule, title, outcome, boundary, trials=trials)

    cases = [
        case("two adequate failures of different drugs", S, "failures_min"),
        _suits(rule, "one adequate failure", V, "failures_min", trials=(TRIAL,)),
        case("exactly 6 weeks is long enough", S, "weeks_min", weeks=Decimal(6)),
        case("just under 6 weeks is not", V, "weeks_min", weeks=Decimal("5.9")),
        case("an improvement of exactly 25 %", S, "improvement_max", improvement_percent=Decimal(25)),
        case("an improvement of 26 %", V, "improvement_max", improvement_percent=Decimal(26)),
        case("whether it was taken is not known", U, adherent=None),
        _suits(rule, "no trial is recorded", U, trials=()),
        case("one of them was no tablet", V if oral_only else S, oral=False),
    ]
    if episode_only:
        cases += [
            case("one of them was in an earlier episode", V, current_episode=False),
            case("the episode of one is not known", U, current_episode=None),
        ]
    return cases


_MDSI = {"indication": Indication.MDSI}
_INDICATIONS = (
    *_resistant("IND-EU-1", oral_only=False, episode_only=True),
    *_resistant("IND-AU-1", oral_only=False, episode_only=False),
    *_resistant("IND-CA-1", oral_only=False, episode_only=False),
    *(
        one
        for rule in ("IND-US-2", "IND-EU-2")
        for one in (
            _suits(rule, "depression, judged acute", S, **_MDSI),
            _suits(rule, "no depression", V, **_MDSI, conditions=answers(no(Condition.MAJOR_DEPRESSION))),
            _suits(rule, "not asked", U, **_MDSI, conditions=answers(not_asked(Condition.MAJOR_DEPRESSION))),
        )
    ),
    _suits("IND-1", "treatment-resistant depression", S),
    _suits("IND-1", "acute suicidal thoughts, licensed", S, "licensed", ("US", "EU", "UK"), **_MDSI),
    _suits("IND-1", "acute suicidal thoughts, not licensed", V, "licensed", ("AU", "CA"), **_MDSI),
    _suits("IND-1", "chronic pain", V, indication=Indication.PAIN),
    _suits("IND-ADULT", "18 today", S, "age_min", birth_date=datum(date(2008, 3, 3))),
    _suits("IND-ADULT", "18 tomorrow", V, "age_min", birth_date=datum(date(2008, 3, 4))),
    _suits("IND-ADULT", "date of birth not known", U, birth_date=None),
    _suits("CI-6", "none known", S),
    _suits("CI-6", "known", V, conditions=answers(yes(Condition.PRESSURE_RISK))),
    _suits("CI-6", "not asked", U, conditions=answers(not_asked(Condition.PRESSURE_RISK))),
    _suits("CI-6", "none known, without a basis", U, conditions=answers(no(Condition.PRESSURE_RISK, " "))),
)


def _medicine(name, *classes, **changes):
    return Medicine(name, frozenset(classes), "usual dose", NOW, NURSE, **changes)


SERTRALINE = _medicine("sertraline", InteractionClass.SSRI)
DULOXETINE = _medicine("duloxetine", InteractionClass.SNRI)
MIRTAZAPINE = _medicine("mirtazapine", InteractionClass.OTHER_ORAL_ANTIDEPRESSANT)
UNSORTED = Medicine("a tablet from home", None, "", NOW, NURSE)


def licensed(
    *,
    indication=Indication.TRD,
    psychiatrist=True,
    conditions=None,
    events=(),
    medicines=(SERTRALINE,),
    listed_at=NOW,
    for_dose=False,
):
    """Return facts by which every licence is kept."""
    suitability = SuitabilityFacts(
        candidate(NASAL, indication=indication, conditions=conditions or answers()),
        events=events,
        medicines=None if medicines is None else datum(medicines, listed_at),
        for_dose=for_dose,
    )
    return LicensedUseFacts(suitability, None if psychiatrist is None else datum(psychiatrist))


def _used(rule, title, outcome, boundary="", jurisdictions=(), **changes):
    facts = licensed(**changes)
    return Example(
        rule,
        title,
        outcome,
        lambda book: licensed_use.assess(facts, book, NOW),
        boundary,
        jurisdictions=jurisdictions,
    )


_YESTERDAY, _TODAY = NOW.date() - timedelta(days=1), NOW.date()
_TOMORROW = NOW.date() + timedelta(days=1)
_BESIDE = (
    _used("COMB-1", "with an SSRI", S, "accepted"),
    _used("COMB-1", "with an SNRI", S, medicines=(DULOXETINE,)),
    _used(
        "COMB-1", "with another antidepressant only", V, "accepted", ("EU", "UK"), medicines=(MIRTAZAPINE,)
    ),
    _used("COMB-1", "with another antidepressant", S, "accepted", ("AU", "CA"), medicines=(MIRTAZAPINE,)),
    _used("COMB-1", "with nothing", V, medicines=()),
    _used("COMB-1", "stopped yesterday", V, medicines=(replace(SERTRALINE, stopped_on=_YESTERDAY),)),
    _used("COMB-1", "to begin tomorrow", V, medicines=(replace(SERTRALINE, started_on=_TOMORROW),)),
    _used("COMB-1", "begun today", S, medicines=(replace(SERTRALINE, started_on=_TODAY),)),
    _used("COMB-1", "to be stopped today", S, medicines=(replace(SERTRALINE, stopped_on=_TODAY),)),
    _used("COMB-1", "a medicine that is not sorted", U, medicines=(UNSORTED,)),
    _used("COMB-1", "medicines not recorded", U, medicines=None),
    _used("COMB-1", "at a dose, a list gone through today", S, for_dose=True),
    _used("COMB-1", "at a dose, a list of yesterday", U, for_dose=True, listed_at=ago(days=1)),
    _used("COMB-1", "at suitability, a list of yesterday", S, listed_at=ago(days=1)),
    _used("COMB-2", "with an SSRI", S, "accepted", **_MDSI),
    _used("COMB-2", "with another antidepressant", S, **_MDSI, medicines=(MIRTAZAPINE,)),
    _used("COMB-2", "with nothing", V, "accepted", **_MDSI, medicines=()),
    _used("COMB-2", "medicines not recorded", U, **_MDSI, medicines=None),
    _used("IND-EU-3", "a psychiatrist decided", S),
    _used("IND-EU-3", "another physician decided", V, psychiatrist=False),
    _used("IND-EU-3", "nobody has decided", U, psychiatrist=None),
)


def _event(condition, days_ago, days_ago_latest=None):
    earliest = NOW.date() - timedelta(days=days_ago)
    latest = earliest if days_ago_latest is None else NOW.date() - timedelta(days=days_ago_latest)
    return {
        "conditions": answers(yes(condition)),
        "events": (DatedEvent(condition, earliest, latest, NOW, NURSE),),
    }


_HEART = Condition.MYOCARDIAL_INFARCTION
_EVENTS = (
    _used("CI-5", "none known", S),
    _used("CI-5", "a heart attack 42 days ago", S, "weeks_min", **_event(_HEART, 42)),
    _used("CI-5", "a heart attack 41 days ago", V, "weeks_min", **_event(_HEART, 41)),
    _used("CI-5", "a stroke last week", V, **_event(Condition.STROKE, 7)),
    _used("CI-5", "another event last year", S, **_event(Condition.OTHER_CARDIOVASCULAR_EVENT, 365)),
    _used("CI-5", "some day between 50 and 30 days ago", U, **_event(_HEART, 50, 30)),
    _used("CI-5", "some day between 80 and 50 days ago", S, **_event(_HEART, 80, 50)),
    _used("CI-5", "yes, the date is not known", U, conditions=answers(yes(_HEART))),
    _used("CI-5", "not asked", U, conditions=answers(not_asked(_HEART))),
    _used("CI-5", "none known, without a basis", U, conditions=answers(no(_HEART, ""))),
)


def _going_on(
    title, outcome, boundary="", *, days, decided_days_ago=None, decision=Benefit.CONTINUE, first=True
):
    made = None
    if decided_days_ago is not None:
        made = BenefitDecision(decision, 8, ago(days=decided_days_ago), "Dr A. Lind")
    first_on = NOW.date() - timedelta(days=days) if first else None
    facts = ReassessmentFacts(NASAL, Indication.MDSI, first_on, NOW.date(), made)
    return Example("IND-US-5", title, outcome, lambda book: reassessment.assess(facts, book, NOW), boundary)


_AGAIN = (
    _going_on("exactly 4 weeks after the first", S, "weeks_max", days=28),
    _going_on("a day later, no decision", U, "weeks_max", days=29),
    _going_on("decided 21 days after the first", S, "decided_days_min", days=29, decided_days_ago=8),
    _going_on("decided 20 days after the first", V, "decided_days_min", days=29, decided_days_ago=9),
    _going_on("decided to stop", V, days=30, decided_days_ago=1, decision=Benefit.STOP),
    _going_on("the first session is not known", U, days=0, first=False),
)

EXAMPLES = (*_INDICATIONS, *_BESIDE, *_EVENTS, *_AGAIN)
