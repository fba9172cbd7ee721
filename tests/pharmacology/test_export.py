"""The texts for mrgsolve and rxode2 say what the model does: read back here, integrated, and compared.

Neither program is needed for that, and none is run: the expressions are plain arithmetic that Python reads too.
"""

import math
import re

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from tests.pharmacology.asked import MODELS

from euthymia.evidence import kinetic_model
from euthymia.pharmacology import (
    Administration,
    Ancestry,
    Covariates,
    InvalidRequest,
    Route,
    infusion,
    nasal_session,
    predict,
    to_mrgsolve,
    to_rxode2,
)

PERSON = Covariates(72, 61, Ancestry.JAPANESE)
TIMES = np.asarray([0.2, 0.7, 1.5, 4.0, 9.0])

RXODE2 = {
    "value": re.compile(r"^ +tv_(\w+) <- (.+)$", re.MULTILINE),
    "own": re.compile(r"^ +i_(\w+) <- (.+)$", re.MULTILINE),
    "slope": re.compile(r"^ +d/dt\((\w+)\) <- (.+)$", re.MULTILINE),
    "part": re.compile(r"^ +f\((\w+)\) <- (.+)$", re.MULTILINE),
    "duration": re.compile(r"^ +dur\((\w+)\) <- (.+)$", re.MULTILINE),
    "output": re.compile(r"^ +C_(\w+) <- (.+)$", re.MULTILINE),
}
MRGSOLVE = {
    "value": re.compile(r"^tv_(\w+) = (.+)$", re.MULTILINE),
    "own": re.compile(r"^double i_(\w+) = (.+);$", re.MULTILINE),
    "slope": re.compile(r"^dxdt_(\w+) = (.+);$", re.MULTILINE),
    "part": re.compile(r"^F_(\w+) = (.+);$", re.MULTILINE),
    "duration": re.compile(r"^D_(\w+) = (.+);$", re.MULTILINE),
    "output": re.compile(r"^capture C_(\w+) = (.+);$", re.MULTILINE),
}
WRITERS = {"rxode2": (to_rxode2, RXODE2), "mrgsolve": (to_mrgsolve, MRGSOLVE)}


def run(text, patterns, records):
    """Integrate the model in a text; records are (time, compartment, amount, duration or None, device)."""
    parts = {name: dict(pattern.findall(text)) for name, pattern in patterns.items()}
    scope = {"exp": math.exp, "log": math.log, "DEVICE": 1}
    scope |= {f"tv_{key}": float(value) for key, value in parts["value"].items()}
    scope |= dict.fromkeys(re.findall(r"\beta_\w+", text), 0.0)
    for key, expression in parts["own"].items():
        scope[f"i_{key}"] = eval(expression, {}, scope)
    names = list(parts["slope"])
    slopes = [compile(parts["slope"][name], name, "eval") for name in names]
    flows = []
    for time, to, amount, duration, device in records:
        absorbed = amount * eval(parts["part"].get(to, "1.0"), {}, scope | {"DEVICE": device})
        if to in parts["duration"]:
            assert duration is None, "the text has a length of its own"
            duration = eval(parts["duration"][to], {}, scope)
        flows.append((time, time + (duration or 0.0), names.index(to), absorbed))
    edges = sorted({0.0, *(edge for flow in flows for edge in flow[:2]), *TIMES})
    state, found = np.zeros(len(names)), {}
    for begin, end in zip(edges, [*edges[1:], edges[-1]], strict=True):
        for start, stop, to, amount in flows:
            state[to] += amount if start == begin == stop else 0.0
        local = scope | dict(zip(names, state, strict=True))
        found[begin] = [eval(expression, {}, local) for expression in parts["output"].values()]
        inflow = np.zeros(len(names))
        for start, stop, to, amount in flows:
            inflow[to] += amount / (stop - start) if start <= begin < stop else 0.0

        def change(_, x, inflow=inflow):
            here = scope | dict(zip(names, x, strict=True))
            return np.asarray([eval(slope, {}, here) for slope in slopes]) + inflow

        if end > begin:
            state = solve_ivp(change, (begin, end), state, "LSODA", rtol=1e-9, atol=1e-11).y[:, -1].copy()
    return np.asarray([found[time] for time in TIMES]), list(parts["output"])


