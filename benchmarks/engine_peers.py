"""One peer on the engine's problem, in the peers' environment: prints a line of JSON. ``engine.py`` runs it."""

from __future__ import annotations

import os

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import json
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks import engine_problem as given

RTOL, ATOL = 1e-6, 1e-8

MODEL = """model problem
{parameters}
drip = 0; FM = {FM}; PHI = {PHI}; PMAX = {PMAX}; PS50 = {PS50}; IMAX = {IMAX}; P50 = {P50};
DEP = 0; CEN = 0; PER1 = 0; PER2 = 0; MC = 0; MP = 0; CE = 0; S = 1; P = 1; M = M0;
X := (max(CE, 1e-12)/EC50)^HILL; E := SMAX*X/(1 + X);
DEP' = -KA*DEP;
CEN' = KA*DEP + drip - (CL + Q2 + Q3)/V1*CEN + Q2/V2*PER1 + Q3/V3*PER2;
PER1' = Q2/V1*CEN - Q2/V2*PER1; PER2' = Q3/V1*CEN - Q3/V3*PER2;
MC' = FM*CL/V1*CEN - (CLM + QM)/VM*MC + QM/VM2*MP; MP' = QM/VM*MC - QM/VM2*MP;
CE' = KE0*(1000*CEN/V1 - CE);
S' = KS*((1 + E)/(1 + PHI*(P - 1)) - S);
P' = KP*(1 + PMAX*(S - 1)/(PS50 + S - 1) - P);
M' = KM*(M0*(1 - IMAX*(P - 1)/(P50 + P - 1)) - M);
end"""


def libroadrunner():
    """Return a solver of many people by CVODE, compiled by LLVM."""
    import antimony
    import roadrunner

    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)
    parameters = "\n".join(f"{k} = {v};" for k, v in zip(given.NAMES, given.TYPICAL, strict=True))
    constants = {name: getattr(given, name) for name in ("FM", "PHI", "PMAX", "PS50", "IMAX", "P50")}
    antimony.loadAntimonyString(MODEL.format(parameters=parameters, **constants))
    runner = roadrunner.RoadRunner(antimony.getSBMLString("problem"))
    runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = RTOL, ATOL
    runner.integrator.maximum_num_steps = 100_000
    runner.timeCourseSelections = ["time", *given.STATES]

    def one(person: np.ndarray) -> np.ndarray:
        for name, value in zip(given.NAMES, person, strict=True):
            runner[name] = float(value)
        for name in given.STATES[:7]:
            runner[name] = 0.0
        runner["S"], runner["P"], runner["M"], runner["drip"] = 1.0, 1.0, float(person[-1]), 0.0
        found = np.zeros((len(given.T_OUT), len(given.STATES)))
        for (hour, into, amount), (end, _, _) in pairwise([*given.EVENTS, (given.T_OUT[-1], "", 0.0)]):
            runner[into] = amount if into == "drip" else runner[into] + amount * float(person[7])
            inside = (hour <= given.T_OUT) & ((end > given.T_OUT) | (end == given.T_OUT[-1]))
            asked = np.unique([hour, *given.T_OUT[inside], end])
            states = np.asarray(runner.simulate(times=asked.tolist()))[:, 1:]
            found[inside] = states[np.searchsorted(asked, given.T_OUT[inside])]
        return given.read(found, person)

    return "libroadrunner (CVODE)", lambda people: np.stack([one(person) for person in people])


def diffrax():
    """Return a solver of many people by Tsit5, vectorised, restarted at each event."""
    import diffrax as dfx
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    stretches = []
    for (hour, into, amount), (end, _, _) in pairwise([*given.EVENTS, (given.T_OUT[-1], "", 0.0)]):
        inside = given.T_OUT[(hour <= given.T_OUT) & (end >= given.T_OUT)]
        stretches.append((hour, end, into, amount, np.unique([hour, *inside, end])))

    def slopes(_, y, args):
        person, drip = args
        cl, v1, q2, v2, q3, v3, ka, _f, clm, vm, qm, vm2, ke0, ec50, hill, smax, ks, kp, km, m0 = person
        dep, cen, per1, per2, mc, mp, ce, s, p, m = y
        x = (jnp.maximum(ce, 1e-12) / ec50) ** hill
        return jnp.stack(
            [
                -ka * dep,
                ka * dep + drip - (cl + q2 + q3) / v1 * cen + q2 / v2 * per1 + q3 / v3 * per2,
                q2 * (cen / v1 - per1 / v2),
                q3 * (cen / v1 - per2 / v3),
                given.FM * cl / v1 * cen - (clm + qm) / vm * mc + qm / vm2 * mp,
                qm * (mc / vm - mp / vm2),
                ke0 * (1000 * cen / v1 - ce),
                ks * ((1 + smax * x / (1 + x)) / (1 + given.PHI * (p - 1)) - s),
                kp * (1 + given.PMAX * (s - 1) / (given.PS50 + s - 1) - p),
                km * (m0 * (1 - given.IMAX * (p - 1) / (given.P50 + p - 1)) - m),
            ]
        )

    def one(person):
        y, drip, parts = jnp.zeros(10).at[7].set(1.0).at[8].set(1.0).at[9].set(person[19]), 0.0, []
        for hour, end, into, amount, asked in stretches:
            if into == "drip":
                drip = amount
            else:
                y = y.at[0].add(amount * person[7])
            run = dfx.diffeqsolve(
                dfx.ODETerm(slopes), dfx.Tsit5(), hour, end, None, y, (person, drip),
                saveat=dfx.SaveAt(ts=jnp.asarray(asked)), max_steps=200_000,
                stepsize_controller=dfx.PIDController(rtol=RTOL, atol=ATOL),
            )  # fmt: skip
            y = run.ys[-1]
            parts.append(run.ys[: len(asked) - (end < given.T_OUT[-1])])
        return jnp.concatenate(parts)

    many = jax.jit(jax.vmap(one))
    times = np.concatenate(
        [asked[: len(asked) - (end < given.T_OUT[-1])] for _, end, _, _, asked in stretches]
    )
    places = np.searchsorted(times, given.T_OUT)

    def solve(people: np.ndarray) -> np.ndarray:
        states = np.asarray(many(jnp.asarray(people)))[:, places]
        return np.stack([given.read(own, person) for own, person in zip(states, people, strict=True)])

    return "diffrax (Tsit5)", solve


def main() -> None:
    """Solve once to compile, once for the clock."""
    name, solve = {"libroadrunner": libroadrunner, "diffrax": diffrax}[sys.argv[1]]()
    people = given.people(int(sys.argv[2]))
    solve(people if name.startswith("diffrax") else people[:1])
    begun = time.process_time()
    outputs = solve(people)
    rate = len(people) / (time.process_time() - begun)
    with tempfile.NamedTemporaryFile(suffix=".npy", delete=False) as file:
        np.save(file, outputs)
    print(json.dumps({"name": name, "rate": rate, "outputs": file.name}))


if __name__ == "__main__":
    main()
