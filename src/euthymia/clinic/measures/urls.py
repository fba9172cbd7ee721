"""Addresses of answers and ratings."""

from __future__ import annotations

from django.urls import path

from euthymia.clinic.measures import views

app_name = "measures"

urlpatterns = [
    path("patients/<uuid:patient_id>/phq-9/", views.phq_9, name="phq_9"),
    path("patients/<uuid:patient_id>/scales/", views.scores, name="scores"),
    path("patients/<uuid:patient_id>/scales/add/", views.add_score, name="add_score"),
    path(
        "patients/<uuid:patient_id>/scales/<uuid:score_id>/correct/",
        views.correct_score,
        name="correct_score",
    ),
    path("patients/<uuid:patient_id>/mood/", views.mood, name="mood"),
    path("patients/<uuid:patient_id>/answers/<uuid:answers_id>/", views.answers, name="answers"),
    path("patients/<uuid:patient_id>/answers/<uuid:answers_id>/correct/", views.correct, name="correct"),
]
