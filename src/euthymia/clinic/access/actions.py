"""Writing staff, roles, one-time links and emergency access."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from euthymia.clinic.access.models import (
    BreakGlass,
    BreakGlassReview,
    Clinic,
    LinkPurpose,
    OneTimeLink,
    RoleAssignment,
    User,
    WallScreen,
)
from euthymia.clinic.access.permissions import Permission, Role
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.audit.actions import record
from euthymia.clinic.audit.facts import Refused
from euthymia.evidence import Jurisdiction

LINK_LASTS = timedelta(hours=24)  # ours
EMERGENCY_LASTS = timedelta(
    hours=6
)  # ours: a whole visit, so that no chart closes under who watches the patient
SHORTEST_REASON = 10  # letters, ours: "emergency" alone tells a reviewer nothing


class AdministratorExists(Exception):
    """There is an administrator already: further accounts are theirs to make."""


# --- one-time links --------------------------------------------------------------------------------------
def token_hash(token: str) -> str:
    """What the database keeps of a link's token."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def issue_first_administrator_link(*, at: datetime) -> str:
    """A token for the first administrator's page, good for a day; earlier ones stop working.

    Raises AdministratorExists once there is an active administrator who can sign in.
    """
    _no_administrator_yet()
    OneTimeLink.objects.filter(purpose=LinkPurpose.FIRST_ADMINISTRATOR, used_at=None).update(used_at=at)
    token = _new_link(LinkPurpose.FIRST_ADMINISTRATOR, None, at)
    record(by=None, verb="access.issue_first_administrator_link", at=at)
    return token


@transaction.atomic
def make_first_administrator(
    *,
    token: str,
    clinic_name: str,
    time_zone: str,
    jurisdiction: str,
    name: str,
    email: str,
    password: str,
    at: datetime,
) -> User:
    """Make the clinic and its first administrator. The second factor follows, before any other page opens.

    Raises NotFound for a link that does not work, AdministratorExists, Refused.
    """
    link = _take_link(token, LinkPurpose.FIRST_ADMINISTRATOR, at)
    _no_administrator_yet()
    _check_time_zone(time_zone)
    clinic = Clinic.objects.create(
        name=clinic_name.strip(), time_zone=time_zone, jurisdiction=Jurisdiction(jurisdiction)
    )
    user = User(email=_free_address(email), name=name.strip(), clinic=clinic)
    _set_password(user, password)
    user.save(force_insert=True)
    RoleAssignment.objects.create(user=user, role=Role.ADMINISTRATOR)
    record(
        by=_as_viewer(user, Role.ADMINISTRATOR),
        verb="access.make_first_administrator",
        at=at,
        subject=f"user {user.id}",
        detail={"link": link.id, "clinic": clinic.id},
    )
    return user


@transaction.atomic
def use_invitation(*, token: str, password: str, at: datetime) -> User:
    """Set the password of an invited person. Earlier second factors and sessions of theirs end.

    Raises NotFound for a link that does not work, Refused for a weak password.
    """
    link = _take_link(token, LinkPurpose.INVITATION, at)
    user = User.objects.select_for_update().filter(links=link.id, is_active=True).first()
    if user is None:
        raise NotFound
    _set_password(user, password)
    user.session_salt = uuid.uuid4()
    user.save(update_fields=["password", "session_salt"])
    _darken(user, at)
    removed, _ = Authenticator.objects.filter(user=user).delete()
    record(
        by=_as_viewer(user),
        verb="access.use_invitation",
        at=at,
        subject=f"user {user.id}",
        detail={"link": link.id, "second_factors_removed": removed},
    )
    return user


def _no_administrator_yet() -> None:
    administrators = RoleAssignment.objects.filter(
        role=Role.ADMINISTRATOR, held=True, user__is_active=True
    ).exclude(user__password="")
    if administrators.exists():
        raise AdministratorExists("There is an administrator already. Ask them for an invitation.")


def _new_link(purpose: LinkPurpose, user: User | None, at: datetime) -> str:
    token = secrets.token_urlsafe(32)
    OneTimeLink.objects.create(
        token_sha256=token_hash(token), purpose=purpose, user=user, expires_at=at + LINK_LASTS
    )
    return token


