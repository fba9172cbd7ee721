"""Clinics, their staff, the roles staff hold, and emergency access."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.audit.bases import Fact, State, Transient, tracked


@tracked()
class Clinic(State):
    """One clinic: the boundary across which nothing is visible."""

    name = models.CharField(max_length=200)
    jurisdiction = models.CharField(max_length=8, default="US")
    time_zone = models.CharField(max_length=64, default="UTC", help_text="Times are shown in this zone.")

    def __str__(self) -> str:
        return self.name


class StaffManager(BaseUserManager["User"]):
    """Finds staff by e-mail address, in whatever case it was typed."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


@tracked(exclude=("last_login",), secrets=("password", "session_salt"))
class User(AbstractBaseUser, State):
    """One member of staff. An account belongs to one person; there are no shared ones and no superusers."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, help_text="As printed beside a signature.")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="staff")
    is_active = models.BooleanField(default=True)
    session_salt = models.UUIDField(
        default=uuid.uuid4, editable=False, help_text="A new one ends every session."
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects: ClassVar[StaffManager] = StaffManager()

    class Meta:
        constraints = (
            models.UniqueConstraint(models.functions.Lower("email"), name="access_email_in_any_case_once"),
        )

    def __str__(self) -> str:
        return self.name

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """What a session must carry to be valid: it changes with the password and with the salt."""
        return salted_hmac(
            "euthymia.access.session",
            f"{self.password}{self.session_salt}",
            secret=secret,
            algorithm="sha256",
        ).hexdigest()


@tracked()
class RoleAssignment(State):
    """A role of a member of staff. One that is taken away stays as a row that is no longer held."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="assignments")
    role = models.CharField(max_length=32, choices=[(role.value, role.value) for role in Role])
    held = models.BooleanField(default=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "role"], name="access_role_assigned_once"),)


class LinkPurpose(models.TextChoices):
    """What a one-time link is for."""

    FIRST_ADMINISTRATOR = "first_administrator"
    INVITATION = "invitation"


@tracked(secrets=("token_sha256",))
class OneTimeLink(State):
    """A link that lets one person set a password, once, before it runs out. Only its hash is kept."""

    token_sha256 = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=32, choices=LinkPurpose.choices)
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="links")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


@tracked(secrets=("token_sha256",))
class WallScreen(State):
    """The board, left open on a screen in the room in the name of who opened it. Only the token's hash is kept."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="wall_screens")
    name = models.CharField(max_length=60, help_text="Where it hangs.")
    token_sha256 = models.CharField(max_length=64, unique=True)
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="wall_screens")
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("opened_at")), name="access_wall_screen_runs_out"
            ),
        )


class SpentCode(Transient):
    """A one-time code that was accepted: the same one is never accepted again. Old rows are swept away."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    counter = models.BigIntegerField(help_text="The half-minute the code belongs to (RFC 6238).")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "counter"], name="access_code_spent_once"),)


class BreakGlass(Fact):
    """Emergency access to the chart of a restricted patient: who, why, and until when."""

    patient_id = models.UUIDField(db_index=True)
    why = models.TextField()
    expires_at = models.DateTimeField()

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("recorded_at")), name="access_break_glass_runs_out"
            ),
        )


class Verdict(models.TextChoices):
    """What the medical director found about an emergency access."""

    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not_justified"


class BreakGlassReview(Fact):
    """The medical director's verdict on one emergency access."""

    access = models.OneToOneField(BreakGlass, on_delete=models.PROTECT, related_name="review")
    verdict = models.CharField(max_length=16, choices=Verdict.choices)
    note = models.TextField(blank=True)
