"""The scorecard as a page of Markdown, for the terminal and the documents."""

from __future__ import annotations

from collections.abc import Iterator

from euthymia.evidence import trial_designs
from euthymia.trials._read import numbers_of_ours
from euthymia.trials.checks import Check
from euthymia.trials.scorecard import MODEL, Line, Scorecard, Scored

_HEAD = """# How the forecasts did on trials they never saw

Written by `euthymia scorecard --out docs/reference/scorecard.md`; nothing here is fitted or tuned to. One value counts
for each trial and visit: drug against control in points of mean change (less is better), given what the trial's own
control arm showed where it showed anything; of several drug arms the one with the largest dose. Each trial weighs one.
"""

_HOW_TO_READ = """
The noise floor is 0.8 of the standard error: the mean absolute error that chance alone leaves. It and the error beside
it are over the values whose standard error is known; where a trial reports scores and no changes, it is a score's. The
share inside the 90 % interval stands first with each trial weighing one, then as values with their binomial interval,
which takes visits as independent; those of one trial are not. The two simple forecasts are fitted likewise: visits
share their trial's own difference, but the chance errors of an arm's visits count as independent, which can make these
fits surer than they are. The periods of a crossover are predicted, by all three, as if different people were in them.
Response and remission count in no score; they stand further down."""

_OF_SHARES = """
## Response and remission, nothing given (in no score)

The share of each arm at each visit that the trial reported, predicted as an arm alone; one of 11 people is 9.1 % and is
printed as 9, so half a per cent of room is left. Those of one arm and visit are the same people.
"""


def page(card: Scorecard) -> str:
    """Return the whole page."""
    return "\n".join(_parts(card)) + "\n"


def _parts(card: Scorecard) -> Iterator[str]:
    yield _HEAD
    yield f"Ensemble: `{card.ensemble}`."
    yield from (f"\n{said}" for said in card.warnings)
    yield "\n## Goals\n"
    yield from (f"- {'Met' if met else '**Missed**'}: {goal}." for goal, met in card.goals.items())
    yield f"\n{card.verdict}"
    yield "\n## Drug against control\n"
    yield from _lines(card.lines)
    yield _HOW_TO_READ
    yield from _beside(card)
    yield "\n### Bias by trial (median less what was found)\n"
    yield "| Trial | " + " | ".join(line.name for line in card.lines) + " |"
    yield "| --- |" + " ---: |" * len(card.lines)
    for trial in card.lines[0].bias:
        yield f"| {trial} | " + " | ".join(f"{line.bias[trial]:+.1f}" for line in card.lines) + " |"
    yield "\n### Every value of the mood model\n"
    yield from _values(card.values[MODEL])
    yield from _assumed(card)
    yield "\n## Arms alone, nothing given (no goal)\n"
    yield from _lines((card.alone_line,))
    yield ""
    yield from _values(card.alone)
    yield from _shares(card.shares)
    yield "\n## Not predicted\n"
    if not card.not_predicted:
        yield "Nothing."
    yield from (f"- {what}: {why}." for what, why in card.not_predicted)


def _assumed(card: Scorecard) -> Iterator[str]:
    """What sizes a forecast and is this project's own in the designs at hand."""
    trials = {one.trial for one in card.values[MODEL]}
    notes = [
        f"- {name}, {key.replace('_', ' ')}: {note}."
        for name, ours in map(numbers_of_ours, trial_designs())
        if name in trials
        for key, note in ours.items()
        if key in _SIZING
    ]
    if notes:
        yield _OURS
        yield from notes


_SIZING = ("baseline", "dose_mg", "flexible", "setting")
_OURS = """
### What in their designs is ours

Scores at entry and doses size these forecasts. Where a trial's own were not read, or were only recalled, they rest on:
"""


def _shares(found: tuple[Check, ...]) -> Iterator[str]:
    if not found:
        return
    yield _OF_SHARES
    yield "| Share | Values | Inside 50 % | Inside 90 % |"
    yield "| --- | ---: | ---: | ---: |"
    for quantity, name in _SHARES.items():
        of = [each for each in found if each.quantity == quantity]
        half, most = (sum(each.within(share) for each in of) for share in (50, 90))
        yield f"| {name} | {len(of)} | {half} | {most} |"
    yield ""
    yield "| Trial | Arm | Hour | Share | Found, % | 5 % | 50 % | 95 % | Inside 90 % |"
    yield "| --- | --- | ---: | --- | ---: | ---: | ---: | ---: | --- |"
    for each in found:
        low, _, middle, _, high = each.quantiles
        yield (
            f"| {each.trial} | {each.arm} | {each.visit_h:g} | {_SHARES[each.quantity]} | {each.found:g} | {low:.0f} "
            f"| {middle:.0f} | {high:.0f} | {'yes' if each.within(90) else '**no**'} |"
        )


_SHARES = {"responders_pct": "response", "remitters_pct": "remission"}
_OTHER_BELIEFS = """
### With other beliefs of how trials differ

The same model and rows, fitted with half and with double the spreads of the priors on trial effects
(`euthymia calibrate OUT/half --trial-effects half`). The product predicts with the usual ones; these show how much
hangs on them.
"""


def _beside(card: Scorecard) -> Iterator[str]:
    if not card.beside:
        return
    yield _OTHER_BELIEFS
    yield from _lines((card.lines[0], *(each.line for each in card.beside)))
    for each in card.beside:
        missed = [goal for goal, met in each.goals.items() if not met]
        yield f"\n**{each.line.name}**: " + (
            f"it misses {'; '.join(missed)}." if missed else "it meets every goal."
        )
        yield from (f"{said}" for said in each.warnings)


def _lines(lines: tuple[Line, ...]) -> Iterator[str]:
    yield (
        "| Forecast | Values | Trials | Inside 50 % | Inside 90 % | Width of 90 % | Interval score "
        "| Mean absolute error | over a known SE | Noise floor |"
    )
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for line in lines:
        inside = " | ".join(
            f"{100 * line.weighed_coverage[at]:.0f} %; {100 * share:.0f} % ({100 * low:.0f} to {100 * high:.0f})"
            for at, (share, low, high) in line.coverage.items()
        )
        yield (
            f"| {line.name} | {line.values} | {line.trials} | {inside} | {line.width:.1f} | {line.interval_score:.1f} "
            f"| {line.error:.2f} | {line.floored_error:.2f} | {line.noise_floor:.2f} |"
        )


def _values(found: tuple[Scored, ...]) -> Iterator[str]:
    yield "| Trial | Arm | Hour | Found | SE | 5 % | 50 % | 95 % | Inside 90 % |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |"
    for one in found:
        low, _, middle, _, high = one.quantiles
        se = "not known" if one.se is None else f"{one.se:.2f}"
        inside = "yes" if one.within(90) else "**no**"
        yield (
            f"| {one.trial} | {one.arm} | {one.visit_h:g} | {one.found:.1f} | {se} | {low:.1f} | {middle:.1f} "
            f"| {high:.1f} | {inside} |"
        )
