"""The exact solution of a linear compartment system: one person's, from event to event.

Between two events (a bolus, the start or the end of a constant inflow) the amounts x obey dx/dt = A x + u with A
and u constant. In numbers that is solved in closed form, as a sum of exponentials (``_by_modes``); by matrix
exponentials (``_by_exponentials``) where a derivative is asked for, where compartments drain in a ring, or where
modes would lose digits.
"""

from collections.abc import Sequence

import numpy as np
from jax.core import Tracer

from euthymia.pharmacology._by_exponentials import by_exponentials
from euthymia.pharmacology._by_modes import by_modes, modes_of
from euthymia.pharmacology._compartments import MG_PER_L_IN_NG_PER_ML as MG_PER_L_IN_NG_PER_ML
from euthymia.pharmacology._compartments import Floats as Floats
from euthymia.pharmacology._compartments import Inflow as Inflow
from euthymia.pharmacology._compartments import Numbers as Numbers
from euthymia.pharmacology._compartments import Solution as Solution
from euthymia.pharmacology._compartments import Start as Start
from euthymia.pharmacology._compartments import System as System


def solve(system: System, inflows: Sequence[Inflow], start: Start | None = None) -> Solution:
    """Solve ``system`` for ``inflows``, from empty compartments or from ``start``.

    Args:
        inflows: in any order, none before ``start``; at least one where there is no start.
        start: amounts and areas at a time.

    Returns:
        The solution, exact at every time up to rounding.
    """
    parts = (system.rates, system.observed, *(inflow.amount_mg for inflow in inflows))
    if any(isinstance(part, Tracer) for part in parts):
        return by_exponentials(system, inflows, start)
    modes = modes_of(np.asarray(system.rates))
    if modes is None:
        return by_exponentials(system, inflows, start)
    return by_modes(system, modes, inflows, start)
