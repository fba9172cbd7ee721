"""Whether a time can be booked: in the session's window, with the staff and the equipment it needs."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._booking_facts import BookingFacts, Duty, Occupied, Shift
from euthymia.protocol._findings import Finding, Input, Outcome
from euthymia.protocol._judge import finding, given, stated, yes_or_no
from euthymia.protocol.facts import Product
from euthymia.protocol.schedule import INDUCTION, MAINTENANCE

Stretch = tuple[datetime, datetime]


def assess(facts: BookingFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge the window, the prescriber, the observers, the oximeters and resuscitation."""
    return (_window(rules["PLAN-1"], facts, now), *cover(facts, rules, now))


def cover(facts: BookingFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge what the house must have at that time, whichever session it is for."""
    facts = _in_one_zone(facts)
    return (
        _prescriber(rules["PLAN-2"], facts, now),
        _observers(rules["PLAN-3"], facts, now),
        _oximeters(rules["PLAN-4"], facts, now),
        _resuscitation(rules["PLAN-5"], facts),
    )


def _window(rule: Rule, facts: BookingFacts, now: datetime) -> Finding:
    product, session = facts.wanted.product, facts.session
    on = facts.wanted.starts_at.astimezone(now.tzinfo).date()
    if session is None:
        return finding(
            rule,
            product,
            Outcome.UNKNOWN,
            "The plan has no session left to book.",
            [stated("booked for", on.isoformat())],
        )
    room = rule.integer(
        f"{session.phase if session.phase in (INDUCTION, MAINTENANCE) else 'weekly'}_days_max"
    )
    away = abs((on - session.target_on).days)
    inputs = [
        stated("booked for", on.isoformat()),
        stated("meant for", session.target_on.isoformat()),
        stated("phase", session.phase),
    ]
    sentence = (
        f"Session {session.number} is meant for {session.target_on.isoformat()}, and {on.isoformat()} is "
    )
    sentence += f"{away} day{'s' * (away != 1)} away; {room} either way is allowed." if away else "that day."
    return finding(rule, product, yes_or_no(away <= room), sentence, inputs)


def _prescriber(rule: Rule, facts: BookingFacts, now: datetime) -> Finding:
    product = facts.wanted.product
    if facts.rota is None:
        return finding(
            rule, product, Outcome.UNKNOWN, "No rota is written for that day.", [stated("rota", None)]
        )
    gaps = _without(facts.wanted, _on(facts.rota, Duty.PRESCRIBER), lambda at, there: not there)
    inputs = [_shifts("prescribers", facts.rota, Duty.PRESCRIBER, now)]
    if not gaps:
        return finding(rule, product, Outcome.SATISFIED, "A prescriber is in the house throughout.", inputs)
    return finding(
        rule, product, Outcome.VIOLATED, f"No prescriber is in the house {_told(gaps, now)}.", inputs
    )


def _observers(rule: Rule, facts: BookingFacts, now: datetime) -> Finding:
    product = facts.wanted.product
    everybody = (facts.wanted, *facts.others)
    if facts.rota is None:
        return finding(
            rule, product, Outcome.UNKNOWN, "No rota is written for that day.", [stated("rota", None)]
        )

    def too_few(at: datetime, there: int) -> bool:
        return there < observers_needed(rule, everybody, at)

    shifts = _on(facts.rota, Duty.OBSERVER)
    gaps = _without(facts.wanted, shifts, too_few, also=facts.others)
    most = max(observers_needed(rule, everybody, at) for at in _edges(facts.wanted, shifts, facts.others))
    inputs = [
        _shifts("observers", facts.rota, Duty.OBSERVER, now),
        stated("most needed at once", most),
    ]
    if not gaps:
        sentence = f"There are enough observers throughout: at most {most} needed at once."
        return finding(rule, product, Outcome.SATISFIED, sentence, inputs)
    sentence = f"There are too few observers {_told(gaps, now)}: up to {most} needed at once."
    return finding(rule, product, Outcome.VIOLATED, sentence, inputs)


def observers_needed(rule: Rule, booked: Iterable[Occupied], at: datetime) -> int:
    """Return how many observers the patients in the house at ``at`` need together."""
    here = [each.product for each in booked if each.starts_at <= at < each.ends_at]
    infusions = here.count(Product.KETAMINE_IV)
    return _shared(infusions, rule.integer("infusions_per_observer_max")) + _shared(
        len(here) - infusions, rule.integer("patients_per_observer_max")
    )


def _shared(patients: int, each: int) -> int:
    return -(-patients // max(each, 1))


def _oximeters(rule: Rule, facts: BookingFacts, now: datetime) -> Finding:
    product, owned = facts.wanted.product, facts.site.oximeters
    most = max(_here(facts, at) for at in _edges(facts.wanted, (), facts.others))
    inputs = [given("oximeters", owned), stated("patients at once", most)]
    if owned is None:
        return finding(
            rule, product, Outcome.UNKNOWN, "How many oximeters the site has is not known.", inputs
        )
    sentence = (
        f"The site has {owned.value} oximeter{'s' * (owned.value != 1)} for up to {most} at the same time."
    )
    return finding(rule, product, yes_or_no(most <= owned.value), sentence, inputs)


def _resuscitation(rule: Rule, facts: BookingFacts) -> Finding:
    product, needed, there = facts.wanted.product, facts.resuscitation_needed, facts.site.resuscitation
    inputs: list[Input] = [
        given("patient with serious disease of heart or lungs", needed, show=_yes),
        given("resuscitation at the site", there, show=_yes),
    ]
    if there is not None and there.value:
        return finding(
            rule, product, Outcome.SATISFIED, "The site has equipment and trained staff for it.", inputs
        )
    if needed is None:
        return finding(
            rule, product, Outcome.UNKNOWN, "Whether the patient may need it was not asked.", inputs
        )
    if not needed.value:
        return finding(
            rule, product, Outcome.SATISFIED, "Nothing in this patient's history asks for it.", inputs
        )
    if there is None:
        return finding(
            rule, product, Outcome.UNKNOWN, "Whether the site can resuscitate is not known.", inputs
        )
    return finding(
        rule,
        product,
        Outcome.VIOLATED,
        "This patient may need it and the site has no equipment or trained staff.",
        inputs,
    )


def _in_one_zone(facts: BookingFacts) -> BookingFacts:
    """The same times in UTC: within one local zone Python compares clock faces, and one hour a year comes twice."""

    return replace(
        facts,
        wanted=Occupied(facts.wanted.product, *_utc(facts.wanted)),
        rota=None if facts.rota is None else tuple(Shift(each.duty, *_utc(each)) for each in facts.rota),
        others=tuple(Occupied(each.product, *_utc(each)) for each in facts.others),
    )


def _utc(each: Shift | Occupied) -> Stretch:
    return each.starts_at.astimezone(UTC), each.ends_at.astimezone(UTC)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _here(facts: BookingFacts, at: datetime) -> int:
    return sum(each.starts_at <= at < each.ends_at for each in (facts.wanted, *facts.others))


def _on(rota: Iterable[Shift], duty: Duty) -> tuple[Shift, ...]:
    return tuple(shift for shift in rota if shift.duty is duty)


def _edges(wanted: Occupied, shifts: Iterable[Shift], others: Iterable[Occupied]) -> tuple[datetime, ...]:
    """The moments of the wanted time at which who is in the house may change, in order."""
    moments = {wanted.starts_at}
    stretches = [_utc(each) for each in shifts] + [_utc(each) for each in others]
    for stretch in stretches:
        moments |= {at for at in stretch if wanted.starts_at < at < wanted.ends_at}
    return tuple(sorted(moments))


def _without(
    wanted: Occupied,
    shifts: tuple[Shift, ...],
    lacks: Callable[[datetime, int], bool],
    also: tuple[Occupied, ...] = (),
) -> tuple[Stretch, ...]:
    """The stretches of the wanted time in which ``lacks(moment, people there)`` holds, joined."""
    edges = (*_edges(wanted, shifts, also), wanted.ends_at)
    found: list[Stretch] = []
    for start, end in pairwise(edges):
        there = sum(shift.starts_at <= start < shift.ends_at for shift in shifts)
        if not lacks(start, there):
            continue
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return tuple(found)


def _told(gaps: Iterable[Stretch], now: datetime) -> str:
    return ", ".join(f"from {_clock(start, now)} to {_clock(end, now)}" for start, end in gaps)


def _shifts(name: str, rota: Iterable[Shift], duty: Duty, now: datetime) -> Input:
    shown = sorted((shift.starts_at, shift.ends_at) for shift in _on(rota, duty))
    words = ", ".join(f"{_clock(start, now)} to {_clock(end, now)}" for start, end in shown)
    return stated(name, words or "nobody")


def _clock(at: datetime, now: datetime) -> str:
    return f"{at.astimezone(now.tzinfo):%H:%M}"


def gaps(facts: BookingFacts, rules: RuleBook, now: datetime) -> Iterator[str]:
    """Yield a sentence for each thing the house lacks at that time, for a page that lists a day."""
    for found in cover(facts, rules, now):
        if found.outcome is not Outcome.SATISFIED:
            yield found.sentence
