"""Two threads that ask at once both get their answers. In a process of its own: what this guards against hangs."""

from __future__ import annotations

import subprocess
import sys

_ASK = """
import threading
import jax
from euthymia.pharmacology import Administration, Covariates, Route, between_people

doses = [Administration(0.0, 28.0, Route.NASAL, device=1), Administration(1 / 12, 28.0, Route.NASAL, device=2)]
person = Covariates(age_years=46, weight_kg=70.0)
found = []

def ask():
    for _ in range(4):
        band = between_people("perez-ruixo-2021", person, doses, [0.5, 1.0], people=4, percent=(5, 95), seed=1)
        found.append(band.high["esketamine"])

for _ in range(2):
    jax.clear_caches()
    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
assert len(found) == 16, found
assert len(set(found)) == 1, found
"""


def test_two_threads_that_ask_at_once_are_both_answered() -> None:
    # two pool threads whatever this machine has: the small pool is what fills up
    done = subprocess.run(
        [sys.executable, "-c", _ASK],
        env={"NPROC": "2", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
