"""Whether what was used was past its expiry. A device or vial that was used is recorded; the breach stays."""

from dataclasses import dataclass
from datetime import date, datetime

from euthymia.evidence import RuleBook
from euthymia.protocol._findings import Finding, Input, Outcome
from euthymia.protocol._judge import finding
from euthymia.protocol.facts import Product


@dataclass(frozen=True, slots=True)
class Used:
    """A device or a vial as it was used: ``name`` in a sentence, the local day, and the expiry if it is known."""

    name: str
    on: date
    expires_on: date | None
    lot: str = ""
    origin: str = ""


def assess(product: Product, used: tuple[Used, ...], rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge everything that was used so far; nothing while nothing was."""
    if "DEV-8" not in rules or not used:
        return ()
    rule = rules["DEV-8"]
    inputs = [
        Input(each.name, each.expires_on.isoformat() if each.expires_on else "", "", None, each.origin)
        for each in used
    ]
    past = [each for each in used if each.expires_on is not None and each.expires_on < each.on]
    if past:
        told = ", ".join(
            f"{each.name} (lot {each.lot or 'not recorded'}) on {_day(each.expires_on)}" for each in past
        )
        sentence = f"Used after its expiry: {told}."
        return (finding(rule, product, Outcome.VIOLATED, sentence, inputs, deviation=sentence),)
    unknown = [each.name for each in used if each.expires_on is None]
    if unknown:
        sentence = f"The expiry is not on record: {', '.join(unknown)}."
        return (finding(rule, product, Outcome.UNKNOWN, sentence, inputs),)
    return (finding(rule, product, Outcome.SATISFIED, "Nothing was used past its expiry.", inputs),)


def _day(day: date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else ""
