"""The frozen values that suitability is judged on beside history: medicines, substances, tests, body.

Everything here is what a person recorded; nothing is worked out. ``None`` always means not known, an empty
tuple that something was asked and there is none. Questions answered yes or none known are conditions
(``facts.Condition``): pregnancy and breast-feeding, misuse, a risk of liver injury and the like stand there.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from euthymia.protocol._course_facts import Condition, EligibilityFacts
from euthymia.protocol._findings import Datum
from euthymia.protocol._visit_facts import Pressure


@dataclass(frozen=True, slots=True)
class DatedEvent:
    """When something in the history happened, as exactly as it is known.

    ``earliest`` and ``latest`` are local dates, both included: the same day twice when the day is known, the
    first and the last of the month when only the month is. A rule that asks for "at least six weeks ago"
    passes on the latest, fails on the earliest, and is unknown in between. The latest event of a condition
    counts; ``at`` is when it was recorded, ``origin`` says by whom or from what.
    """

    condition: Condition
    earliest: date
    latest: date
    at: datetime | None
    origin: str


class InteractionClass(StrEnum):
    """Why a medicine matters beside esketamine or ketamine. One medicine may belong to several."""

    BENZODIAZEPINE = "benzodiazepine"
    SEDATIVE_HYPNOTIC = "sedative or hypnotic that is no benzodiazepine"
    OPIOID = "opioid"
    CNS_DEPRESSANT = "other drug that depresses the central nervous system"
    PSYCHOSTIMULANT = "psychostimulant"
    MAOI = "monoamine oxidase inhibitor"
    PRESSOR = "other drug that raises blood pressure"
    XANTHINE = "xanthine"
    THYROID_HORMONE = "thyroid hormone"
    CYP2B6_INHIBITOR = "inhibitor of CYP2B6"
    CYP2B6_INDUCER = "inducer of CYP2B6"
    CYP3A4_INHIBITOR = "inhibitor of CYP3A4"
    CYP3A4_INDUCER = "inducer of CYP3A4"
    NASAL_CORTICOSTEROID = "corticosteroid for the nose"
    NASAL_DECONGESTANT = "decongestant for the nose"
    SSRI = "selective serotonin reuptake inhibitor"
    SNRI = "serotonin and noradrenaline reuptake inhibitor"
    OTHER_ORAL_ANTIDEPRESSANT = "other oral antidepressant"
    MOOD_STABILISER = "mood stabiliser"
    NONE = "no interaction of note"


@dataclass(frozen=True, slots=True)
class Medicine:
    """One medicine the patient takes, prescribed or not.

    ``classes`` is ``None`` until somebody has said which apply; ``{InteractionClass.NONE}`` says that none
    does. ``lorazepam_mg_per_day`` is a benzodiazepine's daily dose as the prescriber converts it to lorazepam
    in milligrams. ``started_on`` and ``stopped_on`` are local dates; a medicine that stopped before the day of
    judgement is no longer taken.
    """

    name: str
    classes: frozenset[InteractionClass] | None
    dose: str
    at: datetime | None
    origin: str
    lorazepam_mg_per_day: Decimal | None = None
    started_on: date | None = None
    stopped_on: date | None = None


class Substance(StrEnum):
    """A substance that may be misused."""

    ALCOHOL = "alcohol"
    CANNABIS = "cannabis"
    OPIOID = "opioid"
    STIMULANT = "cocaine, amphetamine or another stimulant"
    SEDATIVE = "sedative or hypnotic"
    KETAMINE = "ketamine"
    PHENCYCLIDINE = "phencyclidine"
    OTHER = "another substance"


@dataclass(frozen=True, slots=True)
class SubstanceUse:
    """How often a substance was misused. A substance that is not listed was not asked about.

    ``times_past_year`` counts misuse in the 12 months before ``at``: 0 when there was none, ``None`` when it is
    not known. ``last_used`` is a local date; ``None`` when never or not known.
    """

    substance: Substance
    times_past_year: int | None
    last_used: date | None
    at: datetime | None
    origin: str


class LiverImpairment(StrEnum):
    """Impairment of the liver as the clinician judged it by Child-Pugh; the software computes no class."""

    NONE = "none"
    CHILD_PUGH_A = "Child-Pugh A, mild"
    CHILD_PUGH_B = "Child-Pugh B, moderate"
    CHILD_PUGH_C = "Child-Pugh C, severe"


class Sex(StrEnum):
    """Sex as registered; a formula for ideal body weight exists for these two."""

    FEMALE = "female"
    MALE = "male"


class Examination(StrEnum):
    """Something done once or again as part of the work-up or the watch over a course."""

    BLOOD_PRESSURE = "resting blood pressure"
    WEIGHT = "weight and body mass index"
    ECG = "electrocardiogram"
    LIVER_TESTS = "liver tests"
    RENAL_TESTS = "kidney tests"
    METABOLIC_PANEL = "metabolic panel"
    THYROID = "thyroid-stimulating hormone"
    BLOOD_COUNT = "blood count"
    DRUG_SCREEN = "urine drug screen"
    KETAMINE_ASSAY = "assay of ketamine and norketamine"
    PREGNANCY_TEST = "pregnancy test"
    URINALYSIS = "urinalysis"
    URINE_CULTURE = "urine culture"
    SLEEP_APNOEA_SCREEN = "sleep apnoea screen"
    ANAESTHETIC_CLASS = "ASA physical status"
    AIRWAY = "airway assessment"
    PRESCRIPTION_MONITORING = "query of the prescription monitoring programme"
    DEPRESSION_SELF_RATED = "self-rated depression scale"
    DEPRESSION_CLINICIAN_RATED = "clinician-rated depression scale"
    ANXIETY_SCALE = "anxiety scale"
    ALCOHOL_SCREEN = "alcohol screen"
    DRUG_USE_SCREEN = "drug use questionnaire"
    BLADDER_QUESTIONNAIRE = "bladder questionnaire"
    COGNITIVE_SCREEN = "cognitive screen"
    SUICIDE_HISTORY = "lifetime history of suicidal thoughts and acts"
    MANIA_SCREEN = "mania screen"
    ABUSE_RISK = "assessment of the risk of abuse"


@dataclass(frozen=True, slots=True)
class ExaminationResult:
    """What an examination showed. The latest of a kind counts.

    ``done_on`` is the local date it was taken, not the date it was reported. ``abnormal`` is the clinician's
    own reading of it, ``None`` while nobody has read it. ``result`` is in words ("sinus rhythm, 64/min").
    """

    examination: Examination
    done_on: date
    result: str
    abnormal: bool | None
    at: datetime | None
    origin: str


@dataclass(frozen=True, slots=True)
class SuitabilityFacts:
    """Everything that says whether a patient is suitable, before anything is planned.

    ``eligibility`` holds product, indication, date of birth, answers about history and earlier treatment.
    ``medicines`` is the whole list as last taken: ``None`` when nobody took it, an empty tuple when the patient
    takes none. ``pressures`` are readings at rest, in any order. ``in_maintenance`` is true once induction is
    over, when some tests are wanted again and again. ``for_dose`` is true when a dose of today is judged: then the
    list of medicines counts only if somebody went through it with the patient today.
    """

    eligibility: EligibilityFacts
    sex: Datum[Sex] | None = None
    events: tuple[DatedEvent, ...] = ()
    medicines: Datum[tuple[Medicine, ...]] | None = None
    substances: tuple[SubstanceUse, ...] = ()
    liver: Datum[LiverImpairment] | None = None
    pressures: tuple[Datum[Pressure], ...] = ()
    results: tuple[ExaminationResult, ...] = ()
    weight_kg: Datum[Decimal] | None = None
    height_cm: Datum[Decimal] | None = None
    in_maintenance: bool = False
    for_dose: bool = False
