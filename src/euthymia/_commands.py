"""What the commands share: how far they are, how they end, and which ensemble they ask."""

import contextlib
import os
import signal
import sys
import threading
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


@contextlib.contextmanager
def stops_at_once(sentence: Callable[[], str]) -> Iterator[None]:
    """An interrupt (Ctrl-C) or SIGTERM ends the process there and then, with a sentence and nothing half written.

    Not by an exception: one that rises in a callback of the compiler is swallowed there, and unwinding through compiled
    code has crashed. The exit status is 128 and the signal's number; a signal that is ignored stays ignored.
    """

    def end(number: int, _: object) -> None:
        for each in caught:
            signal.signal(each, signal.SIG_IGN)
        cursor_back = "\r\x1b[K\x1b[?25h" if sys.stderr.isatty() else ""
        os.write(2, f"{cursor_back}{sentence()}\n".encode())
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), 2
        )  # threads that write still would complain of what is taken away
        if unfinished := sys.modules.get("euthymia.pharmacology._unfinished"):
            unfinished.remove_all()
        os._exit(128 + number)

    asked = (signal.SIGINT, signal.SIGTERM)
    caught = [each for each in asked if signal.getsignal(each) is not signal.SIG_IGN]
    if threading.current_thread() is not threading.main_thread():
        caught = []  # only the main thread may say what a signal does
    before = {each: signal.signal(each, end) for each in caught}
    try:
        yield
    finally:
        for each, usual in before.items():
            signal.signal(each, usual)


def check_figure(path: Path) -> None:
    """Refuse a figure's file of a kind that is not drawn, before anything is computed."""
    from euthymia.pharmacology.figures import check_format

    check_format(path)


def stop(sentence: str, *, code: int) -> NoReturn:
    """End the command with a sentence."""
    print(sentence, file=sys.stderr)
    raise typer.Exit(code)
