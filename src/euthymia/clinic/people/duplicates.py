"""Records that may be of one person, and records that somebody signed are. For actions and views of rooms above.

Reads only what the viewer may open: a restricted chart is not among the candidates, as it is in no search.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import F, Func, Q, QuerySet, Value
from django.db.models.functions import Lower, Right

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.people import likeness, queries, retired
from euthymia.clinic.people.likeness import Described
from euthymia.clinic.people.models import Patient, SamePerson

SHOWN = 10  # candidates; more would be no help in choosing


@dataclass(frozen=True, slots=True)
class Candidate:
    """A registered patient who may be the person described, with what speaks for it."""

    id: UUID
    given_name: str
    family_name: str
    born: date
    sex: str
    mrn: str
    phone: str
    email: str
    address: str
    reasons: tuple[str, ...]
    retired: bool

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.given_name} {self.family_name}"


@dataclass(frozen=True, slots=True)
class Joined:
    """Two records that somebody signed are of one person. ``undone_at`` is None while it stands."""

    id: UUID
    retired_id: UUID
    retired_mrn: str
    surviving_id: UUID
    surviving_mrn: str
    why: str
    signed_by: str
    signed_at: datetime
    undone_at: datetime | None
    undone_by: str
    undone_why: str


def candidates(
    viewer: Viewer, described: Described, *, apart_from: UUID | None = None
) -> tuple[Candidate, ...]:
    """The registered patients who may be the person described, the likeliest first."""
    viewer.require(Permission.VIEW_DIRECTORY)
    rows = _worth_comparing(viewer, described).exclude(pk__in=[apart_from] if apart_from else [])
    found = [(row, likeness.reasons(described, as_described(row))) for row in rows]
    alike = sorted(
        ((row, why) for row, why in found if why),
        key=lambda pair: (
            -len(pair[1]),
            -likeness.names_alike(described, as_described(pair[0])),
            str(pair[0].id),
        ),
    )[:SHOWN]
    closed = retired.among([row.id for row, _ in alike])
    standing = _in_place_of(viewer, closed - {apart_from}, {row.id for row, _ in alike} | {apart_from})
    return tuple(_candidate(row, why, row.id in closed) for row, why in [*standing, *alike])


def _in_place_of(
    viewer: Viewer, closed: Iterable[UUID | None], found: Collection[UUID | None]
) -> list[tuple[Patient, tuple[str, ...]]]:
    """The records that stand in place of retired ones that were found, where they were not found themselves."""
    pairs = SamePerson.objects.filter(retired__in=[each for each in closed if each], undone__isnull=True)
    return [
        (pair.surviving, (f"it stands in place of the retired record {pair.retired.medical_record_number}",))
        for pair in pairs.select_related("surviving", "retired")
        if pair.surviving_id not in found and queries.visible(viewer).filter(pk=pair.surviving_id).exists()
    ]


def described_patient(viewer: Viewer, patient_id: UUID) -> Described:
    """A registered patient as they would be described, to look for the same person."""
    viewer.require(Permission.VIEW_DIRECTORY)
    return as_described(queries.row(viewer, patient_id))


def by_number(viewer: Viewer, number: str, *, like: Described) -> Candidate | None:
    """The registered patient of a record number, beside ``like``; None where the viewer may open none."""
    viewer.require(Permission.VIEW_DIRECTORY)
    if "\x00" in number:  # no record has it, and no database is asked for it
        return None
    row = queries.visible(viewer).filter(medical_record_number__iexact=number).first()
    if row is None:
        return None
    return _candidate(row, likeness.reasons(like, as_described(row)), row.id in retired.among([row.id]))


def shown(viewer: Viewer, patient_id: UUID) -> Candidate:
    """One registered patient in the shape of the candidates, to stand beside them."""
    viewer.require(Permission.VIEW_DIRECTORY)
    row = queries.row(viewer, patient_id)
    return _candidate(row, (), row.id in retired.among([row.id]))


def joined(viewer: Viewer, patient_id: UUID) -> tuple[Joined, ...]:
    """What was ever signed of this record being one person with another, the latest first.

    Nothing for a record that the viewer may not open; why it was signed only for those who may see charts.
    """
    viewer.require(Permission.VIEW_DIRECTORY)
    clinical = viewer.may(Permission.VIEW_CHART)
    patient = queries.visible(viewer).filter(pk=patient_id)
    rows = SamePerson.objects.filter(Q(retired__in=patient) | Q(surviving__in=patient)).select_related(
        "retired", "surviving", "recorded_by", "undone__recorded_by"
    )
    return tuple(_joined(row, clinical) for row in rows.order_by("-recorded_at"))


def as_described(row: Patient) -> Described:
    """A patient's own row, as a description."""
    return Described(
        row.given_name,
        row.family_name,
        row.birth_date,
        row.phone,
        row.email,
        (row.medical_record_number,),
    )


def _worth_comparing(viewer: Viewer, described: Described) -> QuerySet[Patient]:
    """The rows that share something with the description, so that likeness is judged of few and not of all."""
    digits = Func(F("phone"), Value(r"\D"), Value(""), Value("g"), function="regexp_replace")
    shared = Q(family_lower__in=_words(described)) & Q(given_lower__in=_words(described))
    if described.birth_date is not None:
        days = {described.birth_date, likeness.swapped_day(described.birth_date)} - {None}
        shared |= Q(birth_date__in=days)
    if described.email:
        shared |= Q(email__iexact=described.email)
    if ends := likeness.last_digits(described.phone):
        shared |= Q(phone_end=ends)
    for number in filter(None, described.numbers):
        shared |= Q(medical_record_number__iexact=number)
    return (
        queries.visible(viewer)
        .annotate(
            family_lower=Lower("family_name"),
            given_lower=Lower("given_name"),
            phone_end=Right(digits, likeness.PHONE_DIGITS),
        )
        .filter(shared)
    )


def _words(described: Described) -> tuple[str, str]:
    return described.given_name.lower(), described.family_name.lower()


def _candidate(row: Patient, why: tuple[str, ...], retired: bool) -> Candidate:
    return Candidate(
        id=row.id,
        given_name=row.given_name,
        family_name=row.family_name,
        born=row.birth_date,
        sex=row.get_sex_display(),
        mrn=row.medical_record_number,
        phone=row.phone,
        email=row.email,
        address=row.address,
        reasons=why,
        retired=retired,
    )


def _joined(row: SamePerson, clinical: bool) -> Joined:
    undone = getattr(row, "undone", None)
    return Joined(
        id=row.id,
        retired_id=row.retired_id,
        retired_mrn=row.retired.medical_record_number,
        surviving_id=row.surviving_id,
        surviving_mrn=row.surviving.medical_record_number,
        why=row.why if clinical else "",
        signed_by=row.recorded_by.name,
        signed_at=row.recorded_at,
        undone_at=undone.recorded_at if undone else None,
        undone_by=undone.recorded_by.name if undone else "",
        undone_why=undone.why if undone and clinical else "",
    )
