"""What follows a synthetic visit: the programme's form and the call after a day, the questionnaire after a week."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.config.demo.clockwork import Life
from euthymia.clinic.config.demo.curves import HIGHEST_ITEM, ITEMS
from euthymia.clinic.config.demo.kept_safe import keep_safe
from euthymia.clinic.config.demo.team import soon
from euthymia.clinic.measures import actions as measures
from euthymia.clinic.safety import actions as safety
from euthymia.clinic.safety.actions import RiskEntry
from euthymia.clinic.safety.models import Task, TaskKind
from euthymia.clinic.visits import actions as visits
from euthymia.clinic.visits.models.observed import Kind, Observation
from euthymia.protocol import RiskLevel, programme_form

if TYPE_CHECKING:
    from euthymia.clinic.config.demo.beginnings import Patient

MOOD_TOP = 10
AWAKE = 5  # of MOAA/S


def after(patient: Patient, visit_id: UUID) -> Life:
    """Do what the closed visit asked for, each a little after it was due."""
    tasks = Task.objects.filter(origin=f"visit:{visit_id}", closed_at=None).order_by("due_at")
    for task in tasks:
        at = soon(task.due_at, 5 + patient.person.number % 40)
        yield at
        if not Task.objects.filter(id=task.id, closed_at=None).exists():
            continue
        if task.kind == TaskKind.FOLLOW_UP_CALL:
            _call(patient, task.id, at)
        else:
            _ask_again(patient, at)


def form(patient: Patient, visit_id: UUID) -> Life:
    """Send the safety programme's form the morning after, which is days before it is late."""
    asked = Task.objects.filter(origin=f"form:{visit_id}", closed_at=None).first()
    if asked is None:
        return
    at = soon(asked.opens_at, 18 * 60 + patient.person.number % 90)
    yield at
    if not Task.objects.filter(id=asked.id, closed_at=None).exists():
        return
    nurse = patient.team.one(Role.NURSE, patient.person.number)
    known = dict.fromkeys((*programme_form.MEDICINES, *programme_form.JUDGED), "no")
    known |= {"vitals_before": "yes", "vitals_after": "yes"}
    seen = Observation.objects.filter(visit_id=visit_id)
    if seen.filter(kind=Kind.DISSOCIATION, value__gt=0).exists():
        known["dissociation"] = "yes"
    if seen.filter(kind=Kind.SEDATION, value__lt=AWAKE).exists():
        known["sedation"] = "yes"
    site = {"observer_phone": "+1 555 0110", "setting_address": "1 Placeholder Way, Albany NY"}
    visits.answer_form(by=nurse, at=at, visit_id=visit_id, answers=known | site)
    how = f"online, receipt DEMO-{str(visit_id)[:6].upper()}"
    visits.record_form_sent(by=nurse, at=at, visit_id=visit_id, how=how, measured_at=at)


def _call(patient: Patient, task_id: UUID, at: datetime) -> None:
    share = patient.total(at) / (ITEMS * HIGHEST_ITEM)
    safety.record_call(
        by=patient.team.one(Role.NURSE, patient.person.number),
        at=at,
        task_id=task_id,
        called_at=timezone.localtime(at),
        mood=round(MOOD_TOP * (1 - share)),
        risk=RiskEntry(
            level=RiskLevel.LOW,
            basis="Talked on the telephone; no thoughts, no plan, no intent.",
            instrument="Structured interview",
            thoughts_found=False,
            assessed_at=timezone.localtime(at),
        ),
        adverse_events=(),
    )


def _ask_again(patient: Patient, at: datetime) -> None:
    nurse = patient.team.one(Role.NURSE, patient.person.number)
    answers = patient.answers(at)
    measures.record_answers(
        by=nurse,
        at=at,
        patient_id=patient.patient_id,
        instrument_id="phq-9",
        answers={str(item): score for item, score in enumerate(answers, start=1)},
        difficulty="",
        taken_at=timezone.localtime(at),
        mode="device",
    )
    if answers[-1] > 0:
        safety.record_risk(
            by=nurse,
            at=at,
            patient_id=patient.patient_id,
            level=RiskLevel.LOW,
            basis="Called at once because of item 9; passing thoughts, no plan.",
            instrument="Structured interview",
            thoughts_found=True,
            assessed_at=timezone.localtime(at),
        )
        keep_safe(nurse, patient.patient_id, at)
