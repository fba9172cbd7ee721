"""Amounts that cannot be mixed up: each carries its unit, only sums that mean something are possible, and what a
person typed is read exactly or refused with a sentence.

Masses are held in milligrams, volumes in millilitres, weights in kilograms, times in minutes; always as exact
decimals, never as floats.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from enum import StrEnum
from typing import ClassVar, Self

_MCG_PER_MG = Decimal(1000)
_KG_PER_LB = Decimal("0.45359237")  # exact: the international pound
_MIN_PER_H = Decimal(60)
_DIGITS = 60  # far more than any product of what is typed has
_TENTH = Decimal("0.1")
HUNDREDTH = Decimal("0.01")
THOUSANDTH = Decimal("0.001")


class Unit(StrEnum):
    """What a number that is typed is counted in."""

    MG = "mg"
    MCG = "mcg"
    ML = "mL"
    KG = "kg"
    LB = "lb"
    MG_PER_KG = "mg/kg"
    MG_PER_ML = "mg/mL"
    ML_PER_H = "mL/h"
    MIN = "min"
    DEVICES = "devices"
    PIECES = "pieces"


class NotAnAmount(ValueError):
    """What was typed is no amount in the unit asked for. The message is a sentence that says what to type."""


@dataclass(frozen=True, slots=True)
class _Amount:
    """A number in the one unit of its class. Amounts of different classes are never equal and never compared."""

    value: Decimal
    unit: ClassVar[Unit]

    def __post_init__(self) -> None:
        if not isinstance(self.value, Decimal):
            raise TypeError(f"An amount in {self.unit} is an exact decimal, not {type(self.value).__name__}.")
        if not self.value.is_finite() or self.value < 0:
            raise ValueError(f"{self.value} is no amount in {self.unit}.")

    def __add__(self, other: Self) -> Self:
        if type(other) is not type(self):
            raise TypeError(f"{self} and {other} cannot be added.")
        with localcontext(prec=_DIGITS):
            return type(self)(self.value + other.value)

    def __lt__(self, other: Self) -> bool:
        if type(other) is not type(self):
            raise TypeError(f"{self} and {other} cannot be compared.")
        return self.value < other.value

    def rounded(self, to: Decimal = HUNDREDTH) -> Self:
        """The same amount rounded half up to a multiple of a power of ten."""
        with localcontext(prec=_DIGITS):
            return type(self)(self.value.quantize(to, ROUND_HALF_UP))

    def __str__(self) -> str:
        return f"{plain(self.value)} {self.unit}"


class Volume(_Amount):
    """Millilitres."""

    unit = Unit.ML

    def __truediv__(self, time: Duration) -> Rate:
        _only(Duration, time)
        with localcontext(prec=_DIGITS):
            return Rate(self.value * _MIN_PER_H / time.value)


class Concentration(_Amount):
    """Milligrams in a millilitre."""

    unit = Unit.MG_PER_ML

    def __mul__(self, volume: Volume) -> Mass:
        _only(Volume, volume)
        with localcontext(prec=_DIGITS):
            return Mass(self.value * volume.value)


class Mass(_Amount):
    """Milligrams of a drug."""

    unit = Unit.MG

    @classmethod
    def from_mcg(cls, micrograms: Decimal) -> Mass:
        """The mass of that many micrograms."""
        with localcontext(prec=_DIGITS):
            return cls(_exact(micrograms) / _MCG_PER_MG)

    @property
    def mcg(self) -> Decimal:
        """The same mass in micrograms."""
        with localcontext(prec=_DIGITS):
            return self.value * _MCG_PER_MG

    def __truediv__(self, concentration: Concentration) -> Volume:
        _only(Concentration, concentration)
        with localcontext(prec=_DIGITS):
            return Volume(self.value / concentration.value)

    def for_each_kg(self, weight: BodyWeight) -> DoseForWeight:
        """The same mass as a dose for the weight of a patient."""
        _only(BodyWeight, weight)
        with localcontext(prec=_DIGITS):
            return DoseForWeight(self.value / weight.value)


class BodyWeight(_Amount):
    """Kilograms of a patient. A weight is no mass of drug: they are never added."""

    unit = Unit.KG

    @classmethod
    def from_lb(cls, pounds: Decimal) -> BodyWeight:
        """The weight of that many pounds."""
        with localcontext(prec=_DIGITS):
            return cls(_exact(pounds) * _KG_PER_LB)


class DoseForWeight(_Amount):
    """Milligrams for each kilogram."""

    unit = Unit.MG_PER_KG

    def __mul__(self, weight: BodyWeight) -> Mass:
        _only(BodyWeight, weight)
        with localcontext(prec=_DIGITS):
            return Mass(self.value * weight.value)


class Duration(_Amount):
    """Minutes."""

    unit = Unit.MIN


class Rate(_Amount):
    """Millilitres in an hour."""

    unit = Unit.ML_PER_H

    def __mul__(self, time: Duration) -> Volume:
        _only(Duration, time)
        with localcontext(prec=_DIGITS):
            return Volume(self.value * time.value / _MIN_PER_H)


def plain(number: Decimal) -> str:
    """A decimal as a person writes it: no exponent, no noughts behind the last digit."""
    with localcontext(prec=_DIGITS):
        shown = f"{number:f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


# --- what a person types -------------------------------------------------------------------------------------
_TYPED = re.compile(
    r"(?P<number>[0-9][0-9.,]*|[.,][0-9]+)\s*(?P<unit>[a-zA-Zµμ/]*(?:\s*/\s*[a-zA-Z]+)?)", re.ASCII
)
_PLAIN = re.compile(r"[0-9]+(\.[0-9]+)?", re.ASCII)
_SPELLINGS = {
    "mg": Unit.MG,
    "mcg": Unit.MCG,
    "ug": Unit.MCG,
    "µg": Unit.MCG,
    "μg": Unit.MCG,
    "ml": Unit.ML,
    "kg": Unit.KG,
    "kgs": Unit.KG,
    "lb": Unit.LB,
    "lbs": Unit.LB,
    "mg/kg": Unit.MG_PER_KG,
    "mg/ml": Unit.MG_PER_ML,
    "ml/h": Unit.ML_PER_H,
    "ml/hr": Unit.ML_PER_H,
    "min": Unit.MIN,
    "device": Unit.DEVICES,
    "devices": Unit.DEVICES,
    "piece": Unit.PIECES,
    "pieces": Unit.PIECES,
}


def read(typed: str, unit: Unit, *, decimals: int) -> Decimal:
    """The number that was typed into a field of ``unit``, exactly.

    The unit itself may stand behind it; another one is refused, and where it can be converted the sentence says
    what to type. A comma, a point without its nought, an exponent and a sign are refused: each is read as
    another number by somebody.

    Raises:
        NotAnAmount: with a sentence for the person.
    """
    text = typed.strip()
    found = _TYPED.fullmatch(text)
    if not text.isprintable() or found is None:
        wanted = f"how many {unit}, such as 2" if decimals == 0 else f"a number in {unit}, such as 12.5"
        raise NotAnAmount(f"Write {wanted}.")
    number = _number(found["number"])
    named = found["unit"].replace(" ", "")
    if named:
        _same_unit(named, number, unit)
    if -_exponent(number) > decimals:
        at_most = "a whole number" if decimals == 0 else f"at most {decimals} digits behind the point"
        raise NotAnAmount(f"Write {at_most}: nothing is rounded here.")
    return number


def _number(text: str) -> Decimal:
    if "," in text:
        raise NotAnAmount("Write the decimal with a point and nothing between the thousands: 1.5 or 1500.")
    if text.startswith("."):
        raise NotAnAmount(f"Write 0{text}: a point without its nought is easily overlooked.")
    if not _PLAIN.fullmatch(text):
        raise NotAnAmount("Write one number with at most one point, and a digit behind it, such as 0.5.")
    return Decimal(text)


def _same_unit(named: str, number: Decimal, unit: Unit) -> None:
    meant = _SPELLINGS.get(named.lower())
    if meant is unit:
        return
    if meant is None:
        raise NotAnAmount(f"This field is in {unit}. Write the number alone.")
    told = _converted(number, meant, unit)
    if told is None:
        raise NotAnAmount(f"This field is in {unit}, and {meant} is something else.")
    raise NotAnAmount(f"This field is in {unit}: {plain(number)} {meant} is {told} {unit}.")


def _converted(number: Decimal, meant: Unit, unit: Unit) -> str | None:
    if (meant, unit) == (Unit.MCG, Unit.MG):
        return plain(Mass.from_mcg(number).value)
    if (meant, unit) == (Unit.MG, Unit.MCG):
        return plain(Mass(number).mcg)
    if (meant, unit) == (Unit.LB, Unit.KG):
        return plain(BodyWeight.from_lb(number).rounded(_TENTH).value)
    return None


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _exact(number: Decimal) -> Decimal:
    if not isinstance(number, Decimal):
        raise TypeError(f"{number!r} is no exact decimal.")
    return number


def _only(kind: type[_Amount], amount: object) -> None:
    if not isinstance(amount, kind):
        raise TypeError(f"{amount} is not in {kind.unit}.")
