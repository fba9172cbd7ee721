"""Addresses that need no sign-in: what anybody may read about the treatments."""

from __future__ import annotations

from django.urls import path

from euthymia.clinic.portal import views

app_name = "portal"

urlpatterns = [
    path("about/", views.contents, name="contents"),
    path("about/<slug:document>/", views.about, name="about"),
]
