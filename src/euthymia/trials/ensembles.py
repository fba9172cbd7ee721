"""Calibrations as files: stages that a stopped run leaves behind, and the ensemble that comes out."""

import csv
import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import jax
import numpy as np

from euthymia.pharmacology import InvalidRequest
from euthymia.trials import _sampling as sampling
from euthymia.trials import calibration as fit
from euthymia.trials._parameters import TRIAL_EFFECTS, Ensemble, names, said_of_priors

Said = Callable[[str], None]

SHIPPED = files("euthymia.evidence") / "calibration"
BESIDE = {"half": 0.5, "double": 2.0}
"""Folders beside an ensemble: the same fit with half and with double the spreads of the priors on trial effects."""
_WORST_AGREEMENT = 1.1
# Chains whose split R-hat is above this do not agree.


def calibrate(
    out: Path,
    *,
    fitted: fit.Data | None = None,
    target: fit.Posterior | None = None,
    trial_effects: float = 1.0,
    draws: int = fit.DRAWS,
    seed: int = fit.SEED,
    hamiltonian: bool = False,
    steps: int = 160,
    say: Said = lambda told: None,
) -> Ensemble:
    """Calibrate, or go on where an earlier run of the same question stopped, and write the ensemble to ``out``.

    ``out`` is a folder: ``stage-*.npz`` are what a later run goes on from, ``ensemble.csv`` holds a set of
    parameters a row, and ``ensemble.json`` says how they were made and how wide they are against the priors.

    Args:
        out: where to write; made if it is not there.
        fitted: what is fitted; all that may be, unless given. target: its posterior, if it is compiled already.
        trial_effects: by what the spreads of the priors on trial effects are multiplied, unless ``fitted`` is given.
        draws: sets of parameters.
        seed: of the proposals and steps.
        hamiltonian: sample by Hamiltonian steps even where importance sampling would do: the check.
        steps: draws of each of the four chains, after a pilot chain and a quarter as many to forget its start.
        say: told of progress.
    """
    out.mkdir(parents=True, exist_ok=True)
    whole = fit.data(trial_effects=trial_effects) if fitted is None else fitted
    say(f"{sum(map(len, whole.asked))} numbers of {len(whole.arms)} arms; {whole.size} numbers to be found")
    key, target = f"{_told(whole)}-{seed}", target or fit.posterior(whole)
    top = _maximum(out, key, target, say)
    sampled = None if hamiltonian else sampling.importance(target, top, draws=draws, seed=seed, say=say)
    if sampled is not None:
        say(
            f"Importance sampling: {sampled.effective:.1f} effective draws, largest weight {sampled.worst:.3f}"
        )
    tried = None if sampled is None else sampled.effective
    if sampled is None or sampled.effective < sampling.ENOUGH:
        sampled = _chains(out, key, target, top, draws, seed, steps, say)
        say(
            f"Chains: {sampled.effective:.0f} effective draws at least, split R-hat {sampled.worst:.3f} at most"
        )
    question = fit.question_hash(trial_effects) if fitted is None else None
    return _written(out, whole, top, sampled, seed, tried, question)


def _told(fitted: fit.Data) -> str:
    """Return what names a stage: what is fitted, and who the virtual people are and what they were given."""
    digest = hashlib.sha256(fitted.content_hash.encode())
    for leaf in jax.tree.leaves(fitted.arms):
        digest.update(np.ascontiguousarray(leaf).tobytes())
    return digest.hexdigest()[:16]


def _maximum(out: Path, key: str, target: fit.Posterior, say: Said) -> fit.Maximum:
    file = out / f"stage-maximum-{key}.npz"
    if file.is_file():
        say("The maximum is taken from an earlier run.")
        with np.load(file) as kept:
            return fit.Maximum(
                kept["place"],
                float(kept["log_density"]),
                float(kept["gradient"]),
                kept["root"],
                int(kept["flat"]),
            )
    top = fit.maximise(target, say)
    _save(file, **vars(top))
    return top


def _chains(
    out: Path, key: str, target: fit.Posterior, top: fit.Maximum, draws: int, seed: int, steps: int, say: Said
) -> sampling.Sampled:
    def file(name: str) -> Path:
        return out / f"stage-{name}-{key}-{steps}.npz"

    def kept(name: str) -> dict[str, Any] | None:
        if not file(name).is_file():
            return None
        say(f"{name.replace('-', ' ').capitalize()} is taken from an earlier run.")
        with np.load(file(name)) as arrays:
            return dict(arrays)

    return sampling.hamiltonian(
        target,
        top,
        draws=draws,
        seed=seed,
        steps=steps,
        say=say,
        keep=lambda name, arrays: _save(file(name), **arrays),
        kept=kept,
    )


def _save(file: Path, **arrays: Any) -> None:
    """Write arrays whole or not at all."""
    part = file.with_suffix(".part")
    with part.open("wb") as handle:
        np.savez(handle, **arrays)
    part.replace(file)


