"""Virtual people: the same person anywhere, and a crowd with the moments that the evidence gives.

The seed is fixed, so each statistical check passes or fails for good. Its bounds are those that a right sampler
would cross once in a million seeds (``ONE_IN_A_MILLION`` standard errors, either side); with fewer than a hundred
such checks the whole set would raise a false alarm for fewer than one seed in ten thousand.
"""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import stats

from euthymia.evidence import kinetic_model, kinetic_models, population
from euthymia.pharmacology import (
    InvalidRequest,
    Levels,
    characters_from_table,
    draw_characters,
    draw_people,
    infusion,
    measured,
    nasal_session,
    predict,
    under,
)
from euthymia.pharmacology._draws import normals, uniforms
from euthymia.pharmacology._regimen import Covariates

ONE_IN_A_MILLION = float(stats.norm.isf(0.5e-6))
MANY = 20_000
PINNED = (0.9521136265173394, 0.7930917670131664, 0.7212189117152)
CROWD = draw_characters(MANY, seed=7)
SAMPLED = ("perez-ruixo-2021", "otto-2021", "racemate-otto-2021", "ashraf-2018", "simons-2022")


# --- the same person anywhere


@pytest.mark.parametrize("model_id", SAMPLED)
def test_a_person_is_the_same_in_any_batch_and_order(model_id):
    whole = draw_people(model_id, draw_characters(50, seed=7), seed=7, visits=3)
    late = draw_people(model_id, draw_characters(10, seed=7, first=40), seed=7, visits=3)
    backwards = characters_from_table(whole.characters.table().reverse())
    turned = draw_people(model_id, backwards, seed=7, visits=3)
    for key, values in whole.parameters.items():
        np.testing.assert_array_equal(values[40:], late.parameters[key])
        np.testing.assert_array_equal(values[::-1], turned.parameters[key])


def test_more_visits_leave_the_earlier_ones_as_they_were():
    two, five = (
        draw_people("simons-2022", draw_characters(20, seed=7), seed=7, visits=n).parameters["F1"]
        for n in (2, 5)
    )
    np.testing.assert_array_equal(two, five[:, :2])
    assert len(np.unique(five)) == five.size


def test_the_numbers_are_those_of_every_machine():
    """Written down once: another processor, version or batch size has to give these."""
    found = uniforms(7, "person CL", [np.asarray([0, 1, 4_000_000_000])])
    np.testing.assert_allclose(found, PINNED, rtol=0, atol=1e-15)
    assert normals(7, "person CL", [np.asarray([1])])[0] == pytest.approx(
        stats.norm.ppf(PINNED[1]), rel=1e-12
    )


def test_another_seed_purpose_or_person_is_another_number():
    index = np.arange(1000)
    numbers = [uniforms(seed, purpose, [index]) for seed in (7, 8, 7 + 2**32) for purpose in ("a", "b")]
    assert len(np.unique(np.concatenate(numbers))) == 6000


def test_no_two_of_them_go_together():
    index = np.arange(MANY)
    series = [normals(7, "a", [index]), normals(7, "b", [index]), normals(8, "a", [index])]
    bound = ONE_IN_A_MILLION / np.sqrt(MANY)
    together = np.corrcoef(series)
    assert np.abs(together - np.eye(3)).max() < bound
    assert abs(np.corrcoef(series[0][:-1], series[0][1:])[0, 1]) < bound


# --- the crowd


def test_uniform_numbers_are_uniform():
    assert stats.kstest(uniforms(7, "x", [np.arange(MANY)]), "uniform").pvalue > 1e-6


@pytest.mark.parametrize("name", ["age", "weight", "baseline_madrs"])
def test_covariates_follow_their_distribution(name):
    of = population("adults-with-trd").spanned[name]
    values = {
        "age": CROWD.age_years,
        "weight": np.log(CROWD.weight_kg),
        "baseline_madrs": CROWD.baseline_madrs,
    }[name]
    ends = [np.log(x) if name == "weight" else x for x in (of.centre, of.lowest, of.highest)]
    cut = stats.truncnorm(
        (ends[1] - ends[0]) / of.spread, (ends[2] - ends[0]) / of.spread, ends[0], of.spread
    )
    assert stats.kstest(values, cut.cdf).pvalue > 1e-6
    assert ends[1] <= values.min() < values.max() <= ends[2]


