"""Where a concentration is highest: a grid that follows the events, then finer ones around its best point."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from euthymia.pharmacology._system import Solution
from euthymia.pharmacology._timeline import Timeline

Floats = npt.NDArray[np.float64]

# Points between two events, denser after the earlier one: curves turn soon after a dose, not a day later.
_POINTS = 96
# With more events than this, only the gaps in which a coarse look finds the highest values are looked at closely.
_MANY, _COARSE_POINTS, _CLOSE_GAPS = 100, 4, 50
# Each round looks at 64 points between the neighbours of the best one, a step 31 times smaller than before.
_ROUND_POINTS = 64
_ROUNDS = 5


def peaks(solution: Solution | Timeline, until_h: float) -> tuple[Floats, Floats]:
    """Return the highest concentration of each analyte and its time, from the first event to ``until_h``.

    Every event is itself a point of the grid, so that a peak at the end of an infusion is met exactly.
    Between events the curves are smooth and a peak is enclosed by its neighbours on the grid; five rounds
    bring the time to where the curve is flat to rounding.

    Returns:
        (m,) heights in ng/mL and (m,) times in hours on the clock of the doses.
    """
    ends = np.append(solution.events[1:], until_h)
    gaps = list(zip(solution.events, ends, strict=True))
    grid = _grid(gaps, _POINTS if len(gaps) <= _MANY else _COARSE_POINTS)
    values = np.asarray(solution.concentrations(grid))
    if len(gaps) > _MANY:
        grid = np.union1d(grid, _grid(_highest(gaps, grid, values), _POINTS))
        values = np.asarray(solution.concentrations(grid))
    columns = [_refine(solution, grid, values[:, column], column) for column in range(values.shape[1])]
    heights, times = zip(*columns, strict=True)
    return np.asarray(heights), np.asarray(times)


def _grid(gaps: Sequence[tuple[float, float]], points: int) -> Floats:
    squares = np.linspace(0.0, 1.0, points) ** 2
    return np.unique(np.concatenate([start + (end - start) * squares for start, end in gaps]))


def _highest(gaps: Sequence[tuple[float, float]], grid: Floats, values: Floats) -> list[tuple[float, float]]:
    """Return, for every analyte, the gaps around the highest of ``values``."""
    starts = np.asarray([start for start, _ in gaps])
    best = np.argsort(values, axis=0)[-_CLOSE_GAPS:].ravel()
    chosen = np.searchsorted(starts, grid[best], side="right") - 1
    around = np.unique(np.concatenate([chosen, np.maximum(chosen - 1, 0)]))
    return [gaps[place] for place in around]


def _refine(solution: Solution | Timeline, grid: Floats, values: Floats, column: int) -> tuple[float, float]:
    best = int(np.argmax(values))
    height, time = float(values[best]), float(grid[best])
    low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, len(grid) - 1)])
    for _ in range(_ROUNDS):
        finer = np.linspace(low, high, _ROUND_POINTS)
        found = np.asarray(solution.concentrations(finer))[:, column]
        top = int(np.argmax(found))
        if found[top] > height:
            height, time = float(found[top]), float(finer[top])
        low, high = float(finer[max(top - 1, 0)]), float(finer[min(top + 1, _ROUND_POINTS - 1)])
    return height, time
