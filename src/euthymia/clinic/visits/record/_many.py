"""Records of many visits, read together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from euthymia.clinic.visits import models
from euthymia.clinic.visits.models.visit import VisitFact
from euthymia.clinic.visits.record._check_in import judged_risks
from euthymia.clinic.visits.record._seen import SeenRows
from euthymia.clinic.visits.record._standing import IN_ORDER, last, of_one_visit, standing_rows


class Record(SeenRows):
    """One visit with its rows. A list is in the order things happened."""


_BATCHES: dict[str, tuple[type[VisitFact], tuple[str, ...]]] = {
    "devices": (models.DeviceAdministration, ("given_by",)),
    "infusion": (models.InfusionEvent, ("given_by",)),
    "direct": (models.DirectDose, ("given_by",)),
    "observations": (models.Observation, ()),
    "alarms": (models.Alarm, ("acknowledgement__recorded_by",)),
    "deviations": (models.Deviation, ("answer__recorded_by",)),
    "waivers": (models.WaivedObservation, ()),
    "late_entries": (models.LateEntry, ("author",)),
    "watchings": (models.Watching, ("offered_to",)),
    "exits": (models.Exit, ("signature",)),
    "steps": (models.VisitTransition, ()),
}
_ONE: dict[str, tuple[type[VisitFact], tuple[str, ...]]] = {
    "stability": (models.StabilityJudgement, ()),
    "escort": (models.EscortPlan, ()),
    "watch_plan": (models.WatchPlan, ()),
    "escort_word": (models.EscortArrival, ()),
    "instructions": (models.InstructionsSignature, ()),
}


def records(visits: Sequence[models.Visit]) -> list[Record]:
    """Records of many visits with what the board needs already read: one query a table, however many visits."""
    made = [Record(visit) for visit in visits]
    for name, (model, related) in _BATCHES.items():
        grouped = _grouped(model, visits, related)
        for record in made:
            rows = [row for row in grouped[record.visit.id] if not getattr(row, "artefact", False)]
            record.__dict__[name] = sorted(rows, key=IN_ORDER[name]) if name in IN_ORDER else rows
    judged = judged_risks(visits) if visits else {}
    for record in made:
        record.__dict__["judged_risks"] = judged.get(record.visit.course.patient_id, [])
    for name, (model, related) in _ONE.items():
        grouped = _grouped(model, visits, related)
        for record in made:
            record.__dict__[name] = last(grouped[record.visit.id])
    return made


def _grouped(
    model: type[VisitFact], visits: Sequence[models.Visit], related: tuple[str, ...]
) -> dict[UUID, list[VisitFact]]:
    grouped: dict[UUID, list[VisitFact]] = defaultdict(list)
    ids = [visit.id for visit in visits]
    # One visit is what a board reads again after each write.
    one = len(ids) == 1
    for row in of_one_visit(model, related)(visit=ids[0]) if one else standing_rows(model, ids, *related):
        grouped[row.visit_id].append(row)
    return grouped
