"""What the worker does, and how often it looks for something to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore

from euthymia.clinic.audit import chain


@dataclass(frozen=True, slots=True)
class Job:
    """``run(now)`` does one piece of work and says whether there may be more of it at once.

    When there is no more, it is asked again after ``every_s`` seconds. A job that fails is tried again ever
    more rarely, once a minute at last; it must leave nothing half done.
    """

    name: str
    every_s: float
    run: Callable[[datetime], bool]


def _compute_forecast(now: datetime) -> bool:
    # Imported here: it brings the numerical libraries, which only the worker should load.
    from euthymia.clinic.forecasts import actions

    return actions.compute_next(now)


def _anchor_audit_chain(now: datetime) -> bool:
    chain.write_anchor(Path(settings.STATE_FOLDER) / "anchors", now=now)
    return False


def _sweep_sessions(now: datetime) -> bool:
    SessionStore.clear_expired()
    return False


JOBS = (
    Job("forecasts", 1.0, _compute_forecast),
    Job("audit anchor", 3600.0, _anchor_audit_chain),
    Job("ended sessions", 6 * 3600.0, _sweep_sessions),
)
