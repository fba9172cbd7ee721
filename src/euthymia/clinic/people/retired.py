"""What it means for a record that another one of the same person stands in its place."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from euthymia.clinic.audit.compiled import Compiled
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.people.models import Patient, SamePerson


def surviving(patient_id: UUID) -> str:
    """The record number of the chart that stands in place of this one, or nothing where this one stands."""
    found = _standing().filter(retired_id=patient_id).select_related("surviving").first()
    return found.surviving.medical_record_number if found else ""


def alerts(patient: Patient, *, clinical: bool) -> tuple[str, ...]:
    """What the banner says above every page of a record that is one of two: which one stands, and, for those
    who may see charts, the allergies on the other one. One question to the database, since every page asks it.
    """
    found = []
    for pair in _pairs_of(patient=patient.id):
        closed = pair.retired_id == patient.id
        other = pair.surviving if closed else pair.retired
        if closed:
            found.append(f"Retired record: this person’s chart is {other.medical_record_number}")
        if clinical and other.restricted:
            found.append(
                f"Allergies on record {other.medical_record_number}: restricted, open it to read them"
            )
        elif clinical and other.allergies and other.allergies.strip().lower() != "none known":
            found.append(f"Allergies on record {other.medical_record_number}: {other.allergies}")
    return tuple(found)


_pairs_of = Compiled(
    lambda patient: (
        _standing().filter(Q(retired=patient) | Q(surviving=patient)).select_related("retired", "surviving")
    ),
    "patient",
)


def check_takes_orders(patient_id: UUID) -> None:
    """Refuse to plan or order anything on a retired record. What happened is recorded there all the same.

    Raises:
        Refused: the record was retired in favour of another one of the same person.
    """
    if number := surviving(patient_id):
        raise Refused(
            f"This record is retired: the same person's chart is {number}. Plan and order there, or undo the joining."
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
