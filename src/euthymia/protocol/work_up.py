"""Which tests a patient needs before treatment and over it, by product, jurisdiction and risk, and what is missing.

A test counts by the day it was taken. One that nobody has read yet shows nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._conditions import absence, current_answer
from euthymia.protocol._findings import Finding, Input, Outcome
from euthymia.protocol._judge import age_in_years, finding, stated, worst
from euthymia.protocol.facts import Condition, Examination, ExaminationResult, Product, SuitabilityFacts


class State(StrEnum):
    """Where one test of the work-up stands."""

    DONE = "done"
    ABNORMAL = "done, abnormal"
    UNREAD = "done, not read yet"
    TOO_OLD = "too old"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Required:
    """One test a rule asks for. ``needed`` is ``None`` while it is not known whether the patient needs it."""

    rule: str
    examination: Examination
    why: str
    needed: bool | None
    state: State
    done_on: date | None
    oldest_days: int

    @property
    def is_open(self) -> bool:
        """Whether something is still to do about it."""
        return self.needed is not False and self.state not in (State.DONE, State.ABNORMAL)


@dataclass(frozen=True, slots=True)
class _Test:
    """What a rule asks for: the examination, the threshold of its age, why, and whether it applies."""

    examination: Examination
    age: str
    why: str
    needed: bool | None


def required(facts: SuitabilityFacts, rules: RuleBook, now: datetime) -> tuple[Required, ...]:
    """Return every test that a rule of the book asks for in this patient, with where it stands."""
    return tuple(
        one for rule in _rules(facts, rules) for one in _required(rule, facts, now) if one.needed is not False
    )


def assess(facts: SuitabilityFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge each rule of the work-up: missing and unread are unknown, too old is violated."""
    return tuple(_judge(rule, facts, now) for rule in _rules(facts, rules))


def _rules(facts: SuitabilityFacts, rules: RuleBook) -> Iterator[Rule]:
    nasal = facts.eligibility.product is Product.ESKETAMINE_NASAL
    wanted = ("WU-ESK",) if nasal else ("WU-1", "WU-2", "WU-3", "WU-4")
    return (rules[rule] for rule in wanted if rule in rules)


def _required(rule: Rule, facts: SuitabilityFacts, now: datetime) -> tuple[Required, ...]:
    return tuple(_standing(rule, test, facts, now) for test in _tests(rule, facts, now.date()))


def _tests(rule: Rule, facts: SuitabilityFacts, today: date) -> Iterator[_Test]:
    """Return what the rule asks for; the conditional tests follow the ones for everybody."""
    if "required" in rule.thresholds:
        value = rule.thresholds["required"].value
        asked = frozenset(map(str, value if isinstance(value, tuple) else (value,)))
        yield from (_Test(one, "age_max", "for everybody", True) for one in Examination if one.value in asked)
    heart, liver = _has(facts, Condition.CARDIOVASCULAR_RISK), _has(facts, Condition.LIVER_RISK)
    if rule.id == "WU-1":
        yield _Test(Examination.ECG, "ecg_age_max", "cardiovascular risk", heart)
        yield _Test(Examination.LIVER_TESTS, "liver_age_max", "a risk to the liver", liver)
    if rule.id == "WU-3":
        older = _older(rule, facts, today)
        either = True if heart or older else None if heart is None or older is None else False
        yield _Test(Examination.ECG, "age_max", "age or cardiovascular risk", either)
    if rule.id == "WU-4":
        yield _Test(Examination.LIVER_TESTS, "liver_age_max", "a long course", facts.in_maintenance)
    if rule.id == "WU-ESK":
        yield _Test(Examination.LIVER_TESTS, "age_max", "a risk to the liver", liver)
    if rule.id in ("WU-3", "WU-ESK"):
        possible = _has(facts, Condition.PREGNANCY_POSSIBLE)
        yield _Test(Examination.PREGNANCY_TEST, "age_max", "pregnancy is possible", possible)


