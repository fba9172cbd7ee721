"""Worked examples of the rules on medicines given during a visit."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from tests.protocol.examples._example import Example, S, U, V
from tests.protocol.people import NASAL, NOW, ago, datum

from euthymia.protocol import InteractionClass, Medicine, visit_medicine
from euthymia.protocol.visit_medicine import Amount, VisitMedicineFacts

_AMOUNT = Amount(Decimal("4"), "mg", "By mouth")
_GOOD = VisitMedicineFacts(
    product=NASAL,
    medicine=Medicine("examplin", frozenset({InteractionClass.NONE}), "4 mg", NOW, "order"),
    allergies=datum("none known"),
    ordered=datum(_AMOUNT, ago(hours=2)),
    signed=datum(True, ago(hours=2)),
    administered=datum(_AMOUNT, ago(hours=1)),
)
_VERBAL = replace(_GOOD, verbal=True)


def _is(rule, title, outcome, facts=_GOOD, boundary="", deviation=False, **changes):
    facts = replace(facts, **changes)
    return Example(
        rule, title, outcome, lambda book: visit_medicine.assess(facts, book, NOW), boundary, deviation
    )


def _signed_after(hours, **more):
    ordered = datum(_AMOUNT, ago(hours=30))
    return {"ordered": ordered, "signed": datum(True, ordered.at + timedelta(hours=hours, **more))}


EXAMPLES = (
    _is("MED-1", "none known", S),
    _is("MED-1", "another is named", S, allergies=datum("penicillin, rash")),
    _is("MED-1", "it is named", V, allergies=datum("Examplin: rash as a child")),
    _is("MED-1", "nobody asked", U, allergies=None),
    _is("MED-2", "written and signed", S),
    _is("MED-2", "verbal, signed on the hour", S, _VERBAL, boundary="sign_max", **_signed_after(24)),
    _is(
        "MED-2",
        "verbal, signed a minute later",
        V,
        _VERBAL,
        boundary="sign_max",
        **_signed_after(24, minutes=1),
    ),
    _is("MED-2", "verbal, to be signed", U, _VERBAL, signed=None),
    _is("MED-2", "verbal, never signed", V, _VERBAL, ordered=datum(_AMOUNT, ago(hours=25)), signed=None),
    _is("MED-2", "verbal, not as it was said", V, _VERBAL, signed=datum(False, NOW)),
    _is("MED-2", "given without an order", V, ordered=None, signed=None, deviation=True),
    _is("MED-3", "the same", S),
    _is(
        "MED-3",
        "milligrams ordered, micrograms given",
        V,
        administered=datum(replace(_AMOUNT, unit="microgram")),
        deviation=True,
    ),
    _is("MED-3", "not given", U, administered=None),
    _is("MED-3", "no order stood", V, ordered=None, signed=None),
)
