"""``manage verify_audit``: check the audit chain, and look for changes that it does not tell of."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from euthymia.clinic.audit import chain, queries


class Command(BaseCommand):
    """Exits with 0 when the chain holds, 1 when it does not, 2 when only unexplained changes were found."""

    help = "Check the audit chain against itself and the anchors kept outside the database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--anchors", type=Path, default=settings.STATE_FOLDER / "anchors", help="the file of anchors"
        )

    def handle(self, *args: Any, anchors: Path, **options: Any) -> None:
        report = chain.verify(chain.read_anchors(anchors))
        self.stdout.write(report.sentence())
        if not report.holds:
            sys.exit(1)
        changes = queries.unexplained_changes(application_role=settings.APPLICATION_ROLE)
        for change in changes:
            self.stdout.write(
                f"{change.at:%Y-%m-%d %H:%M} UTC: {change.rows} changes in {change.table} (transaction "
                f"{change.transaction}) that no audit entry tells of: no action of this program made them."
            )
        if changes:
            sys.exit(2)
