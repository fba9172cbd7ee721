"""Twelve people from referral to the first dose: the rules say of each what their file expects, and nothing else."""

from collections import Counter
from datetime import date

import pytest
from tests.protocol.cases import CaseError, Stage, cases, parse, variants
from tests.protocol.cases import _judging as judging

from euthymia.evidence import Jurisdiction
from euthymia.protocol import Indication, Outcome, Product, gate

CASES = cases()
VARIANTS = tuple(variant for case in CASES for variant in variants(case))
EACH_CASE = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
EACH_VARIANT = pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.id)

DISTINCTIVE = {
    Jurisdiction.US: {
        "IND-1",
        "IND-US-1",
        "IND-US-4",
        "REMS-1",
        "REMS-4",
        "REMS-5",
        "MIS-2",
        "DOSE-US-1",
        "PRE-2",
    }
    | {"IND-US-2", "COMB-2", "DOSE-US-5", "IND-US-5", "PRE-8", "PRE-10", "WP-9"},
    Jurisdiction.EU: {
        "IND-EU-1",
        "IND-EU-2",
        "IND-EU-3",
        "IND-ADULT",
        "COMB-1",
        "COMB-2",
        "CI-5",
        "CI-6",
        "WP-9",
    }
    | {"DOSE-EU-1", "DOSE-EU-5", "DOSE-EU-6", "PRE-3", "PRE-8"},
    Jurisdiction.UK: {
        "IND-EU-1",
        "IND-EU-3",
        "COMB-1",
        "CI-5",
        "CI-6",
        "DOSE-EU-1",
        "DOSE-EU-6",
        "PRE-3",
        "WP-9",
    },
    Jurisdiction.AU: {"IND-1", "IND-AU-1", "COMB-1", "CI-5", "CI-6", "DOSE-EU-1", "PRE-3"},
    Jurisdiction.CA: {"IND-1", "IND-CA-1", "COMB-1", "CI-5", "CI-6", "DOSE-EU-1", "PRE-3", "WU-2"},
}
"""What each country's book has that others have not, or have otherwise: named in the cases by hand."""


def _compare(case):
    """Every stage the case expects something of, beside what the functions say."""
    found = judging.judge(case)
    for stage, expected in case.expected.stages.items():
        assert stage in found, f"{case.id} does not reach {stage}"
        _compare_stage(f"{case.id} {stage}", found[stage], expected)
    if case.expected.resistance is not None:
        assert judging.resisted(case) == case.expected.resistance
    if case.expected.dose is not None:
        assert judging.dose(case) == case.expected.dose
    if case.expected.schedule is not None:
        assert judging.days(case, len(case.expected.schedule.then)) == case.expected.schedule
    if case.expected.tasks:
        assert judging.tasks(case) == case.expected.tasks
    if case.expected.advice is not None:
        assert judging.advice(case) is case.expected.advice


def _compare_stage(where, found, expected):
    by_rule = {each.rule: each for each in found}
    assert set(expected.findings) <= set(by_rule), f"{where}: not judged"
    for rule, wanted in expected.findings.items():
        said = by_rule[rule]
        assert (said.outcome, said.effect, said.override) == (
            wanted.outcome,
            wanted.effect,
            wanted.override,
        ), f"{where} {rule}: {said.sentence}"
    unexpected = {
        each.rule: each.sentence
        for each in found
        if each.outcome is not Outcome.SATISFIED and each.rule not in expected.findings
    }
    assert not unexpected, where
    assert not expected.absent & set(by_rule), f"{where}: judged, and should not be"
    result = gate(found)
    assert {each.rule for each in result.blocked_by} == expected.held_by, where
    assert judging.verdict(result) is expected.verdict, where
    if expected.signed:
        assert set(expected.signed) <= {each.rule for each in result.overridable}, where
        assert judging.after_signing(found, frozenset(expected.signed)).is_open, where


@EACH_CASE
def test_the_rules_say_of_the_case_what_it_expects(case):
    _compare(case)


@EACH_VARIANT
def test_with_one_thing_otherwise_the_rules_say_otherwise(variant):
    _compare(variant.case)


