"""The questionnaire on the patient's own phone: what its page says, and how it stands for who gave the link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.visits import models, own_phone
from euthymia.clinic.visits.queries._common import record_for
from euthymia.evidence import crisis_line


@dataclass(frozen=True, slots=True)
class PhonePage:
    """What somebody who opens the link sees beside the questions: the clinic's name, and nobody else's."""

    clinic_name: str
    time_zone: str
    crisis: str


@dataclass(frozen=True, slots=True)
class PhoneState:
    """How the last link of a visit stands: ``waiting``, ``opened``, ``answered`` or ``over``; empty without one."""

    state: str = ""
    at: datetime | None = None
    expires_at: datetime | None = None

    @property
    def is_awaited(self) -> bool:
        """Whether answers may still come by it."""
        return self.state in ("waiting", "opened")


def phone_page(token: str, now: datetime) -> PhonePage:
    """What the page of ``token`` shows. For nobody signed in: it tells nothing of any patient.

    Raises:
        NotFound: the link is not open, whatever the reason.
    """
    link = own_phone.found(token)
    if not own_phone.is_open(link, now):
        raise NotFound
    line = crisis_line(link.clinic.jurisdiction)
    return PhonePage(link.clinic.name, link.clinic.time_zone, line.value if line else "")


def phone_state(viewer: Viewer, visit_id: UUID, now: datetime) -> PhoneState:
    """How the link given last stands."""
    record = record_for(viewer, visit_id)
    link = (
        models.PhoneLink.objects.filter(visit=record.visit)
        .select_related("visit")
        .order_by("-made_at")
        .first()
    )
    if link is None:
        return PhoneState()
    if link.answered_at is not None:
        return PhoneState("answered", link.answered_at)
    if not own_phone.is_open(link, now):
        return PhoneState("over", link.ended_at or link.expires_at)
    return PhoneState(
        "opened" if link.opened_at else "waiting", link.opened_at or link.made_at, link.expires_at
    )
