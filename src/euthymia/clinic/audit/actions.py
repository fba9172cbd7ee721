"""Writing to the audit chain, and signing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from euthymia.clinic.access.viewer import Denied, Reauthenticated, Viewer
from euthymia.clinic.audit import origin
from euthymia.clinic.audit.canonical import sha256_of
from euthymia.clinic.audit.models import AuditEntry, Signature

SYSTEM = "Euthymia"  # the name beside what no person did
SAME_READING = timedelta(minutes=5)  # ours: a page that refreshes itself is one reading, not sixty
ONE_SITTING = timedelta(hours=12)  # ours: a part of a page that stays open through a shift
SIGNING_WINDOW = timedelta(minutes=2)  # ours: proof of identity is for the form it was given with


def record(
    *,
    by: Viewer | None,
    verb: str,
    at: datetime,
    patient_id: UUID | None = None,
    subject: str = "",
    detail: Mapping[str, Any] | None = None,
    clinic_id: UUID | None = None,
) -> None:
    """Add an entry to the audit chain, inside the transaction of what it records.

    ``by`` is None for what the system does itself. ``verb`` is ``room.verb`` ("visits.discharge"),
    ``subject`` a kind and an id ("visit 6c1…"), ``detail`` ids and names of fields, never clinical values.
    Call it last in an action: from here to the commit every other audited write waits. Raises RuntimeError
    outside a transaction, where the entry could survive what it tells of.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"The audit entry “{verb}” must be written in the transaction of what it records.")
    _insert(by, verb, at, patient_id, subject, detail or {}, clinic_id)


def record_read(
    *,
    viewer: Viewer,
    patient_id: UUID,
    what: str,
    at: datetime,
    purpose: str = "treatment",
    once_in: timedelta = SAME_READING,
) -> None:
    """Note that ``viewer`` opened ``what`` ("chart", "visit 6c1…") of a patient, once per five minutes.

    A part of a page that was noted when it was opened says ``once_in=ONE_SITTING``: fetched alone, without the
    page, it is noted, and otherwise not once more.

    The purpose of a reading under emergency access is always "break-glass".
    """
    if patient_id in viewer.break_glass:
        purpose = "break-glass"
    recently = AuditEntry.objects.filter(
        actor_id=viewer.user_id,
        patient_id=patient_id,
        verb="read",
        subject=what,
        detail={"purpose": purpose},
        at__gt=at - once_in,
        at__lte=at,
    )
    if not recently.exists():
        _insert(viewer, "read", at, patient_id, what, {"purpose": purpose}, None)


@transaction.atomic
def sign(
    *,
    by: Viewer,
    meaning: str,
    content: Mapping[str, Any],
    reauth: Reauthenticated,
    at: datetime,
    patient_id: UUID | None = None,
    idempotency_key: UUID | None = None,
) -> Signature:
    """Sign ``content`` as ``by``, who has just proved who they are.

    The content itself is stored by the caller, in the record it signs; ``audit.queries.signature`` compares
    the two later. Raises Denied when the proof is another person's or is older than two minutes.
    """
    if reauth.user_id != by.user_id:
        raise Denied("A signature needs the signer's own password and code, or passkey.")
    if not timedelta(0) <= at - reauth.at <= SIGNING_WINDOW:
        raise Denied("The proof of who signs has run out. Confirm it again.")
    if idempotency_key:
        earlier: Signature | None = Signature.objects.filter(
            idempotency_key=idempotency_key, recorded_by_id=by.user_id
        ).first()
        if earlier and earlier.content_sha256 != sha256_of(content):
            raise Denied("This form has signed something else already. Open the page again and sign there.")
        if earlier:
            return earlier
    signature = Signature.objects.create(
        clinic_id=by.clinic_id,
        recorded_at=at,
        recorded_by_id=by.user_id,
        idempotency_key=idempotency_key,
        signer_name=by.name,
        signer_roles=_roles(by),
        meaning=meaning,
        content_sha256=sha256_of(content),
        method=reauth.method,
    )
    record(
        by=by,
        verb="audit.sign",
        at=at,
        patient_id=patient_id,
        subject=f"signature {signature.id}",
        detail={"meaning": meaning, "content_sha256": signature.content_sha256, "method": reauth.method},
    )
    return signature


def _roles(by: Viewer) -> str:
    return ",".join(sorted(by.roles))


def _insert(
    by: Viewer | None,
    verb: str,
    at: datetime,
    patient_id: UUID | None,
    subject: str,
    detail: Mapping[str, Any],
    clinic_id: UUID | None,
) -> None:
    where = origin.current()
    AuditEntry.objects.create(
        at=at,
        clinic_id=by.clinic_id if by else clinic_id,
        actor_id=by.user_id if by else None,
        actor_name=by.name if by else SYSTEM,
        actor_roles=_roles(by) if by else "",
        verb=verb,
        patient_id=patient_id,
        subject=subject,
        detail={key: str(value) if isinstance(value, UUID) else value for key, value in detail.items()},
        request_id=where.request_id,
        ip=where.ip,
    )
