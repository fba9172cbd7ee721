"""Every write about a visit as a page of its own: check-in, dose, watching, going home. The order has its own file."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.visits import actions, forms, instructions, queries
from euthymia.clinic.visits.queries import Head
from euthymia.clinic.visits.queries._readings import unit
from euthymia.clinic.visits.views._form_page import FormPage, form_view
from euthymia.evidence import instrument

_P = Permission
Shown = dict[str, Any]
_KIND_LABELS = {
    "pressure": "Upper pressure",
    "heart_rate": "Heart rate",
    "respiratory_rate": "Breaths",
    "spo2": "Oxygen",
    "sedation": "Sedation (MOAA/S)",
    "dissociation": "Dissociation, 0 none to 3 severe",
}


# --- what a page shows beside its form ---------------------------------------------------------------------------
def _viewer(request: Any) -> Viewer:
    viewer: Viewer = request.viewer
    return viewer


def _instructions(request: HttpRequest, head: Head, parts: Shown) -> Shown:
    return {"page": {"text": instructions.current()}}


def _last_weight(request: HttpRequest, head: Head, parts: Shown) -> Shown:
    return {"form": {"last_kg": head.banner.weight_kg}}


def _questionnaire(request: HttpRequest, head: Head, parts: Shown) -> Shown:
    return {"page": {"instrument": instrument("phq-9")}}


def _next_device(request: HttpRequest, head: Head, parts: Shown) -> Shown:
    number, not_before = queries.next_device(_viewer(request), head.visit_id)
    return {
        "form": {"initial": {"number": number}},
        "page": {"title": f"Device {number}", "not_before": not_before},
    }


def _one_device(request: HttpRequest, head: Head, parts: Shown) -> Shown:
    device = queries.device(_viewer(request), head.visit_id, parts["device_id"])
    return {"page": {"title": f"Correct device {device.number}", "device": device}, "action": parts}


def _infusion(request: HttpRequest, head: Head, parts: Shown) -> Shown:
    event = forms.infusion_step(parts["step"])
    if event is None:
        raise Http404
    order = queries.order(_viewer(request), head.visit_id)
    return {
        "form": {"event": event, "ordered": _pump(order)},
        "page": {"title": f"Infusion: {event.label.lower()}", "order": order},
    }


def _one_step(request: HttpRequest, head: Head, parts: Shown) -> Shown:
    viewer = _viewer(request)
    event = queries.infusion_event(viewer, head.visit_id, parts["event_id"])
    order = queries.order(viewer, head.visit_id)
    return {
        "form": {"event": event.kind, "ordered": _pump(order)},
        "page": {"title": f"Correct: {event.step.lower()}", "order": order, "event": event},
        "action": parts,
    }


def _pump(order: queries.OrderView | None) -> dict[str, Any]:
    """What the order says of what is read off the pump."""
    if order is None:
        return {}
    return {
        "rate_ml_per_h": order.rate_ml_per_h,
        "volume_given_ml": order.volume_ml,
        "concentration_mg_per_ml": order.concentration_mg_per_ml,
    }


def _one_observation(request: HttpRequest, head: Head, parts: Shown) -> Shown:
    cell = queries.observation(_viewer(request), head.visit_id, parts["observation_id"])
    label = _KIND_LABELS.get(cell.kind, cell.kind)
    return {
        "form": {"kind": cell.kind, "label": label, "unit": unit(cell.kind)},
        "page": {"wrong": cell, "what": label},
        "action": parts,
    }


def _open_alarms(request: HttpRequest, head: Head, parts: Shown) -> Shown:
    """All alarms nobody has answered: what is answered is what the page showed, and none that came since."""
    alarms = queries.open_alarms(_viewer(request), head.visit_id)
    return {
        "form": {"initial": {"alarm_ids": " ".join(str(alarm.id) for alarm in alarms)}},
        "page": {"alarms": alarms},
    }


def _one_due(request: Any, head: Head, parts: Shown) -> Shown:
    due = queries.due(request.viewer, head.visit_id, parts["due_key"], request.now)
    return {"page": {"due": due}, "action": parts}


def _one_deviation(request: HttpRequest, head: Head, parts: Shown) -> Shown:
    found = queries.deviation(_viewer(request), head.visit_id, parts["deviation_id"])
    return {"page": {"deviation": found}, "action": parts}


def _discharge(request: Any, head: Head, parts: Shown) -> Shown:
    leaving = queries.leaving(request.viewer, head.visit_id, request.now)
    return {"page": {"leaving": leaving, "held": bool(leaving.needed)}}


def _unsafe_leaving(request: Any, head: Head, parts: Shown) -> Shown:
    """What speaks against leaving, to be told to the patient; after a dose only."""
    if head.t0 is None:
        return {}
    return {"page": {"leaving": queries.leaving(request.viewer, head.visit_id, request.now)}}


# --- the pages ---------------------------------------------------------------------------------------------------
start = form_view(
    FormPage(
        title="Check in",
        lead="Ask the patient; do not read out.",
        button="This is the right patient",
        form=forms.IdentityForm,
        permission=_P.RECORD_CHECK_IN,
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
        permission=_P.RECORD_OBSERVATION,
        act=actions.record_observations,
    )
)
weight = form_view(
    FormPage(
        title="Weight",
        button="Save",
        form=forms.WeightForm,
        permission=_P.RECORD_CHECK_IN,
        act=actions.record_weight,
        prepare=_last_weight,
    )
)
fasting = form_view(
    FormPage(
        title="Last food and drink",
        button="Save",
        form=forms.FastingForm,
        permission=_P.RECORD_CHECK_IN,
        act=actions.record_fasting,
    )
)
nasal_product = form_view(
    FormPage(
        title="Nasal spray or decongestant",
        button="Save",
        form=forms.NasalProductForm,
        permission=_P.RECORD_CHECK_IN,
        act=actions.record_nasal_product,
    )
)
medicines = form_view(
    FormPage(
        title="Since last time",
        button="Save",
        form=forms.MedicinesForm,
        permission=_P.RECORD_CHECK_IN,
        act=actions.record_medicines,
    )
)
pressure_risk = form_view(
    FormPage(
        title="Risk from a rise in pressure",
        lead="Asked anew before every dose.",
        button="Save",
        form=forms.PressureRiskForm,
        permission=_P.RECORD_CHECK_IN,
        act=actions.record_day_answer,
    )
)
pregnancy = form_view(
    FormPage(
        title="Pregnancy",
        button="Save",
        form=forms.PregnancyForm,
        permission=_P.RECORD_CHECK_IN,
        act=actions.record_pregnancy,
    )
)
programme = form_view(
    FormPage(
        title="Safety programme",
        lead="What is left open counts as not checked.",
        button="Save",
        form=forms.ProgrammeForm,
        permission=_P.RECORD_CHECK_IN,
        act=actions.record_programme,
    )
)
questionnaire = form_view(
    FormPage(
        title="PHQ-9",
        button="Save answers",
        form=forms.QuestionnaireForm,
        permission=_P.RECORD_MEASURE,
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
        permission=_P.ASSESS_SUICIDE_RISK,
        act=actions.record_risk,
    )
)
high_risk = form_view(
    FormPage(
        title="Decision at high risk",
        button="Sign the decision",
        form=forms.HighRiskForm,
        permission=_P.PRESCRIBE,
        act=actions.decide_at_high_risk,
        meaning="I decided about treatment at high suicide risk",
    )
)
escort = form_view(
    FormPage(
        title="Who takes the patient home",
        button="Save",
        form=forms.EscortForm,
        permission=_P.RECORD_CHECK_IN,
        act=actions.record_escort,
    )
)
sign_instructions = form_view(
    FormPage(
        title="Instructions for going home",
        lead="The patient reads and signs before the dose.",
        button="The patient signs",
        form=forms.InstructionsForm,
        permission=_P.RECORD_CHECK_IN,
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
        permission=_P.RECORD_CHECK_IN,
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
        permission=_P.RECORD_CHECK_IN,
        act=actions.reopen_check_in,
        versioned=True,
    )
)
cancel_order = form_view(
    FormPage(
        title="Withdraw the order",
        button="Withdraw the order",
        form=forms.WhyForm,
        permission=_P.PRESCRIBE,
        act=actions.cancel_order,
        versioned=True,
        danger=True,
    )
)
device = form_view(
    FormPage(
        title="Device",
        button="Device given",
        form=forms.DeviceForm,
        permission=_P.RECORD_ADMINISTRATION,
        act=actions.administer_device,
        template="visits/device.html",
        prepare=_next_device,
    )
)
correct_device = form_view(
    FormPage(
        title="Correct a device",
        lead="What was entered first stays in the record.",
        button="Save the correction",
        form=forms.DeviceCorrectionForm,
        permission=_P.RECORD_ADMINISTRATION,
        act=actions.correct_device,
        template="visits/device.html",
        prepare=_one_device,
    )
)
no_more_devices = form_view(
    FormPage(
        title="No further device",
        lead="What was given stays as it was.",
        button="No further device",
        form=forms.WhyForm,
        permission=_P.RECORD_ADMINISTRATION,
        act=actions.finish_administration,
        versioned=True,
    )
)
infusion = form_view(
    FormPage(
        title="Infusion",
        button="Save",
        form=forms.InfusionForm,
        permission=_P.RECORD_ADMINISTRATION,
        act=actions.record_infusion,
        template="visits/infusion.html",
        prepare=_infusion,
    )
)
correct_infusion = form_view(
    FormPage(
        title="Correct the infusion",
        lead="What was entered first stays in the record.",
        button="Save the correction",
        form=forms.InfusionCorrectionForm,
        permission=_P.RECORD_ADMINISTRATION,
        act=actions.correct_infusion,
        template="visits/infusion.html",
        prepare=_one_step,
    )
)
observe = form_view(
    FormPage(
        title="Readings",
        lead="Enter what was taken; leave the rest empty.",
        button="Save readings",
        form=forms.ObservationForm,
        permission=_P.RECORD_OBSERVATION,
        act=actions.record_observations,
        template="visits/observe.html",
    )
)
correct_observation = form_view(
    FormPage(
        title="Put a value right",
        lead="What was entered first stays in the record.",
        button="Save the correction",
        form=forms.CorrectionForm,
        permission=_P.RECORD_OBSERVATION,
        act=actions.correct_observation,
        template="visits/correct.html",
        prepare=_one_observation,
    )
)
acknowledge = form_view(
    FormPage(
        title="Answer alarms",
        button="I have seen to it",
        form=forms.AcknowledgeForm,
        permission=_P.RECORD_OBSERVATION,
        act=actions.acknowledge,
        template="visits/acknowledge.html",
        prepare=_open_alarms,
    )
)
waive = form_view(
    FormPage(
        title="Do not take this reading",
        button="Do not take it",
        form=forms.WhyForm,
        permission=_P.RECORD_OBSERVATION,
        act=actions.waive,
        template="visits/waive.html",
        prepare=_one_due,
    )
)
explain = form_view(
    FormPage(
        title="Reason of a deviation",
        button="Save the reason",
        form=forms.WhyForm,
        permission=_P.RECORD_OBSERVATION,
        act=actions.explain_deviation,
        template="visits/explain.html",
        prepare=_one_deviation,
    )
)
judge_stability = form_view(
    FormPage(
        title="Ready to leave?",
        lead="Your own judgement, beside the criteria.",
        button="Save",
        form=forms.StabilityForm,
        permission=_P.DISCHARGE,
        act=actions.judge_stability,
    )
)
escort_here = form_view(
    FormPage(
        title="The escort is here",
        button="Save",
        form=forms.EscortArrivalForm,
        permission=_P.DISCHARGE,
        act=actions.record_escort_arrival,
    )
)
ready_to_leave = form_view(
    FormPage(
        title="Ready to leave",
        button="Ready to leave",
        form=forms.EmptyForm,
        permission=_P.DISCHARGE,
        act=actions.find_ready_to_leave,
        versioned=True,
    )
)
resume_monitoring = form_view(
    FormPage(
        title="Back to monitoring",
        button="Back to monitoring",
        form=forms.WhyForm,
        permission=_P.RECORD_OBSERVATION,
        act=actions.resume_monitoring,
    )
)
discharge = form_view(
    FormPage(
        title="Discharge",
        button="Sign and discharge",
        form=forms.EmptyForm,
        permission=_P.DISCHARGE,
        act=actions.discharge,
        versioned=True,
        meaning="I judged this patient ready to leave and discharged them",
        template="visits/discharge.html",
        prepare=_discharge,
    )
)
against_advice = form_view(
    FormPage(
        title="Leaves against advice",
        lead="Nothing holds the patient. Record what was said.",
        button="Record it",
        form=forms.AgainstAdviceForm,
        permission=_P.RECORD_OBSERVATION,
        act=actions.leave_against_advice,
        template="visits/against_advice.html",
        prepare=_unsafe_leaving,
        danger=True,
    )
)
transfer = form_view(
    FormPage(
        title="Transfer",
        button="Record the transfer",
        form=forms.TransferForm,
        permission=_P.RECORD_OBSERVATION,
        act=actions.transfer,
        danger=True,
    )
)
emergency = form_view(
    FormPage(
        title="Emergency",
        lead="Call for help first. This records it.",
        button="Record the emergency",
        form=forms.EmergencyForm,
        permission=_P.VIEW_BOARD,
        act=actions.declare_emergency,
        danger=True,
    )
)
stabilise = form_view(
    FormPage(
        title="Stable again",
        button="Record it",
        form=forms.StabiliseForm,
        permission=_P.RECORD_OBSERVATION,
        act=actions.stabilise,
    )
)
death = form_view(
    FormPage(
        title="Death",
        button="Record it",
        form=forms.DeathForm,
        permission=_P.RECORD_OBSERVATION,
        act=actions.record_death,
        danger=True,
    )
)
withhold = form_view(
    FormPage(
        title="No dose today",
        button="End without a dose",
        form=forms.WhyForm,
        permission=_P.RECORD_CHECK_IN,
        act=actions.withhold,
        danger=True,
    )
)
cancel = form_view(
    FormPage(
        title="Cancel the visit",
        button="Cancel the visit",
        form=forms.CancelForm,
        permission=_P.BOOK_VISIT,
        act=actions.cancel,
        danger=True,
    )
)
missed = form_view(
    FormPage(
        title="The patient did not come",
        button="Record it",
        form=forms.MissedForm,
        permission=_P.BOOK_VISIT,
        act=actions.record_missed,
        danger=True,
    )
)
end_follow_up = form_view(
    FormPage(
        title="End the follow-up",
        lead="Only when the patient cannot be reached.",
        button="End the follow-up",
        form=forms.WhyForm,
        permission=_P.RECORD_FOLLOW_UP,
        act=actions.end_follow_up,
        danger=True,
    )
)
close = form_view(
    FormPage(
        title="Close the visit",
        button="Sign and close",
        form=forms.CloseForm,
        permission=_P.RECORD_OBSERVATION,
        act=actions.close,
        meaning="I close this visit; its record is complete",
    )
)
