"""Predicted intervals of 50 and 90 of 100, and whether what was found lies inside."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Of every predicted number these quantiles are kept."""


def quantiles_of(drawn: Floats) -> tuple[float, ...]:
    """Return the quantiles ``SHARES`` of what was drawn."""
    return tuple(round(float(one), 4) for one in np.quantile(drawn, SHARES))


def inside(found: float, quantiles: Sequence[float], per_cent: int, room: float = 0.0) -> bool:
    """Whether ``found`` lies in the interval of 50 or 90 of 100, or no further than ``room`` outside."""
    low, high = (0, 4) if per_cent == 90 else (1, 3)
    return quantiles[low] - room <= found <= quantiles[high] + room
