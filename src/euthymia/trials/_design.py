"""Trial designs: who is treated how, in which arms, and when they are seen. ``_read`` reads them from TOML."""

from dataclasses import dataclass, field

import numpy as np

PRODUCTS = ("esketamine-nasal", "ketamine-iv", "esketamine-iv", "placebo-nasal", "placebo-iv", "midazolam-iv")
ANTIDEPRESSANTS, SETTINGS = ("new", "continued", "none"), ("blinded", "open-label", "anaesthesia")
AMONG = ("remitters", "responders", "stable remitters")
SIZES = ("enrolled", "followed")
ANCESTRIES = ("other", "asian", "japanese")
MOST_SCORE = 60.0
LONGEST_H = 24 * 3650.0


@dataclass(frozen=True)
class Baseline:
    """Scores at entry, in points: normal with this mean and SD, cut at ``entry_minimum``."""

    mean: float
    sd: float
    entry_minimum: float = 0.0


@dataclass(frozen=True)
class Who:
    """The people of a trial: means and SDs of age (years) and weight (kg), and parts of the people."""

    age_years: tuple[float, float]
    weight_kg: tuple[float, float]
    female: float
    ancestry: tuple[tuple[str, float], ...]
    failed_antidepressants: tuple[int, int]


@dataclass(frozen=True)
class Flexible:
    """A part of the people goes up to ``to_mg`` from the session of that number (counted from 1)."""

    to_mg: float
    share: float
    from_session: int


@dataclass(frozen=True)
class Arm:
    """One arm. ``days`` count from 1, the day of the first dose; ``dose_mg`` has one for each day."""

    name: str
    n: int
    product: str
    days: tuple[float, ...]
    baseline: Baseline
    dose_mg: tuple[float, ...] = ()
    dose_mg_per_kg: float | None = None
    minutes: float = 0.0
    flexible: Flexible | None = None
    oral_antidepressant: str = "none"
    control: bool = False
    setting: str = "blinded"
    dropout_by_end: float = 0.0

    @property
    def active(self) -> bool:
        """Whether ketamine is given at all."""
        return not self.product.startswith(("placebo", "midazolam"))

    @property
    def sessions_h(self) -> tuple[float, ...]:
        """When each session begins, in hours since the first dose of day 1."""
        return tuple(24.0 * (day - 1) for day in self.days)


_STABLE_H = 24 * 28.0
"""How long before the end of the first phase a stable remitter has been in remission."""


@dataclass(frozen=True)
class Relapse:
    """Whom to follow after ``from_h`` and what counts: so many scores in a row of at least ``score_at_least``.

    ``sizes_are`` says whose number the arms' ``n`` is: of those ``enrolled``, of whom a part is followed, or of those
    ``followed``. It changes no forecast, only how many are said to be at risk, and is no part of a design's hash.
    """

    among: str
    from_h: float
    score_at_least: float
    times_in_a_row: int
    every_h: float
    follow_h: float
    sizes_are: str = field(default="enrolled", repr=False)

    @property
    def visits_h(self) -> tuple[float, ...]:
        """The hours at which people are seen: before the follow-up, to choose them, and along it."""
        before = np.arange(self.from_h, max(self.from_h - _STABLE_H, 0.0), -self.every_h)[::-1]
        after = self.from_h + np.arange(self.every_h, self.follow_h + 1e-6, self.every_h)
        return tuple(float(hour) for hour in np.concatenate([before, after]))

    def begun(self, n: int, chosen_pct: float) -> float:
        """Return how many of an arm of ``n`` begin the follow-up, if so many per cent of those enrolled are chosen."""
        return float(n) if self.sizes_are == "followed" else n * chosen_pct / 100


@dataclass(frozen=True)
class Rerandomised:
    """This trial's people were already in an arm of another, and were chosen after it."""

    of: str
    arm: str
    who: str
    after_h: float


@dataclass(frozen=True)
class Design:
    """A trial. ``members`` are the trials that a pooled one is made of; ``same_people``: a crossover."""

    name: str
    title: str
    instrument: str
    who: Who
    visits_h: tuple[float, ...]
    remission_at_most: float
    arms: tuple[Arm, ...]
    members: tuple[str, ...] = ()
    relapse: Relapse | None = None
    rerandomised: Rerandomised | None = None
    washout_h: float | None = None
    warnings: tuple[str, ...] = ()

    @property
    def controls(self) -> tuple[Arm, ...]:
        """The arms that others are compared with."""
        return tuple(arm for arm in self.arms if arm.control)

    @property
    def same_people(self) -> bool:
        """Whether everybody is in every arm in turn."""
        return self.washout_h is not None
