from django.apps import AppConfig


class FhirConfig(AppConfig):
    name = "euthymia.clinic.fhir"
    label = "fhir"
