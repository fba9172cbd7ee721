"""Reading patients: the only door to them, for this room and all above it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.dateparse import parse_date

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.people import retired
from euthymia.clinic.people.models import AntidepressantTrial, BodyWeight, Patient
from euthymia.clinic.people.open_rows import OpenRow, open_to
from euthymia.clinic.people.trial_rows import TrialView as TrialView
from euthymia.clinic.people.trial_rows import standing_trials
from euthymia.protocol.eligibility import age_in_years

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a patient is and how to reach them: no clinical data."""

    id: UUID
    name: str
    preferred_name: str
    given_name: str
    family_name: str
    born: date
    age: int
    sex: str
    mrn: str
    phone: str
    email: str
    address: str
    emergency_contact_name: str
    emergency_contact_phone: str
    emergency_contact_relation: str
    restricted: bool
    revision: int


@dataclass(frozen=True, slots=True)
class Banner:
    """What stands above every page of one patient, so that nobody acts on the wrong one."""

    id: UUID
    name: str
    preferred_name: str
    born: date
    age: int
    mrn: str
    alerts: tuple[str, ...]
    restricted: bool
    weight_kg: Decimal | None = None
    pronouns: str = ""

    @property
    def initials(self) -> str:
        """The first letters of the names: seen from the corner of the eye before a name is read."""
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


@dataclass(frozen=True, slots=True)
class Clinical:
    """What is known of a patient before any course. ``allergies`` empty means that nobody asked."""

    id: UUID
    born: date
    sex: str
    ancestry: str
    allergies: str
    revision: int


@dataclass(frozen=True, slots=True)
class DirectoryRow:
    """One line of the directory. A restricted patient shows the record number and nothing else."""

    id: UUID
    name: str
    preferred_name: str
    born: date | None
    age: int | None
    mrn: str
    restricted: bool
    locked: bool


