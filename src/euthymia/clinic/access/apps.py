from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "euthymia.clinic.access"
    label = "access"
