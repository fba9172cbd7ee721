"""The addresses of the clinic's rule book."""

from __future__ import annotations

from django.urls import path

from euthymia.clinic.rulebook import views

app_name = "rulebook"

urlpatterns = [
    path("rules/", views.rules_list, name="rules"),
    path("rules/sign/", views.sign, name="sign"),
    path("rules/versions/", views.versions, name="versions"),
    path("rules/versions/<uuid:version_id>/", views.version, name="version"),
    path("rules/jurisdiction/", views.jurisdiction, name="jurisdiction"),
    path("rules/<str:rule_id>/", views.rule, name="rule"),
    path("rules/<str:rule_id>/change/", views.change, name="change"),
]
