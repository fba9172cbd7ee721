from django.apps import AppConfig


class RulebookConfig(AppConfig):
    name = "euthymia.clinic.rulebook"
    label = "rulebook"
