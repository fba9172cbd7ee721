"""Reading staff, their roles and emergency access."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Exists, F, OuterRef, QuerySet

from euthymia.clinic.access.models import BreakGlass, BreakGlassReview, OneTimeLink, RoleAssignment, User
from euthymia.clinic.access.permissions import Permission, Role, granted
from euthymia.clinic.access.viewer import NotFound, Viewer

SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person of a session, as the middleware needs them: read anew with every request."""

    viewer: Viewer
    clinic_name: str
    time_zone: str
    has_second_factor: bool


# Written out because every request asks it: building it anew took longer than answering it.
_SIGNED_IN = """
SELECT u.name, u.clinic_id, c.name, c.time_zone,
    ARRAY(SELECT role FROM access_roleassignment WHERE user_id = u.id AND held),
    ARRAY(SELECT patient_id FROM access_breakglass WHERE recorded_by_id = u.id AND expires_at > %(now)s),
    EXISTS(SELECT FROM mfa_authenticator WHERE user_id = u.id AND type IN ('totp', 'webauthn'))
FROM access_user u JOIN access_clinic c ON c.id = u.clinic_id
WHERE u.id = %(user_id)s AND u.is_active
"""


def signed_in_person(user_id: UUID, *, now: datetime) -> SignedIn | None:
    """The person with roles and running emergency accesses, in one query; None when not active."""
    with connection.cursor() as cursor:
        cursor.execute(_SIGNED_IN, {"user_id": user_id, "now": now})
        row = cursor.fetchone()
    if row is None:
        return None
    name, clinic_id, clinic_name, time_zone, roles, emergencies, has_second_factor = row
    viewer = Viewer(
        user_id=user_id,
        name=name,
        clinic_id=clinic_id,
        roles=frozenset(Role(role) for role in roles),
        break_glass=frozenset(emergencies),
    )
    return SignedIn(viewer, clinic_name, time_zone, has_second_factor)


def email_of(user_id: UUID) -> str:
    """The address somebody signs in with; empty for nobody."""
    return User.objects.filter(id=user_id).values_list("email", flat=True).first() or ""


@dataclass(frozen=True, slots=True)
class StaffMember:
    """One row of the staff page."""

    id: UUID
    name: str
    email: str
    roles: tuple[Role, ...]
    is_active: bool
    has_second_factor: bool
    has_password: bool
    last_sign_in: datetime | None


def staff_list(viewer: Viewer) -> tuple[StaffMember, ...]:
    """Everybody of the viewer's clinic, active ones first."""
    viewer.require(Permission.MANAGE_STAFF)
    rows = _with_roles(User.objects.filter(clinic_id=viewer.clinic_id)).order_by("-is_active", "name")
    return tuple(_member(row) for row in rows)


def staff_member(viewer: Viewer, user_id: UUID) -> StaffMember:
    """One person of the viewer's clinic. Raises NotFound for anybody else."""
    viewer.require(Permission.MANAGE_STAFF)
    row = _with_roles(User.objects.filter(clinic_id=viewer.clinic_id, id=user_id)).first()
    if row is None:
        raise NotFound
    return _member(row)


def _with_roles(users: QuerySet[User]) -> QuerySet[Any]:
    return users.annotate(
        held_roles=ArraySubquery(
            RoleAssignment.objects.filter(user=OuterRef("pk"), held=True).order_by("role").values("role")
        ),
        has_second_factor=Exists(Authenticator.objects.filter(user=OuterRef("pk"), type__in=SECOND_FACTORS)),
    )


def _member(row: Any) -> StaffMember:
    return StaffMember(
        id=row.id,
        name=row.name,
        email=row.email,
        roles=tuple(Role(role) for role in row.held_roles),
        is_active=row.is_active,
        has_second_factor=row.has_second_factor,
        has_password=row.has_usable_password() and bool(row.password),
        last_sign_in=row.last_login,
    )


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time link that still works."""

    id: UUID
    purpose: str
    user_id: UUID | None
    name: str
    email: str


def open_link(token_sha256: str, *, now: datetime) -> Link:
    """The link with this hash, unless it was used or has run out. Raises NotFound."""
    row = OneTimeLink.objects.select_related("user").filter(token_sha256=token_sha256, used_at=None).first()
    if row is None or row.expires_at <= now:
        raise NotFound
    user = row.user
    return Link(row.id, row.purpose, row.user_id, user.name if user else "", user.email if user else "")


@dataclass(frozen=True, slots=True)
class EmergencyAccess:
    """One emergency access, with its review where there is one."""

    id: UUID
    patient_id: UUID
    person: str
    why: str
    at: datetime
    expires_at: datetime
    verdict: str
    reviewed_by: str
    reviewed_at: datetime | None
    note: str


def emergency_accesses(viewer: Viewer) -> tuple[EmergencyAccess, ...]:
    """The clinic's emergency accesses: those that wait for review first, each group newest first."""
    viewer.require(Permission.REVIEW_BREAK_GLASS)
    rows = (
        BreakGlass.objects.filter(clinic_id=viewer.clinic_id)
        .select_related("recorded_by", "review__recorded_by")
        .order_by(F("review__recorded_at").desc(nulls_first=True), "-recorded_at")[:200]
    )
    return tuple(_emergency(row) for row in rows)


def emergency_access(viewer: Viewer, access_id: UUID) -> EmergencyAccess:
    """One emergency access of the viewer's clinic. Raises NotFound for any other."""
    viewer.require(Permission.REVIEW_BREAK_GLASS)
    row = (
        BreakGlass.objects.filter(clinic_id=viewer.clinic_id, id=access_id)
        .select_related("recorded_by", "review__recorded_by")
        .first()
    )
    if row is None:
        raise NotFound
    return _emergency(row)


def emergency_ends(viewer: Viewer, patient_id: UUID, *, now: datetime) -> datetime | None:
    """When the viewer's running emergency access to this patient ends; None when there is none."""
    running = BreakGlass.objects.filter(
        recorded_by_id=viewer.user_id, patient_id=patient_id, expires_at__gt=now
    ).order_by("-expires_at")
    return running.values_list("expires_at", flat=True).first()


def _emergency(row: BreakGlass) -> EmergencyAccess:
    review: BreakGlassReview | None = getattr(row, "review", None)
    return EmergencyAccess(
        id=row.id,
        patient_id=row.patient_id,
        person=row.recorded_by.name,
        why=row.why,
        at=row.recorded_at,
        expires_at=row.expires_at,
        verdict=review.verdict if review else "",
        reviewed_by=review.recorded_by.name if review else "",
        reviewed_at=review.recorded_at if review else None,
        note=review.note if review else "",
    )


def proof_of(user_id: UUID) -> tuple[str, str]:
    """The address and the hashed password of somebody active, for checking their proof; empty for nobody."""
    found = User.objects.filter(id=user_id, is_active=True).values_list("email", "password").first()
    return found or ("", "")


def colleagues(viewer: Viewer, permission: Permission) -> tuple[tuple[UUID, str], ...]:
    """Everybody active of the viewer's clinic who holds ``permission``, by name; the viewer is among them."""
    rows = _with_roles(User.objects.filter(clinic_id=viewer.clinic_id, is_active=True)).order_by("name")
    return tuple(
        (row.id, row.name) for row in rows if permission in granted(Role(role) for role in row.held_roles)
    )
