"""The kinetic models as data: what each carries, what is missing and says so, and the hash that names it."""

import pytest

from euthymia.evidence import (
    EvidenceError,
    Known,
    Source,
    _interactions,
    _kinetics,
    interactions,
    kinetic_model,
    kinetic_models,
    parse_sourced,
    plasma,
)

SOURCES = {"a": Source("a", "A", "somewhere")}


def test_the_models():
    assert kinetic_models() == (
        *("ashraf-2018", "clements-1981", "domino", "kamp-2020", "noppers-2011", "otto-2021"),
        *("perez-ruixo-2021", "racemate-otto-2021", "simons-2022"),
    )


@pytest.mark.parametrize("model_id", kinetic_models())
def test_each_says_whom_where_and_what_it_describes(model_id):
    model = kinetic_model(model_id)
    assert model.id == model_id
    assert model.population.value
    assert model.sampling_site in ("venous", "arterial", "not stated")
    assert model.analytes
    assert model.limits
    assert model.status
    assert {analyte.enantiomer for analyte in model.analytes} <= {"S", "R", "racemate"}


@pytest.mark.parametrize("model_id", kinetic_models())
def test_no_parameter_claims_more_than_was_read(model_id):
    """The papers themselves were not opened: nothing of theirs may claim to be read in them."""
    model = kinetic_model(model_id)
    assert {number.known for number in model.parameters.values()} == {Known.SECONDARY}
    assert all(number.value > 0 for number in model.parameters.values())


def test_the_clinic_s_model_covers_nose_vein_and_mouth_with_its_studied_ranges():
    studied = kinetic_model("perez-ruixo-2021").studied
    assert (studied["age"].lowest, studied["age"].highest) == (18, 86)
    assert (studied["nasal_dose"].lowest, studied["nasal_dose"].highest) == (14, 112)
    assert studied["iv_dose"].lowest == studied["iv_dose"].highest == 28


def test_the_variability_that_the_paper_left_blank_is_missing_and_not_filled_in():
    kmet = kinetic_model("perez-ruixo-2021").variability["kmet"]
    assert kmet.variance is None
    assert "leaves its cell empty" in kmet.missing


def test_the_fanta_parent_is_credited_to_fanta():
    parameters = kinetic_model("otto-2021").parameters
    assert parameters["CL"].source == "fanta-2015"
    assert parameters["CLn"].source == "otto-2021"


def test_ranges_we_derived_are_marked_ours():
    assert {studied.known for studied in kinetic_model("otto-2021").studied.values()} == {Known.OURS}


def test_each_model_has_its_own_hash():
    hashes = {kinetic_model(model_id).parameters_hash for model_id in kinetic_models()}
    assert len(hashes) == len(kinetic_models())


def test_an_unknown_model_is_named_with_those_there_are():
    with pytest.raises(EvidenceError, match=r"no kinetic model 'hijazi'\. There are: ashraf-2018"):
        kinetic_model("hijazi")


@pytest.mark.parametrize(
    "text", ['value = [2, 1], unit = "a"', 'value = [1], unit = "a"', 'value = 3, unit = "a"']
)
def test_a_studied_range_is_two_numbers_in_order(text):
    table = parse_sourced(f'age = {{ {text}, source = "a", known = "ours" }}', "m.toml", SOURCES)
    with pytest.raises(EvidenceError, match="lowest and the highest"):
        _kinetics._studied("age", table)


@pytest.mark.parametrize(
    "text",
    [
        '[kmet]\nscale = "log"',
        '[kmet]\nscale = "log"\nmissing = "x"\n'
        'variance = { value = 1, unit = "1", source = "a", known = "read" }',
    ],
)
def test_a_spread_has_a_variance_or_a_reason_why_not(text):
    with pytest.raises(EvidenceError, match="either a variance"):
        _kinetics._variability(parse_sourced(text, "m.toml", SOURCES))


def test_a_model_on_a_base_has_its_numbers_and_a_hash_of_both():
    racemate, base = kinetic_model("racemate-otto-2021"), kinetic_model("otto-2021")
    assert {key: racemate.parameters[key] for key in base.parameters} == dict(base.parameters)
    assert set(racemate.parameters) - set(base.parameters) == {"CL_R_ratio"}
    assert racemate.parameters_hash not in (base.parameters_hash, "")
    assert racemate.variability["CL_R_ratio"].default.known is Known.OURS


def test_a_missing_variance_has_a_default_that_is_ours_or_none_at_all():
    for model_id in kinetic_models():
        for spread in kinetic_model(model_id).variability.values():
            assert spread.default is None or (spread.missing and spread.default.known is Known.OURS)


def test_a_site_that_is_not_stated_is_said_so():
    assert plasma("venous") == "venous plasma"
    assert plasma(kinetic_model("domino").sampling_site) == "plasma (sampling site not stated)"


def test_an_interaction_is_two_factors_or_a_mechanism():
    known = interactions()["ticlopidine"].models
    assert known["ashraf-2018"].mechanism == "cyp2b6"
    assert known["perez-ruixo-2021"].liver.known is Known.OURS
    table = parse_sourced(
        'liver = { value = 0, unit = "1", source = "a", known = "ours" }\n'
        'gut = { value = 1, unit = "1", source = "a", known = "ours" }',
        "f.toml",
        SOURCES,
    )
    with pytest.raises(EvidenceError, match="above zero"):
        _interactions._influence(table)
