"""The texts for mrgsolve and rxode2 say what the model does: read back here, integrated, and compared.

Neither program is needed for that, and none is run: the expressions are plain arithmetic that Python reads too.
"""

import math
import re
from types import MappingProxyType, SimpleNamespace

import numpy as np
import polars as pl
import pytest
from scipy.integrate import solve_ivp
from scipy.special import expit, logit
from tests.pharmacology.asked import MODELS

from euthymia.evidence import kinetic_model
from euthymia.pharmacology import (
    Administration,
    Ancestry,
    Covariates,
    EventTable,
    InvalidRequest,
    Observation,
    Regimen,
    Route,
    SteadyState,
    Subject,
    infusion,
    nasal_session,
    predict,
    to_mrgsolve,
    to_rxode2,
    write_events_for_text,
)
from euthymia.pharmacology._individual import typical_values
from euthymia.pharmacology._structures import structure
from euthymia.pharmacology._system import solve

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


def etas(text):
    """Return the names of what people deviate by, in the order of the text."""
    return tuple(dict.fromkeys(re.findall(r"\beta_\w+", text)))


def individual(text, patterns, deviations):
    """Return the parts of a text, and its names with their values for somebody who deviates so."""
    parts = {name: dict(pattern.findall(text)) for name, pattern in patterns.items()}
    scope = {"exp": math.exp, "log": math.log, "min": min, "std": SimpleNamespace(min=min), "DEVICE": 1}
    scope |= {f"tv_{key}": float(value) for key, value in parts["value"].items()}
    scope |= dict.fromkeys(etas(text), 0.0) | deviations
    for key, expression in parts["own"].items():
        scope[f"i_{key}"] = eval(expression.replace("std::", "std."), {}, scope)
    return parts, scope


def run(text, patterns, records, deviations=MappingProxyType({})):
    """Integrate the model in a text; records are (time, compartment, AMT, RATE, DEVICE).

    As NONMEM, mrgsolve and rxode2 read them: what enters is AMT times the text's part of it; RATE 0 is at once,
    -2 over the text's own duration, and above 0 over what enters divided by RATE.
    """
    parts, scope = individual(text, patterns, deviations)
    names = list(parts["slope"])
    slopes = [compile(parts["slope"][name], name, "eval") for name in names]
    flows = []
    for time, to, amount, rate, device in records:
        entering = amount * eval(parts["part"].get(to, "1.0"), {}, scope | {"DEVICE": device})
        assert (rate == -2) == (to in parts["duration"]), "the text has a length of its own"
        own = eval(parts["duration"][to], {}, scope) if rate == -2 else 0.0
        duration = entering / rate if rate > 0 else own
        flows.append((time, time + duration, names.index(to), entering))
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


def regimen(model_id):
    """Return doses of every route of a model."""
    if model_id == "perez-ruixo-2021":
        nasal = nasal_session(2, device_mg=28, interval_h=0.1)
        return (*nasal, Administration(1.0, 84, Route.ORAL), *infusion(28, 30, start_h=2))
    if model_id == "simons-2022":
        return (Administration(0.0, 50, Route.FILM), *infusion(20, 30, start_h=2))
    if model_id == "ashraf-2018":
        return (Administration(0.0, 14, Route.ORAL), *infusion(7, 30, start_h=2))
    return (*infusion(35, 30), *infusion(5, 0, start_h=1))


def records(model_id):
    """Return the regimen, and the records that the text asks for, by hand."""
    given = regimen(model_id)
    if model_id == "perez-ruixo-2021":
        rows = [
            (dose.time_h, to, 28.0, rate, dose.device)
            for dose in given[:2]
            for to, rate in (("nasal_depot", 0), ("swallowed_depot", -2))
        ]
        return given, [*rows, (1.0, "oral_depot", 84.0, -2, 1), (2.0, "central", 28.0, 56, 1)]
    if model_id == "simons-2022":
        film = [(0.0, "mucosa", 50.0, -2, 1), (0.0, "gut", 50.0, -2, 1)]
        return given, [*film, (2.0, "central", 20.0, 40, 1)]
    if model_id == "ashraf-2018":
        return given, [(0.0, "depot", 14.0, 0, 1), (2.0, "central", 7.0, 14, 1)]
    # Half of a racemate enters as each enantiomer: half of 35 mg in half an hour are 35 mg/h.
    both = model_id == "racemate-otto-2021"
    into, rate = (("central", "central_R"), 35) if both else (("central",), 70)
    vein = [(0.0, to, 35.0, rate, 1) for to in into]
    return given, [*vein, *((1.0, to, 5.0, 0, 1) for to in into)]


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


