"""The project's own full model: how many people a second, how it grows, how exact it is, and one person's gradient.

    python benchmarks/course.py [--people 4096] [--growth 1000000] [--check 200] [--peer-people 20] [--peers PYTHON]

Eight nasal sessions of three devices; concentrations, receptor, acute effects and mood every day for 180 days, and
every five minutes for six hours from the first dose. ``--growth`` draws, solves and reads as many people as it says,
and ten and a hundred times fewer, a lot at a time. ``--check`` compares so many random people with SciPy's LSODA, at
a tight setting and at the shipped one. ``--peers`` names the Python of ``engine.py``'s peers: libroadrunner then
solves the same people. One thread; times are CPU seconds of the process, the best of a few turns.
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
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from euthymia.pharmacology import (
    Course,
    CourseSolver,
    _course,
    _engine,
    _solve,
    draw_people_for,
    nasal_session,
)

MODEL, DAYS, SEED = "perez-ruixo-2021", (0, 3, 7, 10, 14, 17, 21, 24), 11
TIMES = np.unique(np.round(np.concatenate([np.arange(0, 6.01, 1 / 12), 24.0 * np.arange(181)]), 9))
ROUNDS, TIGHT = 3, 2e-6


def course() -> Course:
    """Return what is solved."""
    doses = [nasal_session(3, device_mg=28, interval_h=5 / 60, start_h=24.0 * day) for day in DAYS]
    return Course(MODEL, tuple(dose for session in doses for dose in session), tuple(TIMES))


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description="The full model: speed, growth, error, gradient.")
    for name, usual in (("--people", 4096), ("--growth", 0), ("--check", 0), ("--peer-people", 20)):
        asked.add_argument(name, type=int, default=usual)
    asked.add_argument("--peers", default="")
    options = asked.parse_args()
    people = draw_people_for(MODEL, options.people, seed=SEED)
    begun = time.process_time()
    solver = CourseSolver(course())
    solver.solve(draw_people_for(MODEL, 1, seed=SEED))
    steps = len(solver.solver.grid.nodes) - 1
    print(f"{len(TIMES)} times, {steps} steps; first answer after {time.process_time() - begun:.1f} s of CPU")
    parameters = _course.parameters_of(people, solver.names)
    alone = len(people) / _best(lambda: solver.solver.solve(parameters))
    whole = len(people) / _best(lambda: solver.solve(people))
    print(f"solved {alone:,.0f} people/s; with all effects read off {whole:,.0f} people/s")
    if options.peers:
        _peer(solver, parameters[:, : options.peer_people], options.peers, alone)
    _gradient(solver, parameters[:, 0])
    if options.check:
        _check(solver, parameters[:, : options.check])
    for share in (1000, 100, 10, 1) if options.growth else ():
        _grow(solver, options.growth // share)


def _best(run: Callable[[], object]) -> float:
    found = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        run()
        found.append(time.process_time() - begun)
    return min(found)


def _grow(solver: CourseSolver, count: int) -> None:
    """Draw, solve and read ``count`` people, a lot at a time."""
    begun, mood = time.process_time(), 0.0
    for first in range(0, count, _solve.LOT):
        some = draw_people_for(MODEL, min(_solve.LOT, count - first), seed=SEED, first=first)
        mood += float(solver.solve(some).madrs[:, -1].sum())
    took, most = time.process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{count:>9,} people drawn, solved and read in {took:.1f} s ({count / took:,.0f} people/s), "
        f"{most:.0f} MB at most; mean MADRS at the end {mood / count:.2f}"
    )


def _gradient(solver: CourseSolver, person: np.ndarray) -> None:
    """Time one person's day-28 synapses and their derivative by every parameter, both ways."""
    at = int(np.searchsorted(TIMES, 24.0 * 28))

    def synapses(own: jax.Array) -> jax.Array:
        found = _engine.trace(solver.solver.problem, own[:, None], solver.solver.grid)
        return found.states[1][at, 0] + found.states[2][at, 0]

    one, ways = jnp.asarray(person), {"reverse": jax.grad, "forward": jax.jacfwd}
    found = []
    for name, way in ways.items():
        both = jax.jit(lambda own, way=way: (synapses(own), way(synapses)(own)))
        begun = time.process_time()
        found.append(np.asarray(both(one)[1]))
        compiled = time.process_time() - begun
        took = min(_best(lambda both=both: jax.block_until_ready(both(one))) for _ in range(10))
        print(
            f"value and gradient of one person, {name}: {1e3 * took:.1f} ms, after {compiled:.1f} s of compiling"
        )
    slopes = []
    for place, value in enumerate(person):
        by = np.zeros_like(person)
        by[place] = 1e-5 * value
        slopes.append(float(synapses(one + by) - synapses(one - by)) / (2e-5 * value) if value else 0.0)
    apart = np.abs(found[0] - slopes) * np.abs(person)
    print(
        f"ways differ by {np.abs((found[0] - found[1]) * person).max():.1e}, and by {apart.max():.1e} "
        f"from differences, of at most {np.abs(found[0] * person).max():.1e} (change for each e-fold of a parameter)"
    )


