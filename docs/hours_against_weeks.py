"""The page on hours against weeks: what the model says, and beside it what trials found."""

from __future__ import annotations

from collections.abc import Iterator

from euthymia.evidence import TrialResult, kept_outlook, trial_results

_ABOUT = {24.0: "a day", 648.0: "four weeks"}
_ROLES = {"calibrate": "fitted or kin", "validate": "held out", "context": "not used"}


def page() -> str:
    """Return the page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    kept = kept_outlook()
    yield "# Hours against weeks"
    yield ""
    yield "Written by `python docs/generate.py` from what `euthymia outlook --record` kept and from the rows of trials."
    yield ""
    yield "**Not for patients.** The model says about twice what most trials found (below), and it missed every goal of"
    yield "[its scorecard](scorecard.md). Until it meets them this is shown to nobody who decides about a treatment."
    yield ""
    yield "Adults with two to five failed antidepressants, by a design that no trial had"
    yield "(`evidence/outlooks/hours-against-weeks.toml`). `euthymia outlook --figure FILE.html` draws it."
    yield ""
    yield "## What the model says"
    yield ""
    yield from (f"- {sentence}" for sentence in kept.sentences)
    yield ""
    yield "## What trials found"
    yield ""
    yield "Drug less control in points of MADRS; below zero the drug did more."
    yield ""
    yield "| After | Trial | Group | Found | SE | Role | Source |"
    yield "| --- | --- | --- | ---: | ---: | --- | --- |"
    for row in _found():
        error = f"{row.spread:g}" if row.spread is not None and row.spread_kind == "SE" else ""
        yield (
            f"| {_ABOUT[row.time_h or 0.0]} | {row.trial} | {row.arm} | {row.value.value:+g} | {error} "
            f"| {_ROLES[row.role]} | {row.value.source} ({row.value.known}) |"
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


def _found() -> list[TrialResult]:
    """Differences from control on MADRS a day and four weeks after the first dose, but for what is only remembered."""
    rows = [
        row
        for row in trial_results()
        if row.kind == "mean_diff_vs_control"
        and row.time_h in _ABOUT
        and row.instrument == "MADRS"
        and row.role in _ROLES
    ]
    return sorted(rows, key=lambda row: (row.time_h or 0.0, row.trial, row.arm))
