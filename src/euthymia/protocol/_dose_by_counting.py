"""The second of two ways to a dose: whole micrograms, grams and microlitres, read digit by digit and counted.

The other is ``_dose_by_decimals``. They share no code, no rounding and no kind of number: a slip in one is found
by the other. ``None`` means that a figure has more digits than this way can count.
"""

from decimal import Decimal

_PLACES = 3
_SECONDS_PER_H = 3600
_SECONDS_PER_MIN = 60


def mass_mg(mg_per_kg: Decimal, weight_kg: Decimal) -> Decimal | None:
    """Return the dose in mg for a weight: micrograms for each kg times grams."""
    micrograms, grams = _thousandths(mg_per_kg), _thousandths(weight_kg)
    if micrograms is None or grams is None:
        return None
    return _spelled(micrograms * grams, _PLACES + _PLACES)


def volume_ml(dose_mg: Decimal, mg_per_ml: Decimal) -> Decimal | None:
    """Return the volume in mL that holds the dose: how many hundredths of a mL, the nearest."""
    micrograms, per_ml = _thousandths(dose_mg), _thousandths(mg_per_ml)
    if micrograms is None or per_ml is None:
        return None
    return _nearest_hundredth(micrograms, per_ml)


def rate_ml_per_h(volume: Decimal, minutes: Decimal) -> Decimal | None:
    """Return the rate in mL/h: microlitres by milliseconds, as many as an hour has."""
    microlitres, milliminutes = _thousandths(volume), _thousandths(minutes)
    if microlitres is None or milliminutes is None:
        return None
    return _nearest_hundredth(microlitres * _SECONDS_PER_H, milliminutes * _SECONDS_PER_MIN)


def mg_per_kg(dose_mg: Decimal, weight_kg: Decimal) -> Decimal | None:
    """Return the dose for weight: micrograms by grams, in thousandths, the nearest."""
    micrograms, grams = _thousandths(dose_mg), _thousandths(weight_kg)
    if micrograms is None or grams is None or grams <= 0:
        return None
    thousandths, rest = divmod(micrograms * 10**_PLACES, grams)
    return _spelled(thousandths + (2 * rest >= grams), _PLACES)


def devices_mg(devices: int, mg_per_device: Decimal) -> Decimal | None:
    """Return the dose in mg of a number of devices, counted one after the other."""
    each = _thousandths(mg_per_device)
    if each is None:
        return None
    total = 0
    for _ in range(devices):
        total += each
    return _spelled(total, _PLACES)


def _nearest_hundredth(part: int, whole: int) -> Decimal | None:
    if whole <= 0:
        return None
    hundredths, rest = divmod(part * 100, whole)
    return _spelled(hundredths + (2 * rest >= whole), 2)


def _spelled(count: int, places: int) -> Decimal:
    digits = str(abs(count)).rjust(places + 1, "0")
    return Decimal(f"{'-' if count < 0 else ''}{digits[:-places]}.{digits[-places:]}")


def _thousandths(number: Decimal) -> int | None:
    whole, _, fraction = f"{number:f}".partition(".")
    fraction = fraction.rstrip("0")
    return None if len(fraction) > _PLACES else int(whole + fraction.ljust(_PLACES, "0"))
