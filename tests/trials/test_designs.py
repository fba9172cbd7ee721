"""Trial designs and results: the roles of patients hold, and a bad design is refused by its line."""

from dataclasses import replace

import pytest

from euthymia.evidence import EvidenceError, check_roles, sources, trial_designs, trial_results
from euthymia.pharmacology import InvalidRequest
from euthymia.trials import parse_design, read_design, shipped_design
from euthymia.trials._read import numbers_of_ours

GOOD = """\
[trial]
name = "A trial"
instrument = "MADRS"
baseline = { mean = 37.0, sd = 5.7, entry_minimum = 28 }
people = { age_years = [45.0, 12.0], weight_kg = [80.0, 18.0], female = 0.62, ancestry = { other = 1.0 } }
visits_h = [24, 336]

[[arm]]
name = "esketamine"
n = 50
product = "esketamine-nasal"
dose_mg = [56, 84]
days = [1, 4]
oral_antidepressant = "new"

[[arm]]
name = "placebo"
n = 50
product = "placebo-nasal"
days = [1, 4]
control = true
"""


def test_a_good_design_is_read_whole():
    design = parse_design(GOOD, "x.toml")
    assert [arm.name for arm in design.controls] == ["placebo"]
    arm = design.arms[0]
    assert (arm.dose_mg, arm.sessions_h, arm.baseline.mean) == ((56.0, 84.0), (0.0, 72.0), 37.0)
    assert any("no source" in said for said in design.warnings)


RELAPSE = """\
[relapse]
among = "responders"
from_h = 336.0
score_at_least = 22
every_h = 168.0
follow_h = 672
times_in_a_row = 1

"""


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ("visits_h = [24, 336]", "visits_h = [-24, 336]", 6, "not after the first dose"),
        ("visits_h = [24, 336]", "visits_h = [336, 24]", 6, "go upward"),
        ("visits_h = [24, 336]", "visits_h = [inf]", 6, "list of numbers"),
        ("days = [1, 4]\noral", "days = [3, 4]\noral", 6, "not lie after the first dose of 'esketamine'"),
        ('n = 50\nproduct = "esk', 'n = -3\nproduct = "esk', 10, "n lies from 2 up to 1,000,000; it was -3"),
        ('n = 50\nproduct = "esk', 'n = 2.5\nproduct = "esk', 10, "n is a whole number; it was 2.5"),
        ('"esketamine-nasal"', '"lithium"', 11, "product is one of esketamine-nasal"),
        ("control = true", "control = false", 8, "differences between arms need a control"),
        ("dose_mg = [56, 84]", "dose_mg = [56, 84, 84]", 12, "3 doses for 2 days"),
        ("dose_mg = [56, 84]", "dose_mg = [56, 60]", 12, "whole number of devices"),
        ("dose_mg = [56, 84]", "dose_mg_per_kg = 0.5", 12, "not per kilogram"),
        ("days = [1, 4]\ncontrol", "days = [4, 1]\ncontrol", 20, "go upward"),
        ('name = "placebo"', 'name = "esketamine"', 17, "two arms named"),
        ('instrument = "MADRS"', 'instrument = "HAM-D"', 3, "no conversion from HAM-D"),
        ("entry_minimum = 28", "entry_minimum = 40", 4, "below the least score"),
        ("ancestry = { other = 1.0 }", "ancestry = { other = 0.5 }", 5, "make 1 together"),
        ("female = 0.62", "female = 1.62", 5, "female lies from 0 up to 1"),
        ('oral_antidepressant = "new"', 'oral_antidepresant = "new"', 14, "is not known here"),
        ("control = true", 'control = "yes"', 21, "true or false"),
        ('product = "placebo-nasal"', 'product = "placebo-nasal"\ndose_mg = 5', 20, "no dose of ketamine"),
        ("visits_h = [24, 336]\n", 'visits_h = [24, 336]\nmembers = "ABC"\n', 7, "list of names"),
        ("days = [1, 4]\ncontrol", "days = [2, 4]\ncontrol", 6, "after the first dose of 'placebo'"),
        ("n = 50\n", "", 8, "there is no 'n'"),
        ("mean = 37.0", "mean = 60.0", 4, "mean lies above 0 up to 59"),
        ("female = 0.62", "female = 0.62, failed_antidepressants = []", 5, "least, most"),
        ("dose_mg = [56, 84]", "dose_mg = [56, 84]\ndose_mg_per_kg = 0.5", 12, "not both"),
        ("[[arm]]", f"{RELAPSE.replace('168.0', '2000.0')}[[arm]]", 13, "and seen every 2000 h: never"),
        (
            "[[arm]]",
            f"{RELAPSE.replace('row = 1', 'row = 1.5')}[[arm]]",
            14,
            "times_in_a_row is a whole number",
        ),
        ("[[arm]]", f"{RELAPSE.replace('336.0', '0.0')}[[arm]]", 10, "from_h lies above 0"),
    ],
)
def test_a_bad_design_gets_a_sentence_that_names_the_line(old, new, line, sentence):
    assert old in GOOD
    with pytest.raises(InvalidRequest, match=sentence) as refused:
        parse_design(GOOD.replace(old, new, 1), "x.toml")
    assert f"x.toml line {line}:" in str(refused.value)


