"""The fit of the acute effects as files: the model's numbers, the ensemble, and what is to be known of both."""

import csv
import hashlib
import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from euthymia.evidence import Prior, Sourced, acute_priors, acute_targets, acute_targets_hash, effect_model
from euthymia.trials import acute
from euthymia.trials._acute_figures import MODEL, names, values_at

Floats: TypeAlias = npt.NDArray[np.float64]
Said: TypeAlias = Callable[[str], None]

NINETY = 1.645  # standard deviations either way
_WORDS = {"fit": "that were fitted", "predict": "that were only predicted"}


def calibrate_acute(out: Path, *, draws: int = acute.DRAWS, say: Said = lambda told: None) -> acute.Fit:
    """Fit the acute effects and write them to ``out``: ``acute-2.toml``, ``ensemble.csv`` and ``ensemble.json``.

    Args:
        out: a folder; made if it is not there.
        draws: sets of parameters in the ensemble.
        say: told of progress.
    """
    out.mkdir(parents=True, exist_ok=True)
    every = acute.asked(acute_targets())
    fitted = acute.with_rows(every, acute.fitted_rows())
    say(f"{len(fitted.rows)} figures; {len(names())} numbers to be found")
    found = acute.fit(acute.posterior(fitted), draws=draws, say=say)
    predicted = acute.posterior(every).predicted
    given = predicted(found.place)
    apart = np.stack([predicted(place) for place in found.places])
    low, high = np.quantile(apart, (0.05, 0.95), axis=0)
    figures = {
        row.key: [round(float(one), 4) for one in three]
        for row, *three in zip(every.rows, given, low, high, strict=True)
    }
    _write(out / "ensemble.csv", sets := _sets(found))
    _write(out / "ensemble.json", json.dumps(_about(found, sets, figures), indent=2) + "\n")
    _write(out / f"{MODEL}.toml", model_text(found, given))
    return found


def _write(file: Path, content: str) -> None:
    """Write whole or not at all."""
    part = file.with_name(f".{file.name}.part")
    part.write_text(content, "utf-8")
    part.replace(file)


def _sets(found: acute.Fit) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(names())
    rows.writerows([f"{one:.6f}" for one in place] for place in found.places)
    return text.getvalue()


def _about(found: acute.Fit, sets: str, figures: dict[str, list[float]]) -> dict[str, Any]:
    values = [np.asarray(one) for one in values_at(jnp.asarray(found.place)).values()]
    spread = [np.asarray(one).std() for one in values_at(jnp.asarray(found.places.T)).values()]
    sides = [
        [*values_at(jnp.asarray(found.place + way * NINETY * found.laplace)).values()]
        for way in (-1, 1)
    ]  # fmt: skip
    return {
        "id": "acute-2",
        "sha256": hashlib.sha256(sets.encode()).hexdigest(),
        "question_sha256": acute.question_hash(),
        "targets_sha256": acute_targets_hash(),
        "seed": acute.SEED,
        "draws": len(found.places),
        "log_density_at_maximum": round(found.log_density, 3),
        "largest_gradient_left": float(f"{found.gradient:.1e}"),
        "flat_directions": found.flat,
        "proposals": acute.PROPOSALS * acute.ROUNDS,
        "rounds": acute.ROUNDS,
        "effective_draws": round(found.effective, 1),
        "largest_weight": round(found.worst, 4),
        "rough": bool(found.effective < acute.ENOUGH),
        "prior_driven": list(found.prior_driven),
        "numbers": {
            name: [_short(one) for one in three]
            for name, *three in zip(names(), values, found.low, found.high, strict=True)
        },
        "laplace": {name: [_short(one) for one in two] for name, *two in zip(names(), *sides, strict=True)},
        "spread": {name: _short(one) for name, one in zip(names(), spread, strict=True)},
        "width_over_prior": {name: round(width, 3) for name, width in found.widths.items()},
        "figures": figures,
    }


def _short(number: Any) -> float:
    return float(f"{float(number):.4g}")


