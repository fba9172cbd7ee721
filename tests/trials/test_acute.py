"""The fit of the acute effects: truths are found again, what is only predicted changes nothing, files are the fit's."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from typer.testing import CliRunner

from euthymia import cli
from euthymia.evidence import acute_arms, acute_priors, acute_targets, effect_model, kept_acute_fit
from euthymia.pharmacology import InvalidRequest
from euthymia.trials import _acute_figures as figures
from euthymia.trials import _acute_files, acute
from euthymia.trials._acute_arms import MINUTES, OWN, Sessions
from euthymia.trials._cohort import evenly

PEOPLE = 32
ARMS = ("japan-28", "japan-84", "transform-1-84", "healthy-nasal-84")


def people_of(arm, dose):
    """People without kinetics: a curve with a peak at forty minutes, as high as a dose is large, wider in some."""
    drawn = evenly(5 + 8, PEOPLE, sum(arm.id.encode()))
    hours = MINUTES[:, None] / 60
    curve = 1.3 * dose * (hours / 0.6) * np.exp(1 - hours / 0.6) * np.exp(0.3 * drawn[4])
    both = np.stack([curve, curve])
    return Sessions(arm, both, 1.5 * both, np.full((2, PEOPLE), 3.0), drawn[: len(OWN)], drawn[5:])


@pytest.fixture(scope="module")
def question():
    rows = tuple(row for row in acute.fitted_rows() if row.arm in ARMS)
    return acute.Asked(rows, tuple(people_of(acute_arms()[key], 28 if "28" in key else 84) for key in ARMS))


@pytest.fixture(scope="module")
def target(question):
    return acute.posterior(question)


def test_known_parameters_are_found_again_from_simulated_figures(question):
    """What the figures speak of lies inside its interval; the widths are those of the figures and not of the prior."""
    truth = np.zeros(len(figures.names()))
    moved = {
        "dissociation.slope": -0.8,
        "pressure.systolic_most": -0.6,
        "sedation.half_at": 0.7,
        "nausea.half_at": 1.0,
    }
    for name, place in moved.items():
        truth[figures.names().index(name)] = place
    precise = replace(
        question, rows=tuple(replace(row, tolerance=row.tolerance / 4) for row in question.rows)
    )
    answers = acute.simulated(acute.posterior(precise), precise, truth, seed=3)
    again = acute.posterior(precise, answers)
    found = acute.fit(again, starts=1, proposals=400, rounds=2, draws=20)
    values = figures.values_at(jnp.asarray(truth))
    assert found.gradient < 0.1
    for at, name in enumerate(figures.names()):
        if name in moved:
            assert abs(found.place[at] - truth[at]) < 3 * found.laplace[at], name
            assert abs(found.place[at] - truth[at]) < abs(truth[at]), f"{name} stayed where the prior has it"
            assert found.laplace[at] < 0.8
    inside = [
        low <= values[name] <= high for name, low, high in zip(values, found.low, found.high, strict=True)
    ]
    assert np.mean(inside) > 0.7
    same = acute.fit(again, starts=1, proposals=400, rounds=2, draws=20)
    assert np.array_equal(found.places, same.places)


def test_what_is_only_predicted_changes_nothing():
    nonsense = [
        replace(row, value=replace(row.value, value=-1e6)) if row.use == "predict" else row
        for row in acute_targets()
    ]
    assert acute.fitted_rows(nonsense) == acute.fitted_rows()
    assert {row.role for row in acute.fitted_rows()} == {"calibrate"}
    with pytest.raises(InvalidRequest, match="None of the figures"):
        acute.asked(acute.fitted_rows([row for row in nonsense if row.use == "predict"]))


def test_the_numbers_at_hand_are_those_of_the_fit_and_of_today_s_question():
    kept, model = kept_acute_fit(), effect_model("acute-2")
    assert kept.question_sha256 == acute.question_hash(), "fit again: euthymia calibrate FOLDER --acute"
    assert set(kept.numbers) == set(acute_priors().parameters)
    for name, (value, low, high) in kept.numbers.items():
        number = model.numbers[tuple(name.split("."))]
        assert number.value == value
        assert number.source == "acute-fit"
        assert low < value < high
        assert ("the prior speaks" in number.note) == (name in kept.prior_driven)
    assert {name for name, width in kept.widths.items() if width > acute.PRIOR_DRIVEN} == set(
        kept.prior_driven
    )
    assert kept.effective > acute.ENOUGH
    assert not kept.rough


def test_every_figure_has_its_prediction_and_the_model_says_how_many_it_misses():
    figures_, model = kept_acute_fit().figures, effect_model("acute-2")
    assert set(figures_) == {row.line for row in acute_targets()}
    for use in ("fit", "predict"):
        rows = [row for row in acute_targets() if row.use == use]
        missed = sum(not acute.met(row, figures_[row.line][0]) for row in rows)
        assert f"{missed} of {len(rows)} that were" in model.warns[0]


def test_an_arm_s_figures_follow_what_they_are_of(question):
    """More drug is more of everything; what is left falls; healthy volunteers are told from patients."""
    ready = figures.read(figures.Tried(figures.values_at(jnp.zeros(len(figures.names())))), question.arms)
    low, high, healthy = (ready[key] for key in ("japan-28", "japan-84", "healthy-nasal-84"))
    for effect in ("systolic", "diastolic", "dissociation", "sedation", "deep-sedation", "nausea"):
        assert low.largest(effect, 1).mean() < high.largest(effect, 1).mean()
    assert high.largest("deep-sedation", 1).mean() < high.largest("sedation", 1).mean()
    assert float(np.mean(high.attenuated(2))) < float(np.mean(high.attenuated(8))) < 1
    factor = acute_priors().parameters["dissociation.healthy"].centre.value
    logs = [float(np.log(arm.sensitivity("dissociation")).mean()) for arm in (healthy, high)]
    assert logs[0] - logs[1] == pytest.approx(np.log(factor), abs=0.1)


def test_the_command_refuses_what_it_has_not(tmp_path):
    answer = CliRunner().invoke(cli.app, ["calibrate", str(tmp_path), "--acute", "--chains"])
    assert answer.exit_code == 2
    assert "it has no --chains" in answer.output
    assert not list(tmp_path.iterdir())


def test_a_prior_in_words_is_its_middle_ninety():
    priors = acute_priors().parameters
    assert _acute_files.believed(priors["dissociation.attenuation"]) == "0.322 to 0.826"
    assert _acute_files.believed(priors["sedation.deeper"]) == "1.32 to 6.83"
