"""The frozen values that the rules of one visit judge: check-in, order, dose, readings, going home."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from euthymia.protocol._course_facts import (
    BenefitDecision,
    ConditionAnswer,
    ConsentFacts,
    EligibilityFacts,
    PlanFacts,
    Product,
)
from euthymia.protocol._findings import Datum
from euthymia.protocol._routes import Route


@dataclass(frozen=True, slots=True)
class Pressure:
    """One blood pressure, in mmHg."""

    systolic: int
    diastolic: int

    def __str__(self) -> str:
        return f"{self.systolic}/{self.diastolic}"


class RiskLevel(StrEnum):
    """The clinician's own judgement of suicide risk; the software never derives it from answers."""

    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class RiskAssessment:
    """A clinician's level of suicide risk with what it rests on."""

    level: RiskLevel
    basis: str


@dataclass(frozen=True, slots=True)
class SuicideRiskFacts:
    """Suicide risk on the day of treatment.

    ``item9`` is the PHQ-9 item 9 score, 0 to 3. ``structured`` names the structured assessment that was done.
    ``dosing_decision`` is the prescriber's decision to treat at high risk; ``level_of_care`` the decision on
    where the patient should be looked after.
    """

    item9: Datum[int] | None = None
    structured: Datum[str] | None = None
    assessment: Datum[RiskAssessment] | None = None
    dosing_decision: Datum[str] | None = None
    level_of_care: Datum[str] | None = None


@dataclass(frozen=True, slots=True)
class Escort:
    """The adult who takes the patient home."""

    name: str
    phone: str
    expected_at: datetime | None


@dataclass(frozen=True, slots=True)
class SafetyProgrammeFacts:
    """The safety programme: the site, the patient, and what must be at hand."""

    site_certified: Datum[bool] | None = None
    patient_enrolled: Datum[bool] | None = None
    prescriber_on_site: Datum[bool] | None = None
    oximeter_available: Datum[bool] | None = None


@dataclass(frozen=True, slots=True)
class ReadinessFacts:
    """What check-in found. ``pressures`` are the readings of the day before the dose, in any order.

    ``last_food`` and ``last_liquid`` hold the time of the last intake as their value. ``pregnancy_test`` is
    true when positive. ``instructions_signed`` holds the version of the going-home instructions the patient
    signed. ``nasal_product`` holds the time a corticosteroid or decongestant was last used in the nose today,
    ``None`` as its value when none was.
    """

    product: Product
    pressures: tuple[Datum[Pressure], ...] = ()
    conditions: tuple[ConditionAnswer, ...] = ()
    last_food: Datum[datetime] | None = None
    last_liquid: Datum[datetime] | None = None
    escort: Datum[Escort] | None = None
    programme: SafetyProgrammeFacts = SafetyProgrammeFacts()
    pregnancy_test: Datum[bool] | None = None
    instructions_signed: Datum[str] | None = None
    risk: SuicideRiskFacts = SuicideRiskFacts()
    nasal_product: Datum[datetime | None] | None = None
    birth_date: Datum[date] | None = None


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """Everything the order gate judges together: who the patient is, what was agreed, today, and the dose."""

    eligibility: EligibilityFacts
    consent: ConsentFacts
    readiness: ReadinessFacts
    plan: PlanFacts
    benefit: BenefitDecision | None = None


@dataclass(frozen=True, slots=True)
class DeviceUse:
    """One device: its number in the session from 1 and when its first spray was given."""

    number: int
    at: datetime
    origin: str


@dataclass(frozen=True, slots=True)
class AdministrationFacts:
    """What was given. ``ordered_mg`` is ``None`` when no order stood.

    ``finished`` is true once no more will be given. An infusion has a start, an end once it is over, and the
    mass that went in.
    """

    product: Product
    ordered_mg: Decimal | None
    devices: tuple[DeviceUse, ...] = ()
    infusion_start: Datum[datetime] | None = None
    infusion_end: Datum[datetime] | None = None
    infused_mg: Decimal | None = None
    finished: bool = False


class Dissociation(StrEnum):
    """How far the patient feels detached, as the observer judges it."""

    NONE = "none"
    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"


class Nausea(StrEnum):
    """How sick the patient feels, as the patient says."""

    NONE = "none"
    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"


