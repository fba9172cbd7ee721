"""Lives are lived together, in the order of time, and stop at the present."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from euthymia.clinic.config.demo.clockwork import run

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def _life(name: str, minutes: tuple[int, ...], told: list[tuple[str, int]]) -> Iterator[datetime]:
    for minute in minutes:
        yield START + timedelta(minutes=minute)
        told.append((name, minute))


def test_steps_happen_in_the_order_of_time_and_none_after_now() -> None:
    told: list[tuple[str, int]] = []
    lives = (_life("a", (0, 30, 90), told), _life("b", (10, 20, 61), told), _life("c", (), told))
    run(lives, START + timedelta(minutes=60))
    assert told == [("a", 0), ("b", 10), ("b", 20), ("a", 30)]
