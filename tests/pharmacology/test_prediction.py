"""A prediction says what it rests on, warns where it is stretched, and refuses a wrong question."""

import json
import subprocess
import sys
from dataclasses import FrozenInstanceError, replace

import pytest
from tests.pharmacology.asked import MODELS, PERSON, nasal

from euthymia.evidence import kinetic_model
from euthymia.pharmacology import (
    Administration,
    Ancestry,
    Covariates,
    InvalidRequest,
    Outcome,
    Route,
    _structures,
    infusion,
    nasal_session,
    predict,
)


@pytest.mark.parametrize("model_id", MODELS)
def test_it_carries_model_version_hash_population_site_and_source(model_id):
    found = predict(model_id, PERSON, infusion(28, 40), [0.5])
    model = kinetic_model(model_id)
    assert (found.model, found.model_version, found.parameters_hash) == (
        model_id,
        model.version,
        model.parameters_hash,
    )
    assert len(found.parameters_hash) == 64
    assert found.sampling_site == model.sampling_site
    assert found.population == model.population.value
    assert found.source.endswith(model.source.where)
    assert found.outcome is Outcome.COMPUTED
    assert found.times_h == (0.5,)


def test_it_can_be_stored_as_json_and_is_the_same_each_time():
    once, again = (predict("perez-ruixo-2021", PERSON, nasal(2), [0.5, 1.0]) for _ in range(2))
    stored = json.loads(json.dumps(once.to_dict()))
    assert stored["outcome"] == "computed"
    assert stored["analytes"][0]["key"] == "esketamine"
    assert once == again


def test_it_is_frozen():
    with pytest.raises(FrozenInstanceError):
        predict("kamp-2020", PERSON, infusion(35, 40)).model = "another"


def test_without_times_there_are_still_the_peak_and_the_area():
    found = predict("otto-2021", PERSON, infusion(10, 30)).analyte("noresketamine")
    assert found.concentrations_ng_per_ml == ()
    assert found.cmax_ng_per_ml > 0


def test_an_unknown_analyte_is_named():
    with pytest.raises(KeyError, match="hydroxynorketamine is not among"):
        predict("kamp-2020", PERSON, infusion(35, 40)).analyte("hydroxynorketamine")


def test_within_what_was_studied_nothing_is_warned_of():
    assert predict("perez-ruixo-2021", PERSON, nasal(2)).warnings == ()


@pytest.mark.parametrize(
    ("model_id", "person", "given", "sentence"),
    [
        ("perez-ruixo-2021", Covariates(90, 74), nasal(2), "age 90 is outside .* (18 to 86 years)"),
        ("perez-ruixo-2021", Covariates(45, 35), nasal(2), "weight 35 is outside .* (39 to 170 kg)"),
        ("perez-ruixo-2021", PERSON, nasal(5), "nasal dose of 140 mg is outside .* (14 to 112 mg)"),
        ("perez-ruixo-2021", PERSON, infusion(35, 40), "iv dose of 35 mg is outside .* (28 mg)"),
        (
            "otto-2021",
            Covariates(60, 70),
            infusion(20, 40),
            "age 60 is outside .* by our reading",
        ),
        ("otto-2021", Covariates(25, 70), infusion(50, 40), "iv dose of 50 mg is outside"),
    ],
)
def test_outside_what_was_studied_a_sentence_says_so(model_id, person, given, sentence):
    (warning,) = predict(model_id, person, given).warnings
    assert all(part in warning for part in sentence.split(" .* "))


def test_doses_of_one_day_count_as_one_and_sessions_of_two_days_do_not():
    parts = infusion(20, 20) + infusion(20, 20, start_h=0.5)
    assert "40 mg" in predict("otto-2021", Covariates(25, 70), parts).warnings[0]
    assert predict("perez-ruixo-2021", PERSON, nasal(3) + nasal(3, start_h=72)).warnings == ()


def test_a_part_used_device_is_predicted_with_a_warning():
    (warning,) = predict("perez-ruixo-2021", PERSON, nasal_session(1, device_mg=14, interval_h=0)).warnings
    assert "A device holds 28 mg" in warning


def test_the_later_devices_of_each_session_are_absorbed_less_and_a_session_starts_anew():
    first = predict("perez-ruixo-2021", PERSON, nasal(1)).analyte("esketamine").auc0_24_ng_h_per_ml
    two = predict("perez-ruixo-2021", PERSON, nasal(2)).analyte("esketamine").auc0_24_ng_h_per_ml
    assert two < 2 * first
    again = predict("perez-ruixo-2021", PERSON, nasal(1) + nasal(1, start_h=72), [72.6])
    alone = predict("perez-ruixo-2021", PERSON, nasal(1), [0.6])
    left_over = predict("perez-ruixo-2021", PERSON, nasal(1), [72.6])
    values = [found.analyte("esketamine").concentrations_ng_per_ml[0] for found in (again, alone, left_over)]
    assert values[0] == pytest.approx(values[1] + values[2], rel=1e-9)


def test_age_lowers_liver_blood_flow_only_above_sixty():
    areas = [
        predict("perez-ruixo-2021", Covariates(age), nasal(2)).analyte("esketamine").auc0_24_ng_h_per_ml
        for age in (20, 60, 61, 80)
    ]
    assert areas[0] == areas[1] < areas[2] < areas[3]


