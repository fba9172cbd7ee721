"""What makes a referrer's page open: its token's hash, its time and how often it was used."""

from __future__ import annotations

import hashlib
from datetime import datetime

from euthymia.clinic.courses.referral_models import ReferralLink


def token_hash(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def is_in_time(link: ReferralLink, at: datetime) -> bool:
    """Whether the page has neither run out nor been ended."""
    return link.ended_at is None and at < link.expires_at


def is_open(link: ReferralLink, at: datetime) -> bool:
    """Whether the page takes one more referral."""
    return is_in_time(link, at) and link.uses_made < link.uses_allowed
