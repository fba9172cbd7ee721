"""Kinetic models as data: parameters, the people they came from, what was studied, what is missing."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any

from euthymia.evidence._loader import Row, Table, content_hash, names, read_rows, read_sourced, sources
from euthymia.evidence._sourced import EvidenceError, Known, Source, Sourced


@dataclass(frozen=True, slots=True)
class Analyte:
    """A substance whose concentration the model gives. ``enantiomer`` is S, R or racemate."""

    key: str
    name: str
    enantiomer: str


@dataclass(frozen=True, slots=True)
class Studied:
    """The lowest and highest value the model's people or doses covered."""

    lowest: float
    highest: float
    unit: str
    known: Known
    note: str


@dataclass(frozen=True, slots=True)
class Spread:
    """How a parameter differs between people or visits: a variance on ``scale``, or why there is none.

    ``default`` is the variance to take where there is none, marked ours; without it nobody can be drawn.
    """

    scale: str
    variance: Sourced[float] | None
    missing: str
    default: Sourced[float] | None = None


@dataclass(frozen=True, slots=True)
class Residual:
    """How a measured concentration differs from the model's: by a part of it, an amount, or why unknown.

    Attributes:
        scale: ``log``, ``proportional``, ``proportional and additive`` or ``unknown``.
        variance: of the relative (or log) error.
        additive: standard deviation of the additive error, in its own unit.
        missing: why there is none, or empty.
    """

    scale: str
    variance: Sourced[float] | None
    additive: Sourced[float] | None
    missing: str


@dataclass(frozen=True)
class KineticModel:
    """One published model of dose to concentration, as far as it could be read.

    Attributes:
        structure: names the equations in ``euthymia.pharmacology`` that the parameters belong to.
        drugs: what may be given, the model's own drug first.
        routes: how a dose may be given, in the words of ``euthymia.pharmacology.Route``.
        typical: age and weight to take when nobody in particular is asked about.
        warns: sentences that accompany every prediction.
        limits: what the model does not know; for the model card and beside a figure.
        studied: by name (``age``, ``weight``, ``nasal_dose``, ``iv_dose``, ``oral_dose``).
        constants: further numbers by table and key, such as ``("device", "interval")``.
        variability: between people; ``occasions``: between the visits of one person.
        standard_errors: of the estimates, in per cent of them, where they were found.
        residuals: by analyte.
        parameters_hash: SHA-256 of the whole content of the model's file, and of the file it is based on.
    """

    id: str
    version: str
    title: str
    structure: str
    status: str
    source: Source
    drugs: tuple[str, ...]
    routes: tuple[str, ...]
    sampling_site: str
    population: Sourced[str]
    analytes: tuple[Analyte, ...]
    parameters: Mapping[str, Sourced[float]]
    covariates: Mapping[str, Sourced[float]]
    weight_exponents: Mapping[str, Sourced[float]]
    constants: Mapping[tuple[str, str], Sourced[float]]
    typical: Mapping[str, Sourced[float]]
    studied: Mapping[str, Studied]
    variability: Mapping[str, Spread]
    covariances: Mapping[tuple[str, str], Sourced[float]]
    occasions: Mapping[str, Spread]
    standard_errors: Mapping[str, Sourced[float]]
    residuals: Mapping[str, Residual]
    warns: tuple[str, ...]
    limits: tuple[str, ...]
    parameters_hash: str

    def constant(self, table: str, key: str) -> float | None:
        """Return a further number of the model, or None where it has none."""
        found = self.constants.get((table, key))
        return None if found is None else found.value


@cache
def kinetic_models() -> tuple[str, ...]:
    """Return the ids of every kinetic model, sorted."""
    return names("kinetics")


@cache
def kinetic_model(model_id: str) -> KineticModel:
    """Return a kinetic model by its id.

    Raises:
        EvidenceError: there is no such model, or its file breaks the rules of the loader.
    """
    if model_id not in kinetic_models():
        raise EvidenceError(
            f"There is no kinetic model '{model_id}'. There are: {', '.join(kinetic_models())}."
        )
    table = read_sourced(f"kinetics/{model_id}.toml")
    own = _own(table)
    return own if "base" not in table else _on_base(own, kinetic_model(table.word("base")))


