"""What the fit of the acute effects found, as ``euthymia calibrate --acute`` wrote it beside the figures."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from euthymia.evidence._loader import read_text
from euthymia.evidence._sourced import EvidenceError

_ABOUT, _SETS = "acute/ensemble.json", "acute/ensemble.csv"


@dataclass(frozen=True, slots=True)
class AcuteFit:
    """A fit of the acute effects.

    Attributes:
        question_sha256: of what it depended on.
        seed: of its draws. effective: effective number of the ``proposals`` draws that were weighed.
        rough: whether these are too few for the intervals to be believed.
        numbers: by parameter, as in ``dissociation.slope``: the maximum, and 5 and 95 in 100 of the draws.
        laplace: by parameter, what the curvature at the maximum gives for 5 and 95 in 100.
        widths: by parameter, the draws' width over the prior's; ``prior_driven``: where it is nearly the prior's.
        spreads: by parameter, standard deviation in the ensemble.
        figures: by a target's key: what the maximum gives, and 5 and 95 in 100 of the ensemble.
        targets_sha256: of all targets, as ``acute_targets_hash`` gives it.
    """

    question_sha256: str
    seed: int
    effective: float
    proposals: int
    rough: bool
    numbers: Mapping[str, tuple[float, float, float]]
    laplace: Mapping[str, tuple[float, float]]
    widths: Mapping[str, float]
    prior_driven: tuple[str, ...]
    spreads: Mapping[str, float]
    figures: Mapping[str, tuple[float, float, float]]
    targets_sha256: str


@cache
def kept_acute_fit() -> AcuteFit:
    """Return the fit that the acute effects at hand come from.

    Raises:
        EvidenceError: the files are not what the command writes, or were changed since.
    """
    content = read_text(_SETS)
    try:
        given = json.loads(read_text(_ABOUT))
        if hashlib.sha256(content.encode()).hexdigest() != given["sha256"]:
            raise EvidenceError(f"{_SETS} is not the file that was written: its hash differs.")
        return AcuteFit(
            given["question_sha256"],
            given["seed"],
            given["effective_draws"],
            given["proposals"],
            given["rough"],
            MappingProxyType({name: tuple(three) for name, three in given["numbers"].items()}),
            MappingProxyType({name: tuple(two) for name, two in given["laplace"].items()}),
            MappingProxyType(given["width_over_prior"]),
            tuple(given["prior_driven"]),
            MappingProxyType(given["spread"]),
            MappingProxyType({key: tuple(three) for key, three in given["figures"].items()}),
            given["targets_sha256"],
        )
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise EvidenceError(f"{_ABOUT} is not what `euthymia calibrate --acute` writes: {error!r}.") from None
