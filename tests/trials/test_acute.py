"""The fit of the acute effects: truths are found again, what is only predicted changes nothing, files are the fit's."""

from dataclasses import replace
from types import MappingProxyType

import jax.numpy as jnp
import numpy as np
import pytest
from typer.testing import CliRunner

from euthymia import cli
from euthymia.evidence import (
    acute_arms,
    acute_priors,
    acute_targets,
    acute_targets_hash,
    effect_model,
    kept_acute_fit,
)
from euthymia.pharmacology import InvalidRequest
from euthymia.trials import _acute_figures as figures
from euthymia.trials import _acute_files, acute
from euthymia.trials._acute_arms import MINUTES, OWN, Sessions, sessions_of
from euthymia.trials._cohort import evenly

PEOPLE = 32
acute_asked = acute.asked
ARMS = ("japan-28", "japan-84", "transform-1-84", "healthy-infusion")


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
    spoken = [row for row in question.rows if row.arm in ("japan-84", "transform-1-84")]
    arms = tuple(people for people in question.arms if people.arm.id in {row.arm for row in spoken})
    precise = acute.Asked(tuple(replace(row, tolerance=row.tolerance / 4) for row in spoken), arms)
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


def test_what_is_only_predicted_changes_nothing(tmp_path, monkeypatch):
    """With nonsense in every row that is not fitted, the command asks the fit the same; with one that is, another."""

    class Asked(Exception):
        pass

    def ask(_, **more):
        raise Asked

    def given(rows):
        seen = []
        for module in (acute, _acute_files):
            monkeypatch.setattr(module, "acute_targets", lambda: rows)
        monkeypatch.setattr(acute, "asked", lambda asked: acute.Asked(tuple(asked), ()))
        monkeypatch.setattr(acute, "posterior", seen.append)
        monkeypatch.setattr(acute, "fit", ask)
        with pytest.raises(Asked):
            _acute_files.calibrate_acute(tmp_path)
        (question,) = seen
        return question.rows, question.found.tolist(), question.widths.tolist(), acute.question_hash()

    rows = acute_targets()
    wild = [
        row
        if row.use == "fit"
        else replace(row, value=replace(row.value, value=-1e6), tolerance=1e-3, placebo=9.0)
        for row in rows
    ]
    assert given(wild) == given(rows)
    assert {row.role for row in given(rows)[0]} == {"calibrate"}
    (told,) = (row for row in rows if row.key == "japan-84/systolic/mean_largest/any//")
    other = replace(told, value=replace(told.value, value=20.0))
    changed = given([other if row is told else row for row in rows])
    assert all(
        one != same
        for one, same in zip((changed[1], changed[3]), (given(rows)[1], given(rows)[3]), strict=True)
    )
    with pytest.raises(InvalidRequest, match="None of the figures"):
        acute_asked(acute.fitted_rows([row for row in rows if row.use == "predict"]))


def test_sizes_of_the_same_people_weigh_as_one():
    rows = acute.fitted_rows()
    widths = dict(zip((row.key for row in rows), acute.Asked(rows, ()).widths, strict=True))
    times = {key: widths[key] * 2 / row.tolerance for key, row in zip(widths, rows, strict=True)}
    assert times["japan-84/systolic/mean_largest/any//"] == pytest.approx(2**0.5)
    assert times["transform-pool/systolic/share_largest/any//40"] == pytest.approx(
        2
    )  # two means and two shares
    assert times["transform-pool/systolic/share_largest_placebo/any//40"] == pytest.approx(2**0.5)
    assert times["japan-84/dissociation/sd_at/1/40/"] == pytest.approx(2**0.5)
    assert times["japan-84/deep-sedation/share/any//"] == pytest.approx(1)
    assert times["transform-pool/systolic/left/1/90/"] == pytest.approx(1)


def test_without_drug_a_largest_rise_is_never_negative_and_has_its_mean_and_width():
    """The share that reaches a threshold is that of a log-normal, by its own quantiles."""
    model = figures.Tried({"pressure.systolic_noise": jnp.asarray(7.0)})
    arm = figures.Arm(people_of(acute_arms()["transform-pool"], 56), model, jnp.zeros((2, 1, PEOPLE)))
    (row,) = (
        row for row in acute_targets() if row.key == "transform-pool/systolic/share_largest_placebo/any//40"
    )
    drawn = np.random.default_rng(1).lognormal(
        np.log(6.1) - np.log1p((7 / 6.1) ** 2) / 2, np.log1p((7 / 6.1) ** 2) ** 0.5, 400_000
    )
    assert (drawn.mean(), drawn.std()) == pytest.approx((6.1, 7), rel=0.03)
    for threshold in (0.0, 5.0, 40.0):
        share = float(figures._STATISTICS[row.statistic](arm, replace(row, threshold=threshold)))
        assert share == pytest.approx(100 * (drawn >= threshold).mean(), abs=0.15)


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
    assert set(figures_) == {row.key for row in acute_targets()}
    assert kept_acute_fit().targets_sha256 == acute_targets_hash(), (
        "fit again, or predict what is only predicted"
    )
    for use in ("fit", "predict"):
        rows = [row for row in acute_targets() if row.use == use]
        missed = sum(not acute.met(row, figures_[row.key][0]) for row in rows)
        assert f"{missed} of {len(rows)} that were" in model.warns[0]