def test_sex_and_weight_go_together_as_stated_and_nothing_else_does():
    """By the normal numbers behind them, as the evidence states it: a woman's lie below a threshold."""
    source = population("adults-with-trd")
    (pair, stated), part = next(iter(source.correlations.items())), source.parts["female"]
    assert set(pair) == {"sex", "weight"}
    threshold = stats.norm.ppf(part)
    behind = {
        "weight": stats.norm.ppf(stats.rankdata(CROWD.weight_kg) / (MANY + 1)),
        "age": stats.norm.ppf(stats.rankdata(CROWD.age_years) / (MANY + 1)),
        "madrs": stats.norm.ppf(stats.rankdata(CROWD.baseline_madrs) / (MANY + 1)),
    }
    apart = {
        name: values[~CROWD.female].mean() - values[CROWD.female].mean() for name, values in behind.items()
    }
    bound = ONE_IN_A_MILLION / np.sqrt(MANY * part * (1 - part))
    assert apart["weight"] == pytest.approx(
        stated * stats.norm.pdf(threshold) / (part * (1 - part)), abs=bound
    )
    assert abs(apart["age"]) < bound
    assert abs(apart["madrs"]) < bound
    others = np.corrcoef([*behind.values(), CROWD.failed_antidepressants])
    assert np.abs(others - np.eye(4)).max() < ONE_IN_A_MILLION / np.sqrt(MANY)


@pytest.mark.parametrize("name", ["female", "asian"])
def test_parts_of_the_people_are_as_large_as_stated(name):
    part = population("adults-with-trd").parts[name]
    bound = ONE_IN_A_MILLION * np.sqrt(part * (1 - part) / MANY)
    assert getattr(CROWD, name).mean() == pytest.approx(part, abs=bound)


def test_failed_antidepressants_are_two_at_least():
    counts = np.bincount(CROWD.failed_antidepressants, minlength=6)
    expected = np.asarray([population("adults-with-trd").failed.get(number, 0) for number in range(6)]) * MANY
    assert counts[:2].sum() == 0
    assert stats.chisquare(counts[2:], expected[2:]).pvalue > 1e-6


def deviations(model_id, key):
    """Return what each person deviates by in ``key``, on its scale."""
    free, typical = (
        draw_people(
            model_id, CROWD, seed=7, levels=Levels(between_people=on, between_visits=False)
        ).parameters[key]
        for on in (True, False)
    )
    return np.log(free / typical)[:, 0]


CASES = [
    (model_id, key)
    for model_id in SAMPLED
    for key, spread in kinetic_model(model_id).variability.items()
    if spread.variance is not None and spread.scale == "log"
]


@pytest.mark.parametrize(("model_id", "key"), CASES)
def test_people_differ_by_the_stated_variance_around_the_typical_value(model_id, key):
    variance, found = kinetic_model(model_id).variability[key].variance.value, deviations(model_id, key)
    assert found.mean() == pytest.approx(0, abs=ONE_IN_A_MILLION * np.sqrt(variance / MANY))
    assert found.var() == pytest.approx(variance, rel=ONE_IN_A_MILLION * np.sqrt(2 / MANY))
    assert np.median(found) == pytest.approx(0, abs=ONE_IN_A_MILLION * np.sqrt(np.pi / 2 * variance / MANY))


@pytest.mark.parametrize("pair", [("V1", "CL"), ("Vn", "CLn")])
def test_what_goes_together_in_a_person_does_so_by_the_stated_covariance(pair):
    model = kinetic_model("otto-2021")
    variances = [model.variability[key].variance.value for key in pair]
    expected = model.covariances[pair].value / np.sqrt(np.prod(variances))
    found = np.corrcoef([deviations("otto-2021", key) for key in pair])[0, 1]
    assert np.arctanh(found) == pytest.approx(np.arctanh(expected), abs=ONE_IN_A_MILLION / np.sqrt(MANY - 3))
    apart = np.corrcoef(deviations("otto-2021", "V1"), deviations("otto-2021", "Vn"))[0, 1]
    assert abs(apart) < ONE_IN_A_MILLION / np.sqrt(MANY - 3)


def test_the_nose_differs_on_the_logit_and_never_takes_more_than_the_dose():
    white = replace(CROWD, asian=np.zeros(MANY, dtype=bool), japanese=np.zeros(MANY, dtype=bool))
    found = draw_people("perez-ruixo-2021", white, seed=7).parameters["FRn"]
    logits = np.log(found / (1 - found))
    bound = ONE_IN_A_MILLION * np.sqrt(0.501 / MANY)
    assert logits.mean() == pytest.approx(np.log(0.54 / 0.46), abs=bound)
    everyone = np.ones(MANY, dtype=bool)
    japanese = draw_people("perez-ruixo-2021", replace(CROWD, asian=everyone, japanese=everyone), seed=7)
    absorbed = japanese.parameters["FRn"]
    assert absorbed.max() == 1.0
    assert 0.05 < (absorbed == 1.0).mean() < 0.15, "about one Japanese person in ten reaches the whole dose"


