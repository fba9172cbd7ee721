"""What became of the drug of one visit: drawn is given, wasted and returned, to the last device or hundredth mg."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from euthymia.evidence import RuleBook
from euthymia.protocol._findings import Finding, Input, Outcome
from euthymia.protocol._judge import finding
from euthymia.protocol.facts import Product
from euthymia.protocol.units import plain


class Movement(StrEnum):
    """What was done with drug. More kinds come with the stock: they never count in a visit's account."""

    DRAWN = "drawn"
    GIVEN = "given"
    WASTED = "wasted"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Moved:
    """One movement: ``amount`` in mg, or in whole devices."""

    kind: Movement
    amount: Decimal
    lot: str = ""
    at: datetime | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class DrugAccountFacts:
    """The movements of one visit. ``given_known`` is false where a dose is on record and its amount is not."""

    product: Product
    movements: tuple[Moved, ...] = ()
    given_known: bool = True

    @property
    def unit(self) -> str:
        """What the drug is counted in."""
        return "devices" if self.product is Product.ESKETAMINE_NASAL else "mg"


@dataclass(frozen=True, slots=True)
class Balance:
    """Sums of an account. It balances when ``missing`` is nothing; below nothing, more left than was drawn."""

    drawn: Decimal
    given: Decimal
    wasted: Decimal
    returned: Decimal

    @property
    def missing(self) -> Decimal:
        """What was drawn and is neither given, wasted nor returned."""
        return self.drawn - self.given - self.wasted - self.returned


def balance(movements: Iterable[Moved]) -> Balance:
    """Add movements up, exactly."""
    sums = dict.fromkeys(Movement, Decimal(0))
    for each in movements:
        sums[each.kind] += each.amount
    return Balance(*(sums[kind] for kind in Movement))


def by_lot(movements: Iterable[Moved]) -> dict[str, Balance]:
    """Add movements up for each lot; those without one stand under an empty name."""
    lots: dict[str, list[Moved]] = {}
    for each in movements:
        lots.setdefault(each.lot.strip().upper(), []).append(each)
    return {lot: balance(some) for lot, some in sorted(lots.items())}  # the same order whoever wrote first


def assess(facts: DrugAccountFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge the account as it stands. Where nothing was drawn and nothing given there is nothing to account for."""
    if "DRUG-1" not in rules:
        return ()
    rule, total = rules["DRUG-1"], balance(facts.movements)
    inputs = [
        Input(
            each.kind.value,
            plain(each.amount),
            facts.unit,
            each.at,
            f"{each.origin}; lot {each.lot or 'not recorded'}",
        )
        for each in facts.movements
    ]
    if not facts.given_known:
        sentence = "How much was given is not known: record what the pump showed and the concentration."
        return (finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs),)
    outcome = Outcome.SATISFIED
    if total.missing or (total.given and not total.drawn):
        outcome = Outcome.VIOLATED if total.drawn else Outcome.UNKNOWN
    sentence = _sum(total, facts.unit)
    wrong = [
        f"lot {lot or 'not recorded'}: {_sum(each, facts.unit)}"
        for lot, each in by_lot(facts.movements).items()
        if each.missing
    ]
    if outcome is Outcome.SATISFIED and wrong:
        outcome, sentence = Outcome.VIOLATED, f"{sentence} But of {' Of '.join(wrong)}"
    if not total.drawn and total.given:
        sentence = f"Given: {_count(total.given, facts.unit)}. Nobody recorded what was taken out."
    return (finding(rule, facts.product, outcome, sentence, inputs),)


def _sum(total: Balance, unit: str) -> str:
    told = (
        f"Taken out {_count(total.drawn, unit)}; given {plain(total.given)}, wasted {plain(total.wasted)}, "
        f"brought back {plain(total.returned)}"
    )
    if not total.missing:
        return f"{told}: nothing is missing."
    if total.missing > 0:
        return f"{told}: {_count(total.missing, unit)} missing."
    return f"{told}: {_count(-total.missing, unit)} more than was taken out."


def _count(amount: Decimal, unit: str) -> str:
    return f"{plain(amount)} {unit.removesuffix('s') if amount == 1 else unit}"
