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
    FILM = "film"
    """A thin film under the tongue or in the cheek."""
    IM = "im"
    """Into a muscle: no model here has it."""
    SC = "sc"
    """Under the skin: no model here has it."""


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
        liver_clearance: the liver's intrinsic clearance of ketamine, as a part of a healthy liver's.
        gut_clearance: the gut wall's, likewise. ``euthymia.pharmacology.under`` gives both for a known
            interaction; they act in models that have the organs.
    """

    age_years: float | None = None
    weight_kg: float | None = None
    ancestry: Ancestry = Ancestry.OTHER
    liver_clearance: float = 1.0
    gut_clearance: float = 1.0

    def __post_init__(self) -> None:
        for name, value in (
            ("age", self.age_years),
            ("weight", self.weight_kg),
            ("liver's clearance", self.liver_clearance),
        ):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise InvalidRequest(f"The {name} must be a number above zero; it was {value:g}.")
        if not (math.isfinite(self.gut_clearance) and self.gut_clearance >= 0):
            raise InvalidRequest(
                f"The gut's clearance must be a number of at least zero; it was {self.gut_clearance:g}."
            )

    @property
    def asian(self) -> float:
        """1 where the effects of Asian ancestry apply, else 0."""
        return float(self.ancestry.is_asian)

    @property
    def japanese(self) -> float:
        """1 where the effects of Japanese ancestry apply, else 0."""
        return float(self.ancestry is Ancestry.JAPANESE)


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


@dataclass(frozen=True, slots=True)
class SteadyState:
    """The same doses for ever before ``at_h``, every ``interval_h``: what is in the body when that has settled.

    Args:
        at_h: when the settled state is reached; the next doses from here on are given in the regimen itself.
        interval_h: from one set of doses to the next.
        doses: one set, timed from 0.
        adds: added to what is in the body already; otherwise it takes its place.
    """

    at_h: float
    interval_h: float
    doses: tuple[Administration, ...]
    adds: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.at_h) and math.isfinite(self.interval_h) and self.interval_h > 0):
            raise InvalidRequest(f"A steady state needs an interval above 0 h; it was {self.interval_h:g} h.")
        if not self.doses or any(not 0 <= dose.time_h < self.interval_h for dose in self.doses):
            raise InvalidRequest("The doses of a steady state lie within one interval, timed from 0.")


@dataclass(frozen=True, slots=True)
class Regimen:
    """Everything that happens to one person: doses, and where it changes what the doses meet.

    Args:
        administrations: at least one dose, in any order.
        changes: from a time on the person is another: weight, age, what liver and gut clear.
        resets_h: times at which the body is emptied and what still flows is stopped.
        steady: states reached before the table begins.
    """

    administrations: tuple[Administration, ...]
    changes: tuple[tuple[float, Covariates], ...] = ()
    resets_h: tuple[float, ...] = ()
    steady: tuple[SteadyState, ...] = ()

    def __post_init__(self) -> None:
        if not all(math.isfinite(time) for time in (*self.resets_h, *(at for at, _ in self.changes))):
            raise InvalidRequest("The time of a change or a reset must be a finite number of hours.")


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
