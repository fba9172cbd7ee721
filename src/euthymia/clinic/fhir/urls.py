"""Addresses of FHIR in."""

from __future__ import annotations

from django.urls import path

from euthymia.clinic.fhir import monitors, views

app_name = "fhir"

urlpatterns = [
    path("referrals/import/fhir/", views.import_referral, name="import_referral"),
    path("fhir/Observation", monitors.observations, name="observation"),
    path("fhir", monitors.observations, name="bundle"),
]
