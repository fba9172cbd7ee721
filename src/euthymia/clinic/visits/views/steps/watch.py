"""Watching: readings, values put right, alarms answered, breaches explained."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from euthymia.clinic.visits import actions, forms, queries
from euthymia.clinic.visits.actions import Waited
from euthymia.clinic.visits.queries import Head
from euthymia.clinic.visits.queries._readings import unit
from euthymia.clinic.visits.views._form_page import FormPage, form_view
from euthymia.clinic.visits.views.steps._beside import P, Shown, viewer_of

_KIND_LABELS = {
    "pressure": "Upper pressure",
    "heart_rate": "Heart rate",
    "respiratory_rate": "Breaths",
    "spo2": "Oxygen",
    "sedation": "Sedation (MOAA/S)",
    "dissociation": "Dissociation, 0 none to 3 severe",
    "nausea": "Nausea, 0 none to 3 severe",
    "anxiety": "Anxiety, 0 none to 10",
    "pain": "Pain, 0 none to 10",
    "symptoms": "Crisis symptoms",
    "note": "Note",
}


def _one_observation(request: HttpRequest, head: Head, parts: Shown) -> Shown:
    cell = queries.observation(viewer_of(request), head.visit_id, parts["observation_id"])
    label = _KIND_LABELS.get(cell.kind, cell.kind)
    return {
        "form": {
            "kind": cell.kind,
            "label": label,
            "unit": unit(cell.kind),
            "from_monitor": cell.to_confirm,
        },
        "page": {"wrong": cell, "what": label},
        "action": parts,
    }


def _open_alarms(request: HttpRequest, head: Head, parts: Shown) -> Shown:
    """All alarms nobody has answered: what is answered is what the page showed, and none that came since."""
    alarms = queries.open_alarms(viewer_of(request), head.visit_id)
    return {
        "form": {"initial": {"alarm_ids": " ".join(str(alarm.id) for alarm in alarms)}},
        "page": {"alarms": alarms},
    }


def _one_due(request: Any, head: Head, parts: Shown) -> Shown:
    due = queries.due(request.viewer, head.visit_id, parts["due_key"], request.now)
    return {"page": {"due": due}, "action": parts}


def _one_deviation(request: HttpRequest, head: Head, parts: Shown) -> Shown:
    found = queries.deviation(viewer_of(request), head.visit_id, parts["deviation_id"])
    return {"page": {"deviation": found}, "action": parts}


observe = form_view(
    FormPage(
        title="Readings",
        lead="Enter what was taken; leave the rest empty.",
        button="Save readings",
        form=forms.ObservationForm,
        permission=P.RECORD_OBSERVATION,
        act=actions.record_observations,
        template="visits/observe.html",
        waits=Waited.READINGS,
    )
)


correct_observation = form_view(
    FormPage(
        title="Put a value right",
        lead="What was entered first stays in the record.",
        button="Save the correction",
        form=forms.CorrectionForm,
        permission=P.RECORD_OBSERVATION,
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
        permission=P.RECORD_OBSERVATION,
        act=actions.acknowledge,
        template="visits/acknowledge.html",
        waits=Waited.ANSWER,
        prepare=_open_alarms,
    )
)


waive = form_view(
    FormPage(
        title="Do not take this reading",
        button="Do not take it",
        form=forms.WhyForm,
        permission=P.RECORD_OBSERVATION,
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
        permission=P.RECORD_OBSERVATION,
        act=actions.explain_deviation,
        template="visits/explain.html",
        prepare=_one_deviation,
    )
)


resume_monitoring = form_view(
    FormPage(
        title="Back to monitoring",
        button="Back to monitoring",
        form=forms.WhyForm,
        permission=P.RECORD_OBSERVATION,
        act=actions.resume_monitoring,
    )
)