def deviating(model_id, deviations):
    """Return somebody's parameters as virtual people get theirs: logit before the covariates, log after them."""
    model, start = kinetic_model(model_id), typical_values(kinetic_model(model_id))
    scales = {key: model.variability[key].scale for key in deviations}
    for key, eta in deviations.items():
        if scales[key] == "logit":
            start[key] = expit(logit(start[key]) + eta)
    own = dict(structure(model).adapt(model, PERSON, start))
    for key, eta in deviations.items():
        if scales[key] == "log":
            own[key] = own[key] * math.exp(eta)
    return own


# So far that 1.34 times a Japanese person's part through the nose would be more than the whole, and the other way.
@pytest.mark.parametrize("sign", [2.0, -1.0])
@pytest.mark.parametrize("language", WRITERS)
@pytest.mark.parametrize("model_id", [key for key in MODELS if "eta_" in to_rxode2(key, PERSON)])
def test_the_text_says_what_the_model_does_of_somebody_who_deviates(model_id, language, sign):
    write, patterns = WRITERS[language]
    model, text = kinetic_model(model_id), write(model_id, PERSON)
    away = {name.removeprefix("eta_"): sign * (0.3 + 0.1 * place) for place, name in enumerate(etas(text))}
    away |= {"FRn": sign} if "FRn" in away else {}
    given, rows = records(model_id)
    found, _ = run(text, patterns, rows, {f"eta_{key}": eta for key, eta in away.items()})
    own, equations = deviating(model_id, away), structure(model)
    inflows = [part for dose in given for part in equations.inflows(model, own, dose)]
    expected = np.asarray(solve(equations.system(model, own), inflows).concentrations(TIMES))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6 * expected.max())


@pytest.mark.parametrize("language", WRITERS)
def test_no_more_than_a_whole_device_goes_through_the_nose(language):
    write, patterns = WRITERS[language]
    text = write("perez-ruixo-2021", PERSON)
    for eta, part in ((0.5, 1.34 * expit(logit(0.54) + 0.5)), (0.92, 1.0), (3.0, 1.0)):
        _, scope = individual(text, patterns, {"eta_FRn": eta})
        assert scope["i_FRn"] == pytest.approx(part, rel=1e-3)
        assert scope["i_FRn"] <= 1


@pytest.mark.parametrize("language", WRITERS)
@pytest.mark.parametrize("model_id", MODELS)
def test_rows_written_for_a_text_are_those_it_is_solved_with(tmp_path, model_id, language):
    write, patterns = WRITERS[language]
    given, by_hand = records(model_id)
    seen = tuple(Observation(time, kinetic_model(model_id).analytes[0].key) for time in TIMES.tolist())
    path = tmp_path / "rows.csv"
    write_events_for_text(EventTable(model_id, (Subject("a", PERSON, Regimen(given), seen),)), PERSON, path)
    frame, text = pl.read_csv(path), write(model_id, PERSON)
    assert frame.filter(pl.col("EVID") == 0)["TIME"].to_list() == TIMES.tolist()
    doses = frame.filter(pl.col("EVID") == 1)
    names = list(patterns["slope"].findall(text))
    rows = [
        (row["TIME"], names[row["CMT"] - 1][0], row["AMT"], row["RATE"], row.get("DEVICE", 1))
        for row in doses.iter_rows(named=True)
    ]
    assert [names[place - 1][0] for place in doses["CMT"]] == doses["COMPARTMENT"].to_list()
    assert rows == by_hand
    found, _ = run(text, patterns, rows)
    for place, analyte in enumerate(predict(model_id, PERSON, given, TIMES).analytes):
        np.testing.assert_allclose(
            found[:, place], analyte.concentrations_ng_per_ml, rtol=1e-5, atol=1e-6 * analyte.cmax_ng_per_ml
        )


