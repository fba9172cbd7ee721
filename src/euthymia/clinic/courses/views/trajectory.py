"""The scores over time, drawn with the sessions and the days the questions look back over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from django.utils import timezone

from euthymia.clinic.looks import figures
from euthymia.clinic.looks.figures import Dose, Figure, Level, Score
from euthymia.clinic.measures.queries import Trajectory

MOST_DRAWN = 60  # ours: more are a smear at the width of a page, and a drawing of thousands takes seconds


class Dosed(Protocol):
    """A session in which a dose was given."""

    @property
    def number(self) -> int: ...
    @property
    def started_at(self) -> datetime: ...


def drawn_from(seen: Trajectory) -> datetime | None:
    """From when on totals are drawn; ``None`` where all are."""
    drawn = seen.points[-MOST_DRAWN:]
    return drawn[0].at if len(drawn) < seen.scored else None


def trajectory_figure(seen: Trajectory, doses: Sequence[Dosed], earlier_doses: int = 0) -> Figure | None:
    """The PHQ-9 totals with the sessions that were given; nothing where there is no total yet.

    Of a long course the last totals are drawn, and the figure says so.

    Args:
        seen: the totals, or the last ``MOST_DRAWN`` of them and more.
        doses: the sessions given, oldest first; those of the time that is drawn are enough.
        earlier_doses: how many were given before those.
    """
    if not seen.points:
        return None
    drawn, begins = seen.points[-MOST_DRAWN:], drawn_from(seen)
    shown = [each for each in doses if begins is None or each.started_at >= begins]
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
            Dose(timezone.localtime(session.started_at), f"session {session.number}") for session in shown
        ),
        levels=tuple(levels),
        notes=tuple(notes),
        earlier_doses=earlier_doses + len(doses) - len(shown),
    )


def _only_the_last(seen: Trajectory, begins: datetime) -> str:
    """That earlier totals are not drawn, and what the first of all was."""
    day = timezone.localtime(begins)
    said = f"Of {seen.scored} totals the last {MOST_DRAWN} are drawn, from {day.day} {day:%B %Y} on."
    if seen.baseline is None:
        return said
    first = timezone.localtime(seen.baseline.at)
    return f"{said} The baseline was {seen.baseline.total}, on {first.day} {first:%B %Y}."
