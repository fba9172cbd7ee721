"""A person's second factors: authenticator app and passkeys. Reading, setting up, giving up."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.webauthn.internal import auth as webauthn
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from euthymia.clinic.access import codes
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.audit.actions import record
from euthymia.clinic.audit.facts import Refused

_SECRET = "enrolment_secret"  # noqa: S105  the name of a place in the session
_NAME_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Factor:
    """One second factor as the security page shows it."""

    id: int
    kind: str  # "totp" or "webauthn"
    name: str
    added_at: datetime
    last_used_at: datetime | None


def factors(viewer: Viewer) -> tuple[Factor, ...]:
    """The viewer's own second factors, the authenticator app first."""
    rows = Authenticator.objects.filter(user_id=viewer.user_id).order_by("type", "created_at")
    return tuple(
        Factor(
            id=row.pk,
            kind=row.type,
            name="Authenticator app" if row.type == Authenticator.Type.TOTP else row.wrap().name,
            added_at=row.created_at,
            last_used_at=row.last_used_at,
        )
        for row in rows
    )


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the page for a new authenticator app shows."""

    secret: str
    qr_code: str  # an image as a data: address

    @property
    def secret_in_groups(self) -> str:
        """The secret in groups of four, to be typed where no camera is at hand."""
        return " ".join(self.secret[start : start + 4] for start in range(0, len(self.secret), 4))


def begin_app(request: HttpRequest) -> Enrolment:
    """The secret to scan: the same one until it is confirmed, so that a reload does not undo a scan."""
    secret = request.session.get(_SECRET) or generate_totp_secret()
    request.session[_SECRET] = secret
    adapter = get_adapter()
    svg = adapter.build_totp_svg(adapter.build_totp_url(_user(request), secret))
    return Enrolment(secret, "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode())


def confirm_app(request: HttpRequest, *, by: Viewer, code: str, at: datetime) -> None:
    """Make the scanned secret a second factor once ``code`` shows that the app has it. Raises Refused."""
    secret = request.session.get(_SECRET)
    counter = codes.matching_counter(secret, code, now=at) if secret else None
    if secret is None or counter is None:
        raise Refused(
            "That code is not valid. Check the phone's clock and type the code it shows now.", "code"
        )
    try:
        with transaction.atomic():
            authenticator = TOTP.activate(_user(request), secret).instance
            codes.mark_spent(by.user_id, counter)
            _note(by, "access.add_second_factor", authenticator, at)
    except IntegrityError:
        raise Refused("There is an authenticator app already. Remove it first.") from None
    del request.session[_SECRET]


def begin_passkey(request: HttpRequest) -> dict[str, Any]:
    """What the browser needs to make a passkey that asks for a finger, a face or a PIN."""
    return webauthn.begin_registration(_user(request), passwordless=True)


def confirm_passkey(
    request: HttpRequest, *, by: Viewer, name: str, credential: dict[str, Any], at: datetime
) -> None:
    """Keep the passkey that the browser made. Raises Refused when the answer is not to our question."""
    try:
        webauthn.parse_registration_response(credential)
        made = webauthn.complete_registration(credential)
    except (ValueError, TypeError, KeyError, AttributeError, ValidationError):
        raise Refused("The passkey could not be kept. Try again.") from None
    if not made.is_user_verified():
        raise Refused(
            "This passkey asks for no finger, face or PIN, so it cannot stand for you. Use another."
        )
    with transaction.atomic():
        kept = webauthn.WebAuthn.add(
            _user(request), name.strip()[:_NAME_LENGTH] or "Passkey", credential
        ).instance
        _note(by, "access.add_second_factor", kept, at)


@transaction.atomic
def remove(*, by: Viewer, factor_id: int, at: datetime) -> None:
    """Give up one's own factor; the last one stays. Raises Refused, NotFound."""
    own = list(Authenticator.objects.select_for_update().filter(user_id=by.user_id))
    factor = next((each for each in own if each.pk == factor_id), None)
    if factor is None:
        raise NotFound
    if len(own) == 1:
        raise Refused("This is your only second factor. Add another before you remove it.")
    factor.delete()
    factor.pk = factor_id
    _note(by, "access.remove_second_factor", factor, at)


def _user(request: HttpRequest) -> Any:
    """The signed-in person; the page that asks is closed to anybody else."""
    return request.user


def _note(by: Viewer, verb: str, authenticator: Authenticator, at: datetime) -> None:
    record(
        by=by,
        verb=verb,
        at=at,
        subject=f"second factor {authenticator.pk}",
        detail={"type": authenticator.type},
    )
