"""The page on hours against weeks: what the model says, and beside it what trials found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from euthymia.evidence import Outlook, kept_outlook, trial_designs, trial_results
from euthymia.trials import outlook, shipped_design
from euthymia.trials.calibration import fitted_rows
from euthymia.trials.comparisons import comparisons

_ABOUT = {24.0: "a day", 648.0: "four weeks"}
_ROLES = {"calibrate": "fitted or kin", "validate": "held out", "context": "not used"}
_CAPTION = "Mean courses of six groups, heavy between the visits at which trials of their kind were fitted"
_BY_ARMS = "fitted, arm less arm"


@dataclass(frozen=True)
class _Found:
    """A difference from control that a trial found."""

    after_h: float
    trial: str
    group: str
    value: float
    se: float | None
    role: str
    source: str


def page() -> str:
    """Return the page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    kept = kept_outlook()
    yield "# Hours against weeks"
    yield ""
    yield "Written by `python docs/generate.py` from what `euthymia outlook --record` kept and from the rows of trials."
    yield ""
    low, high = _beyond_held_out(kept)
    yield f"**Not for patients.** The model says {low:.1f} to {high:.1f} times what the trials found that it was not"
    yield "fitted to (held out, below), and it missed every goal of [its scorecard](scorecard.md). Until it meets them"
    yield "this is shown to nobody who decides about a treatment."
    yield ""
    yield "Adults with two to five failed antidepressants, by a design that no trial had"
    yield "(`evidence/outlooks/hours-against-weeks.toml`). `euthymia outlook --figure FILE.svg` draws the figure."
    yield ""
    yield f"![{_CAPTION}](../model-cards/figures/hours-against-weeks.svg)"
    yield ""
    yield "## What the model says"
    yield ""
    yield from (f"- {sentence}" for sentence in kept.sentences)
    yield ""
    yield "## What trials found"
    yield ""
    yield "Drug less control in points of MADRS; below zero the drug did more. *Arm less arm* is the difference of two"
    yield "arms that were fitted, where a trial's own is not at hand; its standard error is that of both arms."
    yield ""
    yield "| After | Trial | Group | Found | SE | Role | Source |"
    yield "| --- | --- | --- | ---: | ---: | --- | --- |"
    for one in sorted([*_reported(), *_by_arms()], key=lambda one: (one.after_h, one.trial, one.group)):
        error = "" if one.se is None else f"{one.se:.3g}"
        yield (
            f"| {_ABOUT[one.after_h]} | {one.trial} | {one.group} | {one.value:+.3g} | {error} | {one.role} "
            f"| {one.source} |"
        )
    yield ""
    yield "## What is fitted and what is believed"
    yield ""
    yield from (f"- {sentence[0].upper()}{sentence[1:]}" for sentence in kept.fitted)
    yield ""
    yield "## How it did on trials it had not seen"
    yield ""
    yield from kept.warnings
    yield ""
    yield f"Ensemble `{kept.ensemble}`, {kept.ensemble_sha256[:12]}."


def _beyond_held_out(kept: Outlook) -> tuple[float, float]:
    """By how much the model's difference of spray and placebo spray is larger than those held out: least and most."""
    said = {}
    for after_h in _ABOUT:
        drug, control = (
            min(kept.arms[name], key=lambda one: abs(one[0] - after_h))[2]
            for name in (outlook.STOPPED, outlook.ORAL)
        )
        said[after_h] = drug - control
    times = [said[one.after_h] / one.value for one in _reported() if one.role == _ROLES["validate"]]
    return min(times), max(times)


def _reported() -> Iterator[_Found]:
    """Differences from control on MADRS a day and four weeks after the first dose, but for what is only remembered."""
    for row in trial_results():
        if row.kind != "mean_diff_vs_control" or row.instrument != "MADRS" or row.role not in _ROLES:
            continue
        if row.time_h in _ABOUT:
            se = row.spread if row.spread_kind == "SE" else None
            source = f"{row.value.source} ({row.value.known})"
            yield _Found(row.time_h, row.trial, row.arm, row.value.value, se, _ROLES[row.role], source)


def _by_arms() -> Iterator[_Found]:
    """The same of arms that were fitted, where the trial reports no difference of them."""
    told = {(one.after_h, one.trial, one.group) for one in _reported()}
    for design in map(shipped_design, trial_designs()):
        rows = [row for row in fitted_rows() if row.trial == design.name]
        for one in comparisons(design, rows):
            if one.visit_h in _ABOUT and (one.visit_h, design.name, one.arm.name) not in told:
                sources = dict.fromkeys(f"{row.value.source} ({row.value.known})" for row in rows)
                yield _Found(
                    one.visit_h,
                    design.name,
                    one.arm.name,
                    one.difference,
                    one.se,
                    _BY_ARMS,
                    ", ".join(sources),
                )
