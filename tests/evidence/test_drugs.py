"""The list of antidepressants: one code each, found by every name, and no adequate dose without its source."""

import re

import pytest

from euthymia.evidence import (
    Family,
    Known,
    find_treatment,
    least_course,
    maudsley_scale,
    near_treatments,
    thase_rush_stages,
    treatments,
)

# Written a second time on purpose, from the sources named in the file.
LEAST_MG = {
    "sertraline": 50,
    "escitalopram": 10,
    "fluoxetine": 20,
    "venlafaxine": 150,
    "duloxetine": 60,
    "bupropion": 300,
    "amitriptyline": 150,
    "phenelzine": 60,
    "tranylcypromine": 30,
    "selegiline (patch)": 6,
}


def test_least_doses_are_those_of_the_sources():
    listed = {entry.name: entry.least_dose for entry in treatments().values()}
    assert {name: listed[name].value for name in LEAST_MG} == LEAST_MG


def test_every_drug_has_an_atc_code_of_the_fifth_level():
    drugs = [entry for entry in treatments().values() if not entry.family.in_sessions]
    assert len(drugs) > 60
    for entry in drugs:
        assert re.fullmatch(r"[A-Z]\d{2}[A-Z]{2}\d{2}", entry.code), entry.name
        assert entry.atc is not None
        assert entry.atc.value == entry.code


def test_every_name_finds_its_own_entry():
    for entry in treatments().values():
        for name in entry.names:
            assert find_treatment(name) is entry, name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Zoloft 50 mg", "sertraline"),
        ("SERTRALINE HCl", "sertraline"),
        ("Effexor XR", "venlafaxine"),
        ("St. John’s wort", "St John's wort"),
        ("rTMS", "transcranial magnetic stimulation"),
        ("T3", "liothyronine"),
    ],
)
def test_salt_form_strength_and_spelling_of_a_name_are_read_over(typed, name):
    assert find_treatment(typed).name == name


@pytest.mark.parametrize("typed", ["", "sertralin", "a green pill", "selegiline", "50 mg"])
def test_what_is_not_in_the_list_is_not_guessed(typed):
    assert find_treatment(typed) is None


def test_a_misspelt_name_is_offered_what_it_looks_like():
    assert near_treatments("Sertralin")[0].name == "sertraline"
    assert near_treatments("a green pill") == ()


def test_memory_is_never_passed_off_as_read():
    for entry in treatments().values():
        for value in (entry.atc, entry.rxnorm, entry.trade_names, entry.least_dose):
            if value is not None and "recalled" in value.source:
                assert value.known is Known.RECALLED, entry.name


def test_only_antidepressants_count_as_one():
    counted = {family for family in Family if family.is_antidepressant}
    assert counted == {Family.SSRI, Family.SNRI, Family.TRICYCLIC, Family.MAOI, Family.ATYPICAL}
    assert least_course(Family.ECT).value == 6
    assert least_course(Family.SSRI) is None


def test_the_scales_are_whole():
    scale = maudsley_scale()
    most = scale.duration_points[-1] + scale.severity_points[-1] + scale.drug_points[-1]
    assert most + scale.augmentation_point + scale.ect_point == scale.highest
    assert len(scale.drugs_max) + 1 == len(scale.drug_points)
    assert len(scale.severities) == len(scale.severity_points)
    assert len(thase_rush_stages()) == 5