def test_japanese_people_absorb_more_through_the_nose():
    """Table 4 gives them 31 % more Cmax and 32 % more AUC than Caucasian people at 28 mg."""
    japanese, other = (
        predict("perez-ruixo-2021", Covariates(45, ancestry=ancestry), nasal(1)).analyte("esketamine")
        for ancestry in (Ancestry.JAPANESE, Ancestry.OTHER)
    )
    assert japanese.cmax_ng_per_ml / other.cmax_ng_per_ml == pytest.approx(1.31, abs=0.01)
    assert japanese.auc0_24_ng_h_per_ml / other.auc0_24_ng_h_per_ml == pytest.approx(1.32, abs=0.01)


def test_half_of_a_racemate_is_s_ketamine_and_the_reader_is_told():
    racemate = predict("otto-2021", Covariates(25, 70), infusion(35, 40), drug="ketamine")
    alone = predict("otto-2021", Covariates(25, 70), infusion(17.5, 40))
    assert racemate.analytes == alone.analytes
    assert racemate.drug == "ketamine"
    (warning,) = racemate.warnings
    assert "50% of the dose is taken as esketamine" in warning
    assert alone.warnings == ()


def test_arterial_concentrations_are_called_arterial_every_time():
    found = predict("kamp-2020", PERSON, infusion(35, 40))
    assert found.sampling_site == "arterial"
    assert "arterial" in found.warnings[0]


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (
            lambda: predict("perez-2021", PERSON, nasal(1)),
            "no model 'perez-2021'. There are: ashraf-2018, clements",
        ),
        (lambda: predict("otto-2021", PERSON, nasal(1)), "cannot predict nasal"),
        (
            lambda: predict("kamp-2020", PERSON, infusion(35, 40), drug="esketamine"),
            "cannot predict esketamine",
        ),
        (lambda: predict("perez-ruixo-2021", PERSON, ()), "give at least one dose"),
        (lambda: predict("perez-ruixo-2021", Covariates(), nasal(1)), "needs the person's age in years"),
        (
            lambda: _structures.structure(kinetic_model("perez-ruixo-2021")).individual(
                kinetic_model("perez-ruixo-2021"), Covariates(130)
            ),
            "no liver blood flow left at 130 years",
        ),
        (
            lambda: predict("perez-ruixo-2021", Covariates(130), nasal(1)),
            "The age is 130 years; it lies between 0 and 125.",
        ),
        (lambda: predict("kamp-2020", Covariates(45), infusion(35, 40)), "needs the person's weight in kg"),
        (lambda: predict("kamp-2020", PERSON, infusion(35, 40), [float("nan")]), "finite numbers of hours"),
        (
            lambda: predict("perez-ruixo-2021", PERSON, nasal_session(1, device_mg=56, interval_h=0)),
            "One device",
        ),
        (lambda: predict("perez-ruixo-2021", PERSON, nasal(3)[::2]), "Device 3 follows 1"),
        (lambda: predict("perez-ruixo-2021", PERSON, nasal(2)[1:]), "Device 2 follows 0"),
        (lambda: infusion(-1, 40), "above 0 mg"),
        (lambda: infusion(float("nan"), 40), "above 0 mg"),
        (lambda: infusion(10, -1), "cannot last"),
        (lambda: nasal_session(0, device_mg=28, interval_h=0), "at least one device"),
        (lambda: Administration(float("inf"), 28, Route.IV), "finite number of hours"),
        (lambda: Administration(0, 28, Route.NASAL), "needs its number in the session"),
        (lambda: Administration(0, 28, Route.IV, device=1), "only a nasal dose, needs its number"),
        (lambda: Administration(0, 28, Route.NASAL, device=0), "counted from 1"),
        (lambda: Administration(0, 28, Route.ORAL, duration_h=1), "Only an intravenous dose has a duration"),
        (lambda: Covariates(age_years=0), "age must be a number above zero"),
        (lambda: Covariates(weight_kg=float("nan")), "weight must be a number above zero"),
    ],
)
def test_a_wrong_question_is_refused_with_a_sentence(question, sentence):
    with pytest.raises(InvalidRequest) as refused:
        question()
    assert sentence in str(refused.value)


def test_a_calculation_that_fails_is_an_outcome_with_a_sentence():
    found = predict("kamp-2020", PERSON, infusion(1e308, 40), [1.0])
    assert found.outcome is Outcome.NOT_FINITE
    assert found.analytes == ()
    assert "left the range of numbers" in found.outcome.sentence
    assert found.to_dict()["outcome"] == "not finite"


def test_a_concentration_below_zero_is_a_fault_and_not_a_result(monkeypatch):
    sound = _structures.structure(kinetic_model("kamp-2020"))
    twisted = replace(
        sound,
        system=lambda model, p: replace(sound.system(model, p), observed=-sound.system(model, p).observed),
    )
    monkeypatch.setattr(_structures, "structure", lambda model: twisted)
    found = predict("kamp-2020", PERSON, infusion(35, 40), [1.0])
    assert found.outcome is Outcome.NEGATIVE
    assert "a fault to report" in found.outcome.sentence


def test_importing_it_sets_sixty_four_bits_and_loads_no_django():
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, euthymia.pharmacology, jax;"
            "print(jax.config.jax_enable_x64, 'django' in sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.split() == ["True", "False"]
