"""Courses, and how they came to stand where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import rows, words
from euthymia.clinic.courses.models import Course, CourseTransition
from euthymia.clinic.people import queries as people
from euthymia.protocol import COURSE, Product, Transition

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class CourseView:
    """One course. ``is_over``: its state is one no course comes back from."""

    id: UUID
    patient_id: UUID
    patient_name: str
    mrn: str
    product: Product
    product_label: str
    indication: str
    indication_label: str
    jurisdiction: str
    state: str
    state_label: str
    state_since: datetime
    is_over: bool
    referred_by: str
    referred_on: date
    referral_reason: str
    episode_started_on: date | None

    @property
    def is_nasal(self) -> bool:
        """Whether the product is a nasal spray, which has devices and a safety programme."""
        return self.product is Product.ESKETAMINE_NASAL


@dataclass(frozen=True, slots=True)
class Moved:
    """One change of state, with what was recorded with it."""

    at: datetime
    label: str
    source_label: str
    target_label: str
    by: str
    captured: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """Courses of the clinic, with how many stand in each state."""

    courses: tuple[CourseView, ...]
    counts: tuple[tuple[str, str, int], ...]
    page: int
    pages: int


def course(viewer: Viewer, course_id: UUID) -> CourseView:
    """One course.

    Raises:
        NotFound: there is none that this person may see.
    """
    viewer.require(Permission.VIEW_CHART)
    return _view(rows.course(viewer, course_id))


def courses_of(viewer: Viewer, patient_id: UUID) -> tuple[CourseView, ...]:
    """The courses of one patient, the latest first."""
    viewer.require(Permission.VIEW_CHART)
    patient = people.row(viewer, patient_id)
    return tuple(
        _view(found) for found in rows.visible(viewer).filter(patient=patient).order_by("-created_at")
    )


def open_course(viewer: Viewer, patient_id: UUID) -> UUID | None:
    """The id of the patient's course that is not over; for the front desk too, which learns nothing else."""
    viewer.require(Permission.VIEW_DIRECTORY)
    patient = people.row(viewer, patient_id)
    going_on = rows.visible(viewer).filter(patient=patient).exclude(state__in=COURSE.terminal)
    return going_on.values_list("id", flat=True).first()


def listing(viewer: Viewer, state: str = "", page: int = 1) -> Listing:
    """The clinic's courses in ``state``, or all that are not over, the longest waiting first."""
    viewer.require(Permission.VIEW_CHART)
    found = rows.visible(viewer)
    tally = dict.fromkeys(COURSE.states, 0)
    for each in found.values_list("state", flat=True):
        tally[each] += 1
    chosen = found.filter(state=state) if state in COURSE.states else found.exclude(state__in=COURSE.terminal)
    pages = Paginator(chosen.order_by("state_since", "pk"), PAGE_SIZE)
    shown = pages.get_page(page)
    return Listing(
        courses=tuple(_view(each) for each in shown),
        counts=tuple((name, words.STATES[name], count) for name, count in tally.items() if count),
        page=shown.number,
        pages=pages.num_pages,
    )


def moves(viewer: Viewer, course_id: UUID) -> tuple[Moved, ...]:
    """How the course came to stand where it stands, oldest first."""
    viewer.require(Permission.VIEW_CHART)
    found = rows.course(viewer, course_id)
    transitions = CourseTransition.objects.filter(course=found).select_related("recorded_by")
    return tuple(
        Moved(
            at=row.happened_at,
            label=words.EVENTS[row.event],
            source_label=words.STATES[row.source],
            target_label=words.STATES[row.target],
            by=row.recorded_by.name,
            captured=row.captured,
        )
        for row in transitions.order_by("recorded_at", "happened_at")
    )


def ways_on(viewer: Viewer, state: str) -> tuple[Transition, ...]:
    """The transitions out of ``state`` that this person's roles may record."""
    return tuple(
        transition
        for transition in COURSE.leaving(state)
        if any(role.value in transition.roles for role in viewer.roles)
    )


def _view(row: Course) -> CourseView:
    return CourseView(
        id=row.id,
        patient_id=row.patient_id,
        patient_name=f"{row.patient.given_name} {row.patient.family_name}",
        mrn=row.patient.medical_record_number,
        product=Product(row.product),
        product_label=row.get_product_display(),
        indication=row.indication,
        indication_label=row.get_indication_display(),
        jurisdiction=row.clinic.jurisdiction,
        state=row.state,
        state_label=words.STATES[row.state],
        state_since=row.state_since,
        is_over=row.state in COURSE.terminal,
        referred_by=row.referred_by,
        referred_on=row.referred_on,
        referral_reason=row.referral_reason,
        episode_started_on=row.episode_started_on,
    )
