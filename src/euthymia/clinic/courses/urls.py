"""Addresses of courses."""

from __future__ import annotations

from django.urls import path

from euthymia.clinic.courses.views import (
    agreed,
    appointments,
    course,
    intake,
    missed,
    planned,
    referral_files,
    referral_links,
    referrals,
    site,
    suitability,
    treatments,
)

app_name = "courses"
_C = "courses/<uuid:course_id>/"

urlpatterns = [
    path("courses/", course.courses, name="courses"),
    path("site/", site.site, name="site"),
    path("patients/<uuid:patient_id>/refer/", course.refer, name="refer"),
    path("patients/<uuid:patient_id>/withdraw/", course.withdraw, name="withdraw"),
    path(_C, course.course, name="course"),
    path(f"{_C}move/<slug:event>/", course.move, name="move"),
    path(f"{_C}intake/", intake.intake, name="intake"),
    path(f"{_C}intake/<slug:step>/", intake.intake_step, name="intake_step"),
    path(f"{_C}intake/<slug:step>/draft/", intake.intake_draft, name="intake_draft"),
    path(f"{_C}history/", suitability.history, name="history"),
    path(f"{_C}treatments/", treatments.treatments, name="treatments"),
    path(f"{_C}treatments/<uuid:treatment_id>/", treatments.correct_treatment, name="correct_treatment"),
    path(f"{_C}suitability/", suitability.eligibility, name="eligibility"),
    path(f"{_C}suitability/decide/", suitability.decide, name="decide"),
    path(f"{_C}consent/", agreed.consent, name="consent"),
    path(f"{_C}consent/<uuid:consent_id>/", agreed.consent_copy, name="consent_copy"),
    path(f"{_C}programme/", agreed.programme, name="programme"),
    path(f"{_C}plan/", planned.plan, name="plan"),
    path(f"{_C}plan/repeat-induction/", planned.repeat_plan, name="repeat_plan"),
    path(f"{_C}meetings/", appointments.appointments, name="appointments"),
    path(
        f"{_C}meetings/<uuid:appointment_id>/close/", appointments.close_appointment, name="close_appointment"
    ),
    path(f"{_C}missed/", missed.missed, name="missed"),
    path(f"{_C}benefit/", planned.benefit, name="benefit"),
    # --- referrals: what stands before a patient does -------------------------------------------------
    path("referrals/", referrals.inbox, name="inbox"),
    path("referrals/enter/", referrals.enter, name="enter_referral"),
    path("referrals/links/", referral_links.links, name="referral_links"),
    path("referrals/links/<uuid:link_id>/end/", referral_links.end_link, name="end_referral_link"),
    path("referrals/import/", referral_files.import_csv, name="import_csv"),
    path("referrals/import/template.csv", referral_files.template, name="csv_template"),
    path("referrals/<uuid:referral_id>/", referrals.referral, name="referral"),
    path("referrals/<uuid:referral_id>/accept/", referrals.accept, name="accept_referral"),
    path("referrals/<uuid:referral_id>/decline/", referrals.decline, name="decline_referral"),
    path("refer/sent/<str:signed>/", referral_links.referral_sent, name="referral_sent"),
    path("refer/<str:token>/", referral_links.referrers_page, name="referrers_page"),
]
