from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """What wires the rooms: settings, templates and static files shared by all."""

    name = "euthymia.clinic.config"
    label = "config"
