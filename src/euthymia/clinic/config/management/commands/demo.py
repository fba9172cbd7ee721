"""``manage demo``: builds the demo clinic, brings it to the present, and prints how to enter it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from euthymia.clinic.access.models import Clinic
from euthymia.clinic.config import clock
from euthymia.clinic.config.demo import building, team


class Command(BaseCommand):
    """Never runs on a clinic's database: the mode must be demo or test."""

    help = "Build the demo clinic where there is none, close yesterday, and put a day in progress."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--refresh", action="store_true", help="build or bring to the present")
        parser.add_argument("--sign-ins", action="store_true", help="print the sign-ins with fresh codes")
        parser.add_argument("--json", action="store_true", help="print the sign-ins for a program")
        parser.add_argument("--seed", default=building.SEED, help="another seed gives another clinic")

    def handle(self, *_: Any, **options: Any) -> None:
        if settings.MODE not in {"demo", "test"}:
            raise CommandError("This is a clinic's database. The demo has one of its own: ./run demo")
        if options["refresh"]:
            self._refresh(options["seed"])
        if options["json"]:
            self.stdout.write(json.dumps([asdict(entry) for entry in team.sign_ins(clock.now())]))
        elif options["refresh"] or options["sign_ins"]:
            self._print_sign_ins()

    def _refresh(self, seed: str) -> None:
        what = "Closing yesterday" if Clinic.objects.exists() else "Building the demo clinic"
        with _progress(what) as tell:
            building.refresh(now=clock.now(), seed=seed, tell=tell)

    def _print_sign_ins(self) -> None:
        """Plain lines, so that a code or a secret is never cut off by a narrow terminal."""
        self.stdout.write(f"Sign in with an address, the password “{team.PASSWORD}” and the code.")
        clinic = ""
        for entry in team.sign_ins(clock.now()):
            if entry.clinic != clinic:
                clinic = entry.clinic
                self.stdout.write(f"\n{clinic}")
            self.stdout.write(
                f"  {entry.roles:<17} {entry.email:<18} {entry.code}   app secret {entry.secret}"
            )


@contextmanager
def _progress(what: str) -> Iterator[Callable[[float], None]]:
    """How far it has got, from 0 to 1: a bar on a terminal, a line at each tenth in a log."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _by_lines(what, console)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task(what, total=1.0)
        yield lambda share: progress.update(bar, completed=share)


def _by_lines(what: str, console: Console) -> Callable[[float], None]:
    told = -1

    def tell(share: float) -> None:
        nonlocal told
        if (tenth := int(share * 10)) > told:
            told = tenth
            console.print(f"{what}: {10 * tenth} %", highlight=False)

    return tell
