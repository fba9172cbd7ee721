"""Ticlopidine over time: the published mechanism, written out a second time, and what it predicts for a vein."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from euthymia.evidence import kinetic_model
from euthymia.pharmacology import (
    Covariates,
    InvalidRequest,
    Regimen,
    _inhibition,
    infusion,
    inhibition,
    predict,
    under,
    while_taken,
)

MODEL, PERSON = "ashraf-2018", Covariates(30, 70)
TAKEN = tuple(12.0 * dose for dose in range(13))  # six days and a morning, as in the study
LAST = TAKEN[-1]


def area(who, given):
    return predict(MODEL, who, given).analyte("esketamine").auc0_24_ng_h_per_ml


def ratio(at_h, taken=TAKEN):
    """Return the area after an infusion at a time, over that of somebody who takes nothing."""
    beside = while_taken(MODEL, PERSON, "ticlopidine", taken, Regimen(infusion(35, 40, start_h=at_h)))
    return area(PERSON, beside) / area(PERSON, infusion(35, 40))


def written_out(times):
    """Return mg/L in the portal vein after one dose, term by term: a second implementation."""
    flow = 3.75 * 70**0.75
    villous, by_portal, by_artery = flow * 0.40 * 0.80 * 0.60, 0.75 * flow, 0.25 * flow
    passes = flow / (flow + 1505 * 0.02)

    def change(_, y):
        depot, one, two, three, four, gut, portal, liver, central, far = y
        out, back = 26.3 / 50.3 * central, 26.3 / 191 * far
        return [
            -3.3 * depot,
            3.3 * (depot - one),
            3.3 * (one - two),
            3.3 * (two - three),
            3.3 * (three - four),
            3.3 * four - villous * gut,
            villous * gut + by_portal * central / 50.3 - by_portal * portal,
            by_portal * portal + by_artery * central / 50.3 - flow * liver,
            passes * flow * liver - flow * central / 50.3 - out + back,
            out - back,
        ]

    start = [250.0, *[0.0] * 9]
    return solve_ivp(change, (0, times[-1]), start, "LSODA", t_eval=times, rtol=1e-10, atol=1e-12).y[6]


def test_ticlopidine_reaches_the_portal_vein_as_the_equations_written_out_say():
    times = np.linspace(0.5, 30, 40)
    found = inhibition(MODEL, PERSON, "ticlopidine", [0.0], times).portal_mg_per_l
    np.testing.assert_allclose(found, written_out(times), rtol=1e-7)


def test_doses_add_up_and_nothing_is_there_before_the_first():
    times = np.asarray([-1.0, 3.0, 15.0, 20.0])
    both, first, second = (
        inhibition(MODEL, PERSON, "ticlopidine", taken, times).portal_mg_per_l
        for taken in ((0.0, 12.0), (0.0,), (12.0,))
    )
    np.testing.assert_allclose(both, first + second, rtol=1e-12)
    assert both[0] == 0


def test_the_enzyme_is_gone_while_it_is_taken_and_back_over_four_to_five_days():
    """Ashraf 2018, Figure 3: CYP2B6 recovers in four to five days after the last dose."""
    days = np.asarray([-5.0, -0.01, 2.0, 4.0, 5.0])
    found = inhibition(MODEL, PERSON, "ticlopidine", TAKEN, LAST + 24 * days)
    assert np.all(found.enzyme[:2] < 0.001)
    assert found.enzyme[2] < 0.5
    assert 0.9 < found.enzyme[3] < found.enzyme[4]
    assert found.enzyme[4] > 0.95
    part = kinetic_model(MODEL).constant("cyp2b6", "part")
    np.testing.assert_allclose(found.liver_clearance, 1 - part * (1 - found.enzyme), rtol=1e-12)


def test_ticlopidine_by_vein_over_time_is_predicted_as_by_the_static_factor():
    """The cross-check again: 28 % more area while it is taken, against 29 % on the label for the nose."""
    static = area(under(MODEL, PERSON, "ticlopidine"), infusion(35, 40)) / area(PERSON, infusion(35, 40))
    longer = tuple(12.0 * dose for dose in range(17))
    assert ratio(LAST + 1, longer) == pytest.approx(static, rel=0.002)
    assert ratio(LAST + 1, longer) == pytest.approx(1.28, abs=0.005)


def test_the_infusion_after_it_is_stopped_is_cleared_better_every_day():
    after = [ratio(LAST + 24 * day) for day in (1, 2, 3, 5, 8)]
    assert np.all(np.diff(after) < 0)
    assert 1.1 < after[0] < 1.25
    assert after[-1] == pytest.approx(1, abs=1e-6)


def test_half_a_per_cent_at_a_time_is_fine_enough(monkeypatch):
    usual = ratio(LAST + 24)
    monkeypatch.setattr(_inhibition, "_NOTICED", 0.0005)
    assert usual == pytest.approx(ratio(LAST + 24), rel=5e-4)


def test_changes_of_the_person_are_kept():
    later = Covariates(30, 90, liver_clearance=0.5)
    asked = Regimen(infusion(35, 40), changes=((200.0, later),))
    found = while_taken(MODEL, PERSON, "ticlopidine", [0.0, 12.0], asked).changes
    assert {who.weight_kg for at, who in found if at < 200} == {70}
    assert found[-1] == (200.0, later)
    assert min(who.liver_clearance for _, who in found) < 0.38


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (lambda: inhibition("perez-ruixo-2021", PERSON, "ticlopidine", [0.0], [1.0]), "known by a ratio"),
        (lambda: inhibition(MODEL, PERSON, "rifampicin", [0.0], [1.0]), "not for ashraf-2018"),
        (lambda: inhibition(MODEL, PERSON, "ticlopidine", [], [1.0]), "Say when ticlopidine was taken"),
        (lambda: inhibition(MODEL, PERSON, "ticlopidine", [np.nan], [1.0]), "Say when ticlopidine was taken"),
        (lambda: inhibition(MODEL, PERSON, "ticlopidine", [0.0], [np.inf]), "finite numbers of hours"),
        (lambda: inhibition(MODEL, PERSON, "ticlopidine", [0.0, 1e6], [1.0]), "within a year"),
        (lambda: inhibition(MODEL, Covariates(30), "ticlopidine", [0.0], [1.0]), "weight in kg"),
    ],
)
def test_what_cannot_be_is_refused(question, sentence):
    with pytest.raises(InvalidRequest, match=sentence):
        question()