def _check(solver: CourseSolver, parameters: np.ndarray) -> None:
    """Compare with LSODA on the plain equations."""
    problem, calendar = solver.solver.problem, solver.solver.calendar
    tight = _solve.Solver(problem, calendar, TIGHT)
    found = {"tight": tight.solve(parameters), "shipped": solver.solver.solve(parameters)}
    worst = {name: np.zeros(parameters.shape[1]) for name in found}
    for person in range(parameters.shape[1]):
        expected = np.concatenate(_solve.adaptive(problem, parameters[:, person], calendar))
        for name, solved in found.items():
            own = np.concatenate([solved.readings[..., person], solved.states[..., person]])
            worst[name][person] = _apart(own, expected)
    for name, errors in worst.items():
        ways = np.bincount(found[name].way, minlength=3).tolist()
        print(
            f"{name}: largest error of {len(errors)} random people {errors.max():.1e}, median {np.median(errors):.1e}; "
            f"on the grid, finer, adaptive: {ways}"
        )


def _peer(solver: CourseSolver, parameters: np.ndarray, python: str, ours: float) -> None:
    """Have libroadrunner solve the same people."""
    linear, slow = (
        jax.tree.map(np.asarray, part(jnp.asarray(parameters)))
        for part in (solver.solver.problem.linear, solver.solver.problem.slow)
    )
    mood, acute = _course.MOOD.value, _course.ACUTE.value
    numbers = {
        "half": mood("trigger", "half_at"),
        "hill": mood("trigger", "hill"),
        "gain": mood("signal", "gain"),
        "filling": mood("synapses", "filling"),
        "kept": mood("synapses", "consolidation"),
        "attenuation": acute("dissociation", "attenuation_gain"),
        **{f"r{place}": float(rate) for place, rate in enumerate(slow.relaxation[:, 0])},
    }
    with tempfile.TemporaryDirectory() as folder:
        asked, answer = Path(folder) / "asked.npz", Path(folder) / "answer.npy"
        np.savez(
            asked,
            rates=linear.rates[0],
            bolus=linear.bolus,
            inflow=linear.inflow,
            site=np.flatnonzero(linear.drives[0, :, 0])[0],
            events=solver.solver.calendar.events,
            times=TIMES,
            numbers=json.dumps(numbers),
        )
        script = Path(__file__).with_name("course_peer.py")
        command = [python, str(script), str(asked), str(answer)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(f"libroadrunner: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
            return
        rate, states = float(done.stdout.split()[-1]), np.load(answer)
    found = solver.solver.solve(parameters).states
    apart = _apart(found, states)
    print(
        f"libroadrunner (CVODE, 1e-6): {rate:,.0f} people/s, so {ours / rate:.0f} times as many here; "
        f"slow states differ by {apart:.1e} at most"
    )


def _apart(found: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest difference, relative to what is expected and to a thousandth of its maximum over time."""
    scale = np.maximum(np.abs(expected), 1e-3 * np.abs(expected).max(axis=1, keepdims=True))
    return float((np.abs(found - expected) / np.where(scale > 0, scale, 1.0)).max())


if __name__ == "__main__":
    main()
