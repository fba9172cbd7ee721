"""The exact solver against SciPy's LSODA on the same questions: ``python benchmarks/kinetics.py``.

Both answer in one run, in turns, so that a busy machine slows both. The questions: one nasal session of
three devices read at 97 times over a day; one infusion, the same; an induction of eight sessions in four
weeks read every hour. LSODA runs at the tolerance a modeller would choose, and at one that comes as near to
the truth as the exact solver does. Printed are the ratio of the median times, and the largest error of each,
relative to the peak, against LSODA at its tightest. Pin it to one core (``taskset -c 0``) if shared.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

from euthymia.evidence import kinetic_model
from euthymia.pharmacology import Administration, Covariates, _reference, infusion, nasal_session
from euthymia.pharmacology._structures import solution

ROUNDS = 15
PERSON = Covariates(age_years=45, weight_kg=74)
A_DAY, FOUR_WEEKS = np.linspace(0.0, 24.0, 97), np.linspace(0.0, 672.0, 673)


def _session(start_h: float) -> tuple[Administration, ...]:
    return nasal_session(3, device_mg=28, interval_h=5 / 60, start_h=start_h)


QUESTIONS: dict[str, tuple[str, tuple[Administration, ...], np.ndarray]] = {
    "nasal session": ("perez-ruixo-2021", _session(0.0), A_DAY),
    "infusion": ("otto-2021", infusion(10, 30), A_DAY),
    "induction": ("perez-ruixo-2021", sum((_session(84.0 * n) for n in range(8)), ()), FOUR_WEEKS),
}
TOLERANCES = {"LSODA at 1e-6": (1e-6, 1e-8), "LSODA at 1e-12": (1e-12, 1e-13)}


def main() -> None:
    """Print one line for each question and peer."""
    for name, (model_id, doses, times_h) in QUESTIONS.items():
        solvers = _solvers(model_id, doses, times_h)
        answers = {solver: solve() for solver, solve in solvers.items()}  # also compiles
        truth = answers["LSODA at 1e-12"]
        seconds = {solver: [] for solver in solvers}
        for _ in range(ROUNDS):
            for solver, solve in solvers.items():
                begun = time.perf_counter()
                solve()
                seconds[solver].append(time.perf_counter() - begun)
        medians = {solver: statistics.median(times) for solver, times in seconds.items()}
        print(f"{name}: exact {medians['exact'] * 1e3:.1f} ms, error {_error(answers['exact'], truth):.1e}")
        for peer in TOLERANCES:
            ratio = medians[peer] / medians["exact"]
            print(f"  {peer} takes {ratio:.1f} times as long, error {_error(answers[peer], truth):.1e}")


def _solvers(
    model_id: str, doses: tuple[Administration, ...], times_h: np.ndarray
) -> dict[str, Callable[[], np.ndarray]]:
    model = kinetic_model(model_id)

    def exact() -> np.ndarray:
        return np.asarray(solution(model, PERSON, doses).concentrations(times_h))

    def lsoda(rtol: float, atol: float) -> np.ndarray:
        return _reference.reference(model, PERSON, doses, times_h, rtol=rtol, atol=atol).concentrations

    peers = {name: (lambda pair=pair: lsoda(*pair)) for name, pair in TOLERANCES.items()}
    return {"exact": exact, **peers}


def _error(answer: np.ndarray, truth: np.ndarray) -> float:
    return float(np.max(np.abs(answer - truth) / truth.max(axis=0)))


if __name__ == "__main__":
    main()
