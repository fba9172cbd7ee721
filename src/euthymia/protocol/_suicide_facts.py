"""The frozen values about what a level of suicide risk demands, and about the safety plan."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from euthymia.protocol._course_facts import Product
from euthymia.protocol._findings import Datum
from euthymia.protocol._visit_facts import RiskAssessment


class SuicideAction(StrEnum):
    """One thing that a level of suicide risk demands of the clinic."""

    PRECAUTIONS = "safety precautions are in place and the patient is not alone"
    EVALUATION = "a mental-health professional judged whether hospital is needed"
    ASSESSMENT = "a clinician assessed the patient the same day"
    SAFETY_PLAN = "a safety plan was written with the patient"
    CRISIS_LINE = "the patient was given the crisis line"
    CONTACT = "the patient was spoken with again"


@dataclass(frozen=True, slots=True)
class ActionDone:
    """A demanded action that was carried out; one before the level was judged does not count."""

    action: SuicideAction
    at: datetime
    origin: str


class PlanPart(StrEnum):
    """The six parts of a safety plan, in their order. The headings are ours."""

    WARNING_SIGNS = "warning signs"
    OWN_MEANS = "what I can do myself"
    COMPANY = "people and places that take my mind off it"
    HELPERS = "people I can ask for help"
    PROFESSIONALS = "professionals and services I can call"
    SAFE_SURROUNDINGS = "making my surroundings safe"


@dataclass(frozen=True, slots=True)
class SafetyPlan:
    """A safety plan as it stands: the text of each part that was filled in, and the day to review it."""

    parts: tuple[tuple[PlanPart, str], ...]
    review_on: date | None


@dataclass(frozen=True, slots=True)
class TriageFacts:
    """Suicide risk as last judged, and what has been done since.

    ``assessment`` is the clinician's level with its basis and time. ``item9`` is the last PHQ-9 item 9 score, 0
    to 3. ``done`` lists what was carried out, in any order.
    """

    product: Product
    assessment: Datum[RiskAssessment] | None = None
    item9: Datum[int] | None = None
    done: tuple[ActionDone, ...] = ()
    plan: Datum[SafetyPlan] | None = None
