"""Which blood pressure before the dose comes next, and how long the patient rests before it."""

from dataclasses import dataclass
from datetime import datetime

from euthymia.evidence import RuleBook
from euthymia.protocol.facts import Product, ReadinessFacts
from euthymia.protocol.readiness import by_age, is_above, of_today


@dataclass(frozen=True, slots=True)
class NextPressure:
    """The reading that comes next today, counted from 1.

    ``counted`` is how many readings the rules count, ``raised`` whether the last one was above the limit.
    ``opens_at`` is when the rest after a raised reading is over and ``closes_at`` the latest time for the
    repeat; ``None`` where nothing is to be repeated or the rules set no end.
    """

    number: int
    counted: int | None
    raised: bool
    opens_at: datetime | None = None
    closes_at: datetime | None = None

    @property
    def are_all_taken(self) -> bool:
        """Whether as many were taken as the rules count."""
        return self.counted is not None and self.number > self.counted


def next_pressure(facts: ReadinessFacts, rules: RuleBook, now: datetime) -> NextPressure:
    """Return what the rules ask of the next reading before the dose."""
    readings = of_today(facts, now)
    number = len(readings) + 1
    nasal = facts.product is Product.ESKETAMINE_NASAL
    guide = next((rules[one] for one in _GUIDES[nasal] if one in rules), None)
    repeat = rules.get("PRE-5" if nasal else "IV-CI-4")
    if guide is None or repeat is None:
        return NextPressure(number, None, raised=False)
    counted = repeat.integer("readings_counted")
    limits = by_age(guide, facts, now)[0]
    if not readings or not is_above(limits, readings[-1].value):
        return NextPressure(number, counted, raised=False)
    last = readings[-1].at
    if number > counted:
        return NextPressure(number, counted, raised=True)
    opens = last + repeat.duration("repeat_from" if nasal else "repeat_after")
    closes = last + repeat.duration("repeat_by") if nasal else None
    return NextPressure(number, counted, True, opens, closes)


_GUIDES = {True: ("PRE-2", "PRE-3"), False: ("IV-CI-4",)}
