"""The worker: it shows that it lives, goes on after a failure, and logs nothing of what it worked on."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

_NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


class _StillHeart:
    """Notes what the loop does, and beats for nobody."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, doing: str) -> None:
        self.notes.append(doing)


def _run(*works: Callable[[datetime], bool], every_s: float = 0.0) -> _StillHeart:
    """Run a loop over jobs a, b, …; the last of them is expected to end it."""
    from euthymia.clinic.config.jobs import Job
    from euthymia.clinic.config.worker import Loop

    loop, heart = Loop(), _StillHeart()

    def last(now: datetime) -> bool:
        loop.stop(signal.SIGTERM, None)
        return False

    jobs = [Job(name, every_s, work) for name, work in zip("abcdefgh", [*works, last], strict=False)]
    loop.run(jobs, heart)  # type: ignore[arg-type]
    return heart


@pytest.mark.django_db
def test_the_heart_beats_in_one_row() -> None:
    from euthymia.clinic.config.models import WorkerHeartbeat
    from euthymia.clinic.config.worker import beat

    beat(_NOW, _NOW, "")
    beat(_NOW + timedelta(seconds=5), _NOW, "forecasts")
    (row,) = WorkerHeartbeat.objects.all()
    assert (row.seen_at, row.started_at, row.doing) == (_NOW + timedelta(seconds=5), _NOW, "forecasts")


@pytest.mark.django_db
def test_a_failed_job_stops_nobody_and_its_message_stays_out_of_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done = []

    def fails(now: datetime) -> bool:
        raise ValueError("Ada Nobody, 84 mg")

    def works(now: datetime) -> bool:
        done.append(now)
        return False

    with caplog.at_level(logging.INFO):
        heart = _run(fails, works)
    assert len(done) == 1
    assert heart.notes == ["a", "b", "c", ""]
    assert "The job 'a' failed: ValueError in" in caplog.text
    assert "Ada" not in caplog.text
    assert "84" not in caplog.text


@pytest.mark.django_db
def test_a_job_that_has_more_is_asked_again_at_once() -> None:
    from euthymia.clinic.config.jobs import Job
    from euthymia.clinic.config.worker import Loop

    loop, heart, left = Loop(), _StillHeart(), [3]

    def work(now: datetime) -> bool:
        left[0] -= 1
        if not left[0]:
            loop.stop(signal.SIGTERM, None)
        return left[0] > 0

    loop.run([Job("a", 3600.0, work)], heart)  # type: ignore[arg-type]
    assert left == [0]


@pytest.mark.django_db
def test_the_last_jobs_are_done_once_after_the_end_was_asked_for() -> None:
    from euthymia.clinic.config.jobs import Job
    from euthymia.clinic.config.worker import Loop

    loop, heart, done = Loop(), _StillHeart(), []

    def work(now: datetime) -> bool:
        done.append("work")
        loop.stop(signal.SIGTERM, None)
        return True

    def last(now: datetime) -> bool:
        done.append("last")
        return True

    loop.run([Job("a", 0.0, work)], heart, [Job("b", 0.0, last)])  # type: ignore[arg-type]
    assert done == ["work", "last"]


def test_the_chain_is_checked_before_it_is_anchored_and_anchored_again_at_the_end() -> None:
    from euthymia.clinic.config.jobs import JOBS, LAST_JOBS

    names = [job.name for job in JOBS]
    assert names.index("audit check") < names.index("audit anchor")
    assert [job.name for job in LAST_JOBS] == ["audit anchor"]


def test_a_failing_job_is_tried_ever_more_rarely() -> None:
    from euthymia.clinic.config.jobs import Job
    from euthymia.clinic.config.worker import _pause

    job = Job("a", 1.0, lambda now: False)
    assert [_pause(job, None, failures) for failures in (1, 2, 3, 10)] == [2.0, 4.0, 8.0, 60.0]
    assert _pause(job, True, 0) == 0.0
    assert _pause(job, False, 0) == 1.0


@pytest.mark.django_db
def test_the_jobs_themselves_run_on_an_empty_clinic(
    settings: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from euthymia.clinic.audit import chain
    from euthymia.clinic.config.jobs import JOBS

    folder = tmp_path_factory.mktemp("state")
    settings.STATE_FOLDER = folder  # type: ignore[attr-defined]
    assert [job.run(_NOW) for job in JOBS] == [False] * len(JOBS)
    assert len(chain.read_anchors(folder / "anchors")) == 1
