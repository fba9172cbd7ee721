from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "euthymia.clinic.portal"
    label = "portal"
