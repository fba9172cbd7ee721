"""What a history shows, what is missing to prove resistance, and the two stagings that may be computed."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.protocol.people import BOOK, IV, NASAL, SECOND_TRIAL, TRIAL

from euthymia.evidence import Family, Known, Sourced, rules, treatments
from euthymia.protocol import Outcome, PartialDate, TrialOutcome, resistance, staging
from euthymia.protocol._partial_dates import span_between

RULE = resistance.indication_rule(BOOK, NASAL)
LISTED = tuple(treatments().values())
DRUGS = [entry for entry in LISTED if entry.family.is_antidepressant and entry.least_dose]


ANY_ROUTE = replace(
    RULE, requirement=replace(RULE.requirement, value="{failures_min} antidepressants failed")
)


def weigh(*trials, rule=RULE):
    return resistance.weigh(trials, rule)


def listed(name, **changes):
    return replace(TRIAL, drug=name, dose="", dose_adequate=None, **changes)


# --- what is missing ------------------------------------------------------------------------------------------
def test_nothing_is_missing_once_two_drugs_failed():
    shown = weigh(TRIAL, SECOND_TRIAL)
    assert (shown.is_shown, shown.failed, shown.missing) == (True, 2, ())


def test_an_empty_history_says_what_is_needed():
    (sentence,) = weigh().missing
    assert "2 adequate failures of different drugs" in sentence


def test_each_open_question_is_asked_for_by_its_drug():
    missing = weigh(TRIAL, replace(SECOND_TRIAL, adherent=None, weeks=None)).missing
    assert missing == ("venlafaxine: find out the length and whether it was taken as prescribed.",)


def test_what_can_no_longer_count_asks_for_another_drug():
    missing = weigh(TRIAL, replace(SECOND_TRIAL, outcome=TrialOutcome.RESPONDED)).missing
    assert len(missing) == 1
    assert missing[0].startswith("One more adequate failure of a different antidepressant")


def test_an_unknown_trial_of_a_drug_that_failed_already_is_not_asked_about():
    missing = weigh(TRIAL, replace(TRIAL, drug="Zoloft", weeks=None)).missing
    assert len(missing) == 1
    assert "Zoloft" not in missing[0]


def test_a_drug_that_is_not_in_the_list_stays_as_typed_and_is_asked_about():
    odd = replace(
        TRIAL, drug="Sertralix forte", dose_adequate=None, dose_amount=Decimal(50), dose_unit="mg/d"
    )
    (judged,) = weigh(odd).judged
    assert (judged.name, judged.outcome) == ("Sertralix forte", Outcome.UNKNOWN)
    assert "Sertralix forte: find out whether the dose was adequate." in weigh(odd).missing


def test_the_own_judgement_decides_and_the_computed_one_stays_beside_it():
    (judged,) = weigh(replace(TRIAL, weeks=Decimal(2), judged=True, judged_reason="blood levels")).judged
    assert (judged.outcome, judged.computed, judged.is_own) == (Outcome.SATISFIED, Outcome.VIOLATED, True)
    assert "blood levels" in judged.reason
    assert "less than 6" in judged.reason


def test_a_trial_that_goes_on_is_as_long_as_to_its_entry():
    going_on = replace(TRIAL, weeks=None, started=PartialDate.parse("2025-10-01"), ongoing=True)
    (judged,) = weigh(going_on).judged
    assert judged.outcome is Outcome.SATISFIED


def test_where_only_the_present_episode_counts_an_earlier_one_does_not():
    rule = replace(
        RULE,
        thresholds={
            **RULE.thresholds,
            "present_episode_only": Sourced(True, "text", "euthymia", Known.OURS),
        },
    )

    def outcome(here):
        return weigh(replace(TRIAL, current_episode=here), rule=rule).judged[0].outcome

    assert [outcome(here) for here in (True, False, None)] == [
        Outcome.SATISFIED,
        Outcome.VIOLATED,
        Outcome.UNKNOWN,
    ]


@pytest.mark.parametrize("product", [NASAL, IV])
def test_each_product_has_the_rule_its_resistance_is_judged_by(product):
    rule = resistance.indication_rule(BOOK, product)
    assert product.value in rule.products
    assert rule.integer("failures_min") == 2


@pytest.mark.parametrize("jurisdiction", ["US", "EU", "UK", "AU", "CA"])
def test_each_jurisdiction_has_a_rule_for_each_product(jurisdiction):
    book = rules(jurisdiction)
    assert [resistance.indication_rule(book, product) is not None for product in (NASAL, IV)] == [True, True]


@pytest.mark.parametrize(("jurisdiction", "failed"), [("US", 2), ("EU", 1)])
def test_an_earlier_episode_counts_where_the_rule_lets_it(jurisdiction, failed):
    rule = resistance.indication_rule(rules(jurisdiction), NASAL)
    assert weigh(TRIAL, replace(SECOND_TRIAL, current_episode=False), rule=rule).failed == failed


# --- every listed drug, at its limit ---------------------------------------------------------------------------
@pytest.mark.parametrize("entry", DRUGS, ids=lambda entry: entry.name)
def test_a_dose_counts_from_the_least_one_on(entry):
    least = Decimal(str(entry.least_dose.value))

    def at(amount):
        trial = listed(entry.name, dose_amount=amount, dose_unit=entry.least_dose.unit, code=entry.code)
        return weigh(trial, rule=ANY_ROUTE).judged[0].outcome

    assert at(least) is Outcome.SATISFIED
    assert at(least - Decimal("0.01")) is Outcome.VIOLATED
    assert at(None) is Outcome.UNKNOWN


def test_what_is_added_or_no_drug_never_counts_by_itself():
    for entry in LISTED:
        if not entry.family.is_antidepressant:
            (judged,) = weigh(listed(entry.name), rule=ANY_ROUTE).judged
            assert judged.outcome is Outcome.VIOLATED, entry.name


# --- partial dates ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("text", ["", "24", "2024-13", "2023-02-29", "2024-3", "about 2020", "0000"])
def test_what_is_no_date_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        PartialDate.parse(text)


days = st.dates(date(1990, 1, 1), date(2030, 12, 31))


def _partial(day, parts):
    return PartialDate(day.year, day.month if parts > 1 else None, day.day if parts > 2 else None)


@given(days, st.integers(1, 3))
def test_a_partial_date_holds_the_day_it_came_from(day, parts):
    partial = _partial(day, parts)
    assert partial.earliest <= day <= partial.latest
    assert PartialDate.parse(str(partial)) == partial


@given(days, days, st.integers(1, 3), st.integers(1, 3))
def test_the_span_of_partial_dates_holds_the_true_one(start, stop, start_parts, stop_parts):
    start, stop = sorted((start, stop))
    span = span_between(_partial(start, start_parts), _partial(stop, stop_parts))
    assert span.low <= Decimal((stop - start).days) / 7 <= span.high


outcomes = st.sampled_from([None, *TrialOutcome])
trials = st.builds(
    replace,
    st.just(TRIAL),
    drug=st.sampled_from([entry.name for entry in LISTED] + ["an unknown tablet"]),
    dose_amount=st.none() | st.decimals(1, 400, places=1),
    dose_unit=st.sampled_from(["", "mg/d", "ug/d", "mmol/L"]),
    dose_adequate=st.sampled_from([None, True, False]),
    weeks=st.none() | st.decimals(0, 60, places=1),
    started=st.none() | st.builds(_partial, days, st.integers(1, 3)),
    stopped=st.none() | st.builds(_partial, days, st.integers(1, 3)),
    adherent=st.sampled_from([None, True, False]),
    outcome=outcomes,
    oral=st.sampled_from([None, True, False]),
    improvement_percent=st.none() | st.decimals(-50, 100, places=1),
    judged=st.sampled_from([None, True, False]),
)


@given(st.lists(trials, max_size=6))
def test_every_history_is_judged_and_says_what_is_missing_unless_shown(history):
    shown = weigh(*history)
    assert len(shown.judged) == len(history)
    assert all(each.reason for each in shown.judged)
    assert shown.is_shown == (not shown.missing)


@given(trials)
def test_a_longer_trial_never_turns_an_adequate_failure_into_none(trial):
    before = weigh(replace(trial, started=None, stopped=None)).judged[0]
    if before.outcome is Outcome.SATISFIED and trial.weeks is not None:
        longer = replace(trial, started=None, stopped=None, weeks=trial.weeks + 1)
        assert weigh(longer).judged[0].outcome is Outcome.SATISFIED


@given(st.builds(_partial, days, st.just(1)), st.builds(_partial, days, st.just(1)), days, days)
def test_knowing_the_day_never_changes_what_was_determined(start, stop, first, last):
    """A year decides only where every day in it would."""
    vague = weigh(replace(TRIAL, weeks=None, started=start, stopped=stop)).judged[0]
    exact = replace(
        TRIAL,
        weeks=None,
        started=PartialDate.of(first.replace(year=start.year, day=min(first.day, 28))),
        stopped=PartialDate.of(last.replace(year=stop.year, day=min(last.day, 28))),
    )
    if vague.outcome is not Outcome.UNKNOWN and span_between(exact.started, exact.stopped):
        assert weigh(exact).judged[0].outcome is vague.outcome


@given(st.lists(trials, max_size=5), trials)
def test_one_more_trial_never_takes_resistance_away(history, more):
    assert weigh(*history, more).failed >= weigh(*history).failed


# --- staging -------------------------------------------------------------------------------------------------
TODAY = date(2026, 3, 3)


def score(*trials, severity="moderate", since="2025-12-01"):
    judged = weigh(*trials).judged
    start = PartialDate.parse(since) if since else None
    return staging.maudsley(judged, episode_from=start, severity=severity, today=TODAY)


def test_two_failed_drugs_in_a_moderate_episode_of_three_months():
    stage = score(TRIAL, SECOND_TRIAL)
    assert (stage.low, stage.high, stage.words, stage.is_whole) == (5, 5, "mild", True)


@pytest.mark.parametrize(
    ("since", "points"),
    [("2025-03-03", 1), ("2025-03-02", 2), ("2024-03-03", 2), ("2024-03-02", 3)],
)
def test_the_duration_turns_after_twelve_and_twenty_four_months(since, points):
    assert score(TRIAL, SECOND_TRIAL, since=since).low == 4 + points


def test_augmentation_and_electroconvulsive_therapy_add_a_point_each():
    used = score(TRIAL, SECOND_TRIAL, listed("lithium"), listed("ECT"))
    assert used.low == score(TRIAL, SECOND_TRIAL).low + 2


def test_the_highest_score_is_the_scale_s():
    names = [entry.name for entry in LISTED if entry.family.is_antidepressant and entry.route == "oral"][:11]
    eleven = [replace(TRIAL, drug=name) for name in names]
    worst = score(*eleven, listed("lithium"), listed("ECT"), severity="severe with psychosis", since="2020")
    assert (worst.low, worst.words) == (15, "severe")


def test_what_is_not_known_leaves_a_range_and_is_named():
    stage = score(TRIAL, SECOND_TRIAL, severity=None, since=None)
    assert (stage.low, stage.high) == (3, 9)
    assert stage.words == "mild to moderate"
    assert len(stage.missing) == 2


@given(st.lists(trials, max_size=6))
def test_a_score_lies_within_the_scale(history):
    stage = score(*history, severity=None, since=None)
    assert 0 < stage.low <= stage.high <= 15


def _stage(*trials):
    return staging.thase_rush(weigh(*trials, rule=ANY_ROUTE).judged).low


def test_the_stages_of_thase_and_rush_build_on_each_other():
    imipramine, phenelzine = listed("imipramine", judged=True), listed("phenelzine", judged=True)
    ect = listed("ECT", bilateral=True, sessions=6)
    assert _stage() == 0
    assert _stage(TRIAL) == 1
    assert _stage(TRIAL, replace(TRIAL, drug="citalopram")) == 1
    assert _stage(TRIAL, SECOND_TRIAL) == 2
    assert _stage(TRIAL, imipramine) == 3
    assert _stage(TRIAL, imipramine, phenelzine) == 4
    assert _stage(TRIAL, imipramine, phenelzine, ect) == 5
    assert _stage(TRIAL, imipramine, phenelzine, replace(ect, bilateral=False)) == 4
    assert _stage(TRIAL, imipramine, phenelzine, replace(ect, sessions=5)) == 4
    assert _stage(TRIAL, phenelzine) == 2


@pytest.mark.parametrize(
    ("name", "changes", "outcome"),
    [
        ("ECT", {"sessions": 6}, Outcome.SATISFIED),
        ("ECT", {"sessions": 5}, Outcome.VIOLATED),
        ("ECT", {}, Outcome.UNKNOWN),
        ("CBT", {"sessions": 8}, Outcome.SATISFIED),
        ("lithium", {"weeks": Decimal(2)}, Outcome.SATISFIED),
        ("lithium", {"weeks": Decimal("1.9")}, Outcome.VIOLATED),
    ],
)
def test_a_course_of_sessions_or_an_addition_counts_from_its_least_on(name, changes, outcome):
    assert resistance.course(listed(name, **changes)).outcome is outcome


def test_a_drug_that_the_rule_judges_has_no_least_course():
    assert resistance.course(TRIAL) is None


def test_families_outside_the_scale_reach_no_stage():
    assert _stage(listed("lithium", judged=True)) == 0
    assert Family.AUGMENTATION.is_antidepressant is False
