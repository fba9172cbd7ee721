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
    "arm,effect,statistic,session,at_min,threshold,placebo,role,use,reason,n,spread,spread_kind,tolerance,"
    "why_tolerance,value,unit,source,known,note\n"
)
ROW = {
    "arm": "japan-84", "effect": "systolic", "statistic": "mean_largest", "session": "any", "at_min": "",
    "threshold": "", "placebo": "6.5", "role": "calibrate", "use": "fit", "reason": "", "n": "40", "spread": "",
    "spread_kind": "", "tolerance": "6", "why_tolerance": "ours", "value": "19.6", "unit": "mmHg", "source": "a",
    "known": "secondary", "note": "",
}  # fmt: skip


def read(**changed):
    text = HEAD + ",".join({**ROW, **changed}.values()) + "\n"
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
    ],
)
def test_a_row_that_breaks_a_rule_is_refused(changed, said):
    with pytest.raises(EvidenceError, match=said):
        read(**changed)


def test_what_the_mood_calibration_only_predicts_is_only_predicted_here():
    """The patients of a trial are on one side, whatever of theirs is asked."""
    sides = {row.value.source: row.role for row in trial_results() if row.role == "validate"}
    crossing = [row for row in acute_targets() if row.value.source in sides and row.role != "validate"]
    assert not crossing
    assert {row.arm for row in acute_targets() if row.value.source == "trial-chen2023"} == {"china-flexible"}


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
