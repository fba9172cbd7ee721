"""What was given, and to whom: the values a prediction is asked with."""

import math
from dataclasses import dataclass
from enum import StrEnum

DAY_H = 24.0


class InvalidRequest(ValueError):
    """The question itself is wrong. The message is a sentence that says what to change."""


class Route(StrEnum):
    """How a dose is given."""

    NASAL = "nasal"
    IV = "iv"
    ORAL = "oral"


class Ancestry(StrEnum):
    """Ancestry as the esketamine population analysis recorded it."""

    OTHER = "other"
    ASIAN = "asian"
    """Asian other than Japanese."""
    JAPANESE = "japanese"

    @property
    def is_asian(self) -> bool:
        """Whether the effects of Asian ancestry apply; they apply to Japanese people too."""
        return self is not Ancestry.OTHER


@dataclass(frozen=True, slots=True)
class Covariates:
    """What a model may want to know of a person. A model ignores what it has no effect for.

    Args:
        age_years: needed by models with an effect of age.
        weight_kg: needed by models scaled by weight.
        ancestry: ``other`` unless stated.
    """

    age_years: float | None = None
    weight_kg: float | None = None
    ancestry: Ancestry = Ancestry.OTHER

    def __post_init__(self) -> None:
        for name, value in (("age", self.age_years), ("weight", self.weight_kg)):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise InvalidRequest(f"The {name} must be a number above zero; it was {value:g}.")


@dataclass(frozen=True, slots=True)
class Administration:
    """One dose: a nasal device, an infusion, an injection or an oral dose.

    Args:
        time_h: when it starts, in hours on any clock the caller keeps to.
        amount_mg: milligrams of base.
        route: how it is given.
        duration_h: length of an infusion; 0 is an injection. Only for the intravenous route.
        device: which nasal device of its session this is, counted from 1; each session starts anew.
    """

    time_h: float
    amount_mg: float
    route: Route
    duration_h: float = 0.0
    device: int | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.time_h):
            raise InvalidRequest("The time of a dose must be a finite number of hours.")
        if not (math.isfinite(self.amount_mg) and self.amount_mg > 0):
            raise InvalidRequest(f"A dose must be above 0 mg; it was {self.amount_mg:g} mg.")
        if not (math.isfinite(self.duration_h) and self.duration_h >= 0):
            raise InvalidRequest(f"An infusion cannot last {self.duration_h:g} h.")
        if self.duration_h and self.route is not Route.IV:
            raise InvalidRequest(f"Only an intravenous dose has a duration; this one is {self.route}.")
        if (self.device is None) == (self.route is Route.NASAL):
            raise InvalidRequest(
                "A nasal dose, and only a nasal dose, needs its number in the session (1, 2, 3)."
            )
        if self.device is not None and self.device < 1:
            raise InvalidRequest(f"Devices are counted from 1; this one was {self.device}.")


def nasal_session(
    devices: int, *, device_mg: float, interval_h: float, start_h: float = 0.0
) -> tuple[Administration, ...]:
    """Return one nasal session: so many devices of ``device_mg``, ``interval_h`` apart, from ``start_h``."""
    if devices < 1:
        raise InvalidRequest(f"A nasal session needs at least one device; it had {devices}.")
    return tuple(
        Administration(start_h + number * interval_h, device_mg, Route.NASAL, device=number + 1)
        for number in range(devices)
    )


def infusion(amount_mg: float, minutes: float, *, start_h: float = 0.0) -> tuple[Administration, ...]:
    """Return one intravenous infusion of ``amount_mg`` over ``minutes`` (0 is an injection)."""
    return (Administration(start_h, amount_mg, Route.IV, duration_h=minutes / 60),)
