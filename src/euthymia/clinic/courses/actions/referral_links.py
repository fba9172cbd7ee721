"""Pages for referrers: made and ended by staff, used by somebody who never signs in.

A token has 256 random bits and only its hash is kept, so that nobody who reads the database can use one. It is
looked up by its hash and compared in constant time; a wrong one, one that ran out, one that is used up and one
that was ended look the same.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.crypto import constant_time_compare

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import Refused, made_with
from euthymia.clinic.courses.actions.referrals import Taken, take_in
from euthymia.clinic.courses.incoming import Incoming
from euthymia.clinic.courses.links import is_in_time, is_open, token_hash
from euthymia.clinic.courses.referral_models import Referral, ReferralLink, ReferralSource
from euthymia.evidence import referral_limit


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLink:
    """For whom a page is, and how long and how often it may be used."""

    referrer_name: str
    organisation: str = ""
    phone: str = ""
    days: int
    uses: int


@transaction.atomic
def make_link(*, by: Viewer, at: datetime, new: NewLink, idempotency_key: UUID | None = None) -> str:
    """Make a page for a referrer and return its token, which is shown once and kept nowhere.

    Raises:
        Refused: it would last too long or be used too often, or the same form made one before.
    """
    by.require(Permission.HANDLE_REFERRALS)
    if not 1 <= new.days <= referral_limit("link", "most_days"):
        raise Refused(f"A page lasts from 1 to {referral_limit('link', 'most_days')} days.", "days")
    if not 1 <= new.uses <= referral_limit("link", "most_uses"):
        raise Refused(f"A page is used from 1 to {referral_limit('link', 'most_uses')} times.", "uses")
    if made_with(ReferralLink, idempotency_key, field="made_by_key"):
        raise Refused(
            "This form made a link already, and a link is shown once. End that one and make another."
        )
    token = secrets.token_urlsafe(32)
    link = ReferralLink.objects.create(
        clinic_id=by.clinic_id,
        token_sha256=token_hash(token),
        referrer_name=new.referrer_name.strip(),
        organisation=new.organisation.strip(),
        phone=new.phone.strip(),
        expires_at=at + timedelta(days=new.days),
        uses_allowed=new.uses,
        made_by_id=by.user_id,
        made_by_key=idempotency_key,
    )
    audit.record(by=by, verb="courses.make_referral_link", at=at, subject=f"referrallink {link.id}")
    return token


@transaction.atomic
def end_link(*, by: Viewer, at: datetime, link_id: UUID) -> None:
    """End a page before its time. Ended once; again does nothing."""
    by.require(Permission.HANDLE_REFERRALS)
    link = ReferralLink.objects.select_for_update().filter(clinic_id=by.clinic_id, pk=link_id).first()
    if link is None:
        raise NotFound
    if link.ended_at is None:
        link.ended_at = at
        link.save(update_fields=["ended_at"])
        audit.record(by=by, verb="courses.end_referral_link", at=at, subject=f"referrallink {link.id}")


@transaction.atomic
def send_by_link(*, token: str, at: datetime, incoming: Incoming, idempotency_key: UUID) -> Taken:
    """Take in what a referrer sent by a page. A repeated sending of one form is one referral and one use.

    Raises:
        NotFound: the page is not open, whatever the reason.
    """
    link = ReferralLink.objects.select_for_update().filter(token_sha256=token_hash(token)).first()
    if link is None or not constant_time_compare(link.token_sha256, token_hash(token)):
        raise NotFound
    if (again := _sent_with(link, idempotency_key)) and is_in_time(link, at):
        return again
    if not is_open(link, at):
        raise NotFound
    taken = take_in(
        by=None,
        at=at,
        clinic_id=link.clinic_id,
        incoming=incoming,
        source=ReferralSource.LINK,
        link=link,
        key=idempotency_key,
    )
    link.uses_made += 1
    link.save(update_fields=["uses_made"])
    return taken


def sent_again(*, token: str, at: datetime, idempotency_key: UUID) -> Taken:
    """What this very form sent before: its answer may have been lost when the page's last use was made.

    Raises:
        NotFound: it sent nothing, or the page has run out.
    """
    link = ReferralLink.objects.filter(token_sha256=token_hash(token)).first()
    again = _sent_with(link, idempotency_key) if link and is_in_time(link, at) else None
    if again is None:
        raise NotFound
    return again


def _sent_with(link: ReferralLink, key: UUID) -> Taken | None:
    found = Referral.objects.filter(link=link, sent_by_key=key).first()
    return Taken(found.id, found.reference, False) if found else None
