"""Receiving the patient, step by step, until check-in is finished."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from euthymia.clinic.visits import actions, forms, instructions, queries
from euthymia.clinic.visits.queries import Head
from euthymia.clinic.visits.views._form_page import FormPage, form_view
from euthymia.clinic.visits.views.steps._beside import P, Shown, viewer_of
from euthymia.evidence import instrument


def _instructions(request: HttpRequest, head: Head, parts: Shown) -> Shown:
    return {"page": {"text": instructions.current()}}


def _resting(request: Any, head: Head, parts: Shown) -> Shown:
    """The readings of today and the rest before the next; none once a dose was given."""
    if head.t0 is not None:
        return {}
    found = queries.resting(viewer_of(request), head.visit_id, request.now)
    return {"form": {"rest_until": found.next.opens_at}, "page": {"resting": found}}


def _last_weight(request: HttpRequest, head: Head, parts: Shown) -> Shown:
    return {"form": {"last_kg": head.banner.weight_kg}}


def _medicine_list(request: HttpRequest, head: Head, parts: Shown) -> Shown:
    standing = queries.medicine_list(viewer_of(request), head.visit_id)
    return {"form": {"standing": standing}, "page": {"standing": standing}}


def _hours_asked_about(request: HttpRequest, head: Head, parts: Shown) -> Shown:
    return {"form": {"hours": queries.hours_asked_about(viewer_of(request), head.visit_id)}}


def _questionnaire(request: HttpRequest, head: Head, parts: Shown) -> Shown:
    return {"page": {"instrument": instrument("phq-9")}}


start = form_view(
    FormPage(
        title="Check in",
        lead="Ask the patient; do not read out.",
        button="This is the right patient",
        form=forms.IdentityForm,
        permission=P.RECORD_CHECK_IN,
        act=actions.start_check_in,
        versioned=True,
    )
)


pressure = form_view(
    FormPage(
        title="Blood pressure at rest",
        lead="Seated, still, the arm at the height of the heart.",
        button="Save",
        form=forms.PressureForm,
        permission=P.RECORD_OBSERVATION,
        act=actions.record_observations,
        template="visits/pressure.html",
        prepare=_resting,
    )
)


weight = form_view(
    FormPage(
        title="Weight",
        button="Save",
        form=forms.WeightForm,
        permission=P.RECORD_CHECK_IN,
        act=actions.record_weight,
        prepare=_last_weight,
    )
)


fasting = form_view(
    FormPage(
        title="Last food and drink",
        button="Save",
        form=forms.FastingForm,
        permission=P.RECORD_CHECK_IN,
        act=actions.record_fasting,
    )
)


nasal_product = form_view(
    FormPage(
        title="Nasal spray or decongestant",
        button="Save",
        form=forms.NasalProductForm,
        permission=P.RECORD_CHECK_IN,
        act=actions.record_nasal_product,
    )
)


medicines = form_view(
    FormPage(
        title="Medicines",
        lead="Go through the list with the patient, one by one.",
        button="Save",
        form=forms.MedicinesForm,
        permission=P.RECORD_CHECK_IN,
        act=actions.record_medicines,
        template="visits/medicines.html",
        prepare=_medicine_list,
    )
)


substances = form_view(
    FormPage(
        title="Alcohol, sedatives, drugs",
        lead="Asked for the safety of today's dose. It judges nobody.",
        button="Save",
        form=forms.SubstancesForm,
        permission=P.RECORD_CHECK_IN,
        act=actions.record_substances,
        prepare=_hours_asked_about,
    )
)


interval = form_view(
    FormPage(
        title="Since last time",
        button="Save",
        form=forms.IntervalForm,
        permission=P.RECORD_CHECK_IN,
        act=actions.record_interval,
    )
)


maintenance = form_view(
    FormPage(
        title="Bladder and misuse",
        lead="Asked at each session of maintenance.",
        button="Save",
        form=forms.MaintenanceForm,
        permission=P.RECORD_CHECK_IN,
        act=actions.record_maintenance,
    )
)


pressure_risk = form_view(
    FormPage(
        title="Risk from a rise in pressure",
        lead="Asked anew before every dose.",
        button="Save",
        form=forms.PressureRiskForm,
        permission=P.RECORD_CHECK_IN,
        act=actions.record_day_answer,
    )
)


pregnancy = form_view(
    FormPage(
        title="Pregnancy",
        button="Save",
        form=forms.PregnancyForm,
        permission=P.RECORD_CHECK_IN,
        act=actions.record_pregnancy,
    )
)


programme = form_view(
    FormPage(
        title="Safety programme",
        lead="What is left open counts as not checked.",
        button="Save",
        form=forms.ProgrammeForm,
        permission=P.RECORD_CHECK_IN,
        act=actions.record_programme,
    )
)


questionnaire = form_view(
    FormPage(
        title="PHQ-9",
        button="Save answers",
        form=forms.QuestionnaireForm,
        permission=P.RECORD_MEASURE,
        act=actions.record_questionnaire,
        template="visits/questionnaire.html",
        prepare=_questionnaire,
    )
)


risk = form_view(
    FormPage(
        title="Suicide risk",
        lead="Your own judgement. The software derives no level from answers.",
        button="Save",
        form=forms.RiskForm,
        permission=P.ASSESS_SUICIDE_RISK,
        act=actions.record_risk,
    )
)


high_risk = form_view(
    FormPage(
        title="Decision at high risk",
        button="Sign the decision",
        form=forms.HighRiskForm,
        permission=P.PRESCRIBE,
        act=actions.decide_at_high_risk,
        meaning="I decided about treatment at high suicide risk",
    )
)


escort = form_view(
    FormPage(
        title="Who takes the patient home",
        button="Save",
        form=forms.EscortForm,
        permission=P.RECORD_CHECK_IN,
        act=actions.record_escort,
    )
)


sign_instructions = form_view(
    FormPage(
        title="Instructions for going home",
        lead="The patient reads and signs before the dose.",
        button="The patient signs",
        form=forms.InstructionsForm,
        permission=P.RECORD_CHECK_IN,
        act=actions.sign_instructions,
        template="visits/instructions.html",
        prepare=_instructions,
    )
)


finish_check_in = form_view(
    FormPage(
        title="Finish check-in",
        button="Finish check-in",
        form=forms.EmptyForm,
        permission=P.RECORD_CHECK_IN,
        act=actions.finish_check_in,
        versioned=True,
    )
)


reopen_check_in = form_view(
    FormPage(
        title="Open check-in again",
        lead="An order that stands is withdrawn.",
        button="Open check-in again",
        form=forms.WhyForm,
        permission=P.RECORD_CHECK_IN,
        act=actions.reopen_check_in,
        versioned=True,
    )
)