def _take_link(token: str, purpose: LinkPurpose, at: datetime) -> OneTimeLink:
    """The link, used up from now on: of two who press at once, one gets it."""
    link = (
        OneTimeLink.objects.select_for_update()
        .filter(token_sha256=token_hash(token), purpose=purpose)
        .first()
    )
    if link is None or link.used_at is not None or link.expires_at <= at:
        raise NotFound
    link.used_at = at
    link.save(update_fields=["used_at"])
    return link


# --- staff -----------------------------------------------------------------------------------------------
@transaction.atomic
def add_staff(*, by: Viewer, name: str, email: str, roles: Iterable[Role], at: datetime) -> tuple[User, str]:
    """Make an account without a password, and the token of its invitation. Raises Refused."""
    by.require(Permission.MANAGE_STAFF)
    held = _some_roles(roles)
    user = User.objects.create(
        email=_free_address(email), name=name.strip(), clinic_id=by.clinic_id, password=""
    )
    RoleAssignment.objects.bulk_create(RoleAssignment(user=user, role=role) for role in held)
    token = _new_link(LinkPurpose.INVITATION, user, at)
    record(by=by, verb="access.add_staff", at=at, subject=f"user {user.id}", detail={"roles": sorted(held)})
    return user, token


@transaction.atomic
def invite_again(*, by: Viewer, user_id: UUID, at: datetime) -> str:
    """A new one-time link for somebody who lost password or second factor; earlier links stop working."""
    user = _staff(by, user_id)
    if not user.is_active:
        raise Refused("This account is closed. Open it again before you invite its owner.")
    OneTimeLink.objects.filter(user=user, used_at=None).update(used_at=at)
    token = _new_link(LinkPurpose.INVITATION, user, at)
    record(by=by, verb="access.invite_again", at=at, subject=f"user {user.id}")
    return token


@transaction.atomic
def set_roles(*, by: Viewer, user_id: UUID, roles: Iterable[Role], at: datetime) -> None:
    """Let somebody hold exactly ``roles``, from their next request on. Raises Refused, NotFound."""
    user = _staff(by, user_id)
    wanted = _some_roles(roles)
    before = _held(user)
    if wanted == before:
        return
    for role in wanted - before:
        RoleAssignment.objects.update_or_create(user=user, role=role, defaults={"held": True})
    user.assignments.filter(role__in=before - wanted).update(held=False)
    _an_administrator_remains(by)
    record(
        by=by,
        verb="access.set_roles",
        at=at,
        subject=f"user {user.id}",
        detail={"before": sorted(before), "after": sorted(wanted)},
    )


@transaction.atomic
def close_account(*, by: Viewer, user_id: UUID, at: datetime) -> None:
    """End somebody's access now: every session of theirs, every open link. Raises Refused, NotFound."""
    user = _staff(by, user_id)
    if user.id == by.user_id:
        raise Refused("You cannot close your own account. Ask another administrator.")
    user.is_active = False
    user.session_salt = uuid.uuid4()
    user.save(update_fields=["is_active", "session_salt"])
    _darken(user, at)
    OneTimeLink.objects.filter(user=user, used_at=None).update(used_at=at)
    _an_administrator_remains(by)
    record(
        by=by,
        verb="access.close_account",
        at=at,
        subject=f"user {user.id}",
        detail={"is_active": {"before": True, "after": False}},
    )


@transaction.atomic
def open_account(*, by: Viewer, user_id: UUID, at: datetime) -> None:
    """Let somebody whose account was closed sign in again, with the password and factors they had."""
    user = _staff(by, user_id)
    user.is_active = True
    user.save(update_fields=["is_active"])
    record(
        by=by,
        verb="access.open_account",
        at=at,
        subject=f"user {user.id}",
        detail={"is_active": {"before": False, "after": True}},
    )


@transaction.atomic
def change_password(*, by: Viewer, password: str, at: datetime) -> User:
    """Set a new password for oneself; every other session ends. Raises Refused for a weak one."""
    user = User.objects.select_for_update().get(id=by.user_id)
    _set_password(user, password)
    user.session_salt = uuid.uuid4()
    user.save(update_fields=["password", "session_salt"])
    _darken(user, at)
    record(by=by, verb="access.change_password", at=at, subject=f"user {user.id}")
    return user


