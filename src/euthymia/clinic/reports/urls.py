"""Addresses of reports."""

from __future__ import annotations

from django.urls import path

from euthymia.clinic.reports import views

app_name = "reports"

urlpatterns = [
    path("courses/<uuid:course_id>/evidence/", views.evidence, name="evidence"),
    path("courses/<uuid:course_id>/letters/new/", views.new_letter, name="new_letter"),
    path("letters/<uuid:letter_id>/", views.letter, name="letter"),
    path("letters/<uuid:letter_id>/letter.pdf", views.letter_pdf, name="letter_pdf"),
    path("letters/<uuid:letter_id>/sign/", views.sign_letter, name="sign_letter"),
]