@EACH_VARIANT
def test_a_variant_differs_from_its_case_unless_it_says_that_the_verdict_holds(variant):
    base = next(case for case in CASES if variant.id.startswith(f"{case.id}: "))
    verdicts, told = _verdicts(base, variant.case), _verdicts(variant.case, variant.case)
    assert (verdicts == told) is variant.holds


def _verdicts(case, like):
    """The verdict of each stage ``like`` expects, and what is owed where no gate is: tasks and advice."""
    stages = {stage: case.expected.stages[stage] for stage in like.expected.stages}
    owed = {
        (stage, rule, said.outcome)
        for stage, expected in stages.items()
        for rule, said in expected.findings.items()
        if said.effect.value == "task"
    }
    dose = case.expected.dose if like.expected.dose else None
    return {stage: expected.verdict for stage, expected in stages.items()}, owed, dose


@EACH_CASE
def test_a_case_names_every_stage_on_its_way_and_is_refused_only_by_what_nobody_may_override(case):
    stages, suitable = case.expected.stages, case.expected.stages[Stage.SUITABILITY]
    assert case.refused is (suitable.verdict is judging.Verdict.REFUSED)
    assert case.expected.resistance is not None
    if case.refused:
        assert case.plan is None
        assert case.day is None
    else:
        assert set(Stage) - {Stage.LATER} <= set(stages)
        assert case.expected.schedule is not None
        assert case.expected.dose is not None


@pytest.mark.parametrize("place", DISTINCTIVE)
def test_the_cases_of_a_country_expect_what_is_its_own(place):
    named = {
        rule
        for case in CASES
        if case.jurisdiction is place
        for expected in case.expected.stages.values()
        for rule in expected.findings
    }
    assert DISTINCTIVE[place] <= named


def test_there_are_twelve_of_the_kinds_that_were_asked_for():
    treated = Counter(case.jurisdiction for case in CASES if not case.refused)
    assert treated == {"US": 4, "EU": 3, "UK": 1, "AU": 1, "CA": 1}
    assert sum(case.refused for case in CASES) == 2
    assert {case.indication for case in CASES} == {Indication.TRD, Indication.MDSI}
    assert {case.product for case in CASES} == set(Product)
    assert len({case.name for case in CASES}) == len(CASES)
    assert all(variants(case) for case in CASES)


# --- the files themselves -----------------------------------------------------------------------------------


@EACH_CASE
@pytest.mark.parametrize("day", [date(2024, 2, 29), date(2027, 11, 20)])
def test_a_case_moved_to_another_day_comes_out_the_same(case, day):
    moved = case.on(day)
    assert moved.judged_at.date() == day
    _compare(moved)


def _raw(**changes):
    return {**CASES[0].raw, **changes}


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (_raw(course={}), "zone is missing"),
        (_raw(titel="Misspelt"), "nothing is called titel"),
        (_raw(title=7), "title must be str"),
        (
            _raw(liver={"at": CASES[0].raw["liver"]["at"], "judged": "fine"}),
            "'fine' is none of none, child_pugh_a",
        ),
        (
            _raw(history={**CASES[0].raw["history"], "yes": ["delirium"]}),
            "delirium is no question of this book",
        ),
        (_raw(person={**CASES[0].raw["person"], "born": "1984"}), "born must be date"),
        (
            _raw(expected={"suitability": {"verdict": "open", "held_by": ["CI-1"]}}),
            "held_by names what holds",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_case_that_cannot_be_read_says_where_and_why(raw, says):
    with pytest.raises(CaseError, match=says):
        parse(raw, "broken")


@pytest.mark.parametrize(
    ("variant", "says"),
    [
        ({"title": "Nothing", "expected": {}}, "nothing is otherwise"),
        (
            {"title": "Astray", "change": {"treatments.9.weeks": 3}, "expected": {}},
            "nothing at treatments.9.weeks",
        ),
    ],
    ids=["no change", "a path that leads nowhere"],
)
def test_a_variant_that_cannot_be_read_says_why(variant, says):
    broken = parse(_raw(variants=[variant]), "broken")
    with pytest.raises(CaseError, match=says):
        variants(broken)