def _darken(user: User, at: datetime) -> None:
    """Where sessions end, the boards that somebody left open on walls end too."""
    WallScreen.objects.filter(opened_by=user, closed_at=None).update(closed_at=at)


def _staff(by: Viewer, user_id: UUID) -> User:
    """A person of the viewer's clinic, locked for the change."""
    by.require(Permission.MANAGE_STAFF)
    user = User.objects.select_for_update().filter(id=user_id, clinic_id=by.clinic_id).first()
    if user is None:
        raise NotFound
    return user


def _held(user: User) -> set[Role]:
    return {Role(role) for role in user.assignments.filter(held=True).values_list("role", flat=True)}


def _some_roles(roles: Iterable[Role]) -> set[Role]:
    wanted = {Role(role) for role in roles}
    if not wanted:
        raise Refused("Choose at least one role. To end somebody's access, close the account.", "roles")
    return wanted


def _an_administrator_remains(by: Viewer) -> None:
    remaining = RoleAssignment.objects.filter(
        role=Role.ADMINISTRATOR, held=True, user__is_active=True, user__clinic_id=by.clinic_id
    )
    if not remaining.exists():
        raise Refused("The clinic would be left without an administrator.", "roles")


def _free_address(email: str) -> str:
    address = email.strip().lower()
    if User.objects.filter(email__iexact=address).exists():
        raise Refused("There is an account with this e-mail address already.", "email")
    return address


def _set_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as problem:
        raise Refused(" ".join(problem.messages), "password") from None
    user.set_password(password)


def _check_time_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Refused(
            "There is no time zone of this name. Write it like America/New_York.", "time_zone"
        ) from None


def _as_viewer(user: User, *roles: Role) -> Viewer:
    return Viewer(user.id, user.name, user.clinic_id, frozenset(roles or _held(user)))


# --- emergency access ------------------------------------------------------------------------------------
@transaction.atomic
def break_glass(
    *, by: Viewer, patient_id: UUID, why: str, at: datetime, idempotency_key: UUID | None = None
) -> BreakGlass:
    """Open a restricted patient's chart for the length of a visit, for a reason the medical director will read.

    The caller has made sure that the patient is one of the viewer's clinic. Raises Refused.
    """
    by.require(Permission.BREAK_GLASS)
    if idempotency_key:
        earlier: BreakGlass | None = BreakGlass.objects.filter(
            idempotency_key=idempotency_key, recorded_by_id=by.user_id
        ).first()
        if earlier and earlier.patient_id != patient_id:
            raise Refused("This form was used for another chart. Open the page again and say why.", "why")
        if earlier:
            return earlier
    if len(why.strip()) < SHORTEST_REASON:
        raise Refused("Say why, in a few words: the medical director will read it.", "why")
    access = BreakGlass.objects.create(
        clinic_id=by.clinic_id,
        recorded_at=at,
        recorded_by_id=by.user_id,
        idempotency_key=idempotency_key,
        patient_id=patient_id,
        why=why.strip(),
        expires_at=at + EMERGENCY_LASTS,
    )
    record(
        by=by,
        verb="access.break_glass",
        at=at,
        patient_id=patient_id,
        subject=f"emergency access {access.id}",
    )
    return access


@transaction.atomic
def review_break_glass(*, by: Viewer, access_id: UUID, verdict: str, note: str, at: datetime) -> None:
    """Give a verdict on an emergency access; nobody reviews their own. Raises Refused, NotFound."""
    by.require(Permission.REVIEW_BREAK_GLASS)
    access = BreakGlass.objects.filter(id=access_id, clinic_id=by.clinic_id).first()
    if access is None:
        raise NotFound
    if access.recorded_by_id == by.user_id:
        raise Refused("Somebody else has to review your own emergency access.")
    if BreakGlassReview.objects.filter(access=access).exists():
        raise Refused("This emergency access was reviewed before.")
    BreakGlassReview.objects.create(
        clinic_id=by.clinic_id,
        recorded_at=at,
        recorded_by_id=by.user_id,
        access=access,
        verdict=verdict,
        note=note,
    )
    record(
        by=by,
        verb="access.review_break_glass",
        at=at,
        patient_id=access.patient_id,
        subject=f"emergency access {access.id}",
        detail={"verdict": verdict},
    )
