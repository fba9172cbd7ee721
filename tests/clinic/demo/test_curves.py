"""The synthetic curves: plausible, bounded, and the same for the same seed."""

from random import Random

import pytest

from euthymia.clinic.config.demo import curves
from euthymia.clinic.config.demo.curves import Arc
from euthymia.protocol import Dissociation, Product


@pytest.mark.parametrize("product", Product)
def test_pressure_peaks_near_forty_minutes_and_comes_back(product: Product) -> None:
    body = curves.draw_body(Random(1))
    session = curves.draw_session(Random(2), product)
    mean = {
        minute: sum(curves.read_after(Random(seed), body, session, minute).systolic for seed in range(40))
        / 40
        for minute in (0, 20, 40, 70, 150)
    }
    assert mean[40] > mean[20] > mean[0]
    assert mean[40] > mean[70]
    assert mean[150] == pytest.approx(mean[0], abs=1)


def test_a_body_is_one_a_clinic_would_see() -> None:
    for seed in range(200):
        reading = curves.read_before(Random(seed), curves.draw_body(Random(seed)))
        assert 85 < reading.systolic < 165
        assert 45 < reading.diastolic < reading.systolic
        assert 93 <= reading.saturation <= 100
        assert reading.sedation == 5
        assert reading.dissociation is Dissociation.NONE


def test_a_responder_ends_below_half_a_non_responder_above() -> None:
    ends = {arc: [curves.phq9_total(Random(s), arc, 20, 60) for s in range(50)] for arc in Arc}
    assert max(ends[Arc.RESPONDER]) < 10 < min(ends[Arc.NON_RESPONDER])


def test_a_relapse_gets_better_and_worse_again() -> None:
    totals = [curves.phq9_total(Random(3), Arc.RELAPSE, 20, day, turns_at_day=40) for day in (0, 40, 110)]
    assert totals[1] < 10 < totals[2]


@pytest.mark.parametrize("total", range(28))
def test_nine_answers_add_up_to_the_total(total: int) -> None:
    answers = curves.phq9_items(Random(total), total)
    assert (len(answers), sum(answers)) == (9, total)
    assert all(0 <= answer <= 3 for answer in answers)


def test_the_same_seed_draws_the_same_person() -> None:
    assert curves.draw_body(Random("a")) == curves.draw_body(Random("a"))
    assert curves.draw_body(Random("a")) != curves.draw_body(Random("b"))
