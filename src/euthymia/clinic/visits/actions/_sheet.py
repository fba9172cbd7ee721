"""One block of a paper sheet: every row made in it is marked as copied, and a passed gate is looked at again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from euthymia.clinic.access.models import User
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.visits import assess, models
from euthymia.clinic.visits.actions._common import (
    Refused,
    add,
    add_breach,
    audited,
    earlier,
    locked,
    step,
)
from euthymia.clinic.visits.record import Record
from euthymia.protocol import Effect, Outcome

_MARKED: tuple[type[models.VisitFact], ...] = (
    models.IdentityCheck,
    models.WeightLink,
    models.RiskLink,
    models.EscortPlan,
    models.InstructionsSignature,
    models.RouteAgreement,
    models.PaperOrder,
    models.DeviceAdministration,
    models.InfusionEvent,
    models.DirectDose,
    models.Observation,
    models.StabilityJudgement,
    models.EscortArrival,
    models.Exit,
)
_LEFT = frozenset({"discharged", "left_against_advice", "transferred", "closed", "followed_up"})


@dataclass(frozen=True, slots=True)
class Who:
    """Who measured or did it, as the sheet says: a member of staff, or a name that is no account here."""

    user_id: UUID | None = None
    name: str = ""


@contextmanager
def sheet(
    by: Viewer, at: datetime, visit_id: UUID, permission: Permission, block: str, who: Who, key: UUID
) -> Iterator[Record | None]:
    """One block of the sheet: every row made inside is marked as copied. None where this form made it before."""
    record = locked(by, visit_id, permission)
    mark = uuid5(key, "paper")
    if earlier(models.FromPaper, record, mark):
        yield None
        return
    if who.user_id is None and not who.name.strip():
        raise Refused("Say who measured or did it, as the sheet is signed.")
    if who.user_id and not User.objects.filter(id=who.user_id, clinic_id=by.clinic_id).exists():
        raise NotFound("No such member of staff.")
    before = _ids(visit_id)
    yield record
    made = sorted(_ids(visit_id) - before)
    if not made:
        raise Refused("Nothing was entered. Copy at least one line of the sheet.")
    for number, row in enumerate(made):
        add(
            models.FromPaper,
            record,
            by=by,
            at=at,
            key=mark if number == 0 else None,
            row=row,
            measured_by_id=who.user_id,
            signed_on_paper=who.name.strip(),
        )
    fresh = models.Visit.objects.select_related("clinic", "course__patient", "chair").get(id=visit_id)
    _look_at_the_gate_again(Record(fresh), by=by, at=at)
    audited(record, "enter_from_paper", by=by, at=at, block=block, rows=len(made))


def _ids(visit_id: UUID) -> set[UUID]:
    return {
        row for model in _MARKED for row in model.objects.filter(visit=visit_id).values_list("id", flat=True)
    }


def _look_at_the_gate_again(record: Record, *, by: Viewer, at: datetime) -> None:
    """What was entered later may show that a gate that was passed should have held: say so, never pass over it."""
    state = record.visit.state
    if record.t0 is None or (state != "ready_to_leave" and state not in _LEFT):
        return
    left = assess.left_at(record)
    unmet = [
        each
        for each in assess.discharge(record, left or at)
        if each.effect is Effect.GATE and each.outcome is not Outcome.SATISFIED
    ]
    if unmet and state == "ready_to_leave":
        told = "; ".join(f"{each.rule}: {each.sentence}" for each in unmet)
        step(record, "resume_monitoring", by=by, at=at, note=f"By what was entered later from paper. {told}")
        return
    known = {(each.rule, each.sentence) for each in record.deviations}
    for each in unmet:
        sentence = f"By what was entered later from paper, at leaving: {each.sentence}"
        if (each.rule, sentence) not in known:
            add_breach(record, each, sentence, by=by, at=at)
