"""What the demo's nurses make of the first alarm of a clinic: an adverse event, and an order by word of mouth."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from euthymia.clinic.access import queries as access
from euthymia.clinic.config.demo.sitting import Sitting
from euthymia.clinic.config.demo.team import prove
from euthymia.clinic.safety.actions import AdverseEventEntry
from euthymia.clinic.visits import actions, models
from euthymia.clinic.visits.actions.medicines import Dosed

_ORDERED = Dosed(medicine="clonidine", dose=Decimal("0.1"), unit="mg", route="oral")  # the demo's own


def answer_first(sitting: Sitting, alarm_id: UUID, at: datetime) -> None:
    """Record the event of an alarm and what a prescriber said, once in a clinic."""
    order = models.Order.objects.filter(visit_id=sitting.visit_id).last()
    if order is None or models.AlarmEvent.objects.filter(clinic_id=sitting.nurse.clinic_id).exists():
        return
    event = AdverseEventEntry(
        term="Blood pressure raised",
        onset_at=at,
        severity="mild",
        criteria=(),
        action="Watched more closely, one dose of a medicine.",
        interventions=("observed", "medicine"),
        outcome="resolving",
        causality="related",
        expectedness="expected",
    )
    said: dict[str, Any] = {"by": sitting.nurse, "at": at, "visit_id": sitting.visit_id}
    actions.record_alarm_event(**said, alarm_id=alarm_id, event=event)
    medicine = actions.take_verbal_order(
        **said,
        dosed=_ORDERED,
        why="Blood pressure raised.",
        prescriber_id=order.recorded_by_id,
        read_back=True,
        heard_at=at,
    )
    actions.give_medicine(**said, dosed=_ORDERED, given_at=at, order_id=medicine)
    prescriber = access.signed_in_person(order.recorded_by_id, now=at)
    if prescriber is not None:
        who = prescriber.viewer
        actions.countersign(
            by=who, at=at, visit_id=sitting.visit_id, order_id=medicine, agreed=True, reauth=prove(who, at)
        )
