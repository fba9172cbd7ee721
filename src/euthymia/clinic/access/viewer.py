"""The person a request acts for, as a value the rooms can be handed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from euthymia.clinic.access.permissions import Permission, Role, granted


class Denied(Exception):
    """This person may not do this. The message is safe to show: it holds no patient data."""


class NotFound(Exception):
    """No such row, or one that this person may not see: the two look the same from outside."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks or acts: one person, in one clinic, with the roles held now.

    ``break_glass`` holds the ids of restricted patients for whom this person has an emergency access
    that has not run out.
    """

    user_id: UUID
    name: str
    clinic_id: UUID
    roles: frozenset[Role]
    break_glass: frozenset[UUID] = field(default_factory=frozenset)

    def may(self, permission: Permission) -> bool:
        """Whether the roles grant this permission."""
        return permission in granted(self.roles)

    def require(self, permission: Permission) -> None:
        """Raise ``Denied`` unless the roles grant this permission."""
        if not self.may(permission):
            raise Denied(f"Your roles do not let you {permission.value.replace('_', ' ')}.")


@dataclass(frozen=True, slots=True)
class Reauthenticated:
    """Proof, made by ``access.reauth.confirm``, that a person showed password and code, or a passkey."""

    user_id: UUID
    method: str  # "passkey" or "password+totp", as in audit.models.Method
    at: datetime
