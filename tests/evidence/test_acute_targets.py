"""The figures that the acute effects are held to: sourced, with a tolerance and a role that is respected."""

import pytest

from euthymia.evidence import (
    EvidenceError,
    Source,
    acute_arms,
    acute_priors,
    acute_targets,
    parse_acute_targets,
    parse_rows,
    trial_results,
)

HEAD = (
    "arm,effect,statistic,session,at_min,threshold,placebo,placebo_source,role,use,reason,n,spread,spread_kind,tolerance,"
    "why_tolerance,value,unit,source,known,note\n"
)
ROW = {
    "arm": "japan-84", "effect": "systolic", "statistic": "mean_largest", "session": "any", "at_min": "",
    "threshold": "", "placebo": "6.5", "placebo_source": "takahashi-2021",
    "role": "calibrate", "use": "fit", "reason": "", "n": "40", "spread": "",
    "spread_kind": "", "tolerance": "6", "why_tolerance": "ours", "value": "19.6", "unit": "mmHg", "source": "a",
    "known": "secondary", "note": "",
}  # fmt: skip


def read(*rows, **changed):
    lines = [",".join({**ROW, **row}.values()) + "\n" for row in rows or (changed,)]
    text = HEAD + "".join(lines)
    return parse_acute_targets(parse_rows(text, "targets.csv", {"a": Source("a", "A", "somewhere")}))


def test_a_whole_row_is_read():
    (found,) = read()
    assert (found.value.value, found.placebo, found.tolerance, found.session) == (19.6, 6.5, 6.0, "any")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"source": ""}, "the value has no source"),
        ({"source": "nobody-1999"}, "is not in sources"),
        ({"known": "surely"}, "'surely' is none of read"),
        ({"tolerance": ""}, "a tolerance above 0"),
        ({"why_tolerance": ""}, "says in 'why_tolerance' why"),
        ({"role": "validate"}, "only a calibrate row may be fitted"),
        ({"use": "predict"}, "says why in 'reason'"),
        ({"arm": "nobody"}, "arm is 'nobody'"),
        ({"session": "0"}, "a number from 1 on"),
        ({"n": "some"}, "n is 'some', which is no number"),
        ({"placebo_source": ""}, "line 2: a placebo figure has its source"),
        ({"statistic": "mean_at", "session": "1"}, "at_min goes with mean_at"),
        ({"at_min": "40"}, "at_min goes with mean_at"),
        ({"statistic": "mean_at", "session": "1", "at_min": "41"}, "a multiple of 2.5 from 0 to 180, not 41"),
        ({"statistic": "mean_at", "session": "1", "at_min": "200"}, "a multiple of 2.5"),
        ({"statistic": "mean_at", "at_min": "40"}, "asked of one session by its number"),
        ({"statistic": "share_largest", "unit": "%"}, "a threshold goes with share_largest"),
        ({"threshold": "40"}, "it is missing or too many"),
        (
            {"statistic": "share_largest", "unit": "%", "threshold": "40", "placebo": ""},
            "the mean largest rise without",
        ),
        (
            {"effect": "nausea", "statistic": "share_largest", "unit": "%", "threshold": "4"},
            "asked of pressure only",
        ),
        ({"statistic": "share", "unit": "%"}, "not asked of pressure"),
        (
            {"effect": "dissociation", "statistic": "share", "unit": "%"},
            "a threshold goes with share of dissociation",
        ),
        ({"statistic": "attenuation", "session": "3", "unit": "1"}, "asked of dissociation only"),
        ({"session": "each"}, "of each session a share is asked"),
        ({"unit": "%"}, "the unit of mean_largest of systolic is mmHg, not %"),
    ],
)
def test_a_row_that_breaks_a_rule_is_refused(changed, said):
    with pytest.raises(EvidenceError, match=said):
        read(**changed)


def test_nothing_is_asked_twice():
    with pytest.raises(EvidenceError, match="line 3: the same is asked as in line 2"):
        read({}, {"value": "3"})


TRIALS = {  # whose patients an arm has, as the trials of the mood model are named; others have no role there
    "japan-28": "Takahashi2021_Japan", "japan-56": "Takahashi2021_Japan", "japan-84": "Takahashi2021_Japan",
    "transform-1-56": "TRANSFORM-1", "transform-1-84": "TRANSFORM-1", "transform-pool": "TRANSFORM-2",
    "china-flexible": "Chen2023_ChinaUS", "aspire": "ASPIRE-I", "healthy-nasal-84": "KET01-03",
    "healthy-bolus": "Goldway2025_healthy",
}  # fmt: skip


def test_the_patients_of_a_trial_are_on_one_side_here_and_for_the_mood_model():
    """A trial that may be calibrated on there may be here; what is validation or context there is only predicted."""
    there = {}
    for row in trial_results():
        there.setdefault(row.trial, set()).add(row.role)
    assert set(TRIALS.values()) <= set(there)
    for row in acute_targets():
        if row.arm in TRIALS:
            roles = there[TRIALS[row.arm]]
            may = "calibrate" in roles and "validate" not in roles
            assert row.role == ("calibrate" if may else "validate"), row.key
            assert may or row.use == "predict", row.key


def test_no_trial_that_is_only_predicted_reaches_what_is_fitted():
    """Neither as a tolerance nor as a placebo or a source, nor by a prior that names it."""
    predicted = {
        "trial-chen2023",
        "told-aspire",
        "trial-ket01-03",
        "trial-goldway2025",
        "yale-2024",
        "trd4005",
    }
    for row in acute_targets():
        if row.use == "fit":
            assert not {row.value.source, row.placebo_source} & predicted
            words = f"{row.why_tolerance} {row.value.note}".lower()
            assert not any(name in words for name in ("chen", "aspire", "ket01", "goldway", "yale"))
    for prior in acute_priors().parameters.values():
        words = f"{prior.centre.note} {prior.spread.note}".lower()
        assert not any(name in words for name in ("chen", "aspire", "ket01", "goldway", "glue"))


def test_healthy_people_and_patients_are_told_apart_and_both_are_asked_about():
    fitted = {acute_arms()[row.arm].population for row in acute_targets() if row.use == "fit"}
    assert fitted == {"patients", "healthy"}
    assert {row.role for row in acute_targets()} == {"calibrate", "validate"}


def test_every_effect_and_every_arm_has_a_target():
    asked = acute_targets()
    assert {row.arm for row in asked} == set(acute_arms())
    assert {row.effect for row in asked if row.use == "fit"} == {
        "dissociation", "systolic", "diastolic", "sedation", "deep-sedation", "nausea",
    }  # fmt: skip


def test_the_priors_say_what_may_move():
    priors = acute_priors().parameters
    assert priors["dissociation.healthy"].scale == "log"
    assert {prior.scale for prior in priors.values()} == {"log", "logit"}
    assert all(prior.spread.known == "ours" for prior in priors.values())
