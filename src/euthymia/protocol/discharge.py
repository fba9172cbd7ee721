"""Whether a patient may go home, when at the earliest, and what that waits for."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol import suicide_risk
from euthymia.protocol._findings import Effect, Finding, Input, Outcome
from euthymia.protocol._indications import first_of
from euthymia.protocol._judge import (
    dated,
    finding,
    full_moment,
    given,
    moment,
    same_day,
    span,
    stated,
    yes_or_no,
)
from euthymia.protocol._recovery import (
    blood_pressure_settled,
    breathing_watched,
    effects_gone,
    pressure_at_40,
)
from euthymia.protocol._routes import Route
from euthymia.protocol._since_judged import calls_since
from euthymia.protocol.facts import DischargeFacts, Product
from euthymia.protocol.route import usual


@dataclass(frozen=True, slots=True)
class Wait:
    """One thing leaving waits for; ``until`` is set where only time can bring it."""

    rule: str
    sentence: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class LeaveForecast:
    """The earliest time of leaving if all else is done by then; ``None`` while the dose is not finished."""

    at: datetime | None
    waits_for: tuple[Wait, ...]


def assess(facts: DischargeFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge every requirement of going home with an escort."""
    nasal = facts.product is Product.ESKETAMINE_NASAL
    return (
        *_watched(facts, rules, now),
        *((pressure_at_40(rules["MON-3"], facts, now),) if nasal else ()),
        breathing_watched(rules["MON-4"], facts, now),
        blood_pressure_settled(rules["MON-5"], facts, now),
        effects_gone(rules["MON-6"], facts, now),
        _instructions(rules, facts, now),
        suicide_risk.rescreen(
            facts.rescreen,
            facts.level_of_care,
            facts.last_dose_at,
            rules,
            now,
            product=facts.product,
            resumed_at=facts.resumed_at,
        ),
        _escort(rules["PRE-9"], facts, now),
    )


_WATCHED = {
    Product.ESKETAMINE_NASAL: ("MON-1", "MON-2"),
    Product.KETAMINE_IV: ("IV-REC-1",),
}
"""The rules of how long to watch; a jurisdiction has one for each product."""
_WATCHED_DIRECT = ("ROUTE-7",)


def watch_rule(product: Product, rules: RuleBook, route: Route | None = None) -> Rule | None:
    """Return the rule that says how long to watch after a dose of ``product``; ``route`` where it is not the usual."""
    return first_of(rules, _WATCHED_DIRECT if route is not None and route.is_direct else _WATCHED[product])


