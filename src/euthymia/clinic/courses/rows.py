"""The rows of a course that a viewer may reach: for the facts, queries and actions of this room."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses.models import (
    BenefitDecision,
    ConditionAnswer,
    ConsentRecord,
    ConsentWithdrawal,
    Course,
    CourseTransition,
    EarlierTreatment,
    EligibilityDecision,
    PsychiatristDecision,
    SafetyProgrammeEnrolment,
    TreatedSession,
    TreatmentPlan,
)
from euthymia.clinic.people import queries as people
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.open_rows import OpenRow
from euthymia.evidence import ConsentText, EvidenceError, current_consent_text


def visible(viewer: Viewer) -> QuerySet[Course]:
    """The courses of the patients this person may open."""
    return _of(people.visible(viewer))


def _of(patients: QuerySet[Patient]) -> QuerySet[Course]:
    return Course.objects.filter(patient__in=patients).select_related("patient", "clinic")


_open_course = OpenRow(lambda clinic, patients, course: _of(patients).filter(pk=course))


def course(viewer: Viewer, course_id: UUID) -> Course:
    """One course.

    Raises:
        NotFound: there is none that this person may see.
    """
    return _open_course(viewer, course_id)


def locked(viewer: Viewer, course_id: UUID) -> Course:
    """One course, locked until the transaction ends: everything that happens to a course happens in turn."""
    course(viewer, course_id)  # NotFound before the lock, for what this person may not see
    return (
        Course.objects.select_for_update(of=("self",)).select_related("patient", "clinic").get(pk=course_id)
    )


def answers(course: Course) -> tuple[ConditionAnswer, ...]:
    """The answers about history that stand, one for each condition that was asked."""
    rows = ConditionAnswer.objects.current().filter(course=course).select_related("recorded_by")
    return tuple(rows.order_by("recorded_at"))


def consent(course: Course) -> ConsentRecord | None:
    """The last consent that was signed."""
    rows = ConsentRecord.objects.current().filter(course=course)
    return rows.select_related("recorded_by", "signature").order_by("-signed_at", "-recorded_at").first()


def consent_text(course: Course) -> ConsentText | None:
    """The text in force for what the course treats with what; None where the edition has none."""
    try:
        return current_consent_text(course.clinic.jurisdiction, course.product, course.indication)
    except EvidenceError:
        return None


def withdrawal(course: Course) -> ConsentWithdrawal | None:
    """The last withdrawal of consent."""
    rows = ConsentWithdrawal.objects.current().filter(course=course)
    return rows.select_related("recorded_by").order_by("-withdrawn_at").first()


def plan(course: Course) -> TreatmentPlan | None:
    """The plan that stands."""
    rows = TreatmentPlan.objects.filter(course=course).select_related("recorded_by", "signature")
    return rows.order_by("-number").first()


def plans(viewer: Viewer, course_ids: Collection[UUID]) -> QuerySet[TreatmentPlan]:
    """The plan that stands of each of these courses, with its sessions."""
    rows = TreatmentPlan.objects.filter(
        course__in=course_ids, clinic_id=viewer.clinic_id, course__patient__in=people.visible(viewer)
    )
    latest = rows.order_by("course", "-number").distinct("course")
    return latest.select_related("recorded_by", "signature").prefetch_related("sessions")


def treated(course: Course) -> tuple[TreatedSession, ...]:
    """The sessions in which a dose was given, oldest first; one that was taken back is none."""
    return tuple(_treated(course).order_by("number"))


class Given(NamedTuple):
    """What a list of sessions says of one in which a dose was given."""

    number: int
    visit: UUID
    started_at: datetime


def given(course: Course, since: datetime | None = None) -> tuple[Given, ...]:
    """The same sessions, from ``since`` on, where no more is asked of each: a course of years has thousands."""
    found = _treated(course) if since is None else _treated(course).filter(started_at__gte=since)
    return tuple(map(Given._make, found.order_by("number").values_list(*Given._fields)))


def given_so_far(course: Course) -> int:
    """In how many sessions a dose was given, where the sessions themselves are not asked for."""
    return _treated(course).count()


def first_dose_at(course: Course) -> datetime | None:
    """When the first of them began."""
    return _treated(course).order_by("number").values_list("started_at", flat=True).first()


def _treated(course: Course) -> QuerySet[TreatedSession]:
    return TreatedSession.objects.current().filter(course=course, taken_back__session__isnull=True)


def in_round(course: Course, sessions: tuple[TreatedSession, ...]) -> int:
    """How many of the sessions were given since induction last began."""
    repeated = repetition(course)
    return sum(repeated is None or session.started_at > repeated.happened_at for session in sessions)


def enrolment(course: Course) -> SafetyProgrammeEnrolment | None:
    """The patient's standing in the safety programme when it was last looked up."""
    rows = SafetyProgrammeEnrolment.objects.current().filter(patient_id=course.patient_id)
    return rows.select_related("recorded_by").order_by("-checked_at", "-recorded_at").first()


def eligibility(course: Course) -> EligibilityDecision | None:
    """The last decision on suitability."""
    rows = EligibilityDecision.objects.filter(course=course).select_related("recorded_by", "signature")
    return rows.order_by("-recorded_at").first()


def earlier_treatments(course: Course) -> tuple[EarlierTreatment, ...]:
    """What was tried before for what the course treats, as it stands, in the order of entry."""
    found = EarlierTreatment.objects.current().filter(
        patient_id=course.patient_id, indication=course.indication
    )
    return tuple(found.select_related("recorded_by").order_by("recorded_at", "id"))


def psychiatrist(course: Course) -> PsychiatristDecision | None:
    """What was last recorded of a psychiatrist's decision."""
    rows = PsychiatristDecision.objects.filter(course=course).select_related("recorded_by")
    return rows.order_by("-recorded_at").first()


def repetition(course: Course) -> CourseTransition | None:
    """The last time a prescriber signed to repeat induction."""
    rows = CourseTransition.objects.filter(course=course, event="repeat_induction")
    return rows.select_related("recorded_by").order_by("-recorded_at").first()


def benefit(course: Course) -> BenefitDecision | None:
    """The last decision on benefit."""
    rows = BenefitDecision.objects.filter(course=course).select_related("recorded_by", "signature")
    return rows.order_by("-recorded_at").first()
