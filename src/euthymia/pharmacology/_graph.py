"""Compartments and the flows between them, before they become matrices.

A graph holds plain expressions: its rates may be floats, JAX values, or the symbols of ``export``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import jax.numpy as jnp
import numpy as np
from jax import Array

from euthymia.pharmacology._system import System

Number: TypeAlias = Any  # a float, an array of one person's or many people's values, or a symbol
Parameters: TypeAlias = Mapping[str, Number]


@dataclass(frozen=True, slots=True)
class Graph:
    """A linear compartment model.

    Attributes:
        compartments: names, in the order of the matrices.
        flows: (from, to) to a rate in 1/h: what leaves one compartment enters another.
        losses: compartment to a rate in 1/h: what leaves the body, or the part of it that is modelled.
        observed: one row an analyte: compartment to (ng/mL)/mg.
    """

    compartments: tuple[str, ...]
    flows: Mapping[tuple[str, str], Number]
    losses: Mapping[str, Number]
    observed: tuple[Mapping[str, Number], ...]


def assemble(graph: Graph) -> System:
    """Fill the matrices; a flow leaves one compartment and enters another, so mass is kept."""
    at = {name: place for place, name in enumerate(graph.compartments)}
    rates: list[list[Number]] = [[0.0] * len(at) for _ in at]
    for (origin, target), rate in graph.flows.items():
        rates[at[target]][at[origin]] += rate
        rates[at[origin]][at[origin]] -= rate
    for origin, rate in graph.losses.items():
        rates[at[origin]][at[origin]] -= rate
    observed: list[list[Number]] = [[0.0] * len(at) for _ in graph.observed]
    for row, analyte in zip(observed, graph.observed, strict=True):
        for name, factor in analyte.items():
            row[at[name]] = factor
    traced = any(isinstance(number, Array) for row in (*rates, *observed) for number in row)
    matrix = jnp.array if traced else np.array
    return System(graph.compartments, matrix(rates), matrix(observed))
