"""The staff of ``benchmarks/clinic.py`` at work: each a thread with a browser's hands, on the same machine.

``python -m benchmarks.clinic_load mix|sustain …`` reads who works where from a file and prints what it measured as
JSON, one line for each answer: kind, start, milliseconds, status.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.hands import Answer, Hands

BOARD_EVERY_S = 2.0
SET_EVERY_S = 15.0
CHART_EVERY_S = 10.0
DESK_EVERY_S = 5.0
STEP_EVERY_S = 6.0
CHECKING_IN = 4  # of the nurses
_GOOD = frozenset({200, 204, 303, 304})
_WORDS = ("Adler", "Bra", "Cos", "Gall", "Haas1", "P0001", "Kovacs2", "Ada", "Nele Eri")


def _drawn(hands: Hands) -> random.Random:
    """What somebody does by chance, the same in every run."""
    return random.Random(hands.email)  # noqa: S311  nothing is kept secret with it


@dataclass
class Taken:
    """What was measured, in the order it was answered."""

    begun: float
    rows: list[tuple[str, float, float, int]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def note(self, kind: str, answer: Answer) -> Answer:
        """Keep one answer; one that is neither a page nor a save is a fault."""
        at = time.monotonic() - self.begun
        self.rows.append((kind, round(at, 3), round(answer.seconds * 1000, 2), answer.status))
        if answer.status not in _GOOD or "sign-in" in answer.place:
            self.faults.append(f"{kind}: {answer.status} {answer.place} {_said(answer)}")
        return answer

    def fail(self, kind: str, error: Exception) -> None:
        """Keep what had no answer."""
        self.rows.append((kind, round(time.monotonic() - self.begun, 3), 0.0, 0))
        self.faults.append(f"{kind}: {type(error).__name__} {error}")


class Person(threading.Thread):
    """One member of staff at work. An open board refreshes itself meanwhile; who reads charts has none open."""

    def __init__(
        self,
        hands: Hands,
        work: Iterator[Callable[[], None]],
        every_s: float,
        taken: Taken,
        until: float,
        *,
        board: bool,
    ) -> None:
        super().__init__(name=hands.email, daemon=True)
        self.hands, self.work, self.every_s = hands, work, every_s
        self.taken, self.until, self.board = taken, until, board
        self.rng = _drawn(hands)
        self.seen = ""

    def run(self) -> None:
        """Do what is due next, until the time is over."""
        now = time.monotonic()
        work = now + self.rng.uniform(0, self.every_s)
        board = now + self.rng.uniform(0, BOARD_EVERY_S) if self.board else self.until
        while (now := time.monotonic()) < self.until:
            if now >= board:
                self._look()
                board += BOARD_EVERY_S * (1 + int((time.monotonic() - board) // BOARD_EVERY_S))
            elif now >= work:
                try:
                    next(self.work)()
                except OSError as error:
                    self.taken.fail("work", error)
                work = max(work + self.every_s, time.monotonic())
            else:
                time.sleep(min(board, work) - now)

    def _look(self) -> None:
        try:
            answer = self.hands.part(f"/board/tiles/?seen={self.seen}", self.seen if '"' in self.seen else "")
        except OSError as error:
            self.taken.fail("board", error)
            return
        self.taken.note("board" if answer.status == 200 else "board, nothing new", answer)
        if answer.status == 200:
            self.seen = answer.tag or _between(answer.body, b'name="seen" value="', b'"')


# --- kinds of work -----------------------------------------------------------------------------------------------
def readings(rng: random.Random, key: str) -> dict[str, object]:
    """A set of readings that calls nobody."""
    systolic = rng.randrange(108, 136)
    return {
        "idempotency_key": key, "systolic": systolic, "diastolic": systolic - 46,
        "heart_rate": rng.randrange(58, 92), "respiratory_rate": rng.randrange(12, 18),
        "spo2": rng.randrange(96, 100), "sedation": 5, "dissociation": 0, "asked": "none",
    }  # fmt: skip


def nursing(hands: Hands, scene: dict[str, Any], taken: Taken) -> Iterator[Callable[[], None]]:
    """From the board to the pad, a set of readings, and back to the board."""
    rng = _drawn(hands)

    def one() -> None:
        place = f"/visits/{rng.choice(scene['seated'])}/readings/?next=/board/"
        pad = taken.note("entry pad", hands.get(place))
        answer = taken.note("save a set", hands.post(place, readings(rng, pad.key)))
        if answer.status == 303:
            taken.note("board, whole page", hands.get(answer.place))

    while True:
        yield one


def charting(hands: Hands, scene: dict[str, Any], taken: Taken) -> Iterator[Callable[[], None]]:
    """Charts and visits; every fifth chart is the one with the many visits."""
    rng = _drawn(hands)

    def chart() -> None:
        patient = rng.choice(scene["treated"])
        taken.note("chart", hands.get(f"/patients/{patient}/"))

    def many() -> None:
        taken.note("chart, 2,000 visits", hands.get(f"/patients/{scene['many']}/"))

    def visit() -> None:
        taken.note("visit page", hands.get(f"/visits/{rng.choice(scene['seated'])}/"))

    while True:
        yield from (chart, visit, many, visit, chart)


def receiving(
    hands: Hands, scene: dict[str, Any], taken: Taken, mine: list[str]
) -> Iterator[Callable[[], None]]:
    """Check-in, one form after the other."""
    rng = _drawn(hands)
    steps: list[tuple[str, dict[str, object]]] = [
        ("check-in/", {"first": "name", "second": "birth date"}),
        ("readings/", {}),
        ("check-in/weight/", {"weight_kg": "70.4"}),
        ("check-in/escort/", {"name": "Jo Field", "phone": "+1 555 0199", "expected_at_0": "", "expected_at_1": ""}),
    ]  # fmt: skip

    def do(visit: str, path: str, said: dict[str, object]) -> None:
        form = taken.note("check-in form", hands.get(f"/visits/{visit}/{path}"))
        fields = readings(rng, form.key) if path == "readings/" else {"idempotency_key": form.key, **said}
        answer = hands.post(f"/visits/{visit}/{path}", fields)
        if about := _between(answer.body, b'name="asked_about" value="', b'"'):  # a weight far from the last
            answer = hands.post(f"/visits/{visit}/{path}", fields | {"asked_about": about})
        taken.note("save check-in", answer)

    for visit in mine:
        for path, said in steps[:3]:
            yield lambda path=path, said=said, visit=visit: do(visit, path, said)
    yield from charting(hands, scene, taken)


def at_the_desk(hands: Hands, scene: dict[str, Any], taken: Taken) -> Iterator[Callable[[], None]]:
    """Finding patients, and the day's schedule."""
    rng = _drawn(hands)

    def find() -> None:
        taken.note("find a patient", hands.get(f"/patients/?q={rng.choice(_WORDS).replace(' ', '+')}"))

    def day() -> None:
        taken.note("schedule", hands.get("/schedule/"))

    while True:
        yield from (find, find, day)


