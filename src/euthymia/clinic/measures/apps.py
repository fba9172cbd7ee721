from django.apps import AppConfig


class MeasuresConfig(AppConfig):
    name = "euthymia.clinic.measures"
    label = "measures"