def test_a_file_that_is_none_gets_a_sentence(tmp_path):
    with pytest.raises(InvalidRequest, match="could not be read"):
        read_design(tmp_path / "absent.toml")
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidRequest, match="no text in UTF-8"):
        read_design(tmp_path / "bad.toml")
    with pytest.raises(InvalidRequest, match="not valid TOML"):
        parse_design("[trial", "x.toml")


def test_every_shipped_design_is_read_and_every_number_in_it_has_a_source():
    designs = {shipped_design(each).name: shipped_design(each) for each in trial_designs()}
    for row in trial_results():
        if row.use != "no":
            design = designs[row.trial]
            assert row.arm in [arm.name for arm in design.arms], row
            assert row.time_h is None or row.time_h in design.visits_h, row


def test_what_is_ours_in_a_design_is_told_with_its_reason():
    trial, ours = numbers_of_ours("aspire-2")
    assert trial == "ASPIRE-II"
    assert ours["baseline"].endswith("only recalled")
    assert "default" not in ours


def test_a_number_without_a_source_is_refused_in_a_shipped_design():
    with pytest.raises(InvalidRequest, match="there is no table 'provenance'"):
        parse_design(GOOD, "x.toml", sourced=True)
    said = GOOD + '\n[provenance]\ndefault = { source = "nobody", known = "read" }\n'
    with pytest.raises(InvalidRequest, match="line 24: a provenance is"):
        parse_design(said, "x.toml", sourced=True)


def test_only_calibrate_rows_are_fitted_and_what_is_left_out_says_why():
    rows = trial_results()
    assert {row.role for row in rows if row.use == "fit"} == {"calibrate"}
    assert {row.role for row in rows if row.use == "predict"} == {"calibrate", "validate"}
    assert all(row.reason for row in rows if row.use == "no")
    assert all(row.value.source in sources() for row in rows)
    # Recalled numbers are neither fitted nor tested.
    assert not any(row.value.known == "recalled" for row in rows if row.use != "no")


def test_a_role_belongs_to_patients_and_a_pool_has_its_members_role():
    rows = trial_results()
    row = next(row for row in rows if row.trial == "Chen2023_ChinaUS" and row.role == "validate")
    with pytest.raises(EvidenceError, match="is both calibrate and validate"):
        check_roles([*rows, replace(row, role="calibrate", line=999)])
    pool = next(row for row in rows if "TRANSFORM-1" in row.members and row.role == "calibrate")
    with pytest.raises(EvidenceError, match=r"line 999: .* holds Chen2023_ChinaUS, which is validate"):
        check_roles([*rows, replace(pool, members=("Chen2023_ChinaUS",), line=999)])


def test_one_visit_of_an_arm_is_fitted_by_one_estimand():
    seen: dict[tuple, set] = {}
    for row in trial_results():
        if row.use == "fit" and row.kind in ("mean_change", "mean"):
            seen.setdefault((row.trial, row.arm, row.time_h), set()).add(row.kind)
            assert row.estimand != "LOCF"
    assert seen
    assert all(len(kinds) == 1 for kinds in seen.values())
