"""The scores over time, drawn with the sessions and the days the questions look back over."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import queries
from euthymia.clinic.looks import figures
from euthymia.clinic.looks.figures import Dose, Figure, Level, Score


def trajectory_figure(viewer: Viewer, course_id: UUID) -> Figure | None:
    """The PHQ-9 totals of the patient over the course; nothing where there is no total yet."""
    seen = queries.trajectory(viewer, course_id)
    if not seen.points:
        return None
    given = [session for session in queries.sessions(viewer, course_id) if session.given_at]
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
            for session in given
            if session.given_at
        ),
        levels=tuple(levels),
        notes=(left_out,) if seen.unscored else (),
    )
