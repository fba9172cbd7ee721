"""What the worker does, and how often it looks for something to do."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore

from euthymia.clinic.audit import chain, facts
from euthymia.clinic.config import system

log = logging.getLogger(__name__)


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


def _check_audit_chain(now: datetime) -> bool:
    report = system.verify_chain(by=None, at=now)
    if not report.holds:
        log.error("%s", report.sentence())
    return False


def _anchor_audit_chain(now: datetime) -> bool:
    chain.write_anchor(Path(settings.STATE_FOLDER) / "anchors", now=now)
    return False


def _sweep_sessions(now: datetime) -> bool:
    SessionStore.clear_expired()
    return False


def _sweep_sent_forms(now: datetime) -> bool:
    facts.sweep_said(now)
    return False


_ANCHOR = Job("audit anchor", 3600.0, _anchor_audit_chain)
JOBS = (
    Job("forecasts", 1.0, _compute_forecast),
    Job("audit check", 24 * 3600.0, _check_audit_chain),  # before the anchor: also whenever the worker starts
    _ANCHOR,
    Job("ended sessions", 6 * 3600.0, _sweep_sessions),
    Job("sent forms", 24 * 3600.0, _sweep_sent_forms),
)
"""In this order, each for the first time when the worker starts."""

LAST_JOBS = (_ANCHOR,)
"""Done once more when the worker stops: nothing written today can be cut off unseen while nobody is there."""
