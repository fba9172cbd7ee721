"""Kills the server and the database, again and again, while nurses write: nothing acknowledged may be lost.

    nice python -m tests.platform.crash --kills 100 --seed 7

A clinic of its own is made in a temporary folder and run by the real ``serve``, on the embedded PostgreSQL with
fsync. Eight nurses write sets of readings, rates of pumps and answers to alarms as fast as they are answered. At
random moments SIGKILL hits, in turn, one of the server's processes, the server, the database's postmaster, one of
its connections, the worker, and the supervisor with everything under it. After each recovery writing must go on;
after every tenth kill, and at the end, the writers rest and everything is compared with what they were told
(``crashing``). The kernel goes on in all of this: that data reach the disk rests on fsync, which is on.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.hands import Hands
from tests.platform.crash_scene import scene_in
from tests.platform.crashing import Nurse, Report, Scene, Watcher, Write, check
from tests.platform.stack import Stack

TARGETS = ("server process", "database", "server", "connection", "worker", "supervisor")
NURSES = 8
CHECK_EVERY = 10
BACK_WITHIN_S = 180.0


@dataclass
class Outcome:
    """What happened over the whole run."""

    kills: Counter[str]
    back_s: list[float]
    report: Report
    faults: list[str]


def main() -> int:
    """Run it and print what came of it; 1 when anything was lost, half written or wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7, help="of the moments and of what is written")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="euthymia-crash-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # the database's user passes through
        stack = Stack(folder / "clinic", folder / "output")
        try:
            outcome = run(stack, kills=options.kills, seed=options.seed)
        finally:
            stack.stop()
    return tell(outcome)


def run(stack: Stack, *, kills: int, seed: int) -> Outcome:
    """Kill ``kills`` times under load and check."""
    stack.start()
    scene = scene_in(stack.environment)
    rng = random.Random(seed)
    watcher = Watcher(_signed_in(stack.port, scene, 0))
    nurses = [Nurse(stack.port, email, scene, f"{seed}/{email}") for email in scene.emails[1:]]
    for nurse in nurses:
        nurse.hands.sign_in()
    killed: Counter[str] = Counter()
    back_s: list[float] = []
    writes: list[Write] = []
    faults: list[str] = []
    done = 0
    while done < kills:
        shift = [_relieve(nurse, f"{seed}/{done}") for nurse in nurses]
        for nurse in shift:
            nurse.start()
        for _ in range(min(CHECK_EVERY, kills - done)):
            target = TARGETS[done % len(TARGETS)]
            time.sleep(rng.uniform(0.3, 2.0))
            before = sum(nurse.kept for nurse in shift)
            stack.kill(target, rng)
            back_s.append(_wait_until_writing(stack, shift, before))
            killed[target] += 1
            done += 1
        _rest(shift)
        writes += [write for nurse in shift for write in nurse.writes]
        faults += [fault for nurse in shift for fault in nurse.faults]
        report = check(stack.dsn, writes)
        if difference := _board_differs(watcher):
            faults.append(f"After {done} kills the open board tells otherwise than a fresh one: {difference}")
        _say(f"{done} kills; {report.sentence()}")
        if report.problems or faults:
            break
    faults += _look_inside(stack)
    return Outcome(killed, back_s, report, faults)


def tell(outcome: Outcome) -> int:
    """Print the outcome; returns the exit status."""
    kills = ", ".join(f"{number} × {target}" for target, number in outcome.kills.items())
    back = sorted(outcome.back_s)
    print(f"{outcome.kills.total()} kills: {kills}.")
    print(outcome.report.sentence())
    print(
        f"Writing went on after {back[len(back) // 2]:.1f} s at the median, {back[-1]:.1f} s at the longest."
    )
    for problem in (*outcome.report.problems[:20], *outcome.faults[:20]):
        print(f"PROBLEM {problem}")
    return 1 if outcome.report.problems or outcome.faults else 0


def _signed_in(port: int, scene: Scene, number: int) -> Hands:
    hands = Hands(port, scene.emails[number], scene.password, scene.secret)
    hands.sign_in()
    return hands


def _relieve(nurse: Nurse, seed: str) -> Nurse:
    """The same person, signed in as before, for the next stretch of writing: a thread runs once."""
    fresh = Nurse(nurse.hands.port, nurse.name, nurse.scene, f"{seed}/{nurse.name}")
    fresh.hands = nurse.hands
    return fresh


def _wait_until_writing(stack: Stack, nurses: Sequence[Nurse], before: int) -> float:
    """Seconds until somebody's write was acknowledged again."""
    begun = time.monotonic()
    _until(stack, lambda: sum(nurse.kept for nurse in nurses) > before + NURSES)
    return time.monotonic() - begun


def _until(stack: Stack, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + BACK_WITHIN_S
    while not condition():
        stack.look()
        if time.monotonic() > deadline:
            raise AssertionError(f"Nothing was saved for {BACK_WITHIN_S:.0f} s:\n{stack.said()[-3000:]}")
        time.sleep(0.05)


def _rest(nurses: Sequence[Nurse]) -> None:
    for nurse in nurses:
        nurse.ended.set()
    for nurse in nurses:
        nurse.join(60)
        if nurse.is_alive():
            raise AssertionError(f"{nurse.name} waits for an answer that does not come.")


def _board_differs(watcher: Watcher) -> str:
    deadline = time.monotonic() + BACK_WITHIN_S
    while True:
        try:
            return watcher.differs()
        except (OSError, AssertionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _look_inside(stack: Stack) -> list[str]:
    """The audit chain computed again, and every change of state explained by an entry of it."""
    command = [sys.executable, "-m", "tests.platform.crash_scene", "--look"]
    done = subprocess.run(command, env=stack.environment, capture_output=True, text=True, check=False)
    _say(done.stdout.strip())
    return [] if done.returncode == 0 else [done.stdout + done.stderr]


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    os.environ.setdefault("EUTHYMIA_MODE", "serve")
    sys.exit(main())
