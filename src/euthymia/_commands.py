"""What the commands share: how far they are, how they end, and which ensemble they ask."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

if TYPE_CHECKING:
    from euthymia.trials._parameters import Ensemble

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Draws = Annotated[
    int | None,
    typer.Option(
        help="Sets of parameters, each with trial effects of its own; left out, all of the ensemble's."
    ),
]
Figure = Annotated[Path | None, typer.Option(help="Also draw to this .html or .svg file.")]
Record = Annotated[
    Path | None,
    typer.Option(help="Also write the answer to this .json file, from which the documents are made."),
]
EnsembleFolder = Annotated[
    Path | None, typer.Option(help="A folder written by `euthymia calibrate`; left out, the one at hand.")
]


def say(told: str) -> None:
    """Print a line of progress beside the answer."""
    typer.echo(told, err=True)


def chosen_ensemble(ensemble: Path | None) -> "Ensemble":
    """Return the ensemble of a folder, or the one at hand."""
    from euthymia.trials.ensembles import read_ensemble, shipped_ensemble

    return shipped_ensemble() if ensemble is None else read_ensemble(ensemble)


@contextlib.contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Give a function that is told how many of ``total`` are done, and draw a bar meanwhile."""
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


@contextlib.contextmanager
def ends_in_a_sentence(*, unwritten: str, stopped: str) -> Iterator[None]:
    """What is refused, cannot be written or is interrupted ends the command with a sentence and its exit status."""
    from euthymia.evidence import EvidenceError
    from euthymia.pharmacology import InvalidRequest

    try:
        yield
    except (InvalidRequest, EvidenceError) as refused:
        stop(str(refused), code=2)
    except OSError as error:
        stop(f"{unwritten}: {error.strerror or error}.", code=1)
    except KeyboardInterrupt:
        stop(stopped, code=130)


def stop(sentence: str, *, code: int) -> NoReturn:
    """End the command with a sentence."""
    print(sentence, file=sys.stderr)
    raise typer.Exit(code)
