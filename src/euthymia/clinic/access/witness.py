"""A second person's own proof, given on the first one's tablet: nobody is signed out and nobody signed in.

In a view, once the rest of the form is valid (a code works once, so it is spent last)::

    witness = confirm_witness(request, form.cleaned_data["witness"], Permission.RECORD_ADMINISTRATION)
    actions.record_waste(by=request.viewer, witness=witness, ...)

The template includes ``access/_witness_fields.html`` inside the form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import check_password
from django.http import HttpRequest

from euthymia.clinic.access import codes, lockout, queries
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.reauth import PASSWORD_AND_CODE, NotConfirmed
from euthymia.clinic.access.viewer import Reauthenticated, Viewer


@dataclass(frozen=True, slots=True)
class Witness:
    """Somebody who has just shown their own password and code beside the person who is signed in."""

    viewer: Viewer
    reauth: Reauthenticated


def confirm_witness(request: HttpRequest, user_id: UUID, permission: Permission) -> Witness:
    """Check the proof of ``user_id``, a colleague of the same clinic who holds ``permission``.

    The session of who is signed in stays as it is, and so does what was typed. A wrong proof counts to the
    colleague's own lock-out. Raises NotConfirmed with a sentence.
    """
    here: Any = request
    person = queries.signed_in_person(user_id, now=here.now)
    if person is None or person.viewer.clinic_id != here.viewer.clinic_id:
        raise NotConfirmed("Choose who signs beside you.")
    if not person.viewer.may(permission):
        raise NotConfirmed(f"{person.viewer.name} may not sign for this. Choose a nurse or a prescriber.")
    email, stored = queries.proof_of(user_id)
    if lockout.is_locked(request, email):
        raise NotConfirmed(
            f"Too many attempts for {person.viewer.name}. Nothing was signed: choose somebody else, or try again in "
            "a quarter of an hour."
        )
    password, code = request.POST.get("witness_password", ""), request.POST.get("witness_code", "")
    if not password or not code:
        raise NotConfirmed(
            f"{person.viewer.name} signs with their own password and the code their app shows now."
        )
    if not (check_password(password, stored) and codes.spend(user_id, code, now=here.now)):
        lockout.note_failure(request, email)
        raise NotConfirmed(
            f"Nothing was signed for {person.viewer.name}: password or code is wrong, or the code was used. "
            "Take the next code."
        )
    return Witness(person.viewer, Reauthenticated(user_id=user_id, method=PASSWORD_AND_CODE, at=here.now))
