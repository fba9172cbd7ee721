from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """What wires the rooms: settings, templates and static files shared by all."""

    name = "euthymia.clinic.config"
    label = "config"

    def ready(self) -> None:
        from euthymia.clinic.config.wiring import wire  # the rooms' models exist only now

        wire()
