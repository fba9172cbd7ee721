from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "euthymia.clinic.access"
    label = "access"

    def ready(self) -> None:
        from euthymia.clinic.access import signals  # noqa: F401  connects the receivers