def _has(facts: SuitabilityFacts, condition: Condition) -> bool | None:
    absent = absence(current_answer(facts.eligibility.conditions, condition))
    return {Outcome.SATISFIED: False, Outcome.VIOLATED: True, Outcome.UNKNOWN: None}[absent]


def _older(rule: Rule, facts: SuitabilityFacts, today: date) -> bool | None:
    born = facts.eligibility.birth_date
    return None if born is None else age_in_years(born.value, today) > rule.integer("ecg_age_below")


def _standing(rule: Rule, test: _Test, facts: SuitabilityFacts, now: datetime) -> Required:
    oldest = rule.integer(test.age)
    done_on, abnormal = _latest(test.examination, facts, now)
    if done_on is None:
        state = State.MISSING
    elif (now.date() - done_on).days > oldest:
        state = State.TOO_OLD
    elif abnormal is None:
        state = State.UNREAD
    else:
        state = State.ABNORMAL if abnormal else State.DONE
    return Required(rule.id, test.examination, test.why, test.needed, state, done_on, oldest)


def _latest(
    examination: Examination, facts: SuitabilityFacts, now: datetime
) -> tuple[date | None, bool | None]:
    """Return when it was last done and whether it was abnormal; pressure and weight are measured, not read."""
    measured = {
        Examination.BLOOD_PRESSURE: [reading.at for reading in facts.pressures],
        Examination.WEIGHT: [facts.weight_kg.at] if facts.weight_kg and facts.height_cm else [],
    }
    found: list[tuple[date, bool | None]] = [
        (one.done_on, one.abnormal) for one in facts.results if one.examination is examination
    ]
    found += [(at.astimezone(now.tzinfo).date(), False) for at in measured.get(examination, [])]
    return max(found, key=_newest, default=(None, None))


def _newest(entry: tuple[date, bool | None]) -> tuple[date, int]:
    """Order by day; of the same day an abnormal one counts before an unread one before a normal one."""
    done_on, abnormal = entry
    return done_on, 1 if abnormal is None else 2 if abnormal else 0


def _judge(rule: Rule, facts: SuitabilityFacts, now: datetime) -> Finding:
    tests = _required(rule, facts, now)
    stops = rule.id == "WU-1"  # only the tests that exclude a danger must be normal; the others inform
    outcomes = [_outcome(one, must_be_normal=stops) for one in tests]
    open_ = [one for one, outcome in zip(tests, outcomes, strict=True) if outcome is not Outcome.SATISFIED]
    product = facts.eligibility.product
    inputs = [_as_input(one, facts) for one in tests]
    if not open_:
        wanted = sum(one.needed is True for one in tests)
        sentence = f"{wanted} tests are asked for here; none is open."
    else:
        sentence = f"Open: {'; '.join(map(_words, open_))}."
    return finding(rule, product, worst(outcomes), sentence, inputs)


def _outcome(one: Required, *, must_be_normal: bool) -> Outcome:
    good = one.state is State.DONE or (one.state is State.ABNORMAL and not must_be_normal)
    if good or one.needed is False:
        return Outcome.SATISFIED
    if one.needed is None or one.state in (State.MISSING, State.UNREAD):
        return Outcome.UNKNOWN
    return Outcome.VIOLATED


def _words(one: Required) -> str:
    if one.needed is None:
        return f"{one.examination.value} ({one.state.value}; not known whether it is needed: {one.why})"
    when = f" of {one.done_on.isoformat()}" if one.done_on else ""
    limit = f", at most {one.oldest_days} days" if one.state is State.TOO_OLD else ""
    return f"{one.examination.value}{when} ({one.state.value}{limit}; {one.why})"


def _as_input(one: Required, facts: SuitabilityFacts) -> Input:
    latest: ExaminationResult | None = max(
        (each for each in facts.results if each.examination is one.examination),
        key=lambda each: each.done_on,
        default=None,
    )
    shown = f"{one.done_on.isoformat()}: {one.state.value}" if one.done_on else None
    at, origin = (latest.at, latest.origin) if latest else (None, "")
    return stated(one.examination.value, shown, "", at, origin)
