"""A model as text that mrgsolve or rxode2 runs, made from the same equations that are solved here.

The equations are run once with symbols in place of numbers; what they build is written out. So a text cannot
say something else than the model does. Parameters are those of one person (weight, age, ancestry, organs); how
people differ around that person goes along. How the visits of a person differ, uncertainty and residual error do
not; the text says so by name.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from euthymia.evidence import KineticModel, Spread, kinetic_model, kinetic_models
from euthymia.pharmacology._events import RELEASED
from euthymia.pharmacology._graph import Graph
from euthymia.pharmacology._individual import typical_values
from euthymia.pharmacology._prediction import check_person
from euthymia.pharmacology._regimen import Administration, Covariates, InvalidRequest, Route
from euthymia.pharmacology._structures import structure


@dataclass(frozen=True, slots=True)
class Symbol:
    """An expression as text; arithmetic on it makes longer text, in brackets throughout."""

    text: str

    def __add__(self, other: "Symbol | float") -> "Symbol":
        return Symbol(f"({self.text} + {_text(other)})")

    def __radd__(self, other: float) -> "Symbol":
        return Symbol(f"({_text(other)} + {self.text})")

    def __sub__(self, other: "Symbol | float") -> "Symbol":
        return Symbol(f"({self.text} - {_text(other)})")

    def __rsub__(self, other: float) -> "Symbol":
        return Symbol(f"({_text(other)} - {self.text})")

    def __mul__(self, other: "Symbol | float") -> "Symbol":
        return self if _text(other) == "1.0" else Symbol(f"({self.text} * {_text(other)})")

    def __rmul__(self, other: float) -> "Symbol":
        return self if _text(other) == "1.0" else Symbol(f"({_text(other)} * {self.text})")

    def __truediv__(self, other: "Symbol | float") -> "Symbol":
        return Symbol(f"({self.text} / {_text(other)})")

    def __rtruediv__(self, other: float) -> "Symbol":
        return Symbol(f"({_text(other)} / {self.text})")


@dataclass(frozen=True, slots=True)
class _Written:
    """A model as lines of either language: names without blanks, expressions that both read alike."""

    model: KineticModel
    typical: Mapping[str, float]
    factors: Mapping[str, float]
    effects: tuple[str, ...]
    slopes: tuple[tuple[str, str], ...]
    bioavailable: tuple[tuple[str, str], ...]
    durations: tuple[tuple[str, str], ...]
    outputs: tuple[tuple[str, str], ...]
    how_to_dose: tuple[str, ...]
    who: str


def to_rxode2(model_id: str, person: Covariates) -> str:
    """Return the model for one person as a function for rxode2 or nlmixr2 (R).

    Raises:
        InvalidRequest: there is no such model, or it needs to know more of the person.
    """
    w = _write(model_id, person)
    lines = [
        *(f"# {line}" for line in _header(w)),
        f"{model_id.replace('-', '_')} <- function() {{",
        "  ini({",
    ]
    lines += [f"    tv_{key} <- {value!r}" for key, value in w.typical.items()]
    lines += [f"    {line}" for line in _rxode2_spread(w)]
    lines += ["  })", "  model({"]
    lines += [f"    i_{key} <- {_individual(w, key, 'min')}" for key in w.typical]
    lines += [f"    d/dt({name}) <- {expression}" for name, expression in w.slopes]
    lines += [f"    f({name}) <- {expression}" for name, expression in w.bioavailable]
    lines += [f"    dur({name}) <- {expression}" for name, expression in w.durations]
    lines += [f"    {name} <- {expression}" for name, expression in w.outputs]
    return "\n".join([*lines, "  })", "}", ""])


def to_mrgsolve(model_id: str, person: Covariates) -> str:
    """Return the model for one person as the text of an mrgsolve model file.

    Raises:
        InvalidRequest: there is no such model, or it needs to know more of the person.
    """
    w = _write(model_id, person)
    lines = [
        "$PROB",
        *_header(w),
        "",
        "$PARAM",
        *(f"tv_{key} = {value!r}" for key, value in w.typical.items()),
    ]
    lines += ["DEVICE = 1"] if Route.NASAL in w.model.routes else []
    lines += ["", "$CMT", " ".join(name for name, _ in w.slopes), ""]
    if w.effects:
        lines += ["$OMEGA @block", f"@labels {' '.join(f'eta_{key}' for key in w.effects)}"]
        lines += [" ".join(f"{value!r}" for value in row) for row in _lower(w)] + [""]
    lines += ["$MAIN", *(f"double i_{key} = {_individual(w, key, 'std::min')};" for key in w.typical)]
    lines += [f"F_{name} = {expression};" for name, expression in w.bioavailable]
    lines += [f"D_{name} = {expression};" for name, expression in w.durations]
    lines += ["", "$ODE", *(f"dxdt_{name} = {expression};" for name, expression in w.slopes)]
    lines += ["", "$TABLE", *(f"capture {name} = {expression};" for name, expression in w.outputs)]
    return "\n".join([*lines, ""])


@dataclass(frozen=True, slots=True)
class Record:
    """One row that the text of a model asks for where a dose is given.

    Attributes:
        time_h: when it begins; a lag, if a model had one, would be in it.
        place: the compartment's number in the text, from 1; ``compartment`` its name there.
        amount_mg: the whole dose; the text holds which part of it enters.
        rate: ``RELEASED``, mg/h for an infusion, or 0 for what enters at once.
    """

    time_h: float
    place: int
    compartment: str
    amount_mg: float
    rate: float


def records(model: KineticModel, person: Covariates, dose: Administration) -> Iterator[Record]:
    """Yield the rows by which the text of ``model`` for ``person`` gets ``dose``.

    The rate of an infusion is that of the part that enters: NONMEM and its kin divide that part, not the whole
    amount, by RATE to find how long it lasts.
    """
    equations = structure(model)
    own = equations.individual(model, person)
    symbols = {key: Symbol(f"i_{key}") for key in own}
    named: Sequence[Any] = equations.inflows(model, symbols, dose)  # durations are symbols here
    compartments = equations.graph(model, symbols).compartments
    for inflow, symbolic in zip(equations.inflows(model, own, dose), named, strict=True):
        if isinstance(symbolic.duration_h, Symbol):
            rate = RELEASED
        else:
            rate = float(inflow.amount_mg / inflow.duration_h) if inflow.duration_h else 0.0
        place, name = compartments.index(inflow.compartment) + 1, _name(inflow.compartment)
        yield Record(inflow.start_h, place, name, dose.amount_mg, rate)


def _write(model_id: str, person: Covariates) -> _Written:
    if model_id not in kinetic_models():
        raise InvalidRequest(f"There is no model '{model_id}'. There are: {', '.join(kinetic_models())}.")
    model = kinetic_model(model_id)
    check_person(model, person)
    equations = structure(model)
    own = {key: float(value) for key, value in equations.individual(model, person).items()}
    symbols = {key: Symbol(f"i_{key}") for key in own}
    doses = list(_brought(model, symbols))
    on_logit = {key for key, spread in model.variability.items() if spread.scale == "logit"}
    printed = typical_values(model)
    effects = tuple(key for key, spread in model.variability.items() if spread.variance is not None)
    return _Written(
        model=model,
        typical={key: printed[key] if key in on_logit else value for key, value in own.items()},
        factors={key: own[key] / printed[key] for key in on_logit},
        effects=effects,
        slopes=tuple(_slopes(equations.graph(model, symbols))),
        bioavailable=tuple((to, amount) for to, amount, _ in _merged(doses)),
        durations=tuple((to, duration) for to, _, duration in _merged(doses) if duration),
        outputs=tuple(_outputs(model, equations.graph(model, symbols))),
        how_to_dose=tuple(_how_to_dose(doses)),
        who=_who(model, person),
    )


def _header(w: _Written) -> list[str]:
    source = f"{w.model.source.title}; {w.model.source.where}"
    return [
        f"{w.model.title} ({w.model.id}, version {w.model.version}, data {w.model.parameters_hash[:12]})",
        f"Source: {source}",
        f"For {w.who}. Time in h, amounts in mg, volumes in L, outputs in ng/mL, {w.model.sampling_site} sampling.",
        *w.how_to_dose,
        *w.model.warns,
        *(f"Limit: {limit}" for limit in w.model.limits),
        *(
            f"{key} does not differ between people here: {spread.missing}"
            for key, spread in w.model.variability.items()
            if spread.variance is None
        ),
        *_left_out(w.model),
    ]


def _left_out(model: KineticModel) -> Iterator[str]:
    """Yield a line for each kind of difference that the model knows and the text does not have, by name."""
    visits = _variances(model.occasions)
    if visits:
        yield f"Left out: the visits of one person do not differ here; variances between them: {visits}."
    measured = [key for key, residual in model.residuals.items() if residual.variance is not None]
    if measured:
        yield f"Left out: the residual error of {', '.join(measured)}."
    if model.standard_errors:
        yield f"Left out: the uncertainty of the estimates of {', '.join(model.standard_errors)}."


def _variances(spreads: Mapping[str, Spread]) -> str:
    return ", ".join(
        f"{key} {spread.variance.value!r} ({spread.scale})"
        for key, spread in spreads.items()
        if spread.variance is not None
    )


def _who(model: KineticModel, person: Covariates) -> str:
    parts = [f"{person.weight_kg:g} kg"] if person.weight_kg else []
    parts += [f"{person.age_years:g} years"] if person.age_years else []
    parts.append(f"ancestry {person.ancestry}")
    if structure(model).has_organs:
        parts.append(
            f"liver clearance x {person.liver_clearance:g}, gut clearance x {person.gut_clearance:g}"
        )
    return ", ".join(parts)


def _individual(w: _Written, key: str, least: str) -> str:
    """Return the expression of one person's parameter from the typical one and what the person deviates by.

    What is spread on the logit scale is a part of a whole: a factor on it must not make it more than 1. ``least``
    is the language's word for the smaller of two numbers.
    """
    if key not in w.effects:
        return f"tv_{key}"
    if key not in w.factors:
        return f"tv_{key} * exp(eta_{key})"
    logit = f"1.0 / (1.0 + exp(-(log(tv_{key} / (1.0 - tv_{key})) + eta_{key})))"
    return logit if w.factors[key] == 1 else f"{least}(1.0, {w.factors[key]!r} * {logit})"


def _lower(w: _Written) -> list[list[float]]:
    """Return the lower triangle of the variances and covariances between people, by rows."""
    rows = []
    for place, key in enumerate(w.effects):
        row = []
        for other in w.effects[: place + 1]:
            pair = w.model.covariances.get((other, key)) or w.model.covariances.get((key, other))
            own = w.model.variability[key].variance if key == other else pair
            row.append(own.value if own is not None else 0.0)
        rows.append(row)
    return rows


def _rxode2_spread(w: _Written) -> Iterator[str]:
    if not w.effects:
        return
    names = " + ".join(f"eta_{key}" for key in w.effects)
    values = ", ".join(f"{value!r}" for row in _lower(w) for value in row)
    yield f"{names} ~ c({values})"


def _brought(model: KineticModel, symbols: Mapping[str, Symbol]) -> Iterator[tuple[str, str, str, str]]:
    """Yield (route, compartment, part of the dose, duration) for each thing that a dose brings."""
    for route in model.routes:
        devices = (1, 2) if route == Route.NASAL else (None,)
        brought: list[tuple[Any, ...]] = [  # the amounts and durations are symbols here
            structure(model).inflows(model, symbols, Administration(0.0, 1.0, Route(route), device=device))
            for device in devices
        ]
        for place, inflow in enumerate(brought[0]):
            amounts = [_text(inflows[place].amount_mg) for inflows in brought]
            by_device = f"((DEVICE <= 1) * {amounts[0]} + (DEVICE > 1) * {amounts[-1]})"
            part = amounts[0] if len(set(amounts)) == 1 else by_device
            duration = inflow.duration_h.text if isinstance(inflow.duration_h, Symbol) else ""
            yield route, _name(inflow.compartment), part, duration


def _merged(doses: Sequence[tuple[str, str, str, str]]) -> list[tuple[str, str, str]]:
    """Return each compartment that is dosed once; no two routes of a model bring different parts to one."""
    found: dict[str, tuple[str, str]] = {}
    for route, to, part, duration in doses:
        if found.setdefault(to, (part, duration)) != (part, duration):
            raise InvalidRequest(
                f"Doses given {route} reach {to} as no others do; this model has no such text."
            )
    return [(to, part, duration) for to, (part, duration) in found.items()]


def _how_to_dose(doses: Sequence[tuple[str, str, str, str]]) -> Iterator[str]:
    for route in dict.fromkeys(route for route, *_ in doses):
        own = [(to, part, duration) for given, to, part, duration in doses if given == route]
        into = [f"{to}{f' with RATE = {RELEASED:g}' if duration else ''}" for to, _, duration in own]
        device = ", and DEVICE = 1, 2, 3 in each session" if route == Route.NASAL else ""
        yield f"A dose given {route}: the whole amount into {' and into '.join(into)}{device}."
        parts = [f"{part} of it over the length into {to}" for to, part, _ in own if part != "1.0"]
        if route == Route.IV and parts:
            yield f"RATE of an infusion is that of the part that enters: {', '.join(parts)}."


def _slopes(graph: Graph) -> Iterator[tuple[str, str]]:
    for compartment in graph.compartments:
        terms = [
            f"{_text(rate)} * {_name(origin)}"
            for (origin, to), rate in graph.flows.items()
            if to == compartment
        ]
        leaving = [_text(rate) for (origin, _), rate in graph.flows.items() if origin == compartment]
        leaving += [_text(graph.losses[compartment])] if compartment in graph.losses else []
        out = f" - ({' + '.join(leaving)}) * {_name(compartment)}" if leaving else ""
        yield _name(compartment), (" + ".join(terms) or "0.0") + out


def _outputs(model: KineticModel, graph: Graph) -> Iterator[tuple[str, str]]:
    for analyte, row in zip(model.analytes, graph.observed, strict=True):
        parts = [f"{_text(factor)} * {_name(compartment)}" for compartment, factor in row.items()]
        yield f"C_{analyte.key}", " + ".join(parts)


def _name(compartment: str) -> str:
    return compartment.replace(" ", "_")


def _text(value: "Symbol | float") -> str:
    return value.text if isinstance(value, Symbol) else repr(float(value))
