"""Fills the generated parts of the model cards from the evidence: ``python docs/model_cards.py`` writes them.

A card is written by hand. Between ``<!-- generated: NAME -->`` and ``<!-- end -->`` stand tables made from
the data files and from running the model; a test fails when they are not current.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from euthymia.evidence import (
    EffectModel,
    KineticModel,
    Known,
    Prior,
    Residual,
    Row,
    Sourced,
    Spread,
    effect_model,
    interaction_ratios,
    interactions,
    kept_sensitivity,
    kinetic_model,
    kinetic_models,
    kinetic_targets,
    mood_priors,
    plasma,
    units,
)
from euthymia.pharmacology._targets import ratio, reached
from euthymia.trials._parameters import values_at
from euthymia.trials.ensembles import shipped_ensemble

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from docs import acute_tables, checks_tables, model_figures  # noqa: E402
from docs.tables import table_of  # noqa: E402

CARDS = Path(__file__).resolve().parent / "model-cards"
EFFECT_CARDS = CARDS / "effects"
_EFFECT_BLOCK = re.compile(r"(<!-- generated: (\w+) of ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

FIGURES = model_figures.FIGURES
_NINETY = 1.645  # standard deviations either way
AS_PRINTED = "auc0_24_as_printed"
QUANTITIES = {
    "cmax": "Cmax",
    "tmax": "tmax",
    "auc0_6": "AUC 0-6 h",
    "auc0_24": "AUC 0-24 h",
    "auc0_48": "AUC 0-48 h",
    "auc_inf": "AUC to infinity",
    "auc_ratio": "AUC over that without",
    "bioavailability": "bioavailability",
    "bioavailability_as_printed": "bioavailability as printed",
    "clearance": "clearance",
    "clearance_as_printed": "clearance as printed",
    "cmax_observed": "observed Cmax",
    "second_peak": "second peak",
    "volume": "steady-state volume",
    "concentration": "concentration",
    "observed": "observed concentration",
    AS_PRINTED: "AUC 0-24 h as printed",
    "cmax_as_printed": "Cmax as printed",
}


def card_path(model_id: str) -> Path:
    """Return where the card of a model stands."""
    return CARDS / f"{model_id}.md"


def render(model_id: str) -> str:
    """Return the card with its generated parts made anew."""
    model = kinetic_model(model_id)

    def fill(block: re.Match[str]) -> str:
        return f"{block[1]}\n{_PARTS[block[2]](model)}\n\n{block[3]}"

    return _BLOCK.sub(fill, card_path(model_id).read_text("utf-8"))


def render_effects(card: Path) -> str:
    """Return a card of effects with its generated parts made anew; each names the model that it is of."""

    def fill(block: re.Match[str]) -> str:
        return f"{block[1]}\n{_EFFECT_PARTS[block[2]](effect_model(block[3]))}\n\n{block[4]}"

    return _EFFECT_BLOCK.sub(fill, card.read_text("utf-8"))


def _numbers(model: EffectModel) -> str:
    return table_of(
        ("Name", "Value", "Unit", "Known", "Source", "Note"),
        [
            (f"{group}: {key}", f"{number.value:g}", _unit(number), number.known, number.source, number.note)
            for (group, key), number in model.numbers.items()
        ],
    )


def _glance(model: KineticModel) -> str:
    rows = [
        ("Model", f"`{model.id}`, version {model.version}"),
        ("Source", f"{model.source.title}; {model.source.where}"),
        ("State", model.status),
        ("Given", f"{' or '.join(model.drugs)}, {' or '.join(model.routes)}"),
        (
            "Measured",
            f"{', '.join(analyte.name for analyte in model.analytes)} in {plasma(model.sampling_site)}",
        ),
        ("Population", f"{model.population.value} ({model.population.known})"),
        *((f"Studied {key.replace('_', ' ')}", _studied(model, key)) for key in model.studied),
        ("SHA-256 of its data", f"`{model.parameters_hash}`"),
    ]
    return table_of(("", ""), rows)


def _studied(model: KineticModel, key: str) -> str:
    studied = model.studied[key]
    ends = (
        f"{studied.lowest:g}"
        if studied.lowest == studied.highest
        else f"{studied.lowest:g} to {studied.highest:g}"
    )
    note = f"; {studied.note}" if studied.note else ""
    return f"{ends} {units()[studied.unit].printed} ({studied.known}{note})"


def _parameters(model: KineticModel) -> str:
    groups = [
        *model.parameters.items(),
        *model.covariates.items(),
        *((f"exponent of weight on {key}", number) for key, number in model.weight_exponents.items()),
        *((f"{group}: {key}", number) for (group, key), number in model.constants.items()),
    ]
    return table_of(
        ("Name", "Value", "Unit", "Known", "Source", "Note"),
        [
            (name, f"{number.value:g}", _unit(number), number.known, number.source, number.note)
            for name, number in groups
        ],
    )


def _unit(number: Sourced[float]) -> str:
    return units()[number.unit].printed or "–"


def _spread(model: KineticModel) -> str:
    rows = [(key, "people", *_spread_of(spread)) for key, spread in model.variability.items()]
    rows += [(key, "visits", *_spread_of(spread)) for key, spread in model.occasions.items()]
    rows += [
        (f"{first} with {second}", "people", "covariance", f"{number.value:g}", "")
        for (first, second), number in model.covariances.items()
    ]
    rows += [
        (key, "measurements", residual.scale, *_residual_of(residual))
        for key, residual in model.residuals.items()
    ]
    rows += [
        (key, "studies", "standard error", f"{number.value:g} %", number.note)
        for key, number in model.standard_errors.items()
    ]
    return table_of(("Of", "Between", "Scale", "Variance", "Note"), rows)


def _spread_of(spread: Spread) -> tuple[str, str, str]:
    if spread.variance is not None:
        return spread.scale, f"{spread.variance.value:g}", spread.variance.note
    if spread.default is None:
        return spread.scale, "missing", spread.missing
    return spread.scale, f"missing; {spread.default.value:g} is taken (ours)", spread.missing


def _residual_of(residual: Residual) -> tuple[str, str]:
    if residual.variance is None:
        return "missing", residual.missing
    beside = residual.additive
    added = f"; additive standard deviation {beside.value:g} {units()[beside.unit].printed}" if beside else ""
    return f"{residual.variance.value:g}", f"{residual.variance.note}{added}"


def _figures(model: KineticModel) -> str:
    rows = []
    for row in kinetic_targets():
        if row.keys["model"] == model.id:
            given, found = row.value.value, reached(row)
            rows.append(
                (
                    _case(row),
                    f"{row.keys['analyte']} {QUANTITIES[row.keys['quantity']]}{_time(row)}",
                    f"{given:g}",
                    f"{found:.4g}",
                    f"{100 * (found / given - 1):+.1f} %",
                    f"{row.value.source} ({row.value.known})",
                )
            )
    table = table_of(("Case", "Figure", "Given", "This model", "Difference", "Source"), rows)
    return "\n".join([table, *_not_met(model)])


def _not_met(model: KineticModel) -> Iterator[str]:
    """Yield under the table which of its figures are no targets or are missed, and why."""
    reasons = dict.fromkeys(
        f"- {row.keys['analyte']} {QUANTITIES[row.keys['quantity']]}: {row.value.note}."
        for row in kinetic_targets()
        if row.keys["model"] == model.id
        and (row.keys["quantity"].endswith("_as_printed") or row.value.note.startswith("missed: "))
    )
    yield from ("", *reasons) if reasons else ()


def _drawn(model: KineticModel) -> str:
    return f"![{model_figures.caption(model)}](figures/{model.id}.svg)\n\n*{model_figures.caption(model)}.*"


def _case(row: Row) -> str:
    keys = row.keys
    minutes = f" over {keys['minutes']} min" if keys["minutes"] else ""
    age = f", {keys['age_years']} years" if keys["age_years"] else ""
    weight = f", {keys['weight_kg']} kg" if keys["model"] != "perez-ruixo-2021" else ""
    ancestry = f", {keys['ancestry']}" if keys["model"] == "perez-ruixo-2021" else ""
    beside = f", beside {keys['beside']}" if keys["beside"] else ""
    then = (
        f", then {keys['then_mg']} mg iv over {keys['then_minutes']} min at {keys['then_at_h']} h"
        if keys["then_mg"]
        else ""
    )
    return (
        f"{keys['dose_mg']} mg {keys['drug']} {keys['route']}{minutes}{age}{weight}{ancestry}{beside}{then}"
    )


def _time(row: Row) -> str:
    return f" at {float(row.keys['at_h']):.4g} h" if row.keys["at_h"] else ""


def _interactions(model: KineticModel) -> str:
    """Return what other drugs and a diseased liver do in this model, and how well that is known."""
    if not any(row.keys["model"] == model.id for row in interaction_ratios()):
        return "None: this model has neither liver nor gut wall of its own."
    rows = [
        (
            interactions()[row.keys["condition"]].name,
            f"{row.keys['route']} {row.keys['quantity'].replace('_', ' ')}",
            f"{row.value.value:g}",
            f"{ratio(row):.2f}",
            row.keys["role"],
            f"{row.value.source} ({row.value.known})",
            row.value.note,
        )
        for row in interaction_ratios()
        if row.keys["model"] == model.id
    ]
    table = table_of(("Beside", "Ratio of", "Observed", "This model", "", "Source", "Note"), rows)
    return f"{table}\n\n{_HOW_KNOWN}\n\n{_read_ratios()}"


def _read_ratios() -> str:
    """Say whether any ratio was read in the issuing source and predicted, and on what the predictions rest."""
    predicted = [row for row in interaction_ratios() if row.keys["role"] == "predicted"]
    if any(row.value.known is Known.READ for row in predicted):
        return "At least one ratio that was *read* in the issuing source is predicted and not fitted."
    known = " and ".join(sorted({str(row.value.known) for row in predicted}))
    return (
        f"No ratio, in this model or another, was *read* in the issuing source: all {len(predicted)} that are\n"
        f"predicted and not fitted are *{known}*. A prediction held against a *read* ratio is still to come."
    )


_HOW_KNOWN = (
    "*secondary* is an abstract in a portal or a label as a drug index carries it. *recalled* is memory: such a ratio\n"
    "is *unverified* and proves nothing; what was fitted to it is said beside simulated people who have it."
)


def _limits(model: KineticModel | EffectModel) -> str:
    return "\n".join(f"- {limit}" for limit in (*model.warns, *model.limits))


def _calibration(model: EffectModel) -> str:
    """What the trials made of each parameter: its prior, the ensemble's middle and 90 in 100, and who speaks."""
    ensemble, rows = shipped_ensemble(), []
    drawn = values_at(jnp.asarray(ensemble.places.T))
    for name, prior in mood_priors().parameters.items():
        low, middle, high = np.quantile(np.asarray(drawn[name]), (0.05, 0.5, 0.95))
        unit = "" if prior.centre.unit == "1" else f" {prior.centre.unit}"
        told = _CONFOUNDED if name in _TOLD_BY else "the trials"
        whose = "the prior" if name in ensemble.prior_driven else told
        found = f"{middle:.3g} ({low:.3g} to {high:.3g}){unit}"
        rows.append((name, _believed(prior) + unit, found, f"{ensemble.widths[name]:.2f}", whose))
    head = ("Parameter", "Believed before (90 %)", "Ensemble (90 %)", "Width over the prior's", "Who speaks")
    confounded = [f"- {name}: {_TOLD_BY[name]}" for name, *_, whose in rows if whose == _CONFOUNDED]
    parts = [f"Ensemble `{ensemble.id}`, {len(ensemble.places)} sets.", table_of(head, rows)]
    if confounded:
        parts += [
            f"{_CONFOUNDED.capitalize()}: no trial at hand has arms that differ in it and in nothing else.",
            "\n".join(confounded),
        ]
    return "\n\n".join(parts)


