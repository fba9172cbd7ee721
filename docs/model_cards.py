"""Fills the generated parts of the model cards from the evidence: ``python docs/model_cards.py`` writes them.

A card is written by hand. Between ``<!-- generated: NAME -->`` and ``<!-- end -->`` stand tables made from
the data files and from running the model; a test fails when they are not current.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from euthymia.evidence import (
    EffectModel,
    KineticModel,
    Residual,
    Row,
    Sourced,
    Spread,
    effect_model,
    interaction_ratios,
    interactions,
    kinetic_model,
    kinetic_models,
    kinetic_targets,
    plasma,
    units,
)
from euthymia.pharmacology._targets import ratio, reached

CARDS = Path(__file__).resolve().parent / "model-cards"
EFFECT_CARDS = CARDS / "effects"
_EFFECT_BLOCK = re.compile(r"(<!-- generated: (\w+) of ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

AS_PRINTED = "auc0_24_as_printed"
QUANTITIES = {
    "cmax": "Cmax",
    "tmax": "tmax",
    "auc0_6": "AUC 0-6 h",
    "auc0_24": "AUC 0-24 h",
    "auc_inf": "AUC to infinity",
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
    return _table(
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
    return _table(("", ""), rows)


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
    return _table(
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
    return _table(("Of", "Between", "Scale", "Variance", "Note"), rows)


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
    return _table(("Case", "Figure", "Given", "This model", "Difference", "Source"), rows)


def _case(row: Row) -> str:
    keys = row.keys
    minutes = f" over {keys['minutes']} min" if keys["minutes"] else ""
    age = f", {keys['age_years']} years" if keys["age_years"] else ""
    weight = f", {keys['weight_kg']} kg" if keys["model"] != "perez-ruixo-2021" else ""
    ancestry = f", {keys['ancestry']}" if keys["model"] == "perez-ruixo-2021" else ""
    beside = f", beside {keys['beside']}" if keys["beside"] else ""
    return f"{keys['dose_mg']} mg {keys['drug']} {keys['route']}{minutes}{age}{weight}{ancestry}{beside}"


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
    return _table(("Beside", "Ratio of", "Observed", "This model", "", "Source", "Note"), rows)


def _limits(model: KineticModel | EffectModel) -> str:
    return "\n".join(f"- {limit}" for limit in (*model.warns, *model.limits))


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


_PARTS: dict[str, Callable[[KineticModel], str]] = {
    "glance": _glance,
    "parameters": _parameters,
    "spread": _spread,
    "figures": _figures,
    "interactions": _interactions,
    "limits": _limits,
}


_EFFECT_PARTS: dict[str, Callable[[EffectModel], str]] = {"numbers": _numbers, "limits": _limits}


def main() -> None:
    """Write every card's generated parts."""
    for card in EFFECT_CARDS.glob("*.md"):
        card.write_text(render_effects(card), encoding="utf-8")
    for model_id in kinetic_models():
        card_path(model_id).write_text(render(model_id), encoding="utf-8")


if __name__ == "__main__":
    main()
