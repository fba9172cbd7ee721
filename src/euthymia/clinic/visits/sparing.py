"""Asks once of which kinds a visit has no row at all, so that none of them is asked for by itself."""

from __future__ import annotations

from functools import lru_cache

from django.db import connection

from euthymia.clinic.visits import models
from euthymia.clinic.visits.models.visit import VisitFact
from euthymia.clinic.visits.record import Record

_MANY: dict[str, type[VisitFact]] = {
    "devices": models.DeviceAdministration,
    "infusion": models.InfusionEvent,
    "direct": models.DirectDose,
    "deviations": models.Deviation,
    "waivers": models.WaivedObservation,
    "exits": models.Exit,
}
_ONE: dict[str, type[VisitFact]] = {
    "stability": models.StabilityJudgement,
    "escort_word": models.EscortArrival,
    "instructions": models.InstructionsSignature,
}


def spare(record: Record) -> Record:
    """The same record, which knows what there is none of; what there is, is read when somebody asks for it."""
    names, question = _question()
    with connection.cursor() as cursor:
        cursor.execute(question, {"visit": record.visit.id})
        there = cursor.fetchone()
    for name, found in zip(names, there, strict=True):
        if not found:
            record.__dict__.setdefault(name, [] if name in _MANY else None)
    return record


@lru_cache(maxsize=1)
def _question() -> tuple[tuple[str, ...], str]:
    kinds = _MANY | _ONE
    asked = (
        f"EXISTS(SELECT FROM {kind._meta.db_table} WHERE visit_id = %(visit)s)" for kind in kinds.values()
    )
    return tuple(kinds), f"SELECT {', '.join(asked)}"