@dataclass(frozen=True, slots=True)
class Directory:
    """One page of the directory."""

    rows: tuple[DirectoryRow, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Weight:
    """One weighing. ``replaces`` is the entry it corrected."""

    id: UUID
    weight_kg: Decimal
    measured_at: datetime
    recorded_at: datetime
    recorded_by: str
    reason: str
    replaces: Weight | None = None


def visible(viewer: Viewer) -> QuerySet[Patient]:
    """The patients this person may open: their clinic's, and a restricted one only under break-glass access.

    For the rooms above: each scopes its own rows by ``patient__in=visible(viewer)``.
    """
    return open_to(viewer.clinic_id, viewer.break_glass)


def open_or_nobodys(viewer: Viewer) -> Q:
    """For rows with a ``patient`` or none: nobody's, and those of patients this person may open.

    It asks each row's own patient. “In the list of those who are open, or nobody's” would have the database draw up
    every patient of the clinic for the rows of one.
    """
    is_open = Q(patient__restricted=False) | Q(patient__in=viewer.break_glass)
    return Q(patient__isnull=True) | Q(is_open, patient__clinic_id=viewer.clinic_id)


_row = OpenRow(lambda clinic, patients, patient: patients.filter(pk=patient))


def row(viewer: Viewer, patient_id: UUID) -> Patient:
    """The patient's own row, for actions of this room and of those above.

    Raises:
        NotFound: there is none that this person may open.
    """
    return _row(viewer, patient_id)


def identity(viewer: Viewer, patient_id: UUID, now: datetime) -> Identity:
    """Who the patient is, for the front desk too."""
    viewer.require(Permission.VIEW_DIRECTORY)
    patient = row(viewer, patient_id)
    return Identity(
        id=patient.id,
        name=_name(patient),
        preferred_name=patient.called,
        given_name=patient.given_name,
        family_name=patient.family_name,
        born=patient.birth_date,
        age=age_on(patient.birth_date, timezone.localtime(now).date()),
        sex=patient.get_sex_display(),
        mrn=patient.medical_record_number,
        phone=patient.phone,
        email=patient.email,
        address=patient.address,
        emergency_contact_name=patient.emergency_contact_name,
        emergency_contact_phone=patient.emergency_contact_phone,
        emergency_contact_relation=patient.emergency_contact_relation,
        restricted=patient.restricted,
        revision=patient.revision,
    )


def banner(viewer: Viewer, patient_id: UUID, now: datetime) -> Banner:
    """What stands above the patient's pages; allergies and weight only for those who may see the chart."""
    viewer.require(Permission.VIEW_DIRECTORY)
    patient = row(viewer, patient_id)
    clinical = viewer.may(Permission.VIEW_CHART)
    weight = _weights(patient_id).first() if clinical else None
    return Banner(
        id=patient.id,
        name=_name(patient),
        preferred_name=patient.called,
        born=patient.birth_date,
        age=age_on(patient.birth_date, timezone.localtime(now).date()),
        mrn=patient.medical_record_number,
        alerts=retired.alerts(patient, clinical=clinical) + (_alerts(patient) if clinical else ()),
        restricted=patient.restricted,
        weight_kg=weight.weight_kg if weight else None,
    )


def clinical(viewer: Viewer, patient_id: UUID) -> Clinical:
    """Sex, ancestry and allergies: what rules and models are given."""
    viewer.require(Permission.VIEW_CHART)
    patient = row(viewer, patient_id)
    return Clinical(
        id=patient.id,
        born=patient.birth_date,
        sex=patient.sex,
        ancestry=patient.ancestry,
        allergies=patient.allergies,
        revision=patient.revision,
    )


def particulars(viewer: Viewer, patient_id: UUID) -> tuple[str, str]:
    """Sex and ancestry as stored, for the form that changes details."""
    viewer.require(Permission.REGISTER_PATIENT)
    patient = row(viewer, patient_id)
    return patient.sex, patient.ancestry


def directory(viewer: Viewer, text: str, now: datetime, page: int = 1) -> Directory:
    """Patients whose names or record number begin with each word of ``text``; a date finds the birth date.

    A restricted patient appears only to somebody who typed the whole record number, and without the name.
    """
    viewer.require(Permission.VIEW_DIRECTORY)
    own = Patient.objects.filter(clinic_id=viewer.clinic_id)
    open_ones = Q(restricted=False) | Q(pk__in=viewer.break_glass)
    matching = open_ones
    for word in text.split():
        matching &= _matches(word)
    found = own.filter(matching | Q(restricted=True, medical_record_number__iexact=text.strip()))
    pages = Paginator(found.order_by(Lower("family_name"), Lower("given_name"), "pk"), PAGE_SIZE)
    shown = pages.get_page(page)
    return Directory(
        rows=tuple(_directory_row(viewer, patient, now) for patient in shown),
        total=pages.count,
        page=shown.number,
        pages=pages.num_pages,
    )


def same_person(
    viewer: Viewer, given_name: str, family_name: str, birth_date: date
) -> tuple[DirectoryRow, ...]:
    """Patients of the same name and birth date: perhaps the one being registered a second time."""
    viewer.require(Permission.VIEW_DIRECTORY)
    found = visible(viewer).filter(
        given_name__iexact=given_name, family_name__iexact=family_name, birth_date=birth_date
    )
    return tuple(_directory_row(viewer, patient, None) for patient in found)


def trials(viewer: Viewer, patient_id: UUID) -> tuple[TrialView, ...]:
    """The antidepressant trials as they stand, those of the current episode first."""
    viewer.require(Permission.VIEW_CHART)
    patient = row(viewer, patient_id)
    rows = (
        AntidepressantTrial.objects.filter(patient=patient)
        .select_related("recorded_by")
        .order_by("recorded_at")
    )
    return standing_trials(tuple(rows))


def count_trials(viewer: Viewer, patient_id: UUID) -> int:
    """How many antidepressant trials stand."""
    viewer.require(Permission.VIEW_CHART)
    standing = AntidepressantTrial.objects.current().filter(
        patient__in=visible(viewer), patient_id=patient_id
    )
    return standing.count()


def trial(viewer: Viewer, patient_id: UUID, trial_id: UUID) -> TrialView:
    """One trial that stands, to correct it."""
    for found in trials(viewer, patient_id):
        if found.id == trial_id:
            return found
    raise NotFound


def weights(viewer: Viewer, patient_id: UUID) -> tuple[Weight, ...]:
    """The weighings as they stand, the latest first."""
    viewer.require(Permission.VIEW_CHART)
    patient = row(viewer, patient_id)
    rows = BodyWeight.objects.filter(patient=patient).select_related("recorded_by").order_by("-measured_at")
    earlier = {fact.id: fact for fact in rows}
    replaced = {fact.corrects_id for fact in rows}
    return tuple(_weight(fact, earlier) for fact in rows if fact.id not in replaced)


def weight(viewer: Viewer, patient_id: UUID, weight_id: UUID) -> Weight:
    """One weighing that stands, to correct it."""
    for found in weights(viewer, patient_id):
        if found.id == weight_id:
            return found
    raise NotFound


def latest_weight(viewer: Viewer, patient_id: UUID) -> Weight | None:
    """The last weighing, or none; of a long history only this one is built, with what it replaces."""
    viewer.require(Permission.VIEW_CHART)
    found = _weights(row(viewer, patient_id).id).select_related("recorded_by").first()
    if found is None:
        return None
    chain, fact = {}, found
    while fact.corrects_id:
        fact = BodyWeight.objects.select_related("recorded_by").get(pk=fact.corrects_id)
        chain[fact.id] = fact
    return _weight(found, chain)


def age_on(born: date, day: date) -> int:
    """Whole years lived on ``day``, as the rules count them."""
    return age_in_years(born, day)


def _weights(patient_id: UUID) -> QuerySet[BodyWeight]:
    return BodyWeight.objects.current().filter(patient_id=patient_id).order_by("-measured_at")


def _name(patient: Patient) -> str:
    return f"{patient.given_name} {patient.family_name}"


def _alerts(patient: Patient) -> tuple[str, ...]:
    if not patient.allergies:
        return ("Allergies: not asked",)
    if patient.allergies.strip().lower() == "none known":
        return ()
    return (f"Allergies: {patient.allergies}",)


def _matches(word: str) -> Q:
    matching = (
        Q(family_name__istartswith=word)
        | Q(given_name__istartswith=word)
        | Q(called__istartswith=word)
        | Q(medical_record_number__istartswith=word)
    )
    try:
        born = parse_date(word)
    except ValueError:  # shaped like a date, but there is no such day
        born = None
    return matching | Q(birth_date=born) if born else matching


def _directory_row(viewer: Viewer, patient: Patient, now: datetime | None) -> DirectoryRow:
    locked = patient.restricted and patient.id not in viewer.break_glass
    return DirectoryRow(
        id=patient.id,
        name="" if locked else _name(patient),
        preferred_name="" if locked else patient.called,
        born=None if locked else patient.birth_date,
        age=age_on(patient.birth_date, timezone.localtime(now).date()) if now and not locked else None,
        mrn=patient.medical_record_number,
        restricted=patient.restricted,
        locked=locked,
    )


def _weight(fact: BodyWeight, earlier: dict[UUID, BodyWeight]) -> Weight:
    return Weight(
        id=fact.id,
        weight_kg=fact.weight_kg,
        measured_at=fact.measured_at,
        recorded_at=fact.recorded_at,
        recorded_by=fact.recorded_by.name,
        reason=fact.reason,
        replaces=_weight(earlier[fact.corrects_id], earlier) if fact.corrects_id else None,
    )
