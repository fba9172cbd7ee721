"""``euthymia …``: the pharmacology at a terminal, for researchers and operators.

What a command needs is imported inside it, so that asking for help does not wait for JAX. Answers go to
standard output; sentences about what went wrong go to standard error. The exit code is 0 for an answer, 1 for
a failure of ours or of the machine, 2 for a question that cannot be answered.
"""

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table

from euthymia import __version__
from euthymia import _ensemble_commands as ensembles
from euthymia import _simulate_command as simulated
from euthymia import _trial_commands as trials
from euthymia._commands import check_figure, stop

if TYPE_CHECKING:
    from euthymia.evidence import KineticModel
    from euthymia.pharmacology import Administration, Covariates, Prediction

app = typer.Typer(
    name="euthymia",
    help="Supervised ketamine therapy: the pharmacology beneath it, at a terminal.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.command("simulate")(simulated.simulate)
app.command("predict-trial")(trials.predict_trial)
app.command("scorecard")(trials.scorecard)
app.command("calibrate")(ensembles.calibrate)
app.command("checks")(ensembles.checks)
app.command("outlook")(ensembles.outlook)
app.command("sensitivity")(ensembles.sensitivity)

MINUTES_OF_A_DAY = 24 * 60
FIGURE_HOURS = 8
FIGURE_POINTS_PER_HOUR = 60


def main() -> None:
    """Run the command line."""
    app()


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"euthymia {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    pass


@app.command()
def models() -> None:
    """List the kinetic models, with what each describes and in whom."""
    from euthymia.evidence import kinetic_model, kinetic_models, plasma

    # Nothing is cut: a name stands whole in its line, and a long word goes on in the next.
    table = Table(title="Kinetic models", show_lines=True)
    table.add_column("Model", no_wrap=True, min_width=max(map(len, kinetic_models())))
    for heading in ("Given", "Measured", "Population", "State and source"):
        table.add_column(heading, overflow="fold")
    for model_id in kinetic_models():
        model = kinetic_model(model_id)
        measured = f"{', '.join(analyte.name for analyte in model.analytes)}; {plasma(model.sampling_site)}"
        given = f"{' or '.join(model.drugs)}, {' or '.join(model.routes)}"
        source = f"{model.status}\n{model.source.where}"
        table.add_row(model.id, given, measured, model.population.value, source)
    Console().print(table)


@app.command()
def pk(
    dose_mg: Annotated[float, typer.Option(help="Dose in mg of base: for the nose, the sum of its devices.")],
    model: Annotated[str, typer.Option(help="One of `euthymia models`.")] = "perez-ruixo-2021",
    route: Annotated[
        Literal["nasal", "iv", "oral", "film", "im", "sc"], typer.Option(help="How it is given.")
    ] = "nasal",
    minutes: Annotated[
        float | None, typer.Option(help="Length of an intravenous infusion; 0 is an injection.")
    ] = None,
    age: Annotated[float | None, typer.Option(help="Years. Left out: the model's typical age.")] = None,
    weight_kg: Annotated[float | None, typer.Option(help="Left out: the model's typical weight.")] = None,
    ancestry: Annotated[
        Literal["other", "asian", "japanese"] | None,
        typer.Option(help="`asian` is Asian other than Japanese. Left out: other."),
    ] = None,
    drug: Annotated[
        str | None,
        typer.Option(help="What was given: esketamine or ketamine. Left out: the model's own drug."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    figure: Annotated[
        Path | None, typer.Option(help="Also draw the curve to this .svg or .html file.")
    ] = None,
) -> None:
    """Predict a typical person's plasma concentrations after one dose."""
    from euthymia.pharmacology import InvalidRequest, Outcome, Route, predict

    try:
        if figure is not None:
            check_figure(figure)
        kinetics = _model(model)
        person, assumed = _person(kinetics, age, weight_kg, ancestry)
        doses = _doses(kinetics, Route(route), dose_mg, minutes)
        times_h = [
            point / FIGURE_POINTS_PER_HOUR for point in range(FIGURE_HOURS * FIGURE_POINTS_PER_HOUR + 1)
        ]
        prediction = predict(model, person, doses, times_h, drug=drug)
    except InvalidRequest as refused:
        stop(str(refused), code=2)
    if prediction.outcome is not Outcome.COMPUTED:
        stop(prediction.outcome.sentence, code=1)
    warnings = (*assumed, *prediction.warnings)
    asked = _asked(kinetics, prediction, person, doses)
    if figure is not None:
        _draw(prediction, doses, asked, figure)
    if as_json:
        typer.echo(json.dumps(_as_json(prediction, warnings), indent=2))
    else:
        _print(prediction, asked, warnings)


@app.command()
def export(
    model: Annotated[str, typer.Argument(help="One of `euthymia models`.")],
    to: Annotated[Literal["mrgsolve", "rxode2"], typer.Option(help="Whose text it is to be.")],
    age: Annotated[float | None, typer.Option(help="Years. Left out: the model's typical age.")] = None,
    weight_kg: Annotated[float | None, typer.Option(help="Left out: the model's typical weight.")] = None,
    ancestry: Annotated[
        Literal["other", "asian", "japanese"] | None,
        typer.Option(help="`asian` is Asian other than Japanese. Left out: other."),
    ] = None,
) -> None:
    """Print a model, for one person, as text that mrgsolve or rxode2 runs."""
    from euthymia.pharmacology import InvalidRequest, to_mrgsolve, to_rxode2

    try:
        person, assumed = _person(_model(model), age, weight_kg, ancestry)
        text = {"mrgsolve": to_mrgsolve, "rxode2": to_rxode2}[to](model, person)
    except InvalidRequest as refused:
        stop(str(refused), code=2)
    for sentence in assumed:
        typer.echo(sentence, err=True)
    typer.echo(text, nl=False)


def _model(model_id: str) -> "KineticModel":
    from euthymia.evidence import kinetic_model, kinetic_models
    from euthymia.pharmacology import InvalidRequest

    if model_id not in kinetic_models():
        raise InvalidRequest(f"There is no model '{model_id}'. There are: {', '.join(kinetic_models())}.")
    return kinetic_model(model_id)


def _person(
    kinetics: "KineticModel", age: float | None, weight_kg: float | None, ancestry: str | None
) -> tuple["Covariates", tuple[str, ...]]:
    """Return the person asked about, and a sentence for each value that the model had to fill in."""
    from euthymia.pharmacology import Ancestry, Covariates, needs

    assumed = []
    if age is None and "age" in kinetics.typical:
        age = kinetics.typical["age"].value
        assumed.append(f"No --age was given: {age:g} years is taken, typical of {kinetics.id}.")
    if weight_kg is None and "weight_kg" in needs(kinetics.id):
        weight_kg = kinetics.typical["weight"].value
        assumed.append(f"No --weight-kg was given: {weight_kg:g} kg is taken, typical of {kinetics.id}.")
    if ancestry is None and _knows_ancestry(kinetics):
        assumed.append(
            f"No --ancestry was given: other is taken; {kinetics.id} knows effects of Asian ancestry."
        )
    return Covariates(age, weight_kg, Ancestry(ancestry or "other")), tuple(assumed)


def _knows_ancestry(kinetics: "KineticModel") -> bool:
    return any("asian" in effect or "japanese" in effect for effect in kinetics.covariates)


def _doses(
    kinetics: "KineticModel", route: Any, dose_mg: float, minutes: float | None
) -> tuple["Administration", ...]:
    """Turn a total dose into what is given: devices, an infusion, or one oral dose."""
    from euthymia.pharmacology import Administration, InvalidRequest, Route, infusion, nasal_session

    if route is Route.IV:
        if minutes is None:
            raise InvalidRequest(
                "An intravenous dose needs --minutes: 40 for an infusion, 0 for an injection."
            )
        if not (math.isfinite(minutes) and minutes >= 0):
            raise InvalidRequest(f"--minutes is 0, for an injection, or more; it was {minutes:g}.")
        if minutes > MINUTES_OF_A_DAY:
            raise InvalidRequest(
                f"--minutes is at most {MINUTES_OF_A_DAY}, for an infusion ends within a day; it was {minutes:g}."
            )
        return infusion(dose_mg, minutes)
    if minutes is not None:
        raise InvalidRequest(f"--minutes is for intravenous doses; this one is {route.value}.")
    if route is not Route.NASAL:
        return (Administration(0.0, dose_mg, route),)
    holds, interval_min = kinetics.constant("device", "amount"), kinetics.constant("device", "interval")
    if holds is None or interval_min is None:
        raise InvalidRequest(
            f"{kinetics.id} knows doses given {' or '.join(kinetics.routes)}, not nasal devices."
        )
    return nasal_session(
        _devices(dose_mg, holds, interval_min), device_mg=holds, interval_h=interval_min / 60
    )


def _devices(dose_mg: float, holds: float, interval_min: float) -> int:
    """Return how many devices make ``dose_mg``."""
    from euthymia.pharmacology import InvalidRequest

    if dose_mg == math.inf:
        raise InvalidRequest("A dose is a number of milligrams; it was without end.")
    if not dose_mg > 0:
        raise InvalidRequest(f"A dose must be above 0 mg; it was {dose_mg:g} mg.")
    devices = dose_mg / holds
    if devices * interval_min > MINUTES_OF_A_DAY:
        raise InvalidRequest(f"{dose_mg:g} mg would be {devices:g} devices, more than fit into a day.")
    if devices != round(devices):
        below, above = (int(devices) * holds, (int(devices) + 1) * holds)
        nearest = f"{above:g} mg" if below == 0 else f"{below:g} or {above:g} mg"
        raise InvalidRequest(
            f"A nasal device holds {holds:g} mg; {dose_mg:g} mg is not a whole number. Nearest: {nearest}."
        )
    return round(devices)


def _asked(
    kinetics: "KineticModel",
    prediction: "Prediction",
    person: "Covariates",
    doses: tuple["Administration", ...],
) -> str:
    """Say in one line what was given to whom; ancestry only where the model knows an effect of it."""
    first, total = doses[0], sum(dose.amount_mg for dose in doses)
    how = {"nasal": "by nose", "iv": "by vein", "oral": "by mouth", "film": "as film"}[first.route]
    given = f"{total:g} mg {prediction.drug} {how}"
    if len(doses) > 1:
        apart = (doses[1].time_h - first.time_h) * 60
        given += f" ({len(doses)} devices of {first.amount_mg:g} mg, {apart:g} minutes apart)"
    if first.duration_h:
        given += f" over {first.duration_h * 60:g} minutes"
    who = [f"{person.age_years:g} years"] if person.age_years else []
    who += [f"{person.weight_kg:g} kg"] if person.weight_kg else []
    if _knows_ancestry(kinetics):
        who.append(f"ancestry {person.ancestry}")
    return f"{given}; {', '.join(who)}"


def _as_json(prediction: "Prediction", warnings: tuple[str, ...]) -> dict[str, Any]:
    analytes: dict[str, Any] = {
        analyte.key: {
            "cmax_ng_per_ml": analyte.cmax_ng_per_ml,
            "tmax_h": analyte.tmax_h,
            "auc0_24_ng_h_per_ml": analyte.auc0_24_ng_h_per_ml,
        }
        for analyte in prediction.analytes
    }
    return analytes | {
        "model": prediction.model,
        "source": prediction.source,
        "outcome": prediction.outcome.value,
        "warnings": list(warnings),
    }


def _print(prediction: "Prediction", asked: str, warnings: tuple[str, ...]) -> None:
    from euthymia.evidence import plasma

    console = Console()
    table = Table(title=asked, title_justify="left", title_style="bold")
    table.add_column(plasma(prediction.sampling_site).capitalize())
    for heading in ("Cmax, ng/mL", "tmax, h", "AUC 0-24 h, ng·h/mL"):
        table.add_column(heading, justify="right")
    for analyte in prediction.analytes:
        table.add_row(
            analyte.name,
            f"{analyte.cmax_ng_per_ml:.1f}",
            f"{analyte.tmax_h:.2f}",
            f"{analyte.auc0_24_ng_h_per_ml:.1f}",
        )
    console.print(table)
    for warning in warnings:
        console.print(f"[bold yellow]Warning:[/] {warning}", highlight=False)
    console.print(f"[bold]Model:[/] {prediction.title} ({prediction.model})", highlight=False)
    console.print(f"[bold]Population:[/] {prediction.population}", highlight=False)
    console.print(f"[bold]Source:[/] {prediction.source}", highlight=False)
    console.print("[bold]What it does not know:[/]")
    for limit in prediction.limits:
        console.print(f"  · {limit}", highlight=False)


def _draw(prediction: "Prediction", doses: tuple["Administration", ...], asked: str, path: Path) -> None:
    from euthymia.pharmacology.figures import draw, save

    try:
        save(draw(prediction, doses, asked), path)
    except OSError as error:
        stop(f"The figure could not be written to {path}: {error.strerror or error}.", code=1)
    typer.echo(f"Figure written to {path}.", err=True)