def _written(
    out: Path,
    fitted: fit.Data,
    top: fit.Maximum,
    sampled: sampling.Sampled,
    seed: int,
    tried: float | None,
    question: str | None,
) -> Ensemble:
    """Write the ensemble: its rows, and what is to be known of them."""
    moved = names()
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(moved)
    rows.writerows([f"{one:.6f}" for one in place] for place in _under_usual_priors(sampled, fitted))
    content = text.getvalue()
    widths = sampling.widths(sampled)
    driven = [name for name, width in widths.items() if width > sampling.PRIOR_DRIVEN]
    agreed = sampled.method == "importance" or sampled.worst < _WORST_AGREEMENT
    about = {
        "id": "mood-1"
        if fitted.trial_effects == 1
        else f"mood-1, trial effects times {fitted.trial_effects:g}",
        "sha256": hashlib.sha256(content.encode()).hexdigest(),
        "data_sha256": fitted.content_hash,
        "question_sha256": question,
        "seed": seed,
        "draws": len(sampled.places),
        "method": sampled.method,
        "effective_draws": round(sampled.effective, 1),
        "largest_weight_or_split_rhat": round(sampled.worst, 4) if np.isfinite(sampled.worst) else None,
        "importance_effective_draws": None if tried is None else round(tried, 1),
        "agreed": bool(agreed),
        "log_density_at_maximum": round(top.log_density, 3),
        "flat_directions": top.flat,
        "numbers_fitted": sum(map(len, fitted.asked)),
        "trials": list(fitted.groups),
        "width_over_prior": {name: round(width, 3) for name, width in widths.items()},
        "prior_driven": driven,
    }
    for name, told in (("ensemble.csv", content), ("ensemble.json", json.dumps(about, indent=2) + "\n")):
        part = out / f"{name}.part"
        part.write_text(told, "utf-8")
        part.replace(out / name)
    return read_ensemble(out)


def _under_usual_priors(sampled: sampling.Sampled, fitted: fit.Data) -> np.ndarray[Any, Any]:
    """Return (draws, parameters) as places under the usual priors, with which every ensemble is read."""
    places = sampled.places[:, : len(names())].copy()
    for name in TRIAL_EFFECTS:  # places of these are logarithms of multiples of the prior's spread
        places[:, names().index(name)] += np.log(fitted.trial_effects)
    return places


def shipped_ensemble() -> Ensemble:
    """Return the ensemble that the product predicts with: ``evidence/calibration``.

    Raises:
        InvalidRequest: it was changed by hand, or the parameters are others now.
    """
    found = read_ensemble(SHIPPED)
    return replace(found, warnings=(*found.warnings, *_verdict(SHIPPED)))


def beside(folder: Path | Traversable) -> dict[str, Ensemble]:
    """Return the ensembles that stand beside one, by what was believed of how trials differ; none where none stand.

    Raises:
        InvalidRequest: one was changed by hand, or is of other parameters.
    """
    return {
        f"{name} the usual spread of trials": read_ensemble(folder / name)
        for name in BESIDE
        if (folder / name).is_dir()
    }


def record_verdict(folder: Path, verdict: str) -> None:
    """Keep beside an ensemble how it did on trials that it was not fitted to: every later forecast says so."""
    about = {"sha256": hash_of(folder), "verdict": verdict}
    (folder / "scorecard.json").write_text(json.dumps(about, indent=2) + "\n", "utf-8")


def _verdict(folder: Traversable) -> tuple[str, ...]:
    """How the ensemble in ``folder`` did, if that was kept of this one and not of an earlier one."""
    file = folder / "scorecard.json"
    about = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    return (about["verdict"],) if about and about["sha256"] == hash_of(folder) else ()


def hash_of(folder: Path | Traversable) -> str:
    """Return the SHA-256 of an ensemble's file: what tells it from every other."""
    return hashlib.sha256((folder / "ensemble.csv").read_bytes()).hexdigest()


def read_ensemble(folder: Path | Traversable) -> Ensemble:
    """Return the ensemble that a calibration wrote.

    Raises:
        InvalidRequest: the folder holds none, it was changed since, or it is of other parameters.
    """
    try:
        content, about = (
            (folder / "ensemble.csv").read_text("utf-8"),
            json.loads((folder / "ensemble.json").read_text("utf-8")),
        )
    except (FileNotFoundError, NotADirectoryError):
        raise InvalidRequest(
            f"{folder} holds no ensemble: name a folder that `euthymia calibrate` wrote to its end."
        ) from None
    except OSError as error:
        raise InvalidRequest(
            f"{folder} holds no ensemble that can be read: {error.strerror or error}."
        ) from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InvalidRequest(f"{folder} holds no ensemble that can be read: {error}.") from None
    if hashlib.sha256(content.encode()).hexdigest() != about.get("sha256"):
        raise InvalidRequest(f"{folder / 'ensemble.csv'} is not the file that was written: its hash differs.")
    header, *rows = list(csv.reader(io.StringIO(content)))
    if tuple(header) != names():
        raise InvalidRequest(f"{folder} is an ensemble of other parameters; calibrate again.")
    driven = tuple(about["prior_driven"])
    said = list(said_of_priors(driven))
    if not about["agreed"]:
        said.append("The chains behind this ensemble do not agree yet: its intervals are rough.")
    places = np.asarray(rows, dtype=np.float64)
    return Ensemble(about["id"], places, driven, tuple(said), about["width_over_prior"])
