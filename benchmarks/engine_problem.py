"""The problem that the engine and its peers solve: eight doses, eight weeks watched, twenty parameters a person.

Its numbers exercise solvers; none is a clinical estimate. Doses come on ``DAYS``, by turns an infusion of
``IV_MG`` over ``IV_H`` hours into CEN and ``F1 * NASAL_MG`` at once into DEP. Amounts are mg, volumes L, times h::

    DEP' = -KA DEP                                       CE' = KE0 (1000 CEN/V1 - CE)
    CEN' = KA DEP + drip - (CL + Q2 + Q3)/V1 CEN + Q2/V2 PER1 + Q3/V3 PER2
    PER1' = Q2 (CEN/V1 - PER1/V2)                        PER2' = Q3 (CEN/V1 - PER2/V3)
    MC' = FM CL/V1 CEN - (CLM + QM)/VM MC + QM/VM2 MP    MP' = QM (MC/VM - MP/VM2)
    x = (CE/EC50)^HILL,   E = SMAX x/(1 + x)
    S' = KS ((1 + E)/(1 + PHI (P - 1)) - S)
    P' = KP (1 + PMAX (S - 1)/(PS50 + S - 1) - P)
    M' = KM (M0 (1 - IMAX (P - 1)/(P50 + P - 1)) - M)

with S = P = 1 and M = M0 at the start, all else empty. Read at ``T_OUT``: CE, S, P, M, 1000 CEN/V1, 1000 MC/VM.
``equations`` below is the whole of it for one person in NumPy, for reference solvers.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.integrate import solve_ivp

NAMES = (
    "CL", "V1", "Q2", "V2", "Q3", "V3", "KA", "F1", "CLM", "VM", "QM", "VM2", "KE0",
    "EC50", "HILL", "SMAX", "KS", "KP", "KM", "M0",
)  # fmt: skip
TYPICAL = np.array(
    [90, 50, 120, 70, 40, 200, 3, 0.54, 60, 80, 50, 120, 6, 50, 1.5, 4, 0.25, 0.02, 0.006, 32.0]
)
LOG_SD = np.array(
    [0.25, 0.3, 0.3, 0.25, 0.3, 0.3, 0.4, 0.15, 0.3, 0.3, 0.2, 0.2, 0.4, 0.5, 0.15, 0.4, 0.3, 0.3, 0.4, 0.15]
)
FM, PHI, PMAX, PS50, IMAX, P50 = 0.8, 0.5, 3.0, 1.5, 0.9, 0.15
DAYS = np.array([0, 4, 7, 11, 14, 18, 21, 25.0])
IV_MG, IV_H, NASAL_MG = 28.0, 2.0 / 3.0, 56.0
T_OUT = np.concatenate([np.round(np.arange(81) * 0.05, 10), 24.0 * np.arange(1, 57)])
OUTPUTS = ("CE", "S", "P", "M", "C", "CM")
STATES = ("DEP", "CEN", "PER1", "PER2", "MC", "MP", "CE", "S", "P", "M")
START_SEED = 20260101

# (hour, state that receives at once or -, mg or mg/h): what happens at each event, in order.
EVENTS = tuple(
    event
    for number, day in enumerate(DAYS)
    for event in (
        [(24 * day, "drip", IV_MG / IV_H), (24 * day + IV_H, "drip", 0.0)]
        if number % 2 == 0
        else [(24 * day, "DEP", NASAL_MG)]
    )
)


def people(count: int, seed: int = START_SEED) -> np.ndarray:
    """Return (count, 20) parameters of virtual people, in the order of ``NAMES``."""
    return TYPICAL * np.exp(LOG_SD * np.random.default_rng(seed).standard_normal((count, len(NAMES))))


def equations(person: np.ndarray, drip: float):
    """Return dy/dt of the ten ``STATES`` for one person while ``drip`` mg/h flows into CEN."""
    cl, v1, q2, v2, q3, v3, ka, _, clm, vm, qm, vm2, ke0, ec50, hill, smax, ks, kp, km, m0 = person

    def slopes(_: float, y: np.ndarray) -> list[float]:
        dep, cen, per1, per2, mc, mp, ce, s, p, m = y
        x = (max(ce, 0.0) / ec50) ** hill
        e = smax * x / (1 + x)
        return [
            -ka * dep,
            ka * dep + drip - (cl + q2 + q3) / v1 * cen + q2 / v2 * per1 + q3 / v3 * per2,
            q2 * (cen / v1 - per1 / v2),
            q3 * (cen / v1 - per2 / v3),
            FM * cl / v1 * cen - (clm + qm) / vm * mc + qm / vm2 * mp,
            qm * (mc / vm - mp / vm2),
            ke0 * (1000 * cen / v1 - ce),
            ks * ((1 + e) / (1 + PHI * (p - 1)) - s),
            kp * (1 + PMAX * (s - 1) / (PS50 + s - 1) - p),
            km * (m0 * (1 - IMAX * (p - 1) / (P50 + p - 1)) - m),
        ]

    return slopes


def lsoda(person: np.ndarray, rtol: float, atol: float) -> np.ndarray:
    """Return (T, 6) outputs of one person by SciPy's LSODA, restarted at each event."""
    state = np.zeros(len(STATES))
    state[7:] = [1.0, 1.0, person[NAMES.index("M0")]]
    found, drip = np.zeros((len(T_OUT), len(STATES))), 0.0
    for (hour, into, amount), (end, _, _) in pairwise([*EVENTS, (T_OUT[-1], "", 0.0)]):
        if into == "drip":
            drip = amount
        else:
            state[STATES.index(into)] += amount * person[NAMES.index("F1")]
        inside = (hour <= T_OUT) & ((end > T_OUT) | (end == T_OUT[-1]))
        asked = np.unique([hour, *T_OUT[inside], end])
        run = solve_ivp(equations(person, drip), (hour, end), state, "LSODA", asked, rtol=rtol, atol=atol)
        found[inside] = run.y.T[np.searchsorted(asked, T_OUT[inside])]
        state = run.y[:, -1].copy()
    return read(found, person)


def read(states: np.ndarray, person: np.ndarray) -> np.ndarray:
    """Turn (T, 10) states into (T, 6) outputs."""
    ce, s, p, m, cen, mc = (states[:, STATES.index(name)] for name in ("CE", "S", "P", "M", "CEN", "MC"))
    v1, vm = person[NAMES.index("V1")], person[NAMES.index("VM")]
    return np.stack([ce, s, p, m, 1000 * cen / v1, 1000 * mc / vm], axis=1)


def error(found: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return (people,) largest errors: |difference| over the larger of |reference| and 1e-3 of its maximum."""
    scale = np.maximum(np.abs(reference), 1e-3 * np.abs(reference).max(axis=1, keepdims=True))
    return (np.abs(found - reference) / scale).max(axis=(1, 2))