def test_visits_differ_by_the_stated_variance_and_a_person_by_both():
    people = draw_people("simons-2022", CROWD, seed=7, visits=2)
    model = kinetic_model("simons-2022")
    assert len(model.occasions) == 10
    for key in model.occasions:
        logs = np.log(people.parameters[key])
        variance = model.occasions[key].variance.value
        half_difference = (logs[:, 0] - logs[:, 1]).var() / 2
        assert half_difference == pytest.approx(variance, rel=ONE_IN_A_MILLION * np.sqrt(2 / MANY))
    np.testing.assert_array_equal(people.parameters["V1"][:, 0], people.parameters["V1"][:, 1])


@pytest.mark.parametrize("model_id", [each for each in SAMPLED if each != "racemate-otto-2021"])
def test_the_residual_error_is_of_the_stated_size(model_id):
    """Large concentrations, so that an additive part is nothing beside the proportional one."""
    people, model = draw_people(model_id, CROWD, seed=7), kinetic_model(model_id)
    true = np.full((MANY, 2, len(model.analytes)), 1e6)
    parts = measured(people, true) / true
    for place, analyte in enumerate(model.analytes):
        residual = model.residuals[analyte.key]
        found = np.log(parts[:, :, place]) if residual.scale == "log" else parts[:, :, place] - 1
        # A proportional error that would make a concentration negative is cut there.
        kept = found[found > -1] if residual.scale != "log" else found.ravel()
        rel = ONE_IN_A_MILLION * np.sqrt(2 / MANY) + 1e-3
        assert kept.var() == pytest.approx(residual.variance.value, rel=rel)
        together = abs(np.corrcoef(found[:, 0], found[:, 1])[0, 1])
        assert together < ONE_IN_A_MILLION / np.sqrt(MANY - 3)


def test_an_additive_error_is_there_at_nothing_and_never_below_it():
    people = draw_people("simons-2022", CROWD, seed=7)
    found = measured(people, np.zeros((MANY, 1, 3)))
    assert found[:, 0, 0].max() == 0
    above = found[:, 0, 1][found[:, 0, 1] > 0]
    expected = (0.058 * 223.70) ** 2
    assert (above**2).mean() == pytest.approx(expected, rel=0.1)
    assert found.min() == 0


# --- levels, defaults and refusals


def test_with_every_level_off_everybody_is_the_typical_person():
    table = pl.DataFrame({"age_years": [45.0, 70.0], "weight_kg": [74.0, 60.0]})
    off = Levels(between_people=False, between_visits=False)
    people = draw_people("perez-ruixo-2021", characters_from_table(table), seed=1, levels=off)
    given = nasal_session(2, device_mg=28, interval_h=5 / 60)
    for row, age in enumerate((45, 70)):
        typical = predict("perez-ruixo-2021", Covariates(age), given, [0.7]).analyte("esketamine")
        found = people.solution(row, given).concentrations([0.7])[0, 0]
        assert float(found) == pytest.approx(typical.concentrations_ng_per_ml[0], rel=1e-12)


def test_an_inhibited_person_is_as_under_the_inhibitor():
    table = pl.DataFrame(
        {"age_years": [45.0, 45.0], "weight_kg": [70.0, 70.0], "cyp2b6_inhibited": [False, True]}
    )
    off = Levels(between_people=False, between_visits=False)
    people = draw_people("ashraf-2018", characters_from_table(table), seed=1, levels=off)
    left = under("ashraf-2018", Covariates(45, 70), "ticlopidine").liver_clearance
    clears = people.parameters["CLint_H"][:, 0]
    assert clears[1] / clears[0] == pytest.approx(left, rel=1e-12)


def test_a_default_that_stands_for_a_missing_variance_is_said():
    people = draw_people("perez-ruixo-2021", draw_characters(5, seed=1), seed=1)
    assert any(
        "kmet of perez-ruixo-2021 is missing; a variance of 0 is taken (ours)" in s
        for s in people.assumptions
    )
    assert len(np.unique(people.parameters["kmet"])) == 1
    assert any("visits of one person" in sentence for sentence in people.assumptions)


def test_the_uncertainty_of_the_estimates_is_one_for_a_study_and_another_for_the_next():
    unsure = Levels(uncertainty=True, between_people=False)
    first, second = (
        draw_people("otto-2021", draw_characters(5, seed=1), seed=1, levels=unsure, study=study)
        for study in (0, 1)
    )
    ratio = first.parameters["Vn"] / second.parameters["Vn"]
    np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-12)
    assert ratio[0, 0] != 1
    np.testing.assert_array_equal(first.parameters["CL"], second.parameters["CL"])
    assert any("no standard error for CL" in sentence for sentence in first.assumptions)


