"""Questions to the calibrated model that no trial asked, and the answers that are kept."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from euthymia.evidence._loader import names, read_text
from euthymia.evidence._sourced import EvidenceError

KEPT, KEPT_SENSITIVITY = "calibration/outlook.json", "calibration/sensitivity.json"
KEPT_CHECKS = "calibration/checks.json"


@dataclass(frozen=True, slots=True)
class Outlook:
    """Mean courses as ``euthymia outlook --record`` kept them: what is shown without asking the model.

    Attributes:
        ensemble: by which sets of parameters; ``ensemble_sha256`` is its file's.
        baseline: mean score of every group before the first session, points.
        arms: by group, (hours since the first session, 5th, 50th and 95th of 100 of the mean score) in order.
        sentences: what the courses say.
        fitted: a sentence for each group: up to when trials like it were fitted.
        warnings: to show beside any number.
    """

    ensemble: str
    ensemble_sha256: str
    baseline: float
    arms: Mapping[str, tuple[tuple[float, float, float, float], ...]]
    sentences: tuple[str, ...]
    fitted: tuple[str, ...]
    warnings: tuple[str, ...]


def outlook_design_text(name: str) -> str:
    """Return the text of a design that no trial had.

    Raises:
        EvidenceError: there is none of that name.
    """
    if name not in names("outlooks"):
        raise EvidenceError(f"There is no outlook '{name}'. There are: {', '.join(names('outlooks'))}.")
    return read_text(f"outlooks/{name}.toml")


@cache
def kept_outlook() -> Outlook:
    """Return the mean courses that are kept.

    Raises:
        EvidenceError: the file is not what the command writes.
    """
    with _as_written(KEPT, "outlook") as given:
        arms = {
            arm: tuple(
                (float(hour), float(low), float(middle), float(high))
                for hour, (low, middle, high) in visits.items()
            )
            for arm, visits in given["arms"].items()
        }
        return Outlook(
            given["ensemble"],
            given["ensemble_sha256"],
            float(given["baseline"]),
            MappingProxyType(arms),
            *(tuple(given[name]) for name in ("sentences", "fitted", "warnings")),
        )


@dataclass(frozen=True, slots=True)
class KeptSensitivity:
    """What moves a forecast, as ``euthymia sensitivity --record`` kept it, the largest first.

    Attributes:
        ensemble_sha256: of the ensemble's file.
        outcomes: what is moved, in words.
        mood: by parameter, points for each outcome when it moves by a standard deviation of the ensemble.
        dissociation: by what is moved, points of the highest CADSS; ``peak`` is that CADSS.
    """

    ensemble_sha256: str
    outcomes: tuple[str, ...]
    mood: Mapping[str, tuple[float, ...]]
    dissociation: Mapping[str, float]
    peak: float


@cache
def kept_sensitivity() -> KeptSensitivity:
    """Return what moves a forecast.

    Raises:
        EvidenceError: the file is not what the command writes.
    """
    with _as_written(KEPT_SENSITIVITY, "sensitivity") as given:
        return KeptSensitivity(
            given["ensemble_sha256"],
            tuple(given["outcomes"]),
            MappingProxyType({name: tuple(map(float, points)) for name, points in given["mood"].items()}),
            MappingProxyType({name: float(points) for name, points in given["dissociation"].items()}),
            float(given["peak_dissociation"]),
        )


@dataclass(frozen=True, slots=True)
class KeptChecks:
    """What was fitted beside what the ensemble makes of it, as ``euthymia checks --record`` kept it.

    Attributes:
        ensemble_sha256: of the ensemble's file.
        checks: each with ``trial``, ``arm``, ``visit_h``, ``quantity``, ``found`` and ``quantiles`` (5, 25, 50, 75
            and 95 of 100), ``inside_50`` and ``inside_90``.
        free: curves of those free of relapse, each with ``trial``, ``arm``, ``days``, ``low``, ``median``, ``high``,
            ``at_risk``, what was ``found``, in sentences, and ``hazard_ratio`` over the other arm where one was found.
    """

    ensemble_sha256: str
    checks: tuple[Mapping[str, Any], ...]
    free: tuple[Mapping[str, Any], ...]


@cache
def kept_checks() -> KeptChecks:
    """Return the predictive checks.

    Raises:
        EvidenceError: the file is not what the command writes.
    """
    with _as_written(KEPT_CHECKS, "checks") as given:
        checks, free = (
            tuple(MappingProxyType(each) for each in given[name]) for name in ("checks", "free_of_relapse")
        )
        return KeptChecks(given["ensemble_sha256"], checks, free)


@contextmanager
def _as_written(path: str, command: str) -> Iterator[dict[str, Any]]:
    """Give what a command kept; what cannot be read of it is an EvidenceError that names the command."""
    try:
        yield json.loads(read_text(path))
    except (KeyError, TypeError, ValueError) as error:
        raise EvidenceError(f"{path} is not what `euthymia {command} --record` writes: {error!r}.") from None
