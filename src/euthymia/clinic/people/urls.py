"""Addresses of patients: directory, chart, details and history."""

from __future__ import annotations

from django.urls import path

from euthymia.clinic.people.views import chart, directory, joining, trials

app_name = "people"

urlpatterns = [
    path("patients/", directory.directory, name="directory"),
    path("patients/register/", directory.register, name="register"),
    path("patients/<uuid:patient_id>/", chart.chart, name="chart"),
    path("patients/<uuid:patient_id>/details/", directory.details, name="details"),
    path("patients/<uuid:patient_id>/details/change/", directory.change, name="change"),
    path("patients/<uuid:patient_id>/restrict/", directory.restrict, name="restrict"),
    path("patients/<uuid:patient_id>/allergies/", chart.allergies, name="allergies"),
    path("patients/<uuid:patient_id>/antidepressants/", trials.trials, name="trials"),
    path("patients/<uuid:patient_id>/antidepressants/add/", trials.add_trial, name="add_trial"),
    path(
        "patients/<uuid:patient_id>/antidepressants/<uuid:trial_id>/correct/",
        trials.correct_trial,
        name="correct_trial",
    ),
    path("patients/<uuid:patient_id>/weights/", chart.weights, name="weights"),
    path(
        "patients/<uuid:patient_id>/weights/<uuid:weight_id>/correct/",
        chart.correct_weight,
        name="correct_weight",
    ),
    path("patients/<uuid:patient_id>/same-person/", joining.join, name="join"),
    path("patients/<uuid:patient_id>/same-person/<uuid:joined_id>/undo/", joining.undo, name="undo_joining"),
]