def test_a_reset_and_a_number_for_each_person_stand_in_the_rows_for_a_text(tmp_path):
    path = tmp_path / "rows.parquet"
    people = [Subject(name, PERSON, Regimen(infusion(28, 30), resets_h=(5.0,))) for name in ("a", "b")]
    write_events_for_text(EventTable("perez-ruixo-2021", tuple(people)), PERSON, path)
    frame = pl.read_parquet(path)
    assert frame["ID"].to_list() == [1, 1, 2, 2]
    assert frame["SUBJECT"].to_list() == ["a", "a", "b", "b"]
    assert frame["EVID"].to_list() == [1, 3, 1, 3]


@pytest.mark.parametrize(
    ("person", "regimen", "sentence"),
    [
        (Covariates(40, 61), Regimen(infusion(28, 30)), "The text is of somebody else than a"),
        (PERSON, Regimen(infusion(28, 30), changes=((3.0, Covariates(40, 61)),)), "a changes on the way"),
        (
            PERSON,
            Regimen(infusion(28, 30), steady=(SteadyState(0.0, 24.0, infusion(28, 30)),)),
            "a begins from a steady state; write its doses out",
        ),
        (PERSON, Regimen((Administration(0.0, 50, Route.FILM),)), "it cannot predict film"),
    ],
)
def test_what_a_text_has_no_rows_for_is_refused(tmp_path, person, regimen, sentence):
    table = EventTable("perez-ruixo-2021", (Subject("a", person, regimen),))
    with pytest.raises(InvalidRequest, match=sentence):
        write_events_for_text(table, PERSON, tmp_path / "rows.csv")
    assert not (tmp_path / "rows.csv").exists()


@pytest.mark.parametrize("model_id", MODELS)
def test_no_name_of_a_text_is_one_that_mrgsolve_keeps_for_itself(model_id):
    """Beside a compartment's name mrgsolve reads F_, D_, R_, ALAG_ and dxdt_ as what is said of that compartment."""
    text = to_mrgsolve(model_id, PERSON)
    compartments = text.partition("$CMT\n")[2].splitlines()[0].split()
    parameters = re.findall(r"^(\w+) = ", text.partition("$PARAM")[2].partition("$CMT")[0], re.MULTILINE)
    own = [
        *compartments,
        *parameters,
        *re.findall(r"^(?:double|capture) (\w+) = ", text, re.MULTILINE),
        *etas(text),
    ]
    assert len(own) == len(set(own))
    words = {
        "ID",
        "TIME",
        "EVID",
        "AMT",
        "CMT",
        "RATE",
        "ADDL",
        "II",
        "SS",
        "NEWIND",
        "SOLVERTIME",
        "self",
        "table",
    }
    assert not words & set(own)
    assert not [name for name in own if re.match(r"(F|D|R|ALAG|dxdt|init|_F|_D|_R|_ALAG)_", name)]
    assert not [name for name in own if re.fullmatch(r"(F|D|R|ALAG|A|DADT|THETA|ETA|EPS)\d*", name)]


def test_a_racemate_s_text_says_whose_rate_an_infusion_has():
    words = "RATE of an infusion is that of the part that enters: 0.5 of it over the length into central"
    assert words in to_mrgsolve("racemate-otto-2021", PERSON)
    assert "RATE of an infusion" not in to_mrgsolve("otto-2021", PERSON)


@pytest.mark.parametrize("write", [to_rxode2, to_mrgsolve])
def test_what_a_text_leaves_out_it_names(write):
    text, model = write("simons-2022", PERSON), kinetic_model("simons-2022")
    (said,) = (line for line in text.splitlines() if "the visits of one person do not differ here" in line)
    assert len(model.occasions) == 10
    for key, spread in model.occasions.items():
        assert f"{key} {spread.variance.value!r} (log)" in said
    assert "Left out: the residual error of esketamine, noresketamine, hydroxynoresketamine." in text
    assert "Left out: the uncertainty of the estimates of F1, D1" in text
    assert "visits of one person" not in write("otto-2021", PERSON)


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
