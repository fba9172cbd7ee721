from django.apps import AppConfig


class ForecastsConfig(AppConfig):
    name = "euthymia.clinic.forecasts"
    label = "forecasts"
