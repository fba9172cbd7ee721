"""Addresses that need no sign-in: what anybody may read, and what a patient answers on a phone of their own."""

from __future__ import annotations

from django.urls import path

from euthymia.clinic.portal import questions, views

app_name = "portal"

urlpatterns = [
    path("about/", views.contents, name="contents"),
    path("about/<slug:document>/", views.about, name="about"),
    path("q/sent/", questions.questions_sent, name="questions_sent"),
    path("q/<str:token>/", questions.questions, name="questions"),
    path("home/<str:token>/", views.going_home, name="going_home"),
]
