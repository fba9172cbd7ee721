"""The engine against its peers on one problem, in one run, one thread each.

    python benchmarks/engine.py [--people 4096] [--peer-people 60] [--peers PYTHON]

The peers live in an environment of their own, made once with::

    uv venv --python 3.11 .peers
    uv pip install --python .peers/bin/python libroadrunner==2.9.2 antimony==3.3.0 diffrax==0.7.2 scipy

``--peers .peers/bin/python`` names it; without it only SciPy is compared. Everything is checked against LSODA at
1e-10 in 200 people, and the engine against itself at 1e-8 in everybody. Times are CPU seconds of the process, so
that a busy machine slows none of them unfairly; the engine and its peers are timed in turns, and the best of each
one's turns counts. Printed are people per second, ratios to libroadrunner, the largest error of any output of
anybody checked, time to place the grid and compile, and memory. mrgsolve is an R package and is left to those who
have it.
"""

from __future__ import annotations

import os

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from benchmarks import engine_ours as ours  # noqa: E402
from benchmarks import engine_problem as given  # noqa: E402

ROUNDS, CHECKED = 5, 200
_TIGHT = 1e-8


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description="The engine against its peers.")
    asked.add_argument("--people", type=int, default=4096)
    asked.add_argument("--peer-people", type=int, default=60)
    asked.add_argument("--peers", default="")
    options = asked.parse_args()
    people = given.people(options.people)
    begun = time.process_time()
    ready = ours.solver()
    ours.solve(ready, people)
    compiled = time.process_time() - begun
    rates: dict[str, list[float]] = {"euthymia": [], "scipy lsoda 1e-6": []}
    errors = {}
    reference = np.stack([given.lsoda(person, 1e-10, 1e-12) for person in people[:CHECKED]])
    for _ in range(ROUNDS):
        begun = time.process_time()
        found = ours.raw(ready, people)
        rates["euthymia"].append(len(people) / (time.process_time() - begun))
        begun = time.process_time()
        scipy = np.stack([given.lsoda(person, 1e-6, 1e-8) for person in people[: options.peer_people // 4]])
        rates["scipy lsoda 1e-6"].append(len(scipy) / (time.process_time() - begun))
        for name, told in _peers(options).items():
            rates.setdefault(name, []).append(told["rate"])
            errors[name] = told["outputs"]
    errors |= {"euthymia": ours.outputs(found)[:CHECKED], "scipy lsoda 1e-6": scipy}
    _print(rates, errors, reference)
    ways = ", ".join(
        f"{count} {name}" for count, name in zip(np.bincount(found.way, minlength=3), _WAYS, strict=True)
    )
    print(f"\neuthymia: {ways}; first answer after {compiled:.1f} s of CPU, compilation and grid included")
    tight = ours.solver(_TIGHT)
    exact = ours.outputs(ours.raw(tight, people))
    sure = given.error(exact[:CHECKED], reference).max()
    worst = given.error(ours.outputs(found), exact).max()
    print(
        f"everybody: largest error {worst:.1e} against this engine at {_TIGHT:.0e}, which lies within {sure:.1e} of "
        f"LSODA in the {CHECKED} people above"
    )
    print(f"memory at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


_WAYS = ("on the shared grid", "on the finer one", "by the adaptive solver")


def _peers(options: argparse.Namespace) -> dict[str, dict]:
    if not options.peers:
        return {}
    found = {}
    for peer in ("libroadrunner", "diffrax"):
        command = [
            options.peers,
            str(ROOT / "benchmarks" / "engine_peers.py"),
            peer,
            str(options.peer_people),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(f"{peer}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
            continue
        told = json.loads(done.stdout.splitlines()[-1])
        found[told["name"]] = {"rate": told["rate"], "outputs": np.load(told["outputs"])}
    return found


def _print(rates: dict[str, list[float]], outputs: dict[str, np.ndarray], reference: np.ndarray) -> None:
    best = {name: float(np.max(values)) for name, values in rates.items()}
    base = next((name for name in best if name.startswith("libroadrunner")), "scipy lsoda 1e-6")
    print(f"{'':24}{'people/s':>10}{'x ' + base.split()[0]:>16}{'largest error':>16}")
    for name, rate in sorted(best.items(), key=lambda item: -item[1]):
        some = min(len(outputs[name]), len(reference))
        worst = given.error(outputs[name][:some], reference[:some]).max()
        print(f"{name:24}{rate:10.0f}{rate / best[base]:16.1f}{worst:16.1e}")


if __name__ == "__main__":
    main()