@pytest.mark.parametrize("model_id", sorted(set(kinetic_models()) - set(SAMPLED)))
def test_a_model_that_knows_no_spread_refuses_to_make_people(model_id):
    with pytest.raises(InvalidRequest, match="cannot make virtual people"):
        draw_people(model_id, draw_characters(5, seed=1), seed=1)
    same = draw_people(model_id, draw_characters(5, seed=1), seed=1, levels=Levels(between_people=False))
    assert len(same) == 5
    with pytest.raises(InvalidRequest, match="gives no standard errors"):
        draw_people(model_id, draw_characters(5, seed=1), seed=1, levels=Levels(True, False))
    with pytest.raises(InvalidRequest, match="no residual error"):
        measured(same, np.ones((5, 1, 1)))


def table(**columns):
    return lambda: characters_from_table(pl.DataFrame(columns))


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (lambda: draw_characters(0, seed=1), "0 from 0 are none"),
        (lambda: draw_characters(1, seed=1, first=-1), "1 from -1 are none"),
        (lambda: draw_characters(2, seed=1, first=2**32 - 1), "are none"),
        (lambda: draw_characters(1, seed=-1), "A seed is a whole number"),
        (lambda: draw_characters(1, seed=1, population_id="mice"), "no population 'mice'. There are: adults"),
        (lambda: draw_people("hijazi", draw_characters(1, seed=1), seed=1), "There is no model 'hijazi'"),
        (
            lambda: draw_people("otto-2021", draw_characters(1, seed=1), seed=1, visits=0),
            "at least one visit",
        ),
        (
            lambda: draw_people("otto-2021", replace(CROWD, index=np.arange(5_000_001)), seed=1),
            "One batch holds up to 5,000,000 people",
        ),
        (
            lambda: draw_people("otto-2021", table(age_years=[45.0])(), seed=1),
            "needs everybody's weight in kg",
        ),
        (
            lambda: draw_people("otto-2021", table(weight_kg=[70.0], cyp2b6_inhibited=[True])(), seed=1),
            "is known for ashraf-2018, perez-ruixo-2021, not for otto-2021",
        ),
        (
            lambda: draw_people("otto-2021", table(weight_kg=[70.0], liver_clearance=[0.5])(), seed=1),
            "neither liver nor gut wall",
        ),
        (table(weight_kg=[70.0, 9e5]), "Row 2 of the table: weight_kg is 900000; it lies between 1 and 650"),
        (table(weight_kg=[0.0]), "Row 1 of the table: weight_kg is 0"),
        (table(weight_kg=[float("nan")]), "weight_kg is nan"),
        (table(weight_kg=[None, 70.0]), "weight_kg is nan"),
        (table(weight_kg=["heavy"]), "holds something that is no number"),
        (table(age_years=[-1.0]), "age_years is -1"),
        (table(wieght_kg=[70.0]), "a column 'wieght_kg', which is not known"),
        (table(sex=["f"]), "sex is 'f'; it is female or male"),
        (table(ancestry=["white"]), "ancestry is 'white'; it is other or asian or japanese"),
        (table(cyp2b6_inhibited=["yes"]), "holds true or false"),
        (table(person=[1, 1]), "the same number in 'person'"),
        (table(person=[0.5]), "holds whole numbers"),
        (table(age_years=[]), "has no rows"),
        (
            lambda: measured(
                draw_people("otto-2021", draw_characters(2, seed=1), seed=1), np.ones((3, 1, 2))
            ),
            "their shape was (3, 1, 2)",
        ),
    ],
)
def test_what_cannot_be_is_refused(question, sentence):
    with pytest.raises(InvalidRequest) as refused:
        question()
    assert sentence in str(refused.value)


def test_the_median_person_by_vein_is_near_the_typical_one():
    """Medians, not means, meet the typical person; 300 people, so within a few per cent."""
    table_of = pl.DataFrame({"weight_kg": np.full(300, 70.0)})
    people = draw_people("otto-2021", characters_from_table(table_of), seed=3)
    ends = [float(people.solution(row, infusion(10, 30)).concentrations([0.5])[0, 0]) for row in range(300)]
    typical = predict("otto-2021", Covariates(25, 70), infusion(10, 30), [0.5]).analyte("esketamine")
    assert np.median(ends) == pytest.approx(typical.concentrations_ng_per_ml[0], rel=0.07)
