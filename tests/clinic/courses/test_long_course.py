"""A course of years: its figure stays a figure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from euthymia.clinic.courses.rows import Given
from euthymia.clinic.courses.views.trajectory import drawn_from, trajectory_figure
from euthymia.clinic.measures.queries import Point, Trajectory
from euthymia.evidence import outcome_definition

BEGAN = datetime(2015, 3, 2, 12, tzinfo=UTC)


def _seen(number: int) -> Trajectory:
    points = tuple(
        Point(uuid4(), BEGAN + timedelta(days=2 * each), each % 25, "mild") for each in range(number)
    )
    return Trajectory(
        instrument="phq-9", title="PHQ-9", recall_days=14, highest=27, points=points, scored=number, unscored=0,
        baseline=points[0], latest=points[-1], is_response=None, is_remission=None,
        definition=outcome_definition("phq-9"),
    )  # fmt: skip


def _doses(seen: Trajectory) -> list[Given]:
    return [Given(number, uuid4(), point.at) for number, point in enumerate(seen.points, 1)]


@pytest.mark.parametrize("number", [60, 2000])
def test_of_a_long_course_the_last_totals_are_drawn_and_it_says_so(number: int) -> None:
    seen = _seen(number)
    figure = trajectory_figure(seen, _doses(seen))
    assert figure is not None
    assert len(figure.rows) == 60
    assert figure.rows[-1][3] == str(number - 1), "All doses before it count, drawn or not."
    begins = seen.points[-60].at
    told = f"Of {number} totals the last 60 are drawn, from {begins.day} {begins:%B %Y} on."
    assert (f"{told} The baseline was 0, on 2 March 2015." in figure.notes) is (number > 60)


@pytest.mark.parametrize("number", [60, 2000])
def test_the_last_of_each_are_enough_to_draw_the_same(number: int) -> None:
    seen, doses = _seen(number), _doses(_seen(number))
    last = replace(seen, points=seen.points[-60:])
    begins = drawn_from(last)
    late = [each for each in doses if begins is None or each.started_at >= begins]
    told = trajectory_figure(last, late, number - len(late))
    whole = trajectory_figure(seen, doses)
    assert told is not None
    assert whole is not None
    assert (told.wide_svg, told.rows, told.notes) == (whole.wide_svg, whole.rows, whole.notes)
