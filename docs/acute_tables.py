"""The generated tables of the acute effects' card: what was fitted, and every figure beside what the model gives."""

from __future__ import annotations

from docs.tables import table_of

from euthymia.evidence import (
    ACUTE_STATISTICS,
    AcuteTarget,
    EffectModel,
    acute_arms,
    acute_priors,
    acute_targets,
    kept_acute_fit,
    units,
)
from euthymia.trials._acute_files import believed
from euthymia.trials.acute import met

_ASIDE = 0.7  # of a tolerance: what is further off than that, and inside, is named on the card

_HEADINGS = {
    "fit": "### Fitted",
    "predict": "### Only predicted",
}


def fitted(model: EffectModel) -> str:
    """Return the table of parameters: what was believed, what was found, and who speaks."""
    kept, rows = kept_acute_fit(), []
    for name, prior in acute_priors().parameters.items():
        unit = "" if prior.centre.unit == "1" else f" {units()[prior.centre.unit].printed}"
        value, low, high = kept.numbers[name]
        laplace = " to ".join(f"{one:.3g}" for one in kept.laplace[name])
        whose = "the prior" if name in kept.prior_driven else "the figures"
        found = f"{value:.3g} ({low:.3g} to {high:.3g}){unit}"
        label = name.replace(".", ": ")
        rows.append((label, believed(prior) + unit, found, laplace, f"{kept.widths[name]:.2f}", whose))
    head = (
        *("Parameter", "Believed before (90 %)", "Maximum (90 % of the draws)", "By the curvature (90 %)"),
        *("Width over the prior's", "Who speaks"),
    )
    rough = " They are few: the intervals are rough." if kept.rough else ""
    return (
        f"{model.id}: {kept.effective:.0f} effective draws of the {kept.proposals} that were weighed, seed "
        f"{kept.seed}.{rough}\n\n{table_of(head, rows)}"
    )


def targets(model: EffectModel) -> str:
    """Return every figure beside what the model gives, fitted rows and predicted ones apart, and how many are met."""
    parts = []
    for use, heading in _HEADINGS.items():
        rows = [row for row in acute_targets() if row.use == use]
        inside = sum(_met(row) for row in rows)
        head = ("Whom", "Figure", "Found", "Source", "Known", "Tolerance", "Here (90 % of the sets)", "")
        parts += [
            heading,
            f"{inside} of {len(rows)} are within their tolerance.",
            table_of(head, [_row(row) for row in rows]),
        ]
    return "\n\n".join(parts)


def aside(model: EffectModel) -> str:
    """Return what is inside its tolerance and further off than ``_ASIDE`` of it, the furthest first."""
    found = []
    for row in acute_targets():
        given = kept_acute_fit().figures[row.key][0]
        part = abs(given - row.value.value) / row.tolerance
        if _ASIDE <= part <= 1:
            unit = {"%": "points"}.get(row.value.unit, units()[row.value.unit].printed)
            low, high = ("early", "late") if row.statistic == "time_peak" else ("low", "high")
            side = f"too {low if given < row.value.value else high}"
            how = f"{abs(given - row.value.value):.2g} {unit}".strip()
            use = "fitted" if row.use == "fit" else "predicted"
            found.append((part, f"- {acute_arms()[row.arm].title}, {_asked(row)}: {how} {side} ({use})"))
    return "\n".join(line for _, line in sorted(found, reverse=True))


def _met(row: AcuteTarget) -> bool:
    return met(row, kept_acute_fit().figures[row.key][0])


def _row(row: AcuteTarget) -> tuple[str, ...]:
    arm, unit = acute_arms()[row.arm], units()[row.value.unit].printed
    given, low, high = kept_acute_fit().figures[row.key]
    within = "inside" if _met(row) else "**outside**"
    people = f"{arm.title} ({arm.population})"
    return (
        people,
        _asked(row),
        f"{row.value.value:g} {unit}".strip(),
        row.value.source,
        str(row.value.known),
        f"{row.tolerance:g}",
        f"{given:.3g} ({low:.3g} to {high:.3g})",
        within,
    )


def _asked(row: AcuteTarget) -> str:
    effect = {
        "dissociation": "CADSS",
        "sedation": "MOAA/S below 5",
        "deep-sedation": "MOAA/S of 3 or less",
    }
    when = [f"at {row.at_min:g} min" if row.at_min is not None else ""]
    if row.threshold is not None:
        when.append(f"{'above' if row.effect == 'dissociation' else 'from'} {row.threshold:g}")
    said = "share of sessions" if row.session == "each" else ACUTE_STATISTICS[row.statistic]
    when.append(
        {"any": "any session", "each": "each of the first eight", 1: "first session"}.get(
            row.session, f"session {row.session}"
        )
    )
    when = [part for part in when if part]
    return f"{effect.get(row.effect, row.effect)}: {', '.join((said, *when))}"
