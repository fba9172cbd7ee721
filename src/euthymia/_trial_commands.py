"""``euthymia predict-trial``, ``calibrate``, ``scorecard``, ``outlook`` and ``sensitivity``.

What computes is imported inside, as in the CLI.
"""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from euthymia.trials import Design
    from euthymia.trials._parameters import Ensemble
    from euthymia.trials.prediction import Forecast

_STEPS = 160


def predict_trial(
    design: Annotated[
        str,
        typer.Argument(
            help="A design as TOML, or the name of one at hand; see docs/how-to/predict-a-trial.md."
        ),
    ],
    draws: Annotated[int, typer.Option(help="Sets of parameters, each with trial effects of its own.")] = 200,
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
    ensemble: Annotated[
        Path | None,
        typer.Option(help="A folder written by `euthymia calibrate`; left out, the one at hand."),
    ] = None,
    prior: Annotated[
        bool, typer.Option("--prior", help="Predict with the beliefs before any trial was looked at.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Predict what a trial would find: mean change, SD, response, remission, differences and relapse."""
    with _ends_in_a_sentence(
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
        sets = ours(draws, seed) if prior else _sets(ensemble)
        with _progress("Predicting", min(draws, len(sets.places))) as moved:
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


def calibrate(
    out: Annotated[Path, typer.Argument(help="A folder: stages to go on from, and the ensemble.")],
    draws: Annotated[int, typer.Option(help="Sets of parameters in the ensemble.")] = 200,
    chains: Annotated[
        bool,
        typer.Option(
            "--chains", help="Sample by Hamiltonian chains even where importance sampling would do."
        ),
    ] = False,
    steps: Annotated[int, typer.Option(help="Draws of each of the four chains.")] = _STEPS,
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
    again = "begins anew" if acute or recovery else "goes on from the last stage"
    with _ends_in_a_sentence(
        unwritten="The ensemble could not be written", stopped=f"Stopped; asked again it {again}."
    ):
        from euthymia.pharmacology import InvalidRequest
        from euthymia.trials.ensembles import calibrate as run

        if not 2 <= draws <= 2000 or not 4 <= steps <= 10_000:
            raise InvalidRequest("Ask for 2 to 2000 draws, and 4 to 10000 steps.")
        if acute and (chains or steps != _STEPS):
            raise InvalidRequest(
                "The fit of the acute effects weighs draws; it has no --chains and no --steps."
            )
        if acute:
            _fit_acute(out, draws, recovery)
            return
        if recovery:
            _recover(recovery)
            return
        found = run(
            out,
            draws=draws,
            hamiltonian=chains,
            steps=steps,
            say=lambda told: typer.echo(told, err=True),
        )
    typer.echo(f"{len(found.places)} sets of parameters written to {out}.", err=True)
    for sentence in found.warnings:
        typer.echo(sentence, err=True)


def scorecard(
    ensemble: Annotated[
        Path | None,
        typer.Option(help="A folder written by `euthymia calibrate`; left out, the one at hand."),
    ] = None,
    draws: Annotated[int, typer.Option(help="Sets of parameters, each with trial effects of its own.")] = 200,
    out: Annotated[Path | None, typer.Option(help="Also write it as a page to this .md file.")] = None,
    record: Annotated[
        Path | None,
        typer.Option(help="Also keep the verdict in this folder of the ensemble, for its forecasts to say."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Predict the trials that nothing was fitted to, and say how well, beside two simple forecasts."""
    with _ends_in_a_sentence(
        unwritten="The page could not be written", stopped="Stopped; nothing was written."
    ):
        from euthymia.trials import scorecard as cards
        from euthymia.trials._scorecard_page import page
        from euthymia.trials.ensembles import SHIPPED, read_ensemble, record_verdict

        # Without what an earlier scorecard said of it: the page is the same whenever it is made.
        card = cards.score(
            read_ensemble(ensemble or SHIPPED), draws=draws, say=lambda told: typer.echo(told, err=True)
        )
        if out is not None:
            out.write_text(page(card), "utf-8")
        if record is not None:
            record_verdict(record, card.verdict)
    typer.echo(json.dumps(card.as_json(), indent=2) if as_json else page(card))


def outlook(
    draws: Annotated[int, typer.Option(help="Sets of parameters, each with trial effects of its own.")] = 200,
    figure: Annotated[Path | None, typer.Option(help="Also draw to this .html or .svg file.")] = None,
    record: Annotated[
        Path | None,
        typer.Option(help="Also write the answer to this .json file, for the page of the documents."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Hours against weeks: mean courses with spray or infusions, an oral antidepressant, and placebo."""
    with _ends_in_a_sentence(
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
        with _progress("Asking", min(draws, len(sets.places))) as moved:
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
    record: Annotated[
        Path | None, typer.Option(help="Also write the answer to this .json file, for the model card.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Say which parameters move the score on day 28, what is lost afterwards, and the peak of dissociation."""
    with _ends_in_a_sentence(
        unwritten="The answer could not be written", stopped="Stopped; nothing was written."
    ):
        from euthymia.trials._kept import keep
        from euthymia.trials.ensembles import SHIPPED, hash_of, shipped_ensemble
        from euthymia.trials.sensitivity import SETS
        from euthymia.trials.sensitivity import sensitivity as moved_by

        with _progress("Moving", SETS) as moved:
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


def _sets(ensemble: Path | None) -> "Ensemble":
    from euthymia.trials.ensembles import read_ensemble, shipped_ensemble

    return shipped_ensemble() if ensemble is None else read_ensemble(ensemble)


def _fit_acute(out: Path, draws: int, recovery: int) -> None:
    from euthymia.trials import acute
    from euthymia.trials._acute_files import calibrate_acute

    if recovery:
        told = acute.recover(
            acute.asked(acute.fitted_rows()), recovery, say=lambda told: typer.echo(told, err=True)
        )
        for at, one in enumerate(told, start=1):
            typer.echo(
                f"Truth {at}: {100 * one.covered:.0f} % of the parameters inside their 90 % interval "
                f"({one.effective:.0f} effective draws); outside: {', '.join(one.outside) or 'none'}."
            )
        return
    found = calibrate_acute(out, draws=draws, say=lambda told: typer.echo(told, err=True))
    typer.echo(f"The acute effects and {len(found.places)} sets of them written to {out}.", err=True)
    if found.prior_driven:
        typer.echo(f"The figures say little of {', '.join(found.prior_driven)}.", err=True)


def _recover(count: int) -> None:
    from euthymia.trials import calibration
    from euthymia.trials.recovery import recover

    found = recover(
        calibration.data(), count, seed=calibration.SEED, say=lambda told: typer.echo(told, err=True)
    )
    for at, one in enumerate(found, start=1):
        typer.echo(
            f"Truth {at}: {100 * one.covered(50):.0f} % of {len(one.away)} numbers inside their 50 % interval, "
            f"{100 * one.covered(90):.0f} % inside 90 %; all together at level {one.level:.3g}."
        )


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


@contextlib.contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


@contextlib.contextmanager
def _ends_in_a_sentence(*, unwritten: str, stopped: str) -> Iterator[None]:
    """What is refused, cannot be written or is interrupted ends the command with a sentence and its exit status."""
    from euthymia.evidence import EvidenceError
    from euthymia.pharmacology import InvalidRequest

    try:
        yield
    except (InvalidRequest, EvidenceError) as refused:
        _stop(str(refused), code=2)
    except OSError as error:
        _stop(f"{unwritten}: {error.strerror or error}.", code=1)
    except KeyboardInterrupt:
        _stop(stopped, code=130)


def _stop(sentence: str, *, code: int) -> NoReturn:
    print(sentence, file=sys.stderr)
    raise typer.Exit(code)
