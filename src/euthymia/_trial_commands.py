"""``euthymia predict-trial`` and ``scorecard``: what trials would find, and how well that was foretold.

What computes is imported inside, as in the CLI.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from euthymia._commands import (
    AsJson,
    Draws,
    EnsembleFolder,
    chosen_ensemble,
    ends_in_a_sentence,
    progress,
    say,
)

if TYPE_CHECKING:
    from euthymia.trials import Design
    from euthymia.trials.prediction import Forecast

_OF_THE_PRIOR = 200
"""Draws from the prior, where none are asked for."""


def predict_trial(
    design: Annotated[
        str,
        typer.Argument(
            help="A design as TOML, or the name of one at hand; see docs/how-to/predict-a-trial.md."
        ),
    ],
    draws: Draws = None,
    seed: Annotated[
        int, typer.Option(help="Of trial effects and people: the same seed, the same answer.")
    ] = 7,
    given_control: Annotated[
        Path | None,
        typer.Option(help="Results as CSV: the answer is conditional on those of the control arm."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Also draw to this .html or .svg file, beside the results if given.")
    ] = None,
    ensemble: EnsembleFolder = None,
    prior: Annotated[
        bool, typer.Option("--prior", help="Predict with the beliefs before any trial was looked at.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Predict what a trial would find: mean change, SD, response, remission, differences and relapse."""
    with ends_in_a_sentence(
        unwritten="The report could not be written", stopped="Stopped; nothing was written."
    ):
        from euthymia.pharmacology import InvalidRequest
        from euthymia.pharmacology.figures import check_format
        from euthymia.trials import prediction
        from euthymia.trials import report as figures
        from euthymia.trials._parameters import ours
        from euthymia.trials._results import read_results

        if prior and ensemble is not None:
            raise InvalidRequest("Give --prior or --ensemble, not both.")
        if report is not None:
            check_format(report)
        asked = _design(design)
        results = () if given_control is None else read_results(given_control, asked)
        controls = {arm.name for arm in asked.controls}
        given = [row for row in results if row.arm in controls]
        if results and not given:
            raise InvalidRequest("The results given hold nothing of a control arm of this design.")
        sets = ours(_OF_THE_PRIOR if draws is None else draws, seed) if prior else chosen_ensemble(ensemble)
        with progress("Predicting", len(sets.taken(draws))) as moved:
            forecast = prediction.predict_trial(
                asked, sets, draws=draws, seed=seed, given_control=given, progress=moved
            )
        if report is not None:
            figures.save(figures.draw(forecast, results), report)
    if as_json:
        typer.echo(json.dumps(forecast.as_json(), indent=2))
    else:
        _print(forecast)
    if report is not None:
        typer.echo(f"Report written to {report}.", err=True)


def scorecard(
    ensemble: EnsembleFolder = None,
    draws: Draws = None,
    out: Annotated[Path | None, typer.Option(help="Also write it as a page to this .md file.")] = None,
    record: Annotated[
        Path | None,
        typer.Option(help="Also keep the verdict in this folder of the ensemble, for its forecasts to say."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Predict the trials that nothing was fitted to, and say how well, beside two simple forecasts."""
    with ends_in_a_sentence(
        unwritten="The page could not be written", stopped="Stopped; nothing was written."
    ):
        from euthymia.trials import scorecard as cards
        from euthymia.trials._scorecard_page import page
        from euthymia.trials.ensembles import SHIPPED, beside, read_ensemble, record_verdict

        folder = ensemble or SHIPPED
        # Without what an earlier scorecard said of it: the page is the same whenever it is made.
        card = cards.score(
            read_ensemble(folder),
            beside=beside(folder),
            draws=draws,
            say=say,
        )
        if out is not None:
            out.write_text(page(card), "utf-8")
        if record is not None:
            record_verdict(record, card.verdict)
    typer.echo(json.dumps(card.as_json(), indent=2) if as_json else page(card))


def _design(name: str) -> "Design":
    from euthymia.evidence import trial_designs
    from euthymia.trials import read_design, shipped_design

    return shipped_design(name) if name in trial_designs() else read_design(Path(name))


def _print(forecast: "Forecast") -> None:
    """Print the mean change by arm and visit, and each difference from control, with 90 of 100."""
    table = Table(title=forecast.design.title, title_justify="left", title_style="bold")
    for heading in ("Arm", "Hours", "Mean change", "Response, %", "Remission, %", "Less control"):
        table.add_column(heading, justify="left" if heading == "Arm" else "right")
    answer = forecast.as_json()
    for arm, visits in answer["arms"].items():
        for visit, found in visits.items():
            difference = answer["differences"].get(arm, {}).get(visit)
            cells = [found["mean_change"], found["responders_pct"], found["remitters_pct"], difference]
            table.add_row(arm, visit, *("" if cell is None else _interval(cell) for cell in cells))
    console = Console()
    console.print(table)
    for arm, followed in answer["relapse"].items():
        share = _interval(followed["relapse_pct"])
        console.print(f"  Relapse by the end of follow-up, {arm}: {share} %", highlight=False)
    for sentence in answer["warnings"]:
        console.print(f"  · {sentence}", highlight=False)


def _interval(three: list[float]) -> str:
    return f"{three[1]:.1f} ({three[0]:.1f} to {three[2]:.1f})"
