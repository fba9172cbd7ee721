"""Receiving the patient, step by step, until check-in is finished."""

from __future__ import annotations

from django.http import HttpRequest

from euthymia.clinic.visits import actions, forms, instructions
from euthymia.clinic.visits.queries import Head
from euthymia.clinic.visits.views._form_page import FormPage, form_view
from euthymia.clinic.visits.views.steps._beside import P, Shown
from euthymia.evidence import instrument


def _instructions(request: HttpRequest, head: Head, parts: Shown) -> Shown:
    return {"page": {"text": instructions.current()}}


def _last_weight(request: HttpRequest, head: Head, parts: Shown) -> Shown:
    return {"form": {"last_kg": head.banner.weight_kg}}


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
        lead="After five minutes of sitting still. Up to three readings.",
        button="Save",
        form=forms.PressureForm,
        permission=P.RECORD_OBSERVATION,
        act=actions.record_observations,
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
        title="Since last time",
        button="Save",
        form=forms.MedicinesForm,
        permission=P.RECORD_CHECK_IN,
        act=actions.record_medicines,
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
