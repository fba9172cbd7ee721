"""The demo's staff: made once, with passwords and second factors that are printed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from django.contrib.auth.hashers import make_password
from django.db import transaction

from euthymia.clinic.access import codes
from euthymia.clinic.access.models import Clinic, RoleAssignment, User
from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.reauth import PASSWORD_AND_CODE
from euthymia.clinic.access.viewer import Reauthenticated, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.config.demo.cast import MAIN_CLINIC, SMALL_CLINIC, STAFF, StaffMember

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "synthetic patients only"
MIDDAY = 13


@dataclass(frozen=True, slots=True)
class Team:
    """One clinic's staff, as the actions take them."""

    clinic: Clinic
    zone: ZoneInfo
    members: dict[Role, tuple[Viewer, ...]]

    def one(self, role: Role, number: int = 0) -> Viewer:
        """Somebody of that role; ``number`` shares the work out among several."""
        holders = self.members[role]
        return holders[number % len(holders)]


@dataclass(frozen=True, slots=True)
class SignIn:
    """What one needs to enter the demo as one person. ``code`` works once, for about a minute."""

    clinic: str
    roles: str
    name: str
    email: str
    password: str
    secret: str
    code: str


def prove(viewer: Viewer, at: datetime) -> Reauthenticated:
    """The proof a synthetic person gives when signing: there is nobody behind it."""
    return Reauthenticated(user_id=viewer.user_id, method=PASSWORD_AND_CODE, at=at)


@transaction.atomic
def make_staff(*, now: datetime) -> None:
    """Make both clinics and everybody in them. The clocks are set so that it is about one o'clock at ``now``."""
    zone = zone_where_it_is(MIDDAY, now)
    clinics = {name: Clinic.objects.create(name=name, time_zone=zone) for name in (MAIN_CLINIC, SMALL_CLINIC)}
    hashed = make_password(PASSWORD)
    for member in STAFF:
        user = User.objects.create(
            email=member.email, name=member.name, clinic=clinics[member.clinic], password=hashed
        )
        RoleAssignment.objects.bulk_create(RoleAssignment(user=user, role=role) for role in member.roles)
        totp.TOTP.activate(user, totp.generate_totp_secret())
        audit.record(
            by=None,
            verb="config.make_demo_staff",
            at=now,
            subject=f"user {user.id}",
            clinic_id=user.clinic_id,
        )


def zone_where_it_is(hour: int, now: datetime) -> str:
    """The name of a zone, a whole number of hours from UTC, in which ``now`` falls within ``hour``."""
    east = (hour - now.hour + 12) % 24 - 12
    return f"Etc/GMT{-east:+d}" if east else "UTC"


def team(clinic_name: str) -> Team:
    """The staff of one of the demo's clinics."""
    clinic = Clinic.objects.get(name=clinic_name)
    users = {user.email: user for user in User.objects.filter(clinic=clinic)}
    here = [member for member in STAFF if member.clinic == clinic_name]
    members = {
        role: tuple(_viewer(member, users[member.email]) for member in here if role in member.roles)
        for role in Role
    }
    return Team(clinic, ZoneInfo(clinic.time_zone), members)


def sign_ins(now: datetime) -> Iterator[SignIn]:
    """Everybody's way in, with the code that their app would show now."""
    for member in STAFF:
        stored = Authenticator.objects.get(user__email=member.email, type=Authenticator.Type.TOTP)
        secret = decrypt(stored.data["secret"])
        yield SignIn(
            clinic=member.clinic,
            roles=", ".join(role.value.replace("_", " ") for role in member.roles),
            name=member.name,
            email=member.email,
            password=PASSWORD,
            secret=secret,
            code=codes.code_at(secret, now=now),
        )


def _viewer(member: StaffMember, user: User) -> Viewer:
    return Viewer(user.id, user.name, user.clinic_id, frozenset(member.roles))


def soon(at: datetime, minutes: float) -> datetime:
    """``minutes`` after ``at``."""
    return at + timedelta(minutes=minutes)
