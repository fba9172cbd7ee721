"""The place of an entry that was moved to another patient's visit: a number, a start, an end. It is free again."""

from __future__ import annotations

from typing import Any

from euthymia.clinic.visits import models
from euthymia.clinic.visits.record import Record


def in_place_of_moved(record: Record, model: type[models.VisitFact], **same: Any) -> dict[str, Any]:
    """What a new row says where an entry that was moved away still holds its number or its place."""
    moved = models.MovedEntry.objects.filter(visit=record.visit).values("original")
    row = model.objects.current().filter(visit=record.visit, id__in=moved, **same).first()
    if row is None:
        return {}
    return {"corrects": row, "reason": "The earlier entry was another patient's and was moved."}
