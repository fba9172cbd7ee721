"""A kinetic model with an effect site and what adapts to it, as the linear part that the engine takes."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import jax.numpy as jnp
import numpy as np
from jax import Array

from euthymia.evidence import KineticModel
from euthymia.pharmacology._dosing import Dosing
from euthymia.pharmacology._engine import Linear
from euthymia.pharmacology._graph import Graph
from euthymia.pharmacology._structures import structure

Rates: TypeAlias = list[list[Array]]

# Delays in a row have one rate, whose modes have no closed form. Moved this much apart, up and down, they pass on the
# same to about the square of it, a part in ten million, and five digits of sixteen are lost.
_APART = 3e-4


class LinearPart:
    """Builds the linear part from parameters (b·p, people): those of each visit, one after the other.

    Where the visits of a person differ, each dose goes by the parameters of its own visit for good: every visit has
    compartments of its own, and what is read is their sum.

    Args:
        model: the kinetic model.
        names: of its parameters, in their order.
        typical: one person's parameters by name, to see which compartments in a row have one rate.
        dosing: what the doses bring.
        site: the compartments beyond the model: hourly rates at which the effect site follows plasma, and at which
            what adapts follows the effect site.
        followed: the analyte that the effect site follows.
    """

    def __init__(
        self,
        model: KineticModel,
        names: tuple[str, ...],
        typical: Mapping[str, float],
        dosing: Dosing,
        site: tuple[float, float],
        followed: str,
    ) -> None:
        self._model, self._names, self._dosing, self._site, self._followed = (
            model,
            names,
            dosing,
            site,
            followed,
        )
        self._factors = _factors(structure(model).graph(model, typical))

    def __call__(self, parameters: Array) -> Linear:
        """Return the linear part of the people in ``parameters``."""
        by_visit = parameters.reshape(-1, len(self._names), parameters.shape[1])
        banks = [dict(zip(self._names, own, strict=True)) for own in by_visit]
        graphs = [structure(self._model).graph(self._model, own) for own in banks]
        names, none = (*graphs[0].compartments, "effect site", "adapted"), jnp.zeros_like(parameters[0])

        def row(weights: Mapping[str, Any]) -> Array:
            return jnp.stack([none + weights.get(name, 0.0) for name in names])

        def along(rows: Sequence[Array]) -> Array:
            return jnp.concatenate(rows)  # the compartments of one visit after those of another

        plasma = [self._plasma(graph) for graph in graphs]
        site, adapted = (along([row({name: 1.0})] * len(banks)) for name in names[-2:])
        readings = [along([row(each[analyte]) for each in plasma]) for analyte in plasma[0]]
        rates = [self._rates(graph, names, none) for graph in graphs]
        return Linear(
            jnp.stack([jnp.stack([jnp.stack(line) for line in each]) for each in rates]),
            *self._dosing.entering(banks, names),
            site[None],
            jnp.stack([*readings, site, adapted]),
            *self._dosing.dripping(banks, names),
        )

    def _plasma(self, graph: Graph) -> dict[str, Mapping[str, Any]]:
        return dict(zip((analyte.key for analyte in self._model.analytes), graph.observed, strict=True))

    def _rates(self, graph: Graph, names: tuple[str, ...], none: Array) -> Rates:
        at = {name: place for place, name in enumerate(names)}
        rates = [[none] * len(at) for _ in at]
        for (origin, target), rate in graph.flows.items():
            moved = rate * self._factors.get(origin, 1.0)
            rates[at[target]][at[origin]] += moved
            rates[at[origin]][at[origin]] -= moved
        for origin, rate in graph.losses.items():
            rates[at[origin]][at[origin]] -= rate * self._factors.get(origin, 1.0)
        follow, adapt = self._site
        for name, factor in self._plasma(graph)[self._followed].items():
            rates[at["effect site"]][at[name]] += follow * factor
        rates[at["effect site"]][at["effect site"]] -= follow
        rates[at["adapted"]][at["effect site"]] += adapt
        rates[at["adapted"]][at["adapted"]] -= adapt
        return rates


def _factors(graph: Graph) -> dict[str, float]:
    """Return by what the outflows of a compartment are multiplied where it and the next in a row have one rate."""
    leaving = dict.fromkeys(graph.compartments, 0.0)
    for (origin, _), rate in graph.flows.items():
        leaving[origin] += rate
    for origin, rate in graph.losses.items():
        leaving[origin] += rate
    found: dict[str, float] = {}
    for origin, target in graph.flows:
        back = (target, origin) in graph.flows
        if not back and origin not in found and np.isclose(leaving[origin], leaving[target], rtol=1e-9):
            found |= {origin: 1 + _APART, target: 1 - _APART}
    return found