def model_text(found: acute.Fit, given: Floats) -> str:
    """Return the file of the acute effects: what was fitted with its interval, the rest as the file at hand has it.

    Args:
        found: the fit.
        given: what its maximum gives for each of ``acute_targets()``.
    """
    values = values_at(jnp.asarray(found.place))
    held = effect_model(MODEL).numbers
    lines = [
        *_HEAD,
        f"warns = {_listed(_warnings(found, given))}",
        f"limits = {_listed(effect_model(MODEL).limits)}",
        "",
    ]
    lines += ["[defaults]", 'source = "acute-fit"', 'known = "ours"']
    moved = acute_priors().parameters
    for group in ("effect_site", "dissociation", "pressure", "sedation", "nausea"):
        lines += ["", f"[{group}]"]
        lines += [
            f"{name} = {_kept(number)}"
            for (where, name), number in held.items()
            if where == group and f"{where}.{name}" not in moved
        ]
        for at, (key, prior) in enumerate(moved.items()):
            if key.startswith(f"{group}."):
                inside = f"{_short(found.low[at]):g} to {_short(found.high[at]):g} in 90 of 100"
                speaks = "; the prior speaks" if key in found.prior_driven else ""
                note = f"fitted: {inside}; believed before {believed(prior)}{speaks}{_SAYS.get(key, '')}"
                value = f"{_short(values[key]):g}"
                lines.append(
                    f'{key.split(".")[1]} = {{ value = {value}, unit = "{prior.centre.unit}", note = "{note}" }}'
                )
    return "\n".join([*lines, ""])


def believed(prior: Prior) -> str:
    """Return the middle 90 in 100 of a prior in words."""
    centre, away = prior.centre.value, NINETY * prior.spread.value
    if prior.scale == "log":
        ends = [centre * math.exp(way * away) for way in (-1, 1)]
    else:
        ends = [1 / (1 + math.exp(-math.log(centre / (1 - centre)) - way * away)) for way in (-1, 1)]
    return f"{ends[0]:.3g} to {ends[1]:.3g}"


def _kept(number: Sourced[float]) -> str:
    note = f', note = "{number.note}"' if number.note else ""
    return (
        f'{{ value = {number.value:g}, unit = "{number.unit}", source = "{number.source}", '
        f'known = "{number.known}"{note} }}'
    )


def _listed(sentences: tuple[str, ...]) -> str:
    return "[\n" + "".join(f'  "{sentence}",\n' for sentence in sentences) + "]"


def _warnings(found: acute.Fit, given: Floats) -> tuple[str, ...]:
    rows, counts = acute_targets(), []
    for use, words in _WORDS.items():
        kept = [acute.met(row, one) for row, one in zip(rows, given, strict=True) if row.use == use]
        counts.append(f"{len(kept) - sum(kept)} of {len(kept)} {words}")
    said = [
        "The acute effects are fitted to published figures within tolerances of this project; outside them lie "
        f"{' and '.join(counts)}."
    ]
    if found.prior_driven:
        named = ", ".join(name.replace(".", " ").replace("_", " ") for name in found.prior_driven)
        said.append(f"The figures at hand say little of {named}: there the prior speaks.")
    if found.effective < acute.ENOUGH:
        said.append("Few draws carry the weight behind the acute effects' intervals: they are rough.")
    return tuple(said)


_HEAD = (
    "# The hours after a dose: effect site, dissociation, blood pressure, sedation, nausea. Shapes follow published",
    "# time courses; sizes are fitted to the figures of evidence/acute as decision 12 declares. Written by",
    "# `euthymia calibrate --acute`, which keeps the limits and what is not fitted as they stand here.",
    "",
    f'id = "{MODEL}"',
    'version = "2"',
    'title = "Acute effects of S-ketamine: dissociation, pressure, sedation, nausea"',
)
_SAYS = {
    "dissociation.slope": "; CADSS of a typical patient for each ng/mL not adapted to",
    "dissociation.healthy": "; healthy volunteers against patients",
    "dissociation.between_people": "; standard deviation of a logarithm",
    "dissociation.between_sessions": "; likewise, of one person's sessions",
    "dissociation.attenuation": "; the part that repetition takes away in the end",
    "dissociation.attenuation_gain": "; while the trigger is full",
    "effect_site.adaptation_part": "; of a lasting concentration that the session adapts to",
    "pressure.half_at": "; not adapted to",
    "pressure.healthy": "; healthy volunteers against patients",
    "pressure.between_people": "; standard deviation of a logarithm",
    "pressure.systolic_noise": "; standard deviation of a person's largest without drug, log-normal",
    "pressure.diastolic_noise": "; likewise",
    "sedation.half_at": "; a MOAA/S below 5 in half of the sessions of a typical patient",
    "sedation.between_people": "; standard deviation of a logarithm",
    "sedation.deeper": "; how much more it takes for a MOAA/S of 3 or less",
    "nausea.between_people": "; standard deviation of a logarithm",
}
