from django.apps import AppConfig


class SafetyConfig(AppConfig):
    name = "euthymia.clinic.safety"
    label = "safety"