def records(model_id):
    """Return a regimen of every route of the model, and the records that its text asks for."""
    if model_id == "perez-ruixo-2021":
        given = (*nasal_session(2, device_mg=28, interval_h=0.1), Administration(1.0, 84, Route.ORAL))
        rows = [
            (dose.time_h, to, 28.0, None, dose.device)
            for dose in given[:2]
            for to in ("nasal_depot", "swallowed_depot")
        ]
        return (*given, *infusion(28, 30, start_h=2)), [
            *rows,
            (1.0, "oral_depot", 84.0, None, 1),
            (2.0, "central", 28.0, 0.5, 1),
        ]
    if model_id == "simons-2022":
        given = (Administration(0.0, 50, Route.FILM), *infusion(20, 30, start_h=2))
        return given, [
            (0.0, "mucosa", 50.0, None, 1),
            (0.0, "gut", 50.0, None, 1),
            (2.0, "central", 20.0, 0.5, 1),
        ]
    if model_id == "ashraf-2018":
        given = (Administration(0.0, 14, Route.ORAL), *infusion(7, 30, start_h=2))
        return given, [(0.0, "depot", 14.0, None, 1), (2.0, "central", 7.0, 0.5, 1)]
    both = ("central", "R_central") if model_id == "racemate-otto-2021" else ("central",)
    return infusion(35, 30), [(0.0, to, 35.0, 0.5, 1) for to in both]


@pytest.mark.parametrize("language", WRITERS)
@pytest.mark.parametrize("model_id", MODELS)
def test_the_text_says_what_the_model_does(model_id, language):
    write, patterns = WRITERS[language]
    given, rows = records(model_id)
    found, names = run(write(model_id, PERSON), patterns, rows)
    expected = predict(model_id, PERSON, given, TIMES)
    assert names == [analyte.key for analyte in expected.analytes]
    for place, analyte in enumerate(expected.analytes):
        np.testing.assert_allclose(
            found[:, place], analyte.concentrations_ng_per_ml, rtol=1e-5, atol=1e-6 * analyte.cmax_ng_per_ml
        )


@pytest.mark.parametrize("write", [to_rxode2, to_mrgsolve])
def test_the_text_says_whose_it_is_where_it_comes_from_and_how_to_dose(write):
    text = write("perez-ruixo-2021", PERSON)
    for words in (
        "10.1007/s40262-020-00953-4",
        "61 kg, 72 years, ancestry japanese",
        "nasal_depot and into swallowed_depot with RATE = -2, and DEVICE = 1, 2, 3",
        "kmet does not differ between people here",
        "ng/mL",
    ):
        assert words in text


def test_covariances_go_along():
    rows = (
        to_mrgsolve("otto-2021", PERSON)
        .partition("@labels eta_V1 eta_CL eta_Vn eta_CLn\n")[2]
        .splitlines()[:4]
    )
    assert rows == ["0.084177", "0.02261 0.026048", "0.0 0.0 0.040426", "0.0 0.0 0.04456 0.10319"]
    assert "eta_V1 + eta_CL + eta_Vn + eta_CLn ~ c(0.084177, 0.02261, 0.026048," in to_rxode2(
        "otto-2021", PERSON
    )


def test_a_model_without_spread_has_none_in_its_text():
    assert "eta_" not in to_rxode2("domino", PERSON)
    assert "$OMEGA" not in to_mrgsolve("domino", PERSON)
    assert kinetic_model("domino").variability["all"].missing in to_mrgsolve("domino", PERSON)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (lambda: to_rxode2("hijazi", PERSON), "There is no model 'hijazi'"),
        (lambda: to_mrgsolve("domino", Covariates(45)), "needs the person's weight in kg"),
    ],
)
def test_what_cannot_be_written_is_refused(question, sentence):
    with pytest.raises(InvalidRequest) as refused:
        question()
    assert sentence in str(refused.value)
