from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "euthymia.clinic.reports"
    label = "reports"
