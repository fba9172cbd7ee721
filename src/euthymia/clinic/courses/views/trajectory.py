"""The scores over time, drawn with the sessions and the days the questions look back over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from euthymia.clinic.courses.queries import Session
from euthymia.clinic.looks import figures
from euthymia.clinic.looks.figures import Dose, Figure, Level, Score
from euthymia.clinic.measures.queries import Trajectory

_MOST_DRAWN = 60  # ours: more are a smear at the width of a page, and a drawing of thousands takes seconds


def trajectory_figure(seen: Trajectory, sessions: Iterable[Session]) -> Figure | None:
    """The PHQ-9 totals with the sessions that were given; nothing where there is no total yet.

    Of a long course the last totals are drawn, and the figure says so.
    """
    if not seen.points:
        return None
    drawn = seen.points[-_MOST_DRAWN:]
    begins = drawn[0].at if len(drawn) < len(seen.points) else None
    given = [session for session in sessions if session.given_at]
    shown = [each for each in given if begins is None or (each.given_at and each.given_at >= begins)]
    remission = seen.definition.remission_below.value - 1
    levels = [Level(remission, f"remission: {remission} or less")]
    if seen.baseline:
        half = seen.baseline.total * (1 - seen.definition.response_fall_percent.value / 100)
        levels.append(Level(half, f"response: {half:g} or less"))
    notes = []
    if seen.unscored:
        notes.append(f"Not drawn: {seen.unscored} without a total, since a question was left out.")
    if begins:
        notes.append(_only_the_last(seen, begins))
    return figures.trajectory(
        title="PHQ-9 over the course",
        instrument="PHQ-9",
        recall_days=seen.recall_days,
        highest=seen.highest,
        scores=tuple(Score(timezone.localtime(point.at), point.total, point.band) for point in drawn),
        doses=tuple(
            Dose(timezone.localtime(session.given_at), f"session {session.number}") for session in shown
        ),
        levels=tuple(levels),
        notes=tuple(notes),
        earlier_doses=len(given) - len(shown),
    )


def _only_the_last(seen: Trajectory, begins: datetime) -> str:
    """That earlier totals are not drawn, and what the first of all was."""
    day = timezone.localtime(begins)
    said = f"Of {len(seen.points)} totals the last {_MOST_DRAWN} are drawn, from {day.day} {day:%B %Y} on."
    if seen.baseline is None:
        return said
    first = timezone.localtime(seen.baseline.at)
    return f"{said} The baseline was {seen.baseline.total}, on {first.day} {first:%B %Y}."
