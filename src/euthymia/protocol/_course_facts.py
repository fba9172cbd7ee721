"""The frozen values that the rules of a course judge: the patient, what was agreed, what is planned."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from euthymia.protocol._findings import Answer, Datum
from euthymia.protocol._partial_dates import PartialDate
from euthymia.protocol._routes import Route


class Product(StrEnum):
    """A drug by the route it is given."""

    ESKETAMINE_NASAL = "esketamine-nasal"
    KETAMINE_IV = "ketamine-iv"

    @property
    def words(self) -> str:
        """The name a reader knows."""
        return "esketamine nasal spray" if self is Product.ESKETAMINE_NASAL else "intravenous ketamine"


class Indication(StrEnum):
    """What a course is meant to treat."""

    TRD = "treatment-resistant-depression"
    MDSI = "depression-with-acute-suicidal-ideation"
    PTSD = "post-traumatic-stress-disorder"
    OCD = "obsessive-compulsive-disorder"
    ANXIETY = "anxiety-disorder"
    PAIN = "chronic-pain"

    @property
    def words(self) -> str:
        """The name a reader knows."""
        return _INDICATION_WORDS[self]


_INDICATION_WORDS = {
    Indication.TRD: "treatment-resistant depression",
    Indication.MDSI: "depression with acute suicidal ideation",
    Indication.PTSD: "post-traumatic stress disorder",
    Indication.OCD: "obsessive-compulsive disorder",
    Indication.ANXIETY: "anxiety disorder",
    Indication.PAIN: "chronic pain",
}


class Condition(StrEnum):
    """A question about history, answered yes, none known with its basis, or not asked.

    The names are stored, so one is never renamed; a new question is added at the end.
    """

    MAJOR_DEPRESSION = "major depressive disorder"
    ANEURYSMAL_DISEASE = "aneurysmal vascular disease"
    ARTERIOVENOUS_MALFORMATION = "arteriovenous malformation"
    INTRACEREBRAL_HAEMORRHAGE = "intracerebral haemorrhage"
    HYPERSENSITIVITY = "hypersensitivity to esketamine, ketamine or an excipient"
    PRESSURE_RISK = "serious risk from a rise in blood or intracranial pressure"
    UNSTABLE_CARDIOVASCULAR = "poorly controlled cardiovascular disease"
    UNCONTROLLED_HYPERTENSION = "uncontrolled hypertension"
    PSYCHOSIS_OR_MANIA = "active psychosis or mania"
    PREGNANCY_OR_LACTATION = "pregnancy or breast-feeding"
    PREGNANCY_POSSIBLE = "pregnancy possible"
    POST_TRAUMATIC_STRESS = "post-traumatic stress disorder"
    OBSESSIVE_COMPULSIVE = "obsessive-compulsive disorder"
    ANXIETY_DISORDER = "anxiety disorder"
    CHRONIC_PAIN = "chronic pain"
    MYOCARDIAL_INFARCTION = "myocardial infarction"
    STROKE = "stroke"
    OTHER_CARDIOVASCULAR_EVENT = "another cardiovascular event"
    CARDIORESPIRATORY_DISEASE = "significant heart or lung disease"
    CARDIOVASCULAR_RISK = "raised cardiovascular risk"
    HYPERTENSIVE_ENCEPHALOPATHY = "hypertensive encephalopathy"
    PSYCHOTIC_DISORDER = "a psychotic disorder, now stable"
    BIPOLAR_DISORDER = "bipolar disorder"
    SUBSTANCE_MISUSE = "active misuse of a substance, alcohol included"
    SUBSTANCE_USE_DISORDER = "a substance use disorder, now or earlier"
    RAISED_INTRACRANIAL_PRESSURE = "raised intracranial pressure or a mass in the head"
    RAISED_INTRAOCULAR_PRESSURE = "raised pressure in the eye or acute glaucoma"
    LIVER_RISK = "a risk of liver injury"
    DEMENTIA = "dementia"
    DELIRIUM = "delirium"
    PORPHYRIA = "porphyria"
    UNTREATED_HYPERTHYROIDISM = "untreated hyperthyroidism"
    UNTREATED_SLEEP_APNOEA = "severe untreated sleep apnoea"
    AIRWAY_INFECTION = "an airway infection or another airway risk"
    UNCONTROLLED_SEIZURES = "seizures that are not controlled"
    CONSENT_BARRIER = "lack of capacity, or a language barrier to consent"


@dataclass(frozen=True, slots=True)
class ConditionAnswer:
    """The current answer about one condition; ``basis`` says how it is known ("asked", "CT of 2024")."""

    condition: Condition
    answer: Answer
    basis: str
    at: datetime | None
    origin: str


class TrialOutcome(StrEnum):
    """How an antidepressant trial ended."""

    RESPONDED = "responded"
    INADEQUATE = "inadequate response"
    INTOLERANT = "not tolerated"


@dataclass(frozen=True, slots=True)
class AntidepressantTrial:
    """One treatment of the depression, as the clinician judged it.

    ``antidepressant`` is false for what was only added to one and for treatment that is no drug of that kind.
    ``dose_adequate`` and ``adherent`` are the clinician's judgements. ``improvement_percent`` is the fall of
    the symptom score from the start of the trial, where it is on record.

    ``code`` names an entry of the list of treatments, and is empty where none was found. ``dose_amount`` is
    what was held a day, in ``dose_unit``; with a code it is held against the list's least dose. ``weeks`` are
    those at that dose; without them the dates tell the length. ``judged`` is the prescriber's own judgement
    of whether it counts, with the reason; it stands beside what is computed and decides.
    """

    drug: str
    antidepressant: bool | None
    oral: bool | None
    dose: str
    dose_adequate: bool | None
    weeks: Decimal | None
    adherent: bool | None
    outcome: TrialOutcome | None
    current_episode: bool | None
    at: datetime | None
    origin: str
    improvement_percent: Decimal | None = None
    code: str = ""
    dose_amount: Decimal | None = None
    dose_unit: str = ""
    started: PartialDate | None = None
    stopped: PartialDate | None = None
    ongoing: bool = False
    sessions: int | None = None
    bilateral: bool | None = None
    judged: bool | None = None
    judged_reason: str = ""


@dataclass(frozen=True, slots=True)
class EarlierTreatment:
    """One earlier treatment of an indication other than depression: a drug, a psychotherapy, a procedure.

    ``adequate`` is the clinician's judgement that it was given as its guideline asks and long enough;
    ``first_line`` that a guideline for the indication puts it first.
    """

    indication: Indication
    treatment: str
    first_line: bool | None
    adequate: bool | None
    outcome: TrialOutcome | None
    at: datetime | None
    origin: str


@dataclass(frozen=True, slots=True)
class IndicationScore:
    """A score on the instrument by which an indication is followed, before treatment."""

    indication: Indication
    instrument: str
    total: Decimal


@dataclass(frozen=True, slots=True)
class EligibilityFacts:
    """What suitability is judged on. A condition that is not listed was not asked.

    ``trials`` are the treatments of depression, ``treatments`` those of another indication. ``score`` is the
    last score on the indication's own instrument.
    """

    product: Product
    birth_date: Datum[date] | None
    conditions: tuple[ConditionAnswer, ...] = ()
    trials: tuple[AntidepressantTrial, ...] = ()
    indication: Indication = Indication.TRD
    treatments: tuple[EarlierTreatment, ...] = ()
    score: Datum[IndicationScore] | None = None


@dataclass(frozen=True, slots=True)
class ConsentSignature:
    """A consent text as the patient signed it. ``understood`` is None where answers were not judged one by one."""

    product: Product
    text_version: str
    capacity_confirmed: bool | None
    understood: bool | None = None


@dataclass(frozen=True, slots=True)
class ConsentFacts:
    """The latest signature and the latest withdrawal; the latter holds the patient's words, or ``""``."""

    product: Product
    current_text_version: str
    signed: Datum[ConsentSignature] | None
    withdrawn: Datum[str] | None = None