class Symptom(StrEnum):
    """A crisis symptom; any of them with any blood pressure is an emergency."""

    CHEST_PAIN = "chest pain"
    BREATHLESSNESS = "breathlessness"
    SEVERE_HEADACHE = "sudden severe headache"
    VISUAL_CHANGE = "change of vision"
    NEUROLOGICAL_DEFICIT = "new neurological deficit"
    SEIZURE = "seizure"


@dataclass(frozen=True, slots=True)
class Observation:
    """One set of readings taken together; what was not taken is ``None``.

    ``spo2_percent`` by pulse oximetry; ``sedation`` is the MOAA/S score, 5 responds readily, 0 no response;
    ``symptoms`` is empty when none were present and ``None`` when nobody asked. ``anxiety`` is the patient's own
    number, 0 none to 10. Pain and notes are kept with the set and judged by no rule.
    """

    measured_at: datetime
    origin: str
    pressure: Pressure | None = None
    heart_rate_per_min: int | None = None
    respiratory_rate_per_min: int | None = None
    spo2_percent: int | None = None
    sedation: int | None = None
    dissociation: Dissociation | None = None
    symptoms: frozenset[Symptom] | None = None
    nausea: Nausea | None = None
    anxiety: int | None = None


@dataclass(frozen=True, slots=True)
class ObservationFacts:
    """The readings after the first dose, in any order; the latest of each kind is judged.

    ``baseline`` is the last blood pressure before the first dose. ``last_dose_at`` is the last device or the end
    of the infusion; ``None`` while the dose is not finished. ``begun`` is false while no dose was given. ``route`` is
    ``None`` for the product's usual one.
    """

    product: Product
    baseline: Datum[Pressure] | None
    observations: tuple[Observation, ...] = ()
    last_dose_at: datetime | None = None
    begun: bool = True
    route: Route | None = None


@dataclass(frozen=True, slots=True)
class Waiver:
    """A due observation somebody decided not to take, with the reason. ``key`` is ``DueObservation.key``."""

    key: str
    reason: str
    at: datetime


class WatchRisk(StrEnum):
    """Why a patient is watched more closely or for longer than the usual plan has it."""

    BREATHING = "sedation may be deeper and breathing slower"
    PRESSURE = "blood pressure or pulse may rise further"
    LIVER = "the drug may act for longer"


@dataclass(frozen=True, slots=True)
class MonitoringFacts:
    """What the due list is worked out from.

    ``t0`` is the first device or the infusion's start. ``last_dose_at`` is the last device given so far, or
    the infusion's end; ``None`` while an infusion runs. ``ended_at`` is when monitoring ended for any reason.
    ``baseline`` is the last blood pressure before the first dose. ``risks`` are what the plan was made for. ``route``
    is ``None`` for the product's usual one.
    """

    product: Product
    t0: datetime
    last_dose_at: datetime | None
    observations: tuple[Observation, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    ended_at: datetime | None = None
    baseline: Datum[Pressure] | None = None
    risks: frozenset[WatchRisk] = frozenset()
    route: Route | None = None


@dataclass(frozen=True, slots=True)
class DischargeFacts:
    """What must hold before the patient leaves with an escort.

    ``baseline`` and ``baseline_spo2_percent`` are the last readings before the first dose. ``stable`` is the
    clinician's own judgement that the patient is clinically stable and ready to leave. ``rescreen`` is the
    suicide-risk level judged after the dose, and ``level_of_care`` the decision that a high one demands.
    ``escort_present`` is true once the named adult is there. ``resumed_at`` is when watching last began again,
    after an emergency or because something changed: what was judged or read before it shows nothing any more.
    ``route`` is ``None`` for the product's usual one.
    """

    product: Product
    t0: datetime
    last_dose_at: datetime | None
    baseline: Datum[Pressure] | None = None
    baseline_spo2_percent: Datum[int] | None = None
    observations: tuple[Observation, ...] = ()
    stable: Datum[bool] | None = None
    rescreen: Datum[RiskAssessment] | None = None
    level_of_care: Datum[str] | None = None
    escort_present: Datum[bool] | None = None
    instructions_signed: Datum[str] | None = None
    resumed_at: datetime | None = None
    route: Route | None = None
