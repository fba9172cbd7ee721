"""The full model in libroadrunner, in the peers' environment: ``course.py`` writes the numbers and runs it."""

from __future__ import annotations

import json
import sys
import time
from itertools import pairwise

import antimony
import numpy as np
import roadrunner

RTOL, ATOL = 1e-6, 1e-8
SLOW = ("signal", "labile", "consolidated", "attenuated")

EQUATIONS = """U := (max(x{site}, 1e-12)/half)^hill/(1 + (max(x{site}, 1e-12)/half)^hill);
signal' = gain*U - r0*signal;
labile' = filling*signal*(1 - labile - consolidated) - kept*labile - r1*labile;
consolidated' = kept*labile - r2*consolidated;
attenuated' = attenuation*U*(1 - attenuated) - r3*attenuated;"""


def main() -> None:
    """Solve once for the clock; write the slow states (s, T, people) and print people per second."""
    asked = np.load(sys.argv[1])
    rates, bolus, inflow = asked["rates"], asked["bolus"], asked["inflow"]
    used = [tuple(at) for at in np.argwhere(np.any(rates != 0, axis=2))]
    flows = [place for place in range(len(rates)) if np.any(inflow[:, place])]
    lines = [f"{name} = {value};" for name, value in json.loads(str(asked["numbers"])).items()]
    lines += [f"k{i}_{j} = 0;" for i, j in used] + [f"u{i} = 0;" for i in flows]
    for i in range(len(rates)):
        terms = [f"k{i}_{j}*x{j}" for to, j in used if to == i] + [f"u{i}"] * (i in flows)
        lines.append(f"x{i} = 0; x{i}' = {' + '.join(terms)};")
    lines += [f"{name} = 0;" for name in SLOW] + [EQUATIONS.format(site=int(asked["site"]))]
    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)
    antimony.loadAntimonyString("model course\n" + "\n".join(lines) + "\nend")
    runner = roadrunner.RoadRunner(antimony.getSBMLString("course"))
    runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = RTOL, ATOL
    runner.integrator.maximum_num_steps = 100_000
    runner.timeCourseSelections = ["time", *SLOW]
    times, events = asked["times"], asked["events"]

    def one(person: int) -> np.ndarray:
        for i, j in used:
            runner[f"k{i}_{j}"] = float(rates[i, j, person])
        for name in (*(f"x{i}" for i in range(len(rates))), *SLOW):
            runner[name] = 0.0
        found = np.zeros((len(SLOW), len(times)))
        for event, (begin, end) in enumerate(pairwise([*events, times[-1]])):
            for i in range(len(rates)):
                if bolus[event, i, person]:
                    runner[f"x{i}"] = runner[f"x{i}"] + float(bolus[event, i, person])
            for i in flows:
                runner[f"u{i}"] = float(inflow[event, i, person])
            inside = (begin <= times) & ((end > times) | (end == times[-1]))
            wanted = np.unique([begin, *times[inside], end])
            states = np.asarray(runner.simulate(times=wanted.tolist()))[:, 1:]
            found[:, inside] = states[np.searchsorted(wanted, times[inside])].T
        return found

    one(0)
    begun = time.process_time()
    solved = np.stack([one(person) for person in range(rates.shape[2])], axis=-1)
    print(rates.shape[2] / (time.process_time() - begun))
    np.save(sys.argv[2], solved)


if __name__ == "__main__":
    main()
