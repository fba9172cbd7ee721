"""Tables of the mood model's card: what was fitted beside what the ensemble makes of it, and who relapses."""

from __future__ import annotations

from collections.abc import Sequence

from docs.tables import table_of

from euthymia.evidence import EffectModel, kept_checks

_QUANTITIES = {
    "mean_change": "Mean change",
    "sd_change": "SD of the change",
    "mean": "Mean score",
    "sd_score": "SD of the score",
    "responders_pct": "Response",
    "remitters_pct": "Remission",
}


def checks(model: EffectModel) -> str:
    """Return how many fitted numbers lie inside what new trials would find, those that do not, and relapse."""
    kept = kept_checks()
    rows = []
    for quantity, name in _QUANTITIES.items():
        of = [each for each in kept.checks if each["quantity"] == quantity]
        inside = (str(sum(each[f"inside_{share}"] for each in of)) for share in (50, 90))
        rows.append((name, str(len(of)), *inside))
    outside = [
        (
            each["trial"],
            each["arm"],
            f"{each['visit_h']:g}",
            _QUANTITIES[each["quantity"]],
            f"{each['found']:g}",
            f"{each['quantiles'][0]:.1f} to {each['quantiles'][4]:.1f}",
        )
        for each in kept.checks
        if not each["inside_90"]
    ]
    relapsed = [
        (
            each["trial"],
            each["arm"],
            f"{100 - each['median'][-1]:.0f} ({100 - each['high'][-1]:.0f} to {100 - each['low'][-1]:.0f})",
            f"{each['days'][-1]:.0f}",
            "; ".join(each["found"]) or "nothing reported",
        )
        for each in kept.free
    ]
    hazards = [
        (
            each["trial"],
            each["arm"],
            _hazard(each["hazard_ratio"]),
            "; ".join(said for said in each["found"] if said.startswith("hazard")),
        )
        for each in kept.free
        if each["hazard_ratio"]
    ]
    return "\n\n".join(
        (
            table_of(("Quantity", "Fitted numbers", "Inside 50 of 100", "Inside 90 of 100"), rows),
            "Outside 90 of 100:",
            table_of(("Trial", "Arm", "Hour", "Quantity", "Found", "5 to 95 of 100"), outside),
            "Relapse, never fitted:",
            table_of(("Trial", "Arm", "Predicted, % (90 %)", "By day", "Found"), relapsed),
            _HAZARD,
            table_of(("Trial", "Arm", "Predicted (90 %)", "Found"), hazards),
        )
    )


_HAZARD = """\
Hazard of relapse over the other arm's, never fitted: in each simulated trial the ratio of the cumulative hazards at the
end of follow-up (the shares that relapse at each visit, of those free before it, added up). Trials in which nobody
relapses have none:"""


def _hazard(quantiles: Sequence[float | None]) -> str:
    low, middle, high = ("endless" if one is None else f"{one:.2f}" for one in quantiles)
    return f"{middle} ({low} to {high})"