# --- the two runs --------------------------------------------------------------------------------------------------
def mix(port: int, scene: dict[str, Any], seconds: float) -> Taken:
    """Everybody at work for so long."""
    taken = Taken(time.monotonic())
    everybody = _signed_in(port, scene, [email for some in scene["people"].values() for email in some], taken)
    until = time.monotonic() + seconds
    staff: list[Person] = []
    nurses = scene["people"]["nurse"]
    share = [scene["booked"][number::CHECKING_IN] for number in range(CHECKING_IN)]
    for email, hands in everybody.items():
        if email in nurses[:CHECKING_IN]:
            work, every = receiving(hands, scene, taken, share[nurses.index(email)]), STEP_EVERY_S
        elif email in nurses:
            work, every = nursing(hands, scene, taken), SET_EVERY_S
        elif email in scene["people"]["prescriber"]:
            work, every = charting(hands, scene, taken), CHART_EVERY_S
        else:
            work, every = at_the_desk(hands, scene, taken), DESK_EVERY_S
        board = email in nurses[CHECKING_IN:] or email in scene["people"]["front_desk"]
        staff.append(Person(hands, work, every, taken, until, board=board))
    _work(staff)
    return taken


def sustain(port: int, scene: dict[str, Any], seconds: float, rate: float, offset: int) -> Taken:
    """Sets of readings at ``rate`` a second, whether or not the server keeps up; 0 means as fast as it answers.

    ``offset`` says at which visit to go on, so that the readings spread over all of them.
    """
    taken = Taken(time.monotonic())
    everybody = list(_signed_in(port, scene, scene["writers"], taken).values())
    begun, number, lock = time.monotonic(), iter(range(10**9)), threading.Lock()

    def write(hands: Hands) -> None:
        rng = _drawn(hands)
        while True:
            with lock:
                turn = next(number)
            due = begun + turn / rate if rate else time.monotonic()
            if max(due, time.monotonic()) >= begun + seconds:
                return
            time.sleep(max(0.0, due - time.monotonic()))
            visit = scene["sustained"][(offset + turn) % len(scene["sustained"])]
            try:
                answer = hands.post(f"/visits/{visit}/readings/", readings(rng, str(uuid4())))
            except OSError as error:
                taken.fail("save a set", error)
            else:
                taken.note("save a set", answer)

    _work([threading.Thread(target=write, args=[hands], daemon=True) for hands in everybody])
    return taken


def _signed_in(port: int, scene: dict[str, Any], emails: list[str], taken: Taken) -> dict[str, Hands]:
    found = {}
    for email in emails:
        hands = Hands(port, email, scene["password"], scene["secret"])
        begun = time.perf_counter()
        hands.sign_in()
        found[email] = hands
        taken.rows.append(("sign in", 0.0, round((time.perf_counter() - begun) * 1000, 2), 303))
    return found


def _work(threads: list[Any]) -> None:
    for each in threads:
        each.start()
    for each in threads:
        each.join()


def _said(answer: Answer) -> str:
    found = _between(answer.body, b"data-error-summary", b"</").encode()
    return found.decode()[-200:]


def _between(text: bytes, before: bytes, after: bytes) -> str:
    _, found, rest = text.partition(before)
    return rest.partition(after)[0].decode() if found else ""


def main() -> int:
    """Do one run and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("mix", "sustain"))
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--scene", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--offset", type=int, default=0)
    options = parser.parse_args()
    scene = json.loads(options.scene.read_text())
    if options.what == "mix":
        taken = mix(options.port, scene, options.seconds)
    else:
        taken = sustain(options.port, scene, options.seconds, options.rate, options.offset)
    json.dump({"rows": taken.rows, "faults": taken.faults[:50], "fault_count": len(taken.faults)}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
