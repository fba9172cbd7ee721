"""One-time codes (RFC 6238): each is accepted once, within half a minute either way."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare

from euthymia.clinic.access.models import SpentCode

PERIOD_S = 30
TOLERANCE = 1  # steps either way, for clocks that are a little off
_KEPT = 10  # steps a spent code is remembered; beyond the tolerance it is refused anyway


def matching_counter(secret: str, code: str, *, now: datetime) -> int | None:
    """The half-minute that ``code`` belongs to, or None when it is not valid now."""
    typed = "".join(code.split())
    present = int(now.timestamp()) // PERIOD_S
    matching = None
    for counter in range(present - TOLERANCE, present + TOLERANCE + 1):
        if constant_time_compare(format_hotp_value(hotp_value(secret, counter)), typed):
            matching = counter
    return matching


def code_at(secret: str, *, now: datetime, steps: int = 0) -> str:
    """The code an authenticator app shows at ``now``, or ``steps`` half-minutes later."""
    return format_hotp_value(hotp_value(secret, int(now.timestamp()) // PERIOD_S + steps))


def spend(user_id: UUID, code: str, *, now: datetime) -> bool:
    """Whether ``code`` is the person's and was never used; from now on it is.

    Of two requests with one code that arrive together, one is accepted: the database's constraint decides.
    """
    authenticator = Authenticator.objects.filter(user_id=user_id, type=Authenticator.Type.TOTP).first()
    if authenticator is None:
        return False
    counter = matching_counter(decrypt(authenticator.data["secret"]), code, now=now)
    if counter is None or not mark_spent(user_id, counter):
        return False
    authenticator.record_usage()
    return True


def mark_spent(user_id: UUID, counter: int) -> bool:
    """Note that the code of this half-minute was used; False when it was before."""
    try:
        with transaction.atomic():
            SpentCode.objects.create(user_id=user_id, counter=counter)
    except IntegrityError:
        return False
    SpentCode.objects.filter(user_id=user_id, counter__lt=counter - _KEPT).delete()
    return True
