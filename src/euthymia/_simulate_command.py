"""``euthymia simulate``: a regimen in virtual people, and how it ends when somebody stops it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from euthymia._commands import check_figure, progress, stop, stops_at_once

if TYPE_CHECKING:
    import polars as pl


def simulate(
    regimen: Annotated[
        Path, typer.Argument(help="A regimen as TOML; see docs/how-to/simulate-a-regimen.md.")
    ],
    out: Annotated[Path, typer.Option(help="The Parquet file to write: one row a person and time.")],
    people: Annotated[
        int | None, typer.Option(help="How many virtual people; 1000 unless stated, or all of a table.")
    ] = None,
    table: Annotated[
        Path | None, typer.Option(help="Who they are: a .csv or .parquet with a row for each person.")
    ] = None,
    seed: Annotated[
        int, typer.Option(help="Of the study: person i of a seed is always the same person.")
    ] = 7,
    first: Annotated[int, typer.Option(help="The number of the first person.")] = 0,
    figure: Annotated[Path | None, typer.Option(help="Also draw to this .svg or .html file.")] = None,
    between_people: Annotated[
        bool, typer.Option(help="Whether people differ beyond their covariates.")
    ] = True,
    between_visits: Annotated[
        bool,
        typer.Option(
            help="Whether one person's visits differ: in dissociation, and in kinetics where the model knows how."
        ),
    ] = True,
    uncertainty: Annotated[
        bool, typer.Option(help="Whether the published estimates are drawn anew, once for the whole study.")
    ] = False,
    residual: Annotated[
        bool, typer.Option(help="Add concentrations as a laboratory would report them, with residual error.")
    ] = False,
) -> None:
    """Simulate a course of treatment in virtual people: concentrations, receptor, acute effects, mood."""
    left = "nothing was written"

    def stands() -> None:
        nonlocal left
        left = f"the result stands in {out}, its table was not made"

    with stops_at_once(lambda: f"Stopped; {left}."):
        from euthymia.pharmacology import InvalidRequest, Levels, simulation

        levels = Levels(uncertainty, between_people, between_visits)
        try:
            if figure is not None:
                check_figure(figure)
            course = simulation.read_regimen(regimen, visits_differ=between_visits)
            who = None if table is None else simulation.read_people(table)
            if who is not None and (people is not None or first):
                raise InvalidRequest("--table says who the people are; leave out --people and --first.")
            count = len(who.index) if who is not None else 1000 if people is None else people
            simulation.check_size(course, count, first, residual=residual)
            with progress("Simulating", count) as moved:
                done = simulation.simulate(
                    course,
                    count,
                    seed=seed,
                    first=first,
                    characters=who,
                    levels=levels,
                    residual=residual,
                    out=out,
                    progress=moved,
                    placed=stands,
                )
            summary = simulation.summary(out, course)
            whose = f"seed {seed}" if table is None else table.name
            asked = f"{count:,} people of {whose}, {course.model}, {regimen.name}"
            if figure is not None:
                left = f"the result stands in {out}, the figure was not drawn"
                simulation.save(simulation.draw(summary, course, asked, done.sentences), figure)
            left = f"the result stands in {out}"
        except InvalidRequest as refused:
            stop(str(refused), code=2)
        except OSError as error:
            whole = left.startswith("the result stands")
            what = f"The result stands in {out}; what is made of it" if whole else "The result"
            stop(f"{what} could not be written: {error.strerror or error}.", code=1)
        except KeyboardInterrupt:
            stop(f"Stopped; {left}.", code=130)
        _print(summary, asked, (*done.sentences, *simulation.statements(course, who, levels)))
        typer.echo(f"Result written to {out}.", err=True)


def _print(summary: "pl.DataFrame", asked: str, said: tuple[str, ...]) -> None:
    """Print, for each quantity, where its median is highest over the course, and what it is at the end."""
    table = Table(title=asked, title_justify="left", title_style="bold")
    for heading in ("Quantity", "Highest median", "90 of 100 then", "at hour", "Median at the end"):
        table.add_column(heading, justify="left" if heading == "Quantity" else "right", overflow="fold")
    for (quantity,), rows in summary.sort("hour").group_by("quantity", maintain_order=True):
        top = rows.row(int(rows["median"].arg_max() or 0), named=True)
        table.add_row(
            str(quantity).replace("_", " "),
            f"{top['median']:.3g}",
            f"{top['low']:.3g} to {top['high']:.3g}",
            f"{top['hour']:.4g}",
            f"{rows['median'][-1]:.3g}",
        )
    console = Console()
    console.print(table)
    for sentence in said:
        console.print(f"  · {sentence}", highlight=False)