def _own(table: Table) -> KineticModel:
    covariates = table.table("covariates")
    exponents = covariates.table("weight_exponent").numbers() if "weight_exponent" in covariates else {}
    return KineticModel(
        id=table.word("id"),
        version=table.word("version"),
        title=table.word("title"),
        structure=table.word("structure"),
        status=table.word("status"),
        source=sources()[table.word("source")],
        drugs=table.words("drugs"),
        routes=table.words("routes"),
        sampling_site=table.word("sampling_site"),
        population=table.table("population").text("description"),
        analytes=tuple(_analyte(key, table.table("analyte")) for key in table.table("analyte")),
        parameters=table.table("parameters").numbers(),
        covariates=MappingProxyType(
            {key: covariates.number(key) for key in covariates if key != "weight_exponent"}
        ),
        weight_exponents=MappingProxyType(dict(exponents)),
        constants=_constants(table),
        typical=table.table("typical").numbers(),
        studied=MappingProxyType(
            {key: _studied(key, table.table("studied")) for key in table.table("studied")}
        ),
        variability=_variability(table.table("variability")),
        covariances=_covariances(table),
        occasions=_variability(table.table("occasion")) if "occasion" in table else MappingProxyType({}),
        standard_errors=table.table("standard_error").numbers() if "standard_error" in table else _NONE,
        residuals=_residuals(table.table("residual")),
        warns=table.words("warns"),
        limits=table.words("limits"),
        parameters_hash=content_hash(table),
    )


def _on_base(own: KineticModel, base: KineticModel) -> KineticModel:
    """Add to a model every number of the one it is based on; where both have one, its own holds."""
    merged: dict[str, Any] = {
        name: MappingProxyType({**getattr(base, name), **getattr(own, name)}) for name in _INHERITED
    }
    both = hashlib.sha256(f"{own.parameters_hash} {base.parameters_hash}".encode()).hexdigest()
    return replace(own, parameters_hash=both, **merged)


_NONE: Mapping[str, Sourced[float]] = MappingProxyType({})
_INHERITED = (
    "parameters",
    "covariates",
    "weight_exponents",
    "constants",
    "variability",
    "covariances",
    "occasions",
    "standard_errors",
    "residuals",
)


def plasma(sampling_site: str) -> str:
    """Return the words for what was sampled: "venous plasma", or that the site is not stated."""
    known = sampling_site in ("venous", "arterial")
    return f"{sampling_site} plasma" if known else "plasma (sampling site not stated)"


def kinetic_targets() -> tuple[Row, ...]:
    """Return the figures models are held to: printed tables, observed medians, a separate implementation."""
    return read_rows("kinetics/targets.csv")


def _analyte(key: str, table: Table) -> Analyte:
    entry = table.table(key)
    return Analyte(key, entry.word("name"), entry.word("enantiomer"))


def _constants(table: Table) -> Mapping[tuple[str, str], Sourced[float]]:
    found = {
        (group, key): number
        for group in ("device", "racemate", "physiology", "cyp2b6", "ticlopidine", "molar_mass")
        if group in table
        for key, number in table.table(group).numbers().items()
    }
    return MappingProxyType(found)


def _studied(key: str, table: Table) -> Studied:
    found = table.sourced(key)
    ends = found.value if isinstance(found.value, tuple) else ()
    numbers = [float(end) for end in ends if isinstance(end, (int, float)) and not isinstance(end, bool)]
    if len(ends) != 2 or len(numbers) != 2 or numbers[0] > numbers[1]:
        raise EvidenceError(
            f"{table.where}.{key}: expected the lowest and the highest value, found {found.value!r}."
        )
    return Studied(numbers[0], numbers[1], found.unit, found.known, found.note)


def _variability(table: Table) -> Mapping[str, Spread]:
    found = {}
    for key in table:
        entry = table.table(key)
        variance = entry.number("variance") if "variance" in entry else None
        missing = entry.word("missing", "")
        if (variance is None) == (missing == ""):
            raise EvidenceError(
                f"{table.where}.{key}: give either a variance or, in 'missing', why there is none."
            )
        default = entry.number("default") if "default" in entry else None
        found[key] = Spread(entry.word("scale"), variance, missing, default)
    return MappingProxyType(found)


def _residuals(table: Table) -> Mapping[str, Residual]:
    found = {}
    for key in table:
        entry = table.table(key)
        variance = entry.number("variance") if "variance" in entry else None
        additive = entry.number("additive") if "additive" in entry else None
        missing = entry.word("missing", "")
        if (variance is None) == (missing == ""):
            raise EvidenceError(
                f"{table.where}.{key}: give either a variance or, in 'missing', why there is none."
            )
        found[key] = Residual(entry.word("scale"), variance, additive, missing)
    return MappingProxyType(found)


def _covariances(table: Table) -> Mapping[tuple[str, str], Sourced[float]]:
    found = {}
    for entry in table.tables("covariance"):
        first, second = entry.words("between")
        found[(first, second)] = entry.number("covariance")
    return MappingProxyType(found)
