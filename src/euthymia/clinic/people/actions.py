"""Writing to people: registering, changing details, and what is known from before any course."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import Refused, insert_once, made_with
from euthymia.clinic.audit.times import check_not_future, entered_offset_min
from euthymia.clinic.people import queries
from euthymia.clinic.people.models import AntidepressantTrial, BodyWeight, Patient
from euthymia.evidence import entry_limit, find_treatment, treatments
from euthymia.protocol import PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """Who a patient is and how to reach them, as entered."""

    medical_record_number: str
    given_name: str
    family_name: str
    called: str = ""
    birth_date: date
    sex: str
    ancestry: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    emergency_contact_name: str = ""
    emergency_contact_phone: str = ""
    emergency_contact_relation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One antidepressant trial, as entered. ``None`` means not known."""

    drug: str
    drug_class: str
    oral: bool | None
    dose_mg: Decimal | None
    dose_adequate: bool | None
    weeks: Decimal | None
    adherence: str
    result: str
    improvement_percent: Decimal | None = None
    current_episode: bool | None
    reason_stopped: str = ""
    origin: str
    drug_code: str = ""
    dose_amount: Decimal | None = None
    dose_unit: str = ""
    started: str = ""
    stopped: str = ""
    ongoing: bool = False
    sessions: int | None = None
    placement: str = ""
    augments: UUID | None = None
    origin_kind: str = ""
    judged: bool | None = None
    judged_reason: str = ""


@transaction.atomic
def register(*, by: Viewer, at: datetime, details: Details, idempotency_key: UUID | None = None) -> UUID:
    """Enter a new patient and return the id; the same key again returns the first one's.

    Raises:
        Refused: the record number is taken, or the birth date lies in the future.
    """
    by.require(Permission.REGISTER_PATIENT)
    if made := made_with(Patient, idempotency_key, field="registered_by_key", clinic_id=by.clinic_id):
        return made.id
    _check_birth_date(details.birth_date, at)
    patient = Patient(clinic_id=by.clinic_id, registered_by_key=idempotency_key, **asdict(details))
    _save(patient)
    audit.record(by=by, verb="people.register", at=at, patient_id=patient.id, subject=f"patient {patient.id}")
    return patient.id


@transaction.atomic
def change_details(*, by: Viewer, at: datetime, patient_id: UUID, revision: int, details: Details) -> None:
    """Change details of a patient who was last seen at ``revision``.

    Raises:
        Refused: somebody changed them meanwhile, the record number is taken, or a value is impossible.
    """
    by.require(Permission.REGISTER_PATIENT)
    patient = _locked(by, patient_id)
    if patient.revision != revision:
        raise Refused("Somebody changed these details since you opened them. Look at theirs first.")
    _check_birth_date(details.birth_date, at)
    wanted = asdict(details)
    changed = [name for name, value in wanted.items() if getattr(patient, name) != value]
    for name in changed:
        setattr(patient, name, wanted[name])
    patient.revision += 1
    _save(patient)
    audit.record(
        by=by,
        verb="people.change_details",
        at=at,
        patient_id=patient.id,
        subject=f"patient {patient.id}",
        detail={"fields": changed},
    )


@transaction.atomic
def record_allergies(
    *, by: Viewer, at: datetime, patient_id: UUID, allergies: str, instead_of: str | None = None
) -> None:
    """Write down what the patient is allergic to; "none known" when asked and none.

    ``instead_of`` is what was on record when it was written. Raises Refused where that is no longer what stands: an
    allergy that a colleague has just entered is not written over.
    """
    by.require(Permission.RECORD_HISTORY)
    patient = _locked(by, patient_id)
    if instead_of is not None and patient.allergies.split() != instead_of.split():
        raise Refused(
            f"Meanwhile somebody wrote “{patient.allergies}”. Put both together, and save.", "allergies"
        )
    if not allergies.strip():
        raise Refused("Write what was answered; “none known” if the patient knows of none.", "allergies")
    patient.allergies = allergies.strip()
    patient.revision += 1
    patient.save(update_fields=["allergies", "revision"])
    audit.record(
        by=by, verb="people.record_allergies", at=at, patient_id=patient.id, subject=f"patient {patient.id}"
    )


@transaction.atomic
def restrict(*, by: Viewer, at: datetime, patient_id: UUID, restricted: bool) -> None:
    """Open a chart to break-glass access only, or lift that."""
    by.require(Permission.REVIEW_BREAK_GLASS)
    patient = _locked(by, patient_id)
    patient.restricted = restricted
    patient.revision += 1
    patient.save(update_fields=["restricted", "revision"])
    audit.record(
        by=by,
        verb="people.restrict" if restricted else "people.lift_restriction",
        at=at,
        patient_id=patient.id,
        subject=f"patient {patient.id}",
    )


