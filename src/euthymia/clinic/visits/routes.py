"""The routes an order may name here beside the usual one, and what a patient is told of them before agreeing."""

from __future__ import annotations

from collections.abc import Sequence

from euthymia.clinic.visits.record import Record
from euthymia.evidence import RuleBook
from euthymia.protocol import Product, route
from euthymia.protocol.route import Route

_TOLD = (
    "Ketamine is approved for anaesthesia and for no psychiatric illness. Lozenges, tablets and solutions that a "
    "pharmacy makes up were not checked by an authority for safety, effect or quality.",
    "It may raise the blood pressure, slow the breathing, bring confusion, frightening experiences or thoughts of "
    "suicide, harm the bladder, and lead to misuse.",
)
_DAY = (
    "I am given it here, I stay until I may go home, and I take none with me. I may say no, and be treated by the "
    "usual route or not at all."
)
"""What is told of the risks is what CMP-1 and CMP-3 ask a consent to name."""


def open_routes(record: Record) -> tuple[Route, ...]:
    """The routes that need neither device nor pump, where the rules of a visit leave them open."""
    return open_by(record.product, record.rules)


def open_by(product: Product, book: RuleBook) -> tuple[Route, ...]:
    """The same of a product and a book, where there is no visit yet."""
    return tuple(each for each in route.permitted(product, book) if each.is_direct)


def either(words: Sequence[str]) -> str:
    """One of several: "a, b or c"."""
    return " or ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def agreement_text(way: str) -> str:
    """What the patient reads and signs: what is known of ketamine this ``way``, and what nobody knows."""
    return "\n".join(
        (
            f"Today's dose of ketamine is to go {way}. No label states this use: it is off label.",
            *_TOLD,
            route.NO_MODEL,
            _DAY,
        )
    )
