from django.apps import AppConfig


class PharmacyConfig(AppConfig):
    name = "euthymia.clinic.pharmacy"
    label = "pharmacy"
