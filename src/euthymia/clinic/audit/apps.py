from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    name = "euthymia.clinic.audit"
    label = "audit"

    def ready(self) -> None:
        post_migrate.connect(_apply_privileges, sender=self, dispatch_uid="audit.privileges")


def _apply_privileges(*, using: str, plan: list[Any], **_: Any) -> None:
    """The rights of the application's role follow every migration, run by the owner."""
    from euthymia.clinic.audit import privileges

    privileges.apply(application_role=settings.APPLICATION_ROLE, using=using)
