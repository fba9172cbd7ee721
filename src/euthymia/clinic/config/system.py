"""The system page: does the worker run, how old is the last backup, does the audit chain hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version

from django.conf import settings
from django.contrib import messages
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit import chain, queries
from euthymia.clinic.audit.actions import record
from euthymia.clinic.config import backup
from euthymia.clinic.config.models import WorkerHeartbeat
from euthymia.clinic.config.state import State

WORKER_LATE = timedelta(seconds=30)  # ours: six missed beats
BACKUP_LATE = timedelta(hours=26)  # ours: a nightly backup with some slack
ANCHORS = "anchors"


@dataclass(frozen=True, slots=True)
class Status:
    """What the page shows; ``worker_late`` and ``backup_late`` ask for something to be done."""

    version: str
    database: str
    worker_seen_at: datetime | None
    worker_doing: str
    worker_late: bool
    backup: backup.Backup | None
    backup_late: bool
    entries: int
    anchor: chain.Anchor | None
    torn_anchors: tuple[int, ...]
    check: queries.Check | None


def status(*, now: datetime) -> Status:
    """Gather it: five short queries and two small files, of which a loss of power may have torn the last line."""
    beat = WorkerHeartbeat.objects.order_by("-seen_at").first()
    last = backup.last(State(settings.STATE_FOLDER))
    anchors_file = settings.STATE_FOLDER / ANCHORS
    anchors = chain.read_anchors(anchors_file)
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        database = cursor.fetchone()[0]
    return Status(
        version=version("euthymia"),
        database=f"PostgreSQL {database}",
        worker_seen_at=beat.seen_at if beat else None,
        worker_doing=beat.doing if beat else "",
        worker_late=beat is None or now - beat.seen_at > WORKER_LATE,
        backup=last,
        backup_late=last is None or now - last.made_at > BACKUP_LATE,
        entries=chain.head()[0],
        anchor=anchors[-1] if anchors else None,
        torn_anchors=chain.torn_anchors(anchors_file),
        check=queries.last_check(),
    )


@transaction.atomic
def verify_chain(*, by: Viewer | None, at: datetime) -> chain.ChainReport:
    """Check the whole chain against itself and the anchors, and note that it was checked."""
    report = chain.verify(chain.read_anchors(settings.STATE_FOLDER / ANCHORS))
    record(by=by, verb="audit.verify_chain", at=at, detail={"holds": report.holds, "entries": report.entries})
    return report


@page(Permission.VIEW_SYSTEM)
@require_safe
def system(request: HttpRequest) -> HttpResponse:
    """How the installation is doing."""
    return render(request, "system.html", {"status": status(now=request.now)})  # type: ignore[attr-defined]


@page(Permission.VIEW_SYSTEM)
@require_POST
def check_chain(request: HttpRequest) -> HttpResponse:
    """Check the audit chain now."""
    report = verify_chain(by=request.viewer, at=request.now)  # type: ignore[attr-defined]
    (messages.success if report.holds else messages.error)(request, report.sentence())
    return redirect("system")
