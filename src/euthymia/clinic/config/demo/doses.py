"""The doses of the demo, worked out from the rules' own numbers."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from euthymia.clinic.visits.assess import Dose
from euthymia.evidence import RuleBook, read_sourced
from euthymia.protocol import Product
from euthymia.protocol.plan import doses_of_regimen

STEP_UP_AT = 3  # the session from which a synthetic patient may get the higher nasal dose
_CENT = Decimal("0.01")


def dose(product: Product, book: RuleBook, *, session: int, weight_kg: Decimal, steps_up: bool) -> Dose:
    """The dose of one session, counted from 1."""
    if product is Product.ESKETAMINE_NASAL:
        return _nasal(book, session, steps_up)
    return _infused(book, weight_kg)


def _nasal(book: RuleBook, session: int, steps_up: bool) -> Dose:
    first = max(doses_of_regimen(book, first=True))
    dose_mg = max(doses_of_regimen(book)) if steps_up and session >= STEP_UP_AT else first
    return Dose(dose_mg=dose_mg, devices=int(dose_mg / book["DEV-1"].number("mg_per_device")))


def _infused(book: RuleBook, weight_kg: Decimal) -> Dose:
    mg_per_kg = book["IV-DOSE-6"].numbers("steps")[0]
    minutes = book["IV-DOSE-3"].number("minutes_min")
    concentration = read_sourced("demo/synthetic.toml").table("infusion").number("concentration").value
    dose_mg = (mg_per_kg * weight_kg).quantize(Decimal(1), ROUND_HALF_UP)
    volume = (dose_mg / Decimal(str(concentration))).quantize(_CENT, ROUND_HALF_UP)
    return Dose(
        dose_mg=dose_mg,
        mg_per_kg=mg_per_kg,
        minutes=minutes,
        concentration_mg_per_ml=Decimal(str(concentration)),
        volume_ml=volume,
        rate_ml_per_h=(volume * 60 / minutes).quantize(_CENT, ROUND_HALF_UP),
    )
