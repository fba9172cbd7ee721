"""What it means for a record that another one of the same person stands in its place."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.people.models import Patient, SamePerson


def surviving(patient_id: UUID) -> str:
    """The record number of the chart that stands in place of this one, or nothing where this one stands."""
    found = _standing().filter(retired_id=patient_id).select_related("surviving").first()
    return found.surviving.medical_record_number if found else ""


def words(patient: Patient) -> tuple[str, ...]:
    """What the banner says above every page of a retired record."""
    number = surviving(patient.id)
    return (f"Retired record: this person’s chart is {number}",) if number else ()


def check_takes_orders(patient_id: UUID) -> None:
    """Refuse to plan or order anything on a retired record. What happened is recorded there all the same.

    Raises:
        Refused: the record was retired in favour of another one of the same person.
    """
    if number := surviving(patient_id):
        raise Refused(
            f"This record is retired: the same person's chart is {number}. Plan and order there, or undo the joining."
        )


def allergies_of_joined(patient: Patient) -> tuple[str, ...]:
    """The allergies on the other records of this person: they must be seen wherever the person is treated."""
    pairs = (
        _standing().filter(Q(retired=patient) | Q(surviving=patient)).select_related("retired", "surviving")
    )
    others = (pair.surviving if pair.retired_id == patient.id else pair.retired for pair in pairs)
    return tuple(
        f"Allergies on record {other.medical_record_number}: {other.allergies}"
        for other in others
        if other.allergies and other.allergies.strip().lower() != "none known"
    )


def standing(patient_id: UUID) -> SamePerson | None:
    """The joining that retired this record and was not undone."""
    found: SamePerson | None = _standing().filter(retired_id=patient_id).first()
    return found


def among(patient_ids: Iterable[UUID]) -> set[UUID]:
    """Which of these records are retired."""
    return set(_standing().filter(retired__in=list(patient_ids)).values_list("retired_id", flat=True))


def _standing() -> QuerySet[SamePerson]:
    return SamePerson.objects.filter(undone__isnull=True)