_CONFOUNDED = "the trials, confounded"
_TOLD_BY = {
    "oral": "only by how trials with a new antidepressant differ from trials without, in whatever they differ.",
    "unblinding": "every drug arm that was fitted noticed the drug; only the shape of the first hours tells the "
    "two apart.",
    "open_label": "only by how the one open trial differs from the blinded ones, in whatever it differs.",
}


def _sensitivity(model: EffectModel) -> str:
    """What moves a forecast most: of mood by its ensemble, of dissociation by people and by what was fitted."""
    kept = kept_sensitivity()
    if model.id == "acute-2":
        rows = [(name, f"{points:+.2f}") for name, points in kept.dissociation.items()]
        table = table_of(("Moved", "Highest CADSS, points"), rows)
        return f"A typical person's highest CADSS in a first session of 84 mg is {kept.peak:.1f} points.\n\n{table}"
    moved = [(name, *(f"{one:+.2f}" for one in points)) for name, points in kept.mood.items()]
    return table_of(("Parameter", *(f"{what}, points" for what in kept.outcomes)), moved)


def _believed(prior: Prior) -> str:
    """The middle 90 in 100 of a prior; of a half-normal one the lower 90."""
    centre, away = prior.centre.value, _NINETY * prior.spread.value
    if prior.scale == "log":
        return f"{centre * math.exp(-away):.3g} to {centre * math.exp(away):.3g}"
    return f"{0 if prior.scale == 'half-normal' else centre - away:.3g} to {centre + away:.3g}"


