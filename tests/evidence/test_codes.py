"""Every code carries its check digit and the display its code system gives it."""

import pytest

from euthymia.evidence import NOT_UNITS, Sourced, Table, codes, has_check_digit, names, read_sourced, units

# Written a second time on purpose: a display altered in the data file no longer matches what was read.
DISPLAYS = {
    "85353-1": "Vital signs, weight, height, head circumference, oxygen saturation and BMI panel",
    "85354-9": "Blood pressure panel with all children optional",
    "8480-6": "Systolic blood pressure",
    "8462-4": "Diastolic blood pressure",
    "8867-4": "Heart rate",
    "9279-1": "Respiratory rate",
    "2708-6": "Oxygen saturation in Arterial blood",
    "59408-5": "Oxygen saturation in Arterial blood by Pulse oximetry",
    "8310-5": "Body temperature",
    "29463-7": "Body weight",
    "8302-2": "Body height",
    "39156-5": "Body mass index (BMI) [Ratio]",
    "93374-7": "Suicide risk level",
    "44249-1": "PHQ-9 quick depression assessment panel [Reported.PHQ]",
    "44250-9": "Little interest or pleasure in doing things in last 2 weeks",
    "44255-8": "Feeling down, depressed, or hopeless in last 2 weeks",
    "44259-0": "Trouble falling or staying asleep, or sleeping too much in last 2 weeks [Reported.PHQ]",
    "44254-1": "Feeling tired or having little energy in last 2 weeks [Reported.PHQ]",
    "44251-7": "Poor appetite or overeating in last 2 weeks [Reported.PHQ]",
    "44258-2": "Feeling bad about yourself - or that you are a failure or have let yourself or your "
    "family down in last 2 weeks [Reported.PHQ]",
    "44252-5": "Trouble concentrating on things, such as reading the newspaper or watching television "
    "in last 2 weeks [Reported.PHQ]",
    "44253-3": "Moving or speaking so slowly that other people could have noticed. Or the opposite - being "
    "so fidgety or restless that you have been moving around a lot more than usual in last 2 "
    "weeks [Reported.PHQ]",
    "44260-8": "Thoughts that you would be better off dead, or of hurting yourself in some way "
    "in last 2 weeks [Reported.PHQ]",
    "69722-7": "How difficult have these made it for you to do your work, take care of things at home, or "
    "get along with other people [Reported.PHQ]",
    "44261-6": "Patient Health Questionnaire 9 item (PHQ-9) total score [Reported]",
    "LA6568-5": "Not at all",
    "LA6569-3": "Several days",
    "LA6570-1": "More than half the days",
    "LA6571-9": "Nearly every day",
    "LA6572-7": "Not difficult at all",
    "LA6573-5": "Somewhat difficult",
    "LA6575-0": "Very difficult",
    "LA6574-3": "Extremely difficult",
}


def test_every_code_has_its_official_display_and_none_is_left_out():
    assert {code.code: code.display for code in codes().values()} == DISPLAYS


@pytest.mark.parametrize("code", DISPLAYS)
def test_every_code_ends_in_its_check_digit(code):
    assert has_check_digit(code)


@pytest.mark.parametrize(
    "code", ["8867-5", "8876-4", "LA6568-4", "8867", "", "LA-1", "LB6568-5", "8867-44", "x-1"]
)
def test_a_mistyped_code_is_caught(code):
    assert not has_check_digit(code)


def test_item_nine_is_the_question_on_suicidal_thoughts_and_not_the_total():
    assert codes()["phq-9-item-9"].code == "44260-8"
    assert codes()["phq-9-total"].code == "44261-6"


def test_numbers_name_a_unit_that_travels():
    assert units()[codes()["systolic"].unit].ucum == "mm[Hg]"
    assert units()[codes()["heart-rate"].unit].ucum == "/min"


def units_in(node):
    if isinstance(node, Sourced):
        yield node.unit
    elif isinstance(node, Table):
        for child in node.values():
            yield from units_in(child)
    elif isinstance(node, tuple):
        for child in node:
            yield from units_in(child)


@pytest.mark.parametrize(
    "path",
    [
        f"{folder}/{name}.toml"
        for folder in ("codes", "demo", "instruments", "kinetics", "protocols")
        for name in names(folder)
    ],
)
def test_every_unit_in_the_data_is_a_unit_we_know(path):
    unknown = set(units_in(read_sourced(path))) - set(units()) - NOT_UNITS
    assert not unknown, f"{path} measures in {sorted(unknown)}; add them to codes/ucum.toml"