def _watched(facts: DischargeFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    rule = watch_rule(facts.product, rules, facts.route)
    return (_time_and_stable(rule, rules, facts, now),) if rule else ()


def earliest_leave(facts: DischargeFacts, rules: RuleBook, now: datetime) -> LeaveForecast:
    """Return the earliest time at which the gate can open, and what it waits for."""
    last = facts.last_dose_at
    waits = []
    for found in assess(facts, rules, now):
        if found.effect is Effect.GATE and found.outcome is not Outcome.SATISFIED:
            until = None if last is None else _until(found.rule, last, rules)
            waits.append(Wait(found.rule, found.sentence, until if until and until > now else None))
    if last is None:
        return LeaveForecast(None, tuple(waits))
    return LeaveForecast(max([now, *(wait.until for wait in waits if wait.until)]), tuple(waits))


def _until(rule: str, last: datetime, rules: RuleBook) -> datetime | None:
    if any(rule in watched for watched in (*_WATCHED.values(), _WATCHED_DIRECT)):
        return last + rules[rule].duration("minutes_min")
    return last + rules[rule].duration("opens_at") if rule == "MON-3" else None


def no_driving_before(product: Product, last_dose_at: datetime, rules: RuleBook, now: datetime) -> datetime:
    """Return the time before which a patient who leaves ``now`` must not drive, in the clinic's zone.

    It is the stated hour of the first morning, on a later day than the last dose, before which a whole night's
    sleep fits in after leaving: a night that has not begun cannot be over. After an infusion at least the stated
    hours have passed too. Even then a full night's sleep and feeling fully alert are required.
    """
    rule = rules["MON-8"]
    hour, slept = time(rule.integer("next_day_hour")), now.astimezone(UTC) + rule.duration("sleep_min")
    day = last_dose_at.astimezone(now.tzinfo).date() + timedelta(days=1)
    morning = datetime.combine(day, hour, now.tzinfo)
    while morning.astimezone(UTC) < slept:
        day += timedelta(days=1)
        morning = datetime.combine(day, hour, now.tzinfo)
    if product is Product.ESKETAMINE_NASAL:
        return morning
    elapsed = (last_dose_at.astimezone(UTC) + rule.duration("infusion_hours_min")).astimezone(now.tzinfo)
    return max(morning, elapsed)


def _time_and_stable(rule: Rule, rules: RuleBook, facts: DischargeFacts, now: datetime) -> Finding:
    by = facts.route or usual(facts.product)
    start, end = by.begins, by.ends
    outcome, sentence = _judge_time(rule, facts, now, end, calls_since(facts, rules, now))
    if facts.last_dose_at:
        sentence += (
            f" On the programme's clock, {span(now - facts.t0)} since the {start} at {moment(facts.t0, now)}."
        )
    inputs = [
        stated(start, facts.t0.isoformat(timespec="minutes"), at=facts.t0),
        stated(
            end,
            facts.last_dose_at.isoformat(timespec="minutes") if facts.last_dose_at else None,
            at=facts.last_dose_at,
        ),
        given("stable and ready to leave", facts.stable, show=_yes_no),
    ]
    if facts.resumed_at:
        inputs.append(Input("watching began again", "yes", "", facts.resumed_at, ""))
    return finding(rule, facts.product, outcome, sentence, inputs)


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"


def _judge_time(
    rule: Rule, facts: DischargeFacts, now: datetime, end: str, called: str
) -> tuple[Outcome, str]:
    last, least = facts.last_dose_at, rule.duration("minutes_min")
    if last is None:
        return Outcome.UNKNOWN, "The dose is not finished."
    over = last + least
    wanted = f"at least {span(least)}" if least else "no least time is set here"
    sentence = f"{span(now - last)} since the {end} at {moment(last, now)}; {wanted}"
    if now < over:
        return Outcome.VIOLATED, f"{sentence}: not before {moment(over, now)}."
    if facts.stable and facts.resumed_at and facts.stable.at < facts.resumed_at:
        return (
            Outcome.UNKNOWN,
            f"{sentence}. The judgement of {moment(facts.stable.at, now)} came before watching began again at "
            f"{moment(facts.resumed_at, now)}: judge again.",
        )
    if facts.stable is None:
        return Outcome.UNKNOWN, f"{sentence}. Nobody has judged the patient stable and ready to leave."
    when = moment(facts.stable.at, now)
    if not facts.stable.value:
        return Outcome.VIOLATED, f"{sentence}. At {when} the patient was judged not ready to leave."
    if facts.stable.at < over:
        before = "that time was over" if least else f"the {end}"
        return Outcome.UNKNOWN, f"{sentence}. The judgement of {when} came before {before}: judge again."
    if called:
        return (
            Outcome.UNKNOWN,
            f"{sentence}. The judgement of {when} came before this: {called}. Judge again.",
        )
    return Outcome.SATISFIED, f"{sentence}. At {when} the patient was judged stable and ready to leave."


def _instructions(rules: RuleBook, facts: DischargeFacts, now: datetime) -> Finding:
    rule, signed, last = rules["MON-8"], facts.instructions_signed, facts.last_dose_at
    inputs = [
        given("instructions signed", signed),
        stated("dose begun", facts.t0.isoformat(timespec="minutes"), at=facts.t0),
        stated("dose finished", last.isoformat(timespec="minutes") if last else None, at=last),
    ]
    if last is None:
        return finding(rule, facts.product, Outcome.UNKNOWN, "The dose is not finished.", inputs)
    until = no_driving_before(facts.product, last, rules, now)
    sleep = "only after a full night's sleep and feeling fully alert"
    ban = f"No driving: not before {full_moment(until, now)}, and {sleep}."
    if signed is None:
        return finding(
            rule, facts.product, Outcome.UNKNOWN, f"{ban} The patient has not signed this.", inputs
        )
    when = moment(signed.at, now)
    if not same_day(signed.at, facts.t0.astimezone(now.tzinfo)):
        return finding(
            rule, facts.product, Outcome.VIOLATED, f"{ban} Last signed {when}, not on this visit.", inputs
        )
    late = (
        ""
        if signed.at <= facts.t0
        else f"The instructions were signed {dated(signed.at, now)}, after the dose had begun."
    )
    sentence = f"{ban} {late or f'Signed at {when}, before the dose.'}"
    return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs, deviation=late)


def _escort(rule: Rule, facts: DischargeFacts, now: datetime) -> Finding:
    present = facts.escort_present
    inputs = [given("escort present", present, show=_yes_no)]
    if present is None:
        return finding(
            rule, facts.product, Outcome.UNKNOWN, "Whether the escort is here is not recorded.", inputs
        )
    if present.value and facts.resumed_at and present.at < facts.resumed_at:
        sentence = (
            f"The escort came at {moment(present.at, now)}, before watching began again at "
            f"{moment(facts.resumed_at, now)}: see whether the escort is here now."
        )
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    words = "is here" if present.value else "is not here"
    sentence = f"At {moment(present.at, now)}: the adult who takes the patient home {words}."
    return finding(rule, facts.product, yes_or_no(present.value), sentence, inputs)