_PARTS: dict[str, Callable[[KineticModel], str]] = {
    "glance": _glance,
    "parameters": _parameters,
    "spread": _spread,
    "drawn": _drawn,
    "figures": _figures,
    "interactions": _interactions,
    "limits": _limits,
}


_EFFECT_PARTS: dict[str, Callable[[EffectModel], str]] = {
    "numbers": _numbers,
    "limits": _limits,
    "calibration": _calibration,
    "checks": checks_tables.checks,
    "sensitivity": _sensitivity,
    "fit": acute_tables.fitted,
    "targets": acute_tables.targets,
    "aside": acute_tables.aside,
}


def main() -> None:
    """Write every card's generated parts."""
    FIGURES.mkdir(exist_ok=True)
    for card in EFFECT_CARDS.glob("*.md"):
        card.write_text(render_effects(card), encoding="utf-8")
        drawn = FIGURES / f"{card.stem}.svg"
        if not drawn.exists() or model_figures.data_of(card.stem) not in drawn.read_text("utf-8"):
            drawn.write_text(model_figures.draw_effects(card.stem), encoding="utf-8")
    for model_id in kinetic_models():
        card_path(model_id).write_text(render(model_id), encoding="utf-8")
        (FIGURES / f"{model_id}.svg").write_text(model_figures.draw_kinetic(model_id), encoding="utf-8")


if __name__ == "__main__":
    main()
