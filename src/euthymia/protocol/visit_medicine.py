"""A medicine ordered during a visit: allergies on record, who answers for the order, what was given against it.

No rule here names a medicine or a dose: which one and how much is the prescriber's.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._findings import Datum, Finding, Outcome
from euthymia.protocol._interactions import none_taken
from euthymia.protocol._judge import dated, finding, given, moment, stated, yes_or_no
from euthymia.protocol.facts import EligibilityFacts, Medicine, Product, SuitabilityFacts

_NONE_KNOWN = "none known"
_STOP_WORDS = frozenset(
    (
        "a",
        "an",
        "and",
        "as",
        "at",
        "by",
        "for",
        "from",
        "in",
        "is",
        "it",
        "of",
        "on",
        "or",
        "the",
        "to",
        "was",
        "with",
    )
)
_CLASSES = ("WP-13", "WP-13-STIM", "WP-13-MAOI", "WP-13-BP", "WP-13-CYP")


@dataclass(frozen=True, slots=True)
class Amount:
    """A dose with its unit and route, as ordered or as given."""

    dose: Decimal
    unit: str
    route: str

    def __str__(self) -> str:
        return f"{self.dose.normalize():f} {self.unit}, {self.route.lower()}"


@dataclass(frozen=True, slots=True)
class VisitMedicineFacts:
    """One medicine ordered, or given without an order.

    ``allergies`` are the words on record; empty where nobody asked. ``verbal`` is true for an order somebody heard
    and read back; ``signed`` is when the prescriber signed or countersigned it, and whether as it was entered.
    """

    product: Product
    medicine: Medicine
    allergies: Datum[str] | None = None
    ordered: Datum[Amount] | None = None
    verbal: bool = False
    signed: Datum[bool] | None = None
    administered: Datum[Amount] | None = None


def assess(facts: VisitMedicineFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge the order and what was given; nothing where the book is older than these rules."""
    judges = {"MED-1": _allergies, "MED-2": _answered_for, "MED-3": _as_ordered}
    own = [judge(rules[rule], facts, now) for rule, judge in judges.items() if rule in rules]
    return (*own, *beside_treatment(facts.medicine, facts.product, rules, now))


def beside_treatment(
    medicine: Medicine, product: Product, rules: RuleBook, now: datetime
) -> tuple[Finding, ...]:
    """Judge what this one medicine does beside the treatment, by the rules on medicines taken beside it."""
    alone = SuitabilityFacts(
        eligibility=EligibilityFacts(product, None, (), ()),
        medicines=Datum((medicine,), now, medicine.origin),
    )
    asked = _CLASSES if medicine.classes is not None else _CLASSES[:1]  # not known is said once
    return tuple(none_taken(rules[rule], alone, now) for rule in asked if rule in rules)


def _words(text: str) -> frozenset[str]:
    """Return the words of a text, without what stands in every such list."""
    plain = "".join(letter if letter.isalnum() else " " for letter in text.casefold())
    return frozenset(plain.split()) - _STOP_WORDS


def _allergies(rule: Rule, facts: VisitMedicineFacts, now: datetime) -> Finding:
    known, name = facts.allergies, facts.medicine.name
    inputs = [stated("medicine", name), given("allergies", known)]
    if known is None or not known.value.strip():
        sentence = "Nobody has asked about allergies. Ask before it is given."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    if known.value.strip().casefold() == _NONE_KNOWN:
        return finding(rule, facts.product, Outcome.SATISFIED, "Allergies: none known.", inputs)
    named = sorted(_words(name) & _words(known.value))
    sentence = f"Allergies on record: {known.value.strip()}."
    if named:
        sentence = f"{sentence} They name {', '.join(named)}."
        return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs)
    sentence = (
        f"{sentence} They do not name {name}; whether it is of the same kind is for the reader to know."
    )
    return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)


def _answered_for(rule: Rule, facts: VisitMedicineFacts, now: datetime) -> Finding:
    ordered, signed, within = facts.ordered, facts.signed, rule.duration("sign_max")
    inputs = [given("ordered", ordered), stated("verbal", "yes" if facts.verbal else "no")]
    inputs.append(given("signed", signed, show=lambda agreed: "as entered" if agreed else "not as entered"))
    if ordered is None:
        sentence = "Given without an order: a prescriber is to be told."
        return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs, deviation=sentence)
    due = ordered.at + within
    if signed is None:
        late = now > due
        sentence = f"Ordered by word of mouth {moment(ordered.at, now)}, read back; to be signed by {dated(due, now)}."
        outcome = Outcome.VIOLATED if late else Outcome.UNKNOWN
        return finding(rule, facts.product, outcome, sentence, inputs)
    if not signed.value:
        sentence = f"The prescriber did not sign it as it was entered ({moment(signed.at, now)})."
        return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs)
    how = f"by word of mouth, signed {moment(signed.at, now)}" if facts.verbal else "and signed"
    sentence = f"Ordered {moment(ordered.at, now)} {how}."
    return finding(rule, facts.product, yes_or_no(signed.at <= due), sentence, inputs)


def _as_ordered(rule: Rule, facts: VisitMedicineFacts, now: datetime) -> Finding:
    ordered, done = facts.ordered, facts.administered
    inputs = [given("ordered", ordered), given("given", done)]
    if done is None:
        return finding(rule, facts.product, Outcome.UNKNOWN, "It has not been given.", inputs)
    if ordered is None:
        sentence = f"Given {moment(done.at, now)}: {done.value}. No order stood."
        return finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs)
    sentence = f"Given {moment(done.at, now)}: {done.value}. Ordered: {ordered.value}."
    same = done.value == ordered.value
    breach = "" if same else f"Given otherwise than ordered: {done.value} instead of {ordered.value}."
    return finding(rule, facts.product, yes_or_no(same), sentence, inputs, deviation=breach)
