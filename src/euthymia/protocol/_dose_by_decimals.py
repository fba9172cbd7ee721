"""The first of two ways to a dose: amounts with their units, in exact decimals.

The other is ``_dose_by_counting``. They share no code: a slip in one is found by the other.
"""

from decimal import Decimal

from euthymia.protocol.units import (
    THOUSANDTH,
    BodyWeight,
    Concentration,
    DoseForWeight,
    Duration,
    Mass,
    Volume,
)


def mass_mg(mg_per_kg: Decimal, weight_kg: Decimal) -> Decimal:
    """Return the dose in mg for a weight, exactly."""
    return (DoseForWeight(mg_per_kg) * BodyWeight(weight_kg)).value


def volume_ml(dose_mg: Decimal, mg_per_ml: Decimal) -> Decimal:
    """Return the volume in mL that holds the dose, to the nearest hundredth."""
    return (Mass(dose_mg) / Concentration(mg_per_ml)).rounded().value


def rate_ml_per_h(volume: Decimal, minutes: Decimal) -> Decimal:
    """Return the rate in mL/h that gives the volume in that time, to the nearest hundredth."""
    return (Volume(volume) / Duration(minutes)).rounded().value


def mg_per_kg(dose_mg: Decimal, weight_kg: Decimal) -> Decimal:
    """Return the dose for weight in mg/kg, to the nearest thousandth."""
    return (Mass(dose_mg).for_each_kg(BodyWeight(weight_kg))).rounded(THOUSANDTH).value


def devices_mg(devices: int, mg_per_device: Decimal) -> Decimal:
    """Return the dose in mg of a number of devices."""
    return devices * mg_per_device
