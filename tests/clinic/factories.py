"""Clinics and staff for tests, as rows and as browsers in which somebody is signed in."""

from __future__ import annotations

import functools
import itertools
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone
from tests.clinic.again import again

from euthymia.clinic.access import queries
from euthymia.clinic.access.models import Clinic, RoleAssignment, User
from euthymia.clinic.access.permissions import Role
from euthymia.clinic.config.demo.team import zone_where_it_is

if TYPE_CHECKING:
    from euthymia.clinic.access.viewer import Viewer

PASSWORD = "correct horse battery staple"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # the second factor of everybody in tests
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody who can sign in."""

    user: User
    password: str = PASSWORD
    secret: str = SECRET

    def code(self, *, steps: int = 0) -> str:
        """The code that the phone shows now, or ``steps`` half-minutes later."""
        return code(self.secret, steps=steps)

    @property
    def viewer(self) -> Viewer:
        """The person as actions and queries take them."""
        return viewer_for(self.user)


@functools.cache
def _hashed_password() -> str:
    return make_password(PASSWORD)  # argon2 takes its time: once


def code(secret: str = SECRET, *, steps: int = 0) -> str:
    """The one-time code of ``secret`` now, or ``steps`` half-minutes later."""
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 + steps))


@again
def clinic(name: str = "Willow Clinic") -> Clinic:
    """The clinic of that name: the same row for the same name within a test."""
    return Clinic.objects.filter(name=name).first() or Clinic.objects.create(
        name=name, time_zone="America/New_York"
    )


FIXED_HOUR = 15
"""The hour of UTC at which scenes with a present of their own begin."""
_EARLIEST, _LATEST = 6, 19  # at the clinic, for such a scene: its hours then lie in one day


def by_day(name: str = "Willow Clinic") -> Clinic:
    """The same clinic, moved to where it is day now: for tests that live in the real present.

    At its own midnight a visit of an hour ago was yesterday's, and what was asked then no longer counts. A scene with
    a present of its own is by day there too.
    """
    here = clinic(name)
    here.time_zone = zone_where_it_is(hour_of_day(timezone.now()), timezone.now())
    here.save()
    return here


def hour_of_day(now: datetime) -> int:
    """The hour nearest to 13 that it can be at a clinic now, where it is day at ``FIXED_HOUR`` as well."""
    by_nearness = sorted(range(8, 19), key=lambda hour: abs(hour - 13))
    return next(hour for hour in by_nearness if _EARLIEST <= (FIXED_HOUR + hour - now.hour) % 24 <= _LATEST)


@again
def staff(*roles: Role, clinic: Clinic | None = None, name: str = "", second_factor: bool = True) -> Staff:
    """Somebody new who holds ``roles``, with a password and, unless told otherwise, an authenticator app."""
    number = next(_numbers)
    user = User.objects.create(
        email=f"staff-{number}@example.org",
        name=name or f"{(roles[0] if roles else 'nobody').replace('_', ' ').title()} {number}",
        clinic=clinic or globals()["clinic"](),
        password=_hashed_password(),
    )
    RoleAssignment.objects.bulk_create(RoleAssignment(user=user, role=role) for role in roles)
    if second_factor:
        totp.TOTP.activate(user, SECRET)
    return Staff(user)


@again
def viewer(*roles: Role, clinic: Clinic | None = None, name: str = "") -> Viewer:
    """Somebody new who holds ``roles``, as actions and queries take them."""
    return staff(*roles, clinic=clinic, name=name).viewer


def viewer_for(user: User) -> Viewer:
    """The person as the middleware would hand them to a view now."""
    person = queries.signed_in_person(user.id, now=timezone.now())
    assert person is not None
    return person.viewer


def signed_in(person: Staff | User) -> Client:
    """A browser in which this person is signed in, second factor included."""
    client = Client()
    user = person.user if isinstance(person, Staff) else person
    client.force_login(user, backend=BACKEND)
    client.user = user  # type: ignore[attr-defined]
    return client


def signing(person: Staff, *, steps: int = 0) -> dict[str, str]:
    """The fields with which this person signs now; ``steps`` half-minutes ahead for a second time."""
    return {"signature_password": person.password, "signature_code": person.code(steps=steps)}
