"""What the site is certified for and has, kept by the medical director."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import Refused, insert_once
from euthymia.clinic.courses.models import SiteRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The site as the director knows it; ``None`` and the empty word are not known."""

    setting: str
    origin: str
    certified: bool | None = None
    certified_until: date | None = None
    certificate: str = ""
    representative: str = ""
    oximeters: int | None = None
    resuscitation_equipment: bool | None = None
    resuscitation_trained: bool | None = None


@transaction.atomic
def record_site(*, by: Viewer, at: datetime, site: Site, idempotency_key: UUID | None = None) -> UUID:
    """Write down what the site is now. What was written before stays on record.

    Raises:
        Refused: a certified site without its representative, or no word on what it was read from.
    """
    by.require(Permission.KEEP_SITE)
    if not site.origin.strip():
        raise Refused("Say what this was read from.", "origin")
    if site.certified and not site.representative.strip():
        raise Refused("Name the authorised representative who enrolled the site.", "representative")
    words = {name: value.strip() for name, value in asdict(site).items() if isinstance(value, str)}
    fact, new = insert_once(
        SiteRecord(
            clinic_id=by.clinic_id,
            recorded_at=at,
            recorded_by_id=by.user_id,
            idempotency_key=idempotency_key,
            **(asdict(site) | words),
        )
    )
    if new:
        audit.record(by=by, verb="courses.record_site", at=at, subject=f"site {fact.id}")
    return fact.id