@transaction.atomic
def record_trial(
    *,
    by: Viewer,
    at: datetime,
    patient_id: UUID,
    trial: Trial,
    corrects: UUID | None = None,
    reason: str = "",
    idempotency_key: UUID | None = None,
) -> UUID:
    """Add an antidepressant trial, or replace one with its correction.

    A drug that is in the evidence's list takes its class and route from there; one that is not stays as typed.

    Raises:
        Refused: a date that is none, a judgement without a reason or by somebody who may not decide on
            eligibility, or an addition to a trial that is not in this record.
    """
    by.require(Permission.RECORD_HISTORY)
    patient = queries.row(by, patient_id)
    earlier = AntidepressantTrial.objects.filter(patient=patient)
    _check_trial(by, trial, earlier)
    said = asdict(trial)
    fact = AntidepressantTrial(
        patient=patient,
        clinic_id=by.clinic_id,
        recorded_by_id=by.user_id,
        recorded_at=at,
        idempotency_key=idempotency_key,
        augments_id=said.pop("augments"),
        **(said | _from_list(trial)),
    )
    fact, new = insert_once(fact, corrects=corrects, among=earlier, reason=reason)
    if new:
        _audit_fact(by, at, "people.record_trial", fact)
    return fact.id


def _from_list(trial: Trial) -> dict[str, object]:
    """What the list knows of the drug, in place of what was entered about it."""
    entry = treatments().get(trial.drug_code) or find_treatment(trial.drug)
    if entry is None:
        return {"drug_code": ""}
    known: dict[str, object] = {"drug_code": entry.code, "drug_class": entry.family.value}
    return known | ({"oral": entry.route == "oral"} if entry.route else {})


def _check_trial(by: Viewer, trial: Trial, earlier: QuerySet[AntidepressantTrial]) -> None:
    for name in ("started", "stopped"):
        try:
            _ = PartialDate.parse(getattr(trial, name)) if getattr(trial, name) else None
        except ValueError:
            raise Refused(
                "Write a year, a month such as 2024-03, or a day such as 2024-03-15.", name
            ) from None
    if trial.drug_code and trial.drug_code not in treatments():
        raise Refused("This drug is not in the list.", "drug")
    if trial.augments is not None and not earlier.filter(pk=trial.augments).exists():
        raise Refused("The treatment it was added to is not in this record.", "augments")
    if trial.judged is None:
        return
    if not by.may(Permission.DECIDE_ELIGIBILITY):
        raise Refused("Only a prescriber may judge a trial otherwise than it is computed.", "judged")
    if not trial.judged_reason.strip():
        raise Refused("Say why you judge the trial otherwise than it is computed.", "judged_reason")


@transaction.atomic
def record_weight(
    *,
    by: Viewer,
    at: datetime,
    patient_id: UUID,
    weight_kg: Decimal,
    measured_at: datetime,
    corrects: UUID | None = None,
    reason: str = "",
    idempotency_key: UUID | None = None,
) -> UUID:
    """Add a weighing, or replace one with its correction.

    Raises:
        Refused: the time lies in the future, or no person can weigh that.
    """
    by.require(Permission.RECORD_MEASURE)
    patient = queries.row(by, patient_id)
    check_not_future(measured_at, at, "measured_at")
    if not entry_limit("weight").is_possible(weight_kg):
        raise Refused("No person weighs that. Enter the weight in kilograms.", "weight_kg")
    fact = BodyWeight(
        patient=patient,
        clinic_id=by.clinic_id,
        recorded_by_id=by.user_id,
        recorded_at=at,
        idempotency_key=idempotency_key,
        weight_kg=weight_kg,
        measured_at=measured_at,
        entered_offset_min=entered_offset_min(measured_at),
    )
    earlier = BodyWeight.objects.filter(patient=patient)
    fact, new = insert_once(fact, corrects=corrects, among=earlier, reason=reason)
    if new:
        _audit_fact(by, at, "people.record_weight", fact)
    return fact.id


def _check_birth_date(birth_date: date, at: datetime) -> None:
    if birth_date > timezone.localtime(at).date():
        raise Refused("This birth date lies in the future. Check the year.", "birth_date")


def _locked(by: Viewer, patient_id: UUID) -> Patient:
    """The row, held. Facts may name it meanwhile: who writes one may hold the audit chain this one waits for."""
    queries.row(by, patient_id)  # NotFound before the lock, for what this person may not open
    return Patient.objects.select_for_update(no_key=True).get(pk=patient_id)


def _save(patient: Patient) -> None:
    try:
        with transaction.atomic():
            patient.save()
    except IntegrityError as error:
        if "people_patient_mrn_once" not in str(error):
            raise
        raise Refused(
            "Another patient has this record number. Search for it before registering again.",
            "medical_record_number",
        ) from None


def _audit_fact(by: Viewer, at: datetime, verb: str, fact: AntidepressantTrial | BodyWeight) -> None:
    audit.record(
        by=by,
        verb=verb,
        at=at,
        patient_id=fact.patient_id,
        subject=f"{fact._meta.model_name} {fact.id}",
        detail={"corrects": fact.corrects_id} if fact.corrects_id else {},
    )
