"""Keeping a version of the rule book."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from euthymia.clinic.access.models import Clinic
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.rulebook import content, queries
from euthymia.clinic.rulebook.models import BookVersion, Kind
from euthymia.evidence import rules


@transaction.atomic
def keep_current(*, by: Viewer, at: datetime) -> int:
    """Write down the book that acts now, unless it is kept already, and return its number.

    Whatever is to be judged by the same rules to its end calls this when it begins, and keeps the number.
    """
    now = queries.current(by.clinic_id)
    if now.kept:
        return now.number
    Clinic.objects.select_for_update(no_key=True).get(id=by.clinic_id)  # one version after another
    queries.forget_standing()
    now = queries.current(by.clinic_id)
    if now.kept:
        return now.number
    before = BookVersion.objects.filter(clinic_id=by.clinic_id).order_by("-number").first()
    local = before.local if before and before.jurisdiction == now.book.jurisdiction else {}
    BookVersion.objects.create(
        clinic_id=by.clinic_id,
        recorded_at=at,
        recorded_by_id=by.user_id,
        number=now.number,
        kind=Kind.DELIVERED,
        jurisdiction=now.book.jurisdiction,
        base_version=rules(now.book.jurisdiction).version,
        content_sha256=content.sha256_of_book(now.book),
        rules=[content.to_json(rule) for rule in now.book.values()],
        local=local,
        effective_at=at,
    )
    queries.forget_standing()
    audit.record(by=by, verb="rulebook.keep", at=at, subject=f"version {now.number}")
    return now.number
