"""Proving anew who one is, to sign: password and a fresh code, or a passkey.

In a view, once the rest of the form is valid (a code works once, so it is spent last)::

    if form.is_valid():
        try:
            reauth = confirm(request)
        except NotConfirmed as problem:
            form.add_error(None, str(problem))
        else:
            actions.sign_order(by=request.viewer, reauth=reauth, at=request.now, **form.cleaned_data)

The template includes ``access/_signature_fields.html`` inside the form.
"""

from __future__ import annotations

import json
from typing import Any

from allauth.mfa.webauthn.internal import auth as webauthn
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from euthymia.clinic.access import codes, lockout
from euthymia.clinic.access.viewer import Reauthenticated

PASSKEY = "passkey"
PASSWORD_AND_CODE = "password+totp"  # noqa: S105  the name of a method


class NotConfirmed(Exception):
    """The proof was missing or wrong. The message is a sentence for the person."""


def confirm(request: HttpRequest) -> Reauthenticated:
    """Check the proof that came with the form. Raises NotConfirmed; a wrong one counts to the lock-out.

    Who is locked out still signs with a passkey: it cannot be guessed, and a colleague who types wrong
    passwords for this account must not keep an order or a discharge from being signed.
    """
    user: Any = request.user
    credential = request.POST.get("signature_credential", "")
    if credential:
        method, right = PASSKEY, _passkey_is_right(user, credential)
    else:
        if lockout.is_locked(request, user.email):
            raise NotConfirmed(
                "Too many attempts. Nothing was signed: use your passkey, or try again in a quarter of an hour."
            )
        password, code = request.POST.get("signature_password", ""), request.POST.get("signature_code", "")
        if not password or not code:
            raise NotConfirmed(
                "Sign with your password and the code your app shows now, or with your passkey."
            )
        method, right = PASSWORD_AND_CODE, _password_and_code_are_right(request, password, code)
    if not right:
        lockout.note_failure(request, user.email)
        raise NotConfirmed(
            "Nothing was signed: the passkey was not accepted. Try again."
            if method == PASSKEY
            # A form sent again after its answer was lost comes with its spent code: do not claim it was never saved.
            else "Nothing was signed this time: password or code is wrong, or the code was used. Take the next code; "
            "what an earlier try did save is not saved twice."
        )
    return Reauthenticated(user_id=user.pk, method=method, at=request.now)  # type: ignore[attr-defined]


def begin_passkey(request: HttpRequest) -> dict[str, Any]:
    """The question for the person's passkey, as the browser wants it; the answer comes with the form."""
    user: Any = request.user
    return webauthn.begin_authentication(user)


def _password_and_code_are_right(request: HttpRequest, password: str, code: str) -> bool:
    """The code is spent only when the password is right: a typing error costs no half-minute."""
    user: Any = request.user
    return check_password(password, user.password) and codes.spend(user.pk, code, now=request.now)  # type: ignore[attr-defined]


def _passkey_is_right(user: Any, credential: str) -> bool:
    try:
        answer = json.loads(credential)
        webauthn.parse_authentication_response(answer)
        authenticator = webauthn.complete_authentication(user, answer)
    except (ValueError, TypeError, KeyError, AttributeError, ValidationError):
        return False
    authenticator.record_usage()
    return True
