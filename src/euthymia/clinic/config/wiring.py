"""What joins the rooms: who hears what a lower room tells, and which panels stand on a patient's chart."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse

from euthymia.clinic.access import patients as patients_below
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.measures.events import ANSWERED
from euthymia.clinic.people import panels
from euthymia.clinic.people import queries as people
from euthymia.clinic.people.models import Patient
from euthymia.clinic.rulebook import impact
from euthymia.clinic.safety import actions as safety
from euthymia.clinic.safety.events import TASK_DONE, TaskDone


def wire() -> None:
    """Join the rooms. Called once, when all of them are loaded; again does no harm."""
    ANSWERED.subscribe(safety.hear_answers)
    TASK_DONE.subscribe(_hear_task_done)
    patients_below.wire(find_restricted=_restricted, require_chart=people.row)
    _tell_the_rule_book_what_a_change_touches()
    _tell_courses_which_doses_act()
    _tell_courses_what_is_booked()
    _put_panels_on_charts()


def _hear_task_done(event: TaskDone) -> None:
    from euthymia.clinic.visits import actions as visits

    visits.hear_task_done(event)


def _tell_the_rule_book_what_a_change_touches() -> None:
    from euthymia.clinic.courses.queries import impact as courses_impact
    from euthymia.clinic.visits.queries import impact as visits_impact

    impact.wire(courses=courses_impact.judged_by_both, visits=visits_impact.judged_by_both)


def _tell_courses_which_doses_act() -> None:
    from euthymia.clinic.courses import acting
    from euthymia.clinic.visits.queries.acting import sessions_around

    acting.wire(sessions_around)


def _tell_courses_what_is_booked() -> None:
    from euthymia.clinic.courses import ending
    from euthymia.clinic.visits import actions as visits
    from euthymia.clinic.visits.queries.acting import booked_of_course

    ending.wire(booked_of_course, visits.cancel_of_course, visits.hold_of_course)


def _put_panels_on_charts() -> None:
    """Each room offers its own; the views are loaded here, when the models they stand on exist."""
    from euthymia.clinic.courses.views import drawn as courses_drawn
    from euthymia.clinic.people.views import drawn as people_drawn
    from euthymia.clinic.reports import views as reports_drawn
    from euthymia.clinic.safety.views import drawn as safety_drawn
    from euthymia.clinic.visits.views import drawn as visits_drawn

    drawn = (people_drawn, safety_drawn, courses_drawn, visits_drawn, reports_drawn)
    for panel in (panel for room in drawn for panel in room.PANELS):
        panels.register(panel)


def _restricted(viewer: Viewer, patient_id: UUID) -> patients_below.Restricted:
    """A restricted patient of the viewer's clinic, whose chart the viewer may not have opened yet."""
    patient = Patient.objects.filter(clinic_id=viewer.clinic_id, id=patient_id, restricted=True).first()
    if patient is None:
        raise NotFound
    return patients_below.Restricted(
        patient.id, patient.medical_record_number, reverse("people:chart", args=[patient.id])
    )
