"""What a linear compartment system is made of, and what can be asked of its solution."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from jax import Array

MG_PER_L_IN_NG_PER_ML = 1000.0

Floats: TypeAlias = npt.NDArray[np.float64]
Numbers: TypeAlias = Array | Floats


@dataclass(frozen=True, slots=True)
class Inflow:
    """Drug entering a compartment: at once when ``duration_h`` is 0, else at a constant rate.

    ``amount_mg`` may be a JAX scalar, so that a solution can be differentiated by what it depends on.
    """

    start_h: float
    duration_h: float | Array
    compartment: str
    amount_mg: float | Array


@dataclass(frozen=True, slots=True)
class Start:
    """Where a solution begins when not from empty compartments.

    Attributes:
        at_h: the time.
        amounts: (n,) mg.
        areas: (m,) ng*h/mL, the areas under the curves up to then.
    """

    at_h: float
    amounts: Floats
    areas: Floats


@dataclass(frozen=True, slots=True)
class System:
    """Compartments, the rates between them and what is measured.

    Attributes:
        compartments: names, in the order of the rows and columns.
        rates: (n, n), 1/h; entry (i, j) is the flow into i for each mg in j, and the diagonal the loss.
        observed: (m, n), (ng/mL)/mg; row k times the amounts is the concentration of analyte k.
    """

    compartments: tuple[str, ...]
    rates: Numbers
    observed: Numbers


@dataclass(frozen=True)
class Solution(ABC):
    """A system's course, to be read at any time.

    Attributes:
        events: (e,) times in hours at which something starts or stops, sorted.
    """

    system: System
    events: Floats

    @abstractmethod
    def read(self, times_h: Sequence[float] | Floats) -> tuple[Numbers, Numbers, Numbers]:
        """Return amounts (t, n), concentrations (t, m) and areas (t, m) at ``times_h``."""

    @abstractmethod
    def exposure_without_end(self) -> Numbers:
        """Return (m,) areas under the curves to infinity, in ng*h/mL: -O A^-1 times all that entered."""

    def concentrations(self, times_h: Sequence[float] | Floats) -> Numbers:
        """Return (t, m) concentrations in ng/mL at ``times_h``; 0 before the first event."""
        return self.read(times_h)[1]

    def exposures(self, times_h: Sequence[float] | Floats) -> Numbers:
        """Return (t, m) areas under the curves, in ng*h/mL, from the first event to ``times_h``."""
        return self.read(times_h)[2]

    def amounts(self, times_h: Sequence[float] | Floats) -> Numbers:
        """Return (t, n) amounts in mg in each compartment at ``times_h``."""
        return self.read(times_h)[0]

    def since(self, times_h: Sequence[float] | Floats) -> tuple[npt.NDArray[np.int64], Floats]:
        """Return the event before each time, -1 for none, and the hours since it."""
        times = np.asarray(times_h, dtype=np.float64)
        event = np.searchsorted(self.events, times, side="right") - 1
        return event, np.where(event >= 0, times - self.events[event], 0.0)


def event_times(inflows: Sequence[Inflow], start: Start | None) -> Floats:
    """Return the times at which something starts or stops, sorted."""
    begun = () if start is None else (start.at_h,)
    ends = (inflow.start_h + inflow.duration_h for inflow in inflows)
    return np.unique([*begun, *(inflow.start_h for inflow in inflows), *ends])
