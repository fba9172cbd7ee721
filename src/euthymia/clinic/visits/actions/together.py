"""Two people on one visit: nobody's entry takes the place of another's that they have not seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit.facts import keep_said
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.visits.actions._common import Conflict, locked

_SIDE_BY_SIDE = frozenset(
    f"visits.{verb}"
    for verb in (
        "record_observations", "administer_device", "record_infusion", "acknowledge", "waive",
        "explain_deviation", "declare_emergency", "tell_emergency", "move_entry_away", "move_entry_here",
        "correct_observation", "mark_artefact", "correct_device", "correct_infusion", "override",
        "watch_taken", "watch_offered", "watch_left", "enter_late", "drop_late",
    )
)  # fmt: skip
"""What stands beside what another entered, or is refused by its own action when it meets the very same thing."""


class Overtaken(Conflict):
    """Somebody else entered the same thing since this page was read."""


@transaction.atomic
def act_seeing(
    *,
    by: Viewer,
    at: datetime,
    visit_id: UUID,
    seen: int | None,
    act: Callable[..., Any],
    given: dict[str, Any],
    said: str,
) -> None:
    """Do ``act`` with what was ``given``, unless it would take the place of what another entered unseen.

    ``seen`` is how far the history was when the page was read; without it nothing is compared. The visit is held
    from before the look until the end of the write. Raises Overtaken, with nothing written: shown what stands,
    the same person may save again. ``said`` is the fingerprint of the form: Refused where its key saved something else.
    """
    if seen is None:
        act(by=by, at=at, visit_id=visit_id, **given)
    else:
        _act(by, at, visit_id, seen, act, given)
    if key := given.get("idempotency_key"):
        keep_said(key, said, at)


def _act(
    by: Viewer, at: datetime, visit_id: UUID, seen: int, act: Callable[..., Any], given: dict[str, Any]
) -> None:
    record = locked(by, visit_id, Permission.VIEW_BOARD)
    entries = AuditEntry.objects.filter(
        patient_id=record.visit.course.patient_id, subject=f"visit {visit_id}", seq__gt=seen
    )
    others = set(entries.exclude(actor_id=by.user_id).values_list("verb", flat=True))
    before = AuditEntry.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    act(by=by, at=at, visit_id=visit_id, **given)
    mine = entries.filter(actor_id=by.user_id, seq__gt=before).values_list("verb", flat=True)
    if (set(mine) & others) - _SIDE_BY_SIDE:
        raise Overtaken("Somebody else saved this while you were writing. What you typed is kept below.")
