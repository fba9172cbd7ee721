"""Which equations belong to which model: parameters and a person to a linear system, a dose to its inflows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from euthymia.evidence import KineticModel
from euthymia.pharmacology import _equations_gut as gut
from euthymia.pharmacology import _equations_vein as vein
from euthymia.pharmacology import _individual as own
from euthymia.pharmacology._graph import Graph, assemble
from euthymia.pharmacology._graph import Parameters as Parameters
from euthymia.pharmacology._regimen import Administration, Covariates
from euthymia.pharmacology._system import Inflow, Solution, System, solve


@dataclass(frozen=True, slots=True)
class Structure:
    """The equations behind a model.

    Attributes:
        needs: the covariates without which there is no prediction.
        has_organs: whether gut wall and liver are there to be changed.
        adapt: a model, a person and typical parameters to that person's parameters.
        graph: one person's parameters to compartments and flows.
        system: one person's parameters to the linear system.
        inflows: one dose of that person to what enters which compartment.
    """

    needs: tuple[str, ...]
    has_organs: bool
    adapt: Callable[[KineticModel, Any, Parameters], Parameters]
    graph: Callable[[KineticModel, Parameters], Graph]
    system: Callable[[KineticModel, Parameters], System]
    inflows: Callable[[KineticModel, Parameters, Administration], tuple[Inflow, ...]]

    def individual(self, model: KineticModel, person: Covariates) -> Parameters:
        """Return a typical person's parameters, given the covariates: h, L and mg throughout."""
        return self.adapt(model, person, own.typical_values(model))


def structure(model: KineticModel) -> Structure:
    """Return the equations that ``model`` names."""
    return _STRUCTURES[model.structure]


def solution(model: KineticModel, person: Covariates, doses: Sequence[Administration]) -> Solution:
    """Solve ``model`` for a person and at least one dose of the substance it describes."""
    equations = structure(model)
    parameters = equations.individual(model, person)
    inflows = [inflow for dose in doses for inflow in equations.inflows(model, parameters, dose)]
    return solve(equations.system(model, parameters), inflows)


def _structure(
    needs: tuple[str, ...],
    adapt: Callable[[KineticModel, Any, Parameters], Parameters],
    graph: Callable[[KineticModel, Parameters], Graph],
    inflows: Callable[[KineticModel, Parameters, Administration], tuple[Inflow, ...]],
    *,
    has_organs: bool = False,
) -> Structure:
    return Structure(needs, has_organs, adapt, graph, lambda model, p: assemble(graph(model, p)), inflows)


_WEIGHT = ("weight_kg",)
_STRUCTURES: Mapping[str, Structure] = {
    "hepato-portal": _structure(
        ("age_years",), own.perez_ruixo, gut.hepato_portal, gut.by_nose_vein_or_mouth, has_organs=True
    ),
    "gut-and-liver": _structure(
        _WEIGHT, own.with_organs, gut.gut_and_liver, gut.by_vein_or_mouth, has_organs=True
    ),
    "film": _structure(_WEIGHT, own.scaled, gut.film, gut.by_film_or_vein),
    "mammillary": _structure(_WEIGHT, own.scaled, vein.mammillary, vein.into_vein),
    "micro-constants": _structure(_WEIGHT, own.per_kilogram, vein.mammillary, vein.into_vein),
    "enantiomers": _structure(_WEIGHT, own.scaled, vein.enantiomers, vein.both_into_vein),
}
