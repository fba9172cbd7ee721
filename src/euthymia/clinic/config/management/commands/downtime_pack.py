"""``manage downtime_pack``: prints the day's downtime pack into a folder, for a printer or a USB stick to take."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from euthymia.clinic.access import queries as access
from euthymia.clinic.access.models import User
from euthymia.clinic.access.viewer import Denied, Viewer
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.config import clock
from euthymia.clinic.reports import actions

_NAME = "downtime-{on}-{made}.pdf"


class Command(BaseCommand):
    """Acts in the name of a member of staff, with what that person may see: each chart it prints is in the log.

    For the morning, from the machine's own timer. The folder should lie where it can be read while this system is
    down, and where nobody else can.
    """

    help = "Print the downtime pack of a day into a folder, in the name of a member of staff."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", required=True, help="an existing folder that only the clinic can read")
        parser.add_argument("--by", required=True, help="the address that member of staff signs in with")
        parser.add_argument("--on", default="", help="another day than today, as 2026-11-21")
        parser.add_argument("--keep", type=int, default=2, help="how many packs stay in the folder")

    def handle(self, *_: Any, **options: Any) -> None:
        folder = Path(options["to"])
        if not folder.is_dir():
            raise CommandError(f"There is no folder {folder}. Make it first, readable by the clinic alone.")
        if options["keep"] < 1:
            raise CommandError("Keep at least one pack: --keep 1.")
        viewer, now = _viewer(options["by"]), clock.now()
        try:
            on = date.fromisoformat(options["on"]) if options["on"] else None
        except ValueError:
            raise CommandError("Give the day as 2026-11-21.") from None
        with timezone.override(_zone(viewer)):
            try:
                pack = actions.print_downtime_pack(by=viewer, at=now, on=on)
            except (Denied, Refused) as problem:
                raise CommandError(str(problem)) from None
            made = timezone.localtime(now)
        path = folder / _NAME.format(on=pack.on, made=f"{made:%H%M}")
        _write(path, pack.pdf)
        for old in sorted(folder.glob("downtime-*.pdf"), key=lambda each: each.stat().st_mtime)[
            : -options["keep"]
        ]:
            old.unlink()
        self.stdout.write(f"{path}: made {made:%H:%M}. It ages: print it anew every morning.")


def _viewer(email: str) -> Viewer:
    user = User.objects.filter(email__iexact=email).first()
    person = access.signed_in_person(user.id, now=clock.now()) if user else None
    if person is None:
        raise CommandError("Nobody who may sign in has this address.")
    return person.viewer


def _zone(viewer: Viewer) -> str:
    person = access.signed_in_person(viewer.user_id, now=clock.now())
    return person.time_zone if person else "UTC"


def _write(path: Path, pdf: bytes) -> None:
    """Whole or not at all, and for its owner alone."""
    half = path.with_suffix(".part")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(pdf)
    half.replace(path)