@dataclass(frozen=True, slots=True)
class InfusionDose:
    """An intravenous dose as it was worked out, with the pump's settings where they are known.

    ``weight_kg`` is the patient's weight; ``dosing_weight_kg`` the ideal weight, where a prescriber chose to dose
    by it.
    """

    mg_per_kg: Decimal
    weight_kg: Datum[Decimal] | None
    minutes: Decimal
    concentration_mg_per_ml: Decimal | None = None
    volume_ml: Decimal | None = None
    rate_ml_per_h: Decimal | None = None
    dosing_weight_kg: Decimal | None = None


@dataclass(frozen=True, slots=True)
class DirectDose:
    """A dose into the muscle, under the tongue or swallowed, as it was worked out.

    Into the muscle: the dose for weight, and the volume out of a vial of a known strength. Else lozenges or tablets
    and what each holds; a dose for weight is then worked out from them.
    """

    route: Route
    weight_kg: Datum[Decimal] | None = None
    mg_per_kg: Decimal | None = None
    concentration_mg_per_ml: Decimal | None = None
    volume_ml: Decimal | None = None
    units: int | None = None
    mg_per_unit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """A dose that is planned or ordered for one session.

    ``session_number`` counts treated sessions of the course from 1, ``in_round`` those since induction last
    began; without it they are the same. ``earlier_sessions`` are the treated ones, oldest first, as local
    dates. ``previous_mg_per_kg`` is the last intravenous dose of the course, ``previous_mg`` the last nasal one.
    """

    product: Product
    session_number: int
    session_on: date
    dose_mg: Decimal | None
    devices: int | None = None
    infusion: InfusionDose | None = None
    direct: DirectDose | None = None
    earlier_sessions: tuple[date, ...] = ()
    previous_mg_per_kg: Decimal | None = None
    in_round: int | None = None
    indication: Indication = Indication.TRD
    birth_date: Datum[date] | None = None
    japanese_ancestry: Datum[bool] | None = None
    previous_mg: Decimal | None = None


class Benefit(StrEnum):
    """The prescriber's decision at the end of induction."""

    CONTINUE = "continue"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class BenefitDecision:
    """Whether treatment goes on, decided by a prescriber after ``sessions_before`` treated sessions."""

    decision: Benefit
    sessions_before: int
    at: datetime
    origin: str


@dataclass(frozen=True, slots=True)
class ContinuationFacts:
    """``next_session`` is the number of the session that would come next, counted from 1."""

    product: Product
    next_session: int
    decision: BenefitDecision | None = None


@dataclass(frozen=True, slots=True)
class FollowUpCall:
    """A call that reached the patient. ``mood`` is 0 to 10, ``None`` when it was not given."""

    mood: int | None
    adverse_events_asked: bool
    safety_asked: bool


@dataclass(frozen=True, slots=True)
class FollowUpFacts:
    """What has been heard since the patient left. ``phq9`` holds the total score."""

    left_at: datetime
    call: Datum[FollowUpCall] | None = None
    phq9: Datum[int] | None = None
