"""What happens around sign-in is told to the audit chain, and the session's clocks start."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from euthymia.clinic.access import lockout, sessions
from euthymia.clinic.access.models import User
from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit.actions import record


@receiver(user_logged_in, dispatch_uid="access.signed_in")
def signed_in(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    """Start the session's clocks and note how the person proved who they are."""
    now = timezone.now()
    sessions.begin(request, now=now)
    methods = [entry.get("type", entry["method"]) for entry in get_authentication_records(request, user)]
    with transaction.atomic():
        record(by=_viewer(user), verb="access.sign_in", at=now, detail={"methods": methods})


@receiver(user_logged_out, dispatch_uid="access.signed_out")
def signed_out(sender: Any, request: HttpRequest, user: User | None, **_: Any) -> None:
    """Note the end of a session."""
    if user is not None:
        with transaction.atomic():
            record(by=_viewer(user), verb="access.sign_out", at=timezone.now())


@receiver(user_login_failed, dispatch_uid="access.sign_in_failed")
def sign_in_failed(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> None:
    """Note a failed attempt on an account that exists. What was typed is not kept: it may be a password."""
    if request is None or getattr(request, "axes_locked_out", False):
        return  # an entry for every knock at a locked door would only fill the chain
    user = User.objects.filter(email__iexact=lockout.address(request, credentials)).first()
    with transaction.atomic():
        record(
            by=None,
            verb="access.sign_in_failed",
            at=timezone.now(),
            clinic_id=user.clinic_id if user else None,
            subject=f"user {user.id}" if user else "an unknown account",
        )


def _viewer(user: User) -> Viewer:
    held = user.assignments.filter(held=True).values_list("role", flat=True)
    return Viewer(user.id, user.name, user.clinic_id, frozenset(Role(role) for role in held))
