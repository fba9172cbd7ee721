"""By which route a dose goes: whether the book leaves it open, whether the patient agreed, what was done."""

from dataclasses import dataclass
from datetime import datetime

from euthymia.evidence import RuleBook
from euthymia.protocol._findings import Datum, Finding, Outcome
from euthymia.protocol._judge import dated, finding, given, stated, yes_or_no
from euthymia.protocol._routes import DIRECT as DIRECT
from euthymia.protocol._routes import Route as Route
from euthymia.protocol.facts import Product

_USUAL = {Product.ESKETAMINE_NASAL: Route.NASAL, Product.KETAMINE_IV: Route.INTRAVENOUS}
NO_MODEL = (
    "There is no model for this route: no concentration, no window of effect is predicted. Nothing we read states a "
    "regimen for it."
)


def usual(product: Product) -> Route:
    """Return the route a product is made for."""
    return _USUAL[product]


def permitted(product: Product, rules: RuleBook) -> tuple[Route, ...]:
    """Return the routes an order for ``product`` may name, its usual one first."""
    fits = [route for route in (_USUAL[product], *DIRECT) if _fits(product, route)]
    if "ROUTE-1" not in rules:
        return (_USUAL[product],)
    allowed = _allowed(rules)
    return tuple(route for route in fits if route.value in allowed)


def _fits(product: Product, route: Route) -> bool:
    """Tell whether a product can be given by a route at all: the spray goes into the nose and nowhere else."""
    return route is _USUAL[product] or (product is Product.KETAMINE_IV and route.is_direct)


def _allowed(rules: RuleBook) -> list[str]:
    value = rules["ROUTE-1"].thresholds["routes"].value
    return [str(each) for each in (value if isinstance(value, tuple) else (value,))]


def assess(product: Product, route: Route | None, rules: RuleBook) -> tuple[Finding, ...]:
    """Judge the route; nothing where the book does not ask."""
    if "ROUTE-1" not in rules:
        return ()
    rule = rules["ROUTE-1"]
    if route is None:
        return (finding(rule, product, Outcome.UNKNOWN, "No route is chosen.", [stated("route", None)]),)
    fits = route in permitted(product, rules)
    where, drug = rules.jurisdiction, product.words.split()[-1]
    if fits and route.is_direct:
        sentence = (
            f"The dose goes {route.words}: off label, by the prescriber's own decision, which the book of {where} "
            f"leaves open. {NO_MODEL}"
        )
    elif fits:
        sentence = f"The dose goes {route.words}, for which the book of {where} has a regimen."
    elif not _fits(product, route):
        sentence = f"{product.words.capitalize()} is not given {route.words}."
    else:
        sentence = (
            f"The book of {where} does not permit {drug} {route.words}: no dose, interval or time of watching has been "
            "read, so it cannot be ordered here. A medical director who knows what the regulator says may add the "
            "route to the clinic's own rules."
        )
    return (finding(rule, product, yes_or_no(fits), sentence, [stated("route", route.value)]),)


def agreement(
    product: Product, route: Route, agreed: Datum[Route] | None, rules: RuleBook, now: datetime
) -> tuple[Finding, ...]:
    """Judge whether the patient agreed to a route that no label states; nothing for the usual one."""
    if "ROUTE-2" not in rules or not route.is_direct:
        return ()
    rule, inputs = rules["ROUTE-2"], [given("agreed to", agreed), stated("route", route.value)]
    if agreed is None:
        sentence = f"The patient has not agreed today to a dose {route.words}, which no label states."
        return (finding(rule, product, Outcome.UNKNOWN, sentence, inputs),)
    when = dated(agreed.at, now)
    sentence = f"On {when} the patient agreed to a dose {agreed.value.words}"
    if agreed.value is not route:
        sentence = f"{sentence}; this one is to go {route.words}."
        return (finding(rule, product, Outcome.VIOLATED, sentence, inputs),)
    return (finding(rule, product, Outcome.SATISFIED, f"{sentence}, as off label.", inputs),)


@dataclass(frozen=True, slots=True)
class GivenBy:
    """By which routes doses were given, first to last, and by which one was ordered; ``None`` where no order stood."""

    product: Product
    routes: tuple[Datum[Route], ...]
    ordered: Route | None


def as_ordered(facts: GivenBy, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge whether every dose went by the route that was ordered; nothing before a dose, or without a direct one."""
    direct = facts.ordered is not None and facts.ordered.is_direct
    if "ROUTE-3" not in rules or not facts.routes:
        return ()
    if not direct and not any(each.value.is_direct for each in facts.routes):
        return ()
    rule = rules["ROUTE-3"]
    inputs = [given("given", each) for each in facts.routes]
    inputs.append(stated("ordered", facts.ordered.value if facts.ordered else None))
    if facts.ordered is None:
        return (finding(rule, facts.product, Outcome.UNKNOWN, "No order says by which route.", inputs),)
    other = [each for each in facts.routes if each.value is not facts.ordered]
    if other:
        told = "; ".join(f"{each.value.words} on {dated(each.at, now)}" for each in other)
        sentence = f"Given {told}; ordered {facts.ordered.words}."
        return (finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs, deviation=sentence),)
    sentence = f"Given {facts.ordered.words}, as ordered."
    return (finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs),)