@pytest.mark.parametrize("arm", ["japan-84", "healthy-infusion"])
def test_kept_figures_are_computed_anew(arm):
    """A spray and an infusion from their kinetics on, at the numbers a course has."""
    rows = [row for row in acute_targets() if row.arm == arm]
    people = acute.asked(rows).arms
    ready = figures.read(figures.at_hand(), people)
    for row in rows:
        given = float(figures._STATISTICS[row.statistic](ready[arm], row))
        kept = kept_acute_fit().figures[row.key][0]
        assert given == pytest.approx(kept, rel=2e-3, abs=2e-3), row.key


def test_a_dose_that_is_no_whole_number_of_devices_is_refused():
    arm = acute_arms()["japan-28"]
    dose = arm.numbers["dose_mg"]
    for mg in (14.0, 40.0):
        numbers = MappingProxyType({**arm.numbers, "dose_mg": replace(dose, value=mg)})
        with pytest.raises(InvalidRequest, match=f"{mg:g} mg is no whole number of devices of 28 mg"):
            sessions_of(replace(arm, numbers=numbers), people=2, seed=1)


def test_an_arm_s_figures_follow_what_they_are_of(question):
    """More drug is more of everything; what is left falls; healthy volunteers are told from patients."""
    ready = figures.read(figures.Tried(figures.values_at(jnp.zeros(len(figures.names())))), question.arms)
    low, high, _ = (ready[key] for key in ("japan-28", "japan-84", "healthy-infusion"))
    for effect in ("systolic", "diastolic", "dissociation", "sedation", "deep-sedation", "nausea"):
        assert low.largest(effect, 1).mean() < high.largest(effect, 1).mean()
    assert high.largest("deep-sedation", 1).mean() < high.largest("sedation", 1).mean()
    assert float(np.mean(high.attenuated(2))) < float(np.mean(high.attenuated(8))) < 1
    factor = 4.0
    told = {**figures.values_at(jnp.zeros(len(figures.names()))), "dissociation.healthy": jnp.asarray(factor)}
    ready = figures.read(figures.Tried(told), question.arms)
    high, healthy = ready["japan-84"], ready["healthy-infusion"]
    logs = [float(np.log(arm.sensitivity("dissociation")).mean()) for arm in (healthy, high)]
    assert logs[0] - logs[1] == pytest.approx(np.log(factor), abs=0.1)


def test_the_command_refuses_what_it_has_not(tmp_path):
    for more in (["--chains"], ["--steps", "400"]):
        answer = CliRunner().invoke(cli.app, ["calibrate", str(tmp_path), "--acute", *more])
        assert answer.exit_code == 2
        assert "it has no --chains and no --steps" in answer.output
        assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("more", [[], ["--acute"]])
def test_a_recovery_takes_no_folder_and_a_fit_needs_one(more, tmp_path):
    folder = tmp_path / "unused"
    answer = CliRunner().invoke(cli.app, ["calibrate", str(folder), "--recovery", "1", *more])
    assert answer.exit_code == 2
    assert "writes nothing: leave out the folder" in answer.output
    assert not folder.exists()
    answer = CliRunner().invoke(cli.app, ["calibrate", *more])
    assert answer.exit_code == 2
    assert "Name the folder" in answer.output


def test_a_fit_that_is_stopped_does_not_promise_to_go_on(tmp_path, monkeypatch):
    def stopped(*given, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(_acute_files, "calibrate_acute", stopped)
    answer = CliRunner().invoke(cli.app, ["calibrate", str(tmp_path), "--acute"])
    assert answer.exit_code == 130
    assert "asked again it begins anew" in answer.output


def test_a_prior_in_words_is_its_middle_ninety():
    priors = acute_priors().parameters
    assert _acute_files.believed(priors["dissociation.attenuation"]) == "0.0782 to 0.922"
    assert _acute_files.believed(priors["sedation.deeper"]) == "1.32 to 6.83"
