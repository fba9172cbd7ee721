"""Medicines taken beside: which of them ask for closer watching, and how much benzodiazepine is taken."""

from datetime import date, datetime

from euthymia.evidence import Rule
from euthymia.protocol._findings import Datum, Finding, Input, Outcome
from euthymia.protocol._judge import finding, given, moment, same_day
from euthymia.protocol.facts import InteractionClass, Medicine, SuitabilityFacts

RULES = ("WP-13", "WP-13-STIM", "WP-13-MAOI", "WP-13-BP", "WP-13-CYP")
"""The rules that ask whether a medicine of some class is taken."""


def current(medicines: Datum[tuple[Medicine, ...]], today: date) -> tuple[Medicine, ...]:
    """Return the medicines that are taken on ``today``; the day one stopped still counts."""
    return tuple(one for one in medicines.value if one.stopped_on is None or one.stopped_on >= today)


def _listed(medicines: Datum[tuple[Medicine, ...]] | None) -> Input:
    return given("medicines", medicines, show=lambda taken: ", ".join(map(_shown, taken)) or "none")


def _shown(medicine: Medicine) -> str:
    if medicine.classes is None:
        return f"{medicine.name} (class not recorded)"
    classes = ", ".join(each.value for each in InteractionClass if each in medicine.classes)
    return f"{medicine.name} ({classes})" if classes else medicine.name


def why_unknown(facts: SuitabilityFacts, now: datetime) -> str:
    """Return why the list of medicines says nothing now; empty when it counts."""
    listed = facts.medicines
    if listed is None:
        return "Which medicines the patient takes is not recorded."
    if facts.for_dose and not same_day(listed.at, now):
        return f"The list of medicines was last gone through {moment(listed.at, now)}, not today."
    return ""


def _not_listed(rule: Rule, facts: SuitabilityFacts, sentence: str) -> Finding:
    return finding(rule, facts.eligibility.product, Outcome.UNKNOWN, sentence, [_listed(facts.medicines)])


def none_taken(rule: Rule, facts: SuitabilityFacts, now: datetime) -> Finding:
    """Judge a rule that wants no medicine of its ``classes``."""
    why = why_unknown(facts, now)
    if facts.medicines is None or why:
        return _not_listed(rule, facts, why)
    wanted = _words(rule, "classes")
    taken = current(facts.medicines, now.date())
    found = [(one, hit) for one in taken if (hit := [c for c in one.classes or () if c.value in wanted])]
    unclear = [one.name for one in taken if one.classes is None]
    if found:
        which = "; ".join(f"{one.name}: {', '.join(sorted(c.value for c in hit))}" for one, hit in found)
        outcome, sentence = Outcome.VIOLATED, f"The patient takes {which}."
    elif unclear:
        outcome = Outcome.UNKNOWN
        sentence = f"What kind of medicine it is, is not recorded for {', '.join(unclear)}."
    else:
        outcome, sentence = Outcome.SATISFIED, _none_of(len(taken))
    return finding(rule, facts.eligibility.product, outcome, sentence, [_listed(facts.medicines)])


def _none_of(count: int) -> str:
    if count == 0:
        return "No medicine is taken."
    if count == 1:
        return "The one medicine taken is not of these kinds."
    return f"None of the {count} medicines taken is of these kinds."


def not_named(rule: Rule, facts: SuitabilityFacts, now: datetime) -> Finding:
    """Judge a rule that names medicines which should not be taken."""
    why = why_unknown(facts, now)
    if facts.medicines is None or why:
        return _not_listed(rule, facts, why)
    names = {name.casefold() for name in _words(rule, "names")}
    taken = current(facts.medicines, now.date())
    found = [one.name for one in taken if any(name in one.name.casefold() for name in names)]
    outcome = Outcome.VIOLATED if found else Outcome.SATISFIED
    sentence = f"The patient takes {', '.join(found)}." if found else "No such medicine is taken."
    return finding(rule, facts.eligibility.product, outcome, sentence, [_listed(facts.medicines)])


def benzodiazepine(rule: Rule, facts: SuitabilityFacts, now: datetime) -> Finding:
    """Judge the daily dose of all benzodiazepines together, as the prescriber converted it to lorazepam."""
    why = why_unknown(facts, now)
    if facts.medicines is None or why:
        return _not_listed(rule, facts, why)
    taken = current(facts.medicines, now.date())
    known = [one for one in taken if one.lorazepam_mg_per_day is not None]
    total = sum(one.lorazepam_mg_per_day for one in known if one.lorazepam_mg_per_day is not None)
    unknown = [one.name for one in taken if _unconverted(one)]
    most = rule.number("lorazepam_max")
    sentence = f"Benzodiazepines come to {total} mg a day as lorazepam; at most {most} mg."
    if total > most:
        outcome = Outcome.VIOLATED
    elif unknown:
        outcome, sentence = Outcome.UNKNOWN, f"{sentence} The dose is not known of {', '.join(unknown)}."
    else:
        outcome = Outcome.SATISFIED
    inputs = [
        _listed(facts.medicines),
        *(
            Input(f"{one.name} as lorazepam", str(one.lorazepam_mg_per_day), "mg", one.at, one.origin)
            for one in known
        ),
    ]
    return finding(rule, facts.eligibility.product, outcome, sentence, inputs)


def _unconverted(medicine: Medicine) -> bool:
    may_be = medicine.classes is None or InteractionClass.BENZODIAZEPINE in medicine.classes
    return may_be and medicine.lorazepam_mg_per_day is None


def _words(rule: Rule, threshold: str) -> frozenset[str]:
    value = rule.thresholds[threshold].value
    return frozenset(map(str, value if isinstance(value, tuple) else (value,)))
