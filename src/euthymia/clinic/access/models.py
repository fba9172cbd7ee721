"""Clinics, their staff and the roles staff hold."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.audit.bases import State, tracked


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


@tracked(exclude=("password", "last_login"))
class User(AbstractBaseUser, State):
    """One member of staff. An account belongs to one person; there are no shared ones and no superusers."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, help_text="As printed beside a signature.")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="staff")
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects: ClassVar[StaffManager] = StaffManager()

    def __str__(self) -> str:
        return self.name


@tracked()
class RoleAssignment(State):
    """A role that a member of staff holds."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="assignments")
    role = models.CharField(max_length=32, choices=[(role.value, role.value) for role in Role])

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "role"], name="access_role_held_once"),)
