"""Addresses of reports."""

from __future__ import annotations

from django.urls import path

from euthymia.clinic.reports import views

app_name = "reports"

urlpatterns = [
    path("courses/<uuid:course_id>/evidence/", views.evidence, name="evidence"),
    path("courses/<uuid:course_id>/letters/new/", views.new_letter, name="new_letter"),
    path("visits/<uuid:visit_id>/note.pdf", views.visit_note, name="visit_note"),
    path("downtime/", views.downtime_sheets, name="downtime"),
    path("downtime/<str:on>/", views.downtime_sheets, name="downtime_of"),
    path("downtime/<str:on>/pack.pdf", views.downtime_pdf, name="downtime_pdf"),
    path("letters/<uuid:letter_id>/", views.letter, name="letter"),
    path("letters/<uuid:letter_id>/letter.pdf", views.letter_pdf, name="letter_pdf"),
    path("letters/<uuid:letter_id>/sign/", views.sign_letter, name="sign_letter"),
]
