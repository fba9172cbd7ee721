"""The scores over time, drawn with the sessions and the days the questions look back over."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from euthymia.clinic.courses.queries import Session
from euthymia.clinic.looks import figures
from euthymia.clinic.looks.figures import Dose, Figure, Level, Score
from euthymia.clinic.measures.queries import Trajectory


def trajectory_figure(seen: Trajectory, sessions: Iterable[Session]) -> Figure | None:
    """The PHQ-9 totals with the sessions that were given; nothing where there is no total yet."""
    if not seen.points:
        return None
    remission = seen.definition.remission_below.value - 1
    levels = [Level(remission, f"remission: {remission} or less")]
    if seen.baseline:
        half = seen.baseline.total * (1 - seen.definition.response_fall_percent.value / 100)
        levels.append(Level(half, f"response: {half:g} or less"))
    left_out = f"Not drawn: {seen.unscored} without a total, since a question was left out."
    return figures.trajectory(
        title="PHQ-9 over the course",
        instrument="PHQ-9",
        recall_days=seen.recall_days,
        highest=seen.highest,
        scores=tuple(Score(timezone.localtime(point.at), point.total, point.band) for point in seen.points),
        doses=tuple(
            Dose(timezone.localtime(session.given_at), f"session {session.number}")
            for session in sessions
            if session.given_at
        ),
        levels=tuple(levels),
        notes=(left_out,) if seen.unscored else (),
    )
