"""The worker: one process that does the jobs of ``jobs.py`` in turn and shows that it lives.

Run by the supervisor as ``python -m euthymia.clinic.config.worker``. SIGTERM lets it finish the job in hand.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
import traceback
from collections.abc import Sequence
from datetime import datetime
from types import FrameType
from typing import TYPE_CHECKING

import django
from django.db import Error, close_old_connections, connection
from django.utils import timezone

if TYPE_CHECKING:  # the jobs need Django set up, and this module sets it up
    from euthymia.clinic.config.jobs import Job

log = logging.getLogger(__name__)

NAME = "worker"
BEAT_EVERY_S = 5.0
_PAUSE_S = 0.25
_LONGEST_RETRY_S = 60.0


class Heart:
    """Writes the sign of life from a thread of its own, so that a long job does not look like a dead worker.

    It stops with the process, and it stops when the work does: the thread beats only while the loop does.
    """

    def __init__(self, longest_job_s: float = 600.0) -> None:
        self._longest_job_s = longest_job_s
        self._started_at = timezone.now()
        self._doing = ""
        self._looked = time.monotonic()
        threading.Thread(target=self._beat_for_ever, name="heart", daemon=True).start()

    def note(self, doing: str) -> None:
        """The loop came past here; ``doing`` names the job it begins, or is empty."""
        self._doing, self._looked = doing, time.monotonic()

    def _beat_for_ever(self) -> None:
        while True:
            if time.monotonic() - self._looked < self._longest_job_s:
                try:
                    beat(timezone.now(), self._started_at, self._doing)
                except Error:
                    log.warning("The worker cannot reach the database.")
                    connection.close()
            time.sleep(BEAT_EVERY_S)


def beat(now: datetime, started_at: datetime, doing: str) -> None:
    """Record that the worker lives at ``now``."""
    from euthymia.clinic.config.models import WorkerHeartbeat

    WorkerHeartbeat.objects.update_or_create(
        name=NAME, defaults={"seen_at": now, "started_at": started_at, "doing": doing}
    )


class Loop:
    """Does the jobs until it is asked to stop."""

    def __init__(self) -> None:
        self._asked_to_stop = False

    def stop(self, _number: int, _frame: FrameType | None) -> None:
        """End after the job in hand."""
        self._asked_to_stop = True

    def run(self, jobs: Sequence[Job], heart: Heart, last: Sequence[Job] = ()) -> None:
        """Look at every job that is due, in their order, and rest a little when none has work.

        The jobs in ``last`` are done once when it was asked to stop.
        """
        due = dict.fromkeys((job.name for job in jobs), 0.0)
        failures = dict.fromkeys(due, 0)
        while not self._asked_to_stop:
            more = False
            for job in jobs:
                if self._asked_to_stop or time.monotonic() < due[job.name]:
                    continue
                heart.note(job.name)
                again = self._attempt(job)
                failures[job.name] = failures[job.name] + 1 if again is None else 0
                due[job.name] = time.monotonic() + _pause(job, again, failures[job.name])
                more = more or bool(again)
            heart.note("")
            if not more:
                time.sleep(_PAUSE_S)
        for job in last:
            self._attempt(job)

    def _attempt(self, job: Job) -> bool | None:
        """One piece of work: whether there is more, or None when it failed; the log gets none of its data."""
        close_old_connections()
        try:
            return bool(job.run(timezone.now()))
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]  # the message might hold clinical data
            log.error("The job '%s' failed: %s in %s:%s", job.name, type(error).__name__, *place[:2])
            connection.close()
            return None


def _pause(job: Job, again: bool | None, failures: int) -> float:
    """Seconds until the job is looked at again."""
    if again is None:
        return max(job.every_s, min(_LONGEST_RETRY_S, 2.0**failures))
    return 0.0 if again else job.every_s


def main() -> None:
    """Run until SIGTERM."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "euthymia.clinic.config.settings")
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    os.nice(10)  # a page somebody waits for goes before a job that nobody does
    django.setup()
    from euthymia.clinic.config.jobs import JOBS, LAST_JOBS

    loop = Loop()
    signal.signal(signal.SIGTERM, loop.stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the supervisor's
    loop.run(JOBS, Heart(), LAST_JOBS)


if __name__ == "__main__":
    main()
