"""``euthymia calibrate``, ``checks``, ``outlook`` and ``sensitivity``: ensembles made, and asked.

What computes is imported inside, as in the CLI.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table

from euthymia._commands import AsJson, Draws, Figure, Record, ends_in_a_sentence, progress, say
from euthymia._memory import keep_memory

_STEPS = 160


def calibrate(
    out: Annotated[
        Path | None,
        typer.Argument(help="A folder: stages to go on from, and the ensemble. None with --recovery."),
    ] = None,
    draws: Annotated[int, typer.Option(help="Sets of parameters in the ensemble.")] = 200,
    chains: Annotated[
        bool,
        typer.Option(
            "--chains", help="Sample by Hamiltonian chains even where importance sampling would do."
        ),
    ] = False,
    steps: Annotated[int, typer.Option(help="Draws of each of the four chains.")] = _STEPS,
    trial_effects: Annotated[
        Literal["half", "usual", "double"],
        typer.Option(
            help="The spreads of the priors on how trials differ; the scorecard shows what half and double change."
        ),
    ] = "usual",
    recovery: Annotated[
        int,
        typer.Option(
            help="Instead: simulate what is fitted from so many known truths, and say how each is found."
        ),
    ] = 0,
    acute: Annotated[
        bool,
        typer.Option(
            "--acute", help="Fit the acute effects instead, to the figures of the hours after a dose."
        ),
    ] = False,
) -> None:
    """Fit the mood model to the trials that may be fitted, or the acute effects with --acute.

    Of the mood model a stopped fit goes on where it was when asked again; of the acute effects it begins anew.
    """
    keep_memory()
    again = "begins anew" if acute or recovery else "goes on from the last stage"
    with ends_in_a_sentence(
        unwritten="The ensemble could not be written", stopped=f"Stopped; asked again it {again}."
    ):
        from euthymia.pharmacology import InvalidRequest
        from euthymia.trials.ensembles import BESIDE
        from euthymia.trials.ensembles import calibrate as run

        if not 2 <= draws <= 2000 or not 4 <= steps <= 10_000:
            raise InvalidRequest("Ask for 2 to 2000 draws, and 4 to 10000 steps.")
        if acute and (chains or steps != _STEPS):
            raise InvalidRequest(
                "The fit of the acute effects weighs draws; it has no --chains and no --steps."
            )
        if trial_effects != "usual" and (acute or recovery):
            raise InvalidRequest(
                "--trial-effects is of the mood model's own fit: not with --acute or --recovery."
            )
        if recovery:
            if out is not None:
                raise InvalidRequest("--recovery writes nothing: leave out the folder.")
            (_recover_acute if acute else _recover)(recovery)
            return
        if out is None:
            raise InvalidRequest("Name the folder in which the ensemble is to be written.")
        if acute:
            _fit_acute(out, draws)
            return
        found = run(
            out,
            draws=draws,
            hamiltonian=chains,
            steps=steps,
            trial_effects=BESIDE.get(trial_effects, 1.0),
            say=say,
        )
    typer.echo(f"{len(found.places)} sets of parameters written to {out}.", err=True)
    for sentence in found.warnings:
        typer.echo(sentence, err=True)


def _recover_acute(count: int) -> None:
    from euthymia.trials import acute

    told = acute.recover(acute.asked(acute.fitted_rows()), count, say=say)
    for at, one in enumerate(told, start=1):
        typer.echo(
            f"Truth {at}: {100 * one.covered:.0f} % of the parameters inside their 90 % interval "
            f"({one.effective:.0f} effective draws); outside: {', '.join(one.outside) or 'none'}."
        )


def _fit_acute(out: Path, draws: int) -> None:
    from euthymia.trials._acute_files import calibrate_acute

    found = calibrate_acute(out, draws=draws, say=say)
    typer.echo(f"The acute effects and {len(found.places)} sets of them written to {out}.", err=True)
    if found.prior_driven:
        typer.echo(f"The figures say little of {', '.join(found.prior_driven)}.", err=True)


def _recover(count: int) -> None:
    from euthymia.trials import calibration
    from euthymia.trials.recovery import recover

    found = recover(calibration.data(), count, seed=calibration.SEED, say=say)
    for at, one in enumerate(found, start=1):
        typer.echo(
            f"Truth {at}: {100 * one.covered(50):.0f} % of {len(one.away)} numbers inside their 50 % interval, "
            f"{100 * one.covered(90):.0f} % inside 90 %; all together at level {one.level:.3g}."
        )
        for name, spread in one.spreads.items():
            typer.echo(
                f"  {name}: {spread.truth:.3g}, found between {spread.low:.3g} and {spread.high:.3g} (90 %)."
            )


def checks(
    draws: Draws = None,
    figure: Figure = None,
    record: Record = None,
    as_json: AsJson = False,
) -> None:
    """Set what was fitted beside what new trials of the same designs would find, arm by arm; and times to relapse."""
    with ends_in_a_sentence(
        unwritten="The answer could not be written", stopped="Stopped; nothing was written."
    ):
        from euthymia.pharmacology.figures import check_format
        from euthymia.trials._checks_figure import draw
        from euthymia.trials._kept import keep
        from euthymia.trials.checks import predictive_checks
        from euthymia.trials.ensembles import SHIPPED, hash_of, shipped_ensemble
        from euthymia.trials.report import save

        if figure is not None:
            check_format(figure)
        found = predictive_checks(shipped_ensemble(), sha256=hash_of(SHIPPED), draws=draws, say=say)
        if figure is not None:
            save(draw(found), figure)
        if record is not None:
            keep(found.as_json(), record)
    if as_json:
        typer.echo(json.dumps(found.as_json(), indent=2))
        return
    table = Table(title="Fitted numbers inside what new trials would find", title_justify="left")
    for heading in ("Quantity", "Numbers", "Inside 50 of 100", "Inside 90 of 100"):
        table.add_column(heading, justify="left" if heading == "Quantity" else "right")
    for quantity, count, half, most in found.counts:
        table.add_row(quantity, *map(str, (count, half, most)))
    Console().print(table)


def outlook(
    draws: Draws = None,
    figure: Figure = None,
    record: Record = None,
    as_json: AsJson = False,
) -> None:
    """Hours against weeks: mean courses with spray or infusions, an oral antidepressant, and placebo."""
    with ends_in_a_sentence(
        unwritten="The answer could not be written", stopped="Stopped; nothing was written."
    ):
        from euthymia.pharmacology.figures import check_format
        from euthymia.trials import outlook as courses
        from euthymia.trials._kept import keep
        from euthymia.trials._outlook_figure import draw
        from euthymia.trials.ensembles import SHIPPED, hash_of, shipped_ensemble
        from euthymia.trials.report import save

        if figure is not None:
            check_format(figure)
        sets = shipped_ensemble()
        with progress("Asking", len(sets.taken(draws))) as moved:
            found = courses.mean_courses(sets, sha256=hash_of(SHIPPED), draws=draws, progress=moved)
        answer = found.as_json()
        if figure is not None:
            save(draw(found), figure)
        if record is not None:
            keep(answer, record)
    if as_json:
        typer.echo(json.dumps(answer, indent=2))
        return
    console = Console()
    for sentence in (*answer["sentences"], *answer["fitted"], *answer["warnings"]):
        console.print(f"  · {sentence}", highlight=False)


def sensitivity(
    record: Record = None,
    as_json: AsJson = False,
) -> None:
    """Say which parameters move the score on day 28, what is lost afterwards, and the peak of dissociation."""
    with ends_in_a_sentence(
        unwritten="The answer could not be written", stopped="Stopped; nothing was written."
    ):
        from euthymia.trials._kept import keep
        from euthymia.trials.ensembles import SHIPPED, hash_of, shipped_ensemble
        from euthymia.trials.sensitivity import SETS
        from euthymia.trials.sensitivity import sensitivity as moved_by

        with progress("Moving", SETS) as moved:
            answer = moved_by(shipped_ensemble(), sha256=hash_of(SHIPPED), progress=moved).as_json()
        if record is not None:
            keep(answer, record)
    if as_json:
        typer.echo(json.dumps(answer, indent=2))
        return
    _print_moved(answer)


def _print_moved(answer: dict[str, Any]) -> None:
    table = Table(title="Points for one standard deviation of the ensemble", title_justify="left")
    for heading in ("Parameter", *answer["outcomes"]):
        table.add_column(heading, justify="left" if heading == "Parameter" else "right")
    for name, points in answer["mood"].items():
        table.add_row(name, *(f"{one:+.2f}" for one in points))
    peak = Table(
        title=f"Highest CADSS, {answer['peak_dissociation']} points in a typical person", title_justify="left"
    )
    for heading in ("Moved", "Points"):
        peak.add_column(heading, justify="left" if heading == "Moved" else "right")
    for name, one in answer["dissociation"].items():
        peak.add_row(name, f"{one:+.2f}")
    console = Console()
    console.print(table, peak)
