"""The frozen values that the rules judge. A room gathers them from its rows; ``None`` always means not known.

Times are aware. Masses of drug are ``Decimal`` milligrams of base.
"""

from euthymia.protocol._course_facts import AntidepressantTrial as AntidepressantTrial
from euthymia.protocol._course_facts import Benefit as Benefit
from euthymia.protocol._course_facts import BenefitDecision as BenefitDecision
from euthymia.protocol._course_facts import Condition as Condition
from euthymia.protocol._course_facts import ConditionAnswer as ConditionAnswer
from euthymia.protocol._course_facts import ConsentFacts as ConsentFacts
from euthymia.protocol._course_facts import ConsentSignature as ConsentSignature
from euthymia.protocol._course_facts import ContinuationFacts as ContinuationFacts
from euthymia.protocol._course_facts import EarlierTreatment as EarlierTreatment
from euthymia.protocol._course_facts import EligibilityFacts as EligibilityFacts
from euthymia.protocol._course_facts import FollowUpCall as FollowUpCall
from euthymia.protocol._course_facts import FollowUpFacts as FollowUpFacts
from euthymia.protocol._course_facts import Indication as Indication
from euthymia.protocol._course_facts import IndicationScore as IndicationScore
from euthymia.protocol._course_facts import InfusionDose as InfusionDose
from euthymia.protocol._course_facts import PlanFacts as PlanFacts
from euthymia.protocol._course_facts import Product as Product
from euthymia.protocol._course_facts import TrialOutcome as TrialOutcome
from euthymia.protocol._partial_dates import PartialDate as PartialDate
from euthymia.protocol._partial_dates import Span as Span
from euthymia.protocol._partial_dates import span_between as span_between
from euthymia.protocol._suicide_facts import ActionDone as ActionDone
from euthymia.protocol._suicide_facts import PlanPart as PlanPart
from euthymia.protocol._suicide_facts import SafetyPlan as SafetyPlan
from euthymia.protocol._suicide_facts import SuicideAction as SuicideAction
from euthymia.protocol._suicide_facts import TriageFacts as TriageFacts
from euthymia.protocol._suitability_facts import DatedEvent as DatedEvent
from euthymia.protocol._suitability_facts import Examination as Examination
from euthymia.protocol._suitability_facts import ExaminationResult as ExaminationResult
from euthymia.protocol._suitability_facts import InteractionClass as InteractionClass
from euthymia.protocol._suitability_facts import LiverImpairment as LiverImpairment
from euthymia.protocol._suitability_facts import Medicine as Medicine
from euthymia.protocol._suitability_facts import Sex as Sex
from euthymia.protocol._suitability_facts import Substance as Substance
from euthymia.protocol._suitability_facts import SubstanceUse as SubstanceUse
from euthymia.protocol._suitability_facts import SuitabilityFacts as SuitabilityFacts
from euthymia.protocol._visit_facts import AdministrationFacts as AdministrationFacts
from euthymia.protocol._visit_facts import DeviceUse as DeviceUse
from euthymia.protocol._visit_facts import DischargeFacts as DischargeFacts
from euthymia.protocol._visit_facts import Dissociation as Dissociation
from euthymia.protocol._visit_facts import Escort as Escort
from euthymia.protocol._visit_facts import MonitoringFacts as MonitoringFacts
from euthymia.protocol._visit_facts import Observation as Observation
from euthymia.protocol._visit_facts import ObservationFacts as ObservationFacts
from euthymia.protocol._visit_facts import OrderFacts as OrderFacts
from euthymia.protocol._visit_facts import Pressure as Pressure
from euthymia.protocol._visit_facts import ReadinessFacts as ReadinessFacts
from euthymia.protocol._visit_facts import RiskAssessment as RiskAssessment
from euthymia.protocol._visit_facts import RiskLevel as RiskLevel
from euthymia.protocol._visit_facts import SafetyProgrammeFacts as SafetyProgrammeFacts
from euthymia.protocol._visit_facts import SuicideRiskFacts as SuicideRiskFacts
from euthymia.protocol._visit_facts import Symptom as Symptom
from euthymia.protocol._visit_facts import Waiver as Waiver
