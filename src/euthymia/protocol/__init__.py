"""The clinical rules: pure functions over frozen values, with every threshold from ``evidence``.

One module per judgement, each with ``assess(facts, rules, now)``: ``eligibility``, ``consent``, ``plan``,
``suicide_risk``, ``readiness``, ``order``, ``administration``, ``observation``, ``discharge``, ``follow_up``,
``continuation``, ``booking``, ``suitability`` with ``work_up``, ``weight_basis``, ``missed``, ``response``, ``misuse``,
``suicide_triage``, ``programme``, ``visit_medicine`` and ``adverse_event``; beside them ``monitoring`` (the due list),
``schedule`` (the days of a course) and ``transitions`` (the states). ``now`` is an aware time in the clinic's own time
zone: days and shown times are the clinic's.
"""

from euthymia.protocol._booking_facts import BookingFacts as BookingFacts
from euthymia.protocol._booking_facts import Duty as Duty
from euthymia.protocol._booking_facts import Occupied as Occupied
from euthymia.protocol._booking_facts import Shift as Shift
from euthymia.protocol._booking_facts import SiteFacts as SiteFacts
from euthymia.protocol._course_facts import AntidepressantTrial as AntidepressantTrial
from euthymia.protocol._course_facts import Benefit as Benefit
from euthymia.protocol._course_facts import BenefitDecision as BenefitDecision
from euthymia.protocol._course_facts import Condition as Condition
from euthymia.protocol._course_facts import ConditionAnswer as ConditionAnswer
from euthymia.protocol._course_facts import ConsentFacts as ConsentFacts
from euthymia.protocol._course_facts import ConsentSignature as ConsentSignature
from euthymia.protocol._course_facts import ContinuationFacts as ContinuationFacts
from euthymia.protocol._course_facts import DirectDose as DirectDose
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
from euthymia.protocol._findings import Answer as Answer
from euthymia.protocol._findings import Datum as Datum
from euthymia.protocol._findings import Effect as Effect
from euthymia.protocol._findings import Finding as Finding
from euthymia.protocol._findings import GateResult as GateResult
from euthymia.protocol._findings import Input as Input
from euthymia.protocol._findings import Outcome as Outcome
from euthymia.protocol._findings import Override as Override
from euthymia.protocol._findings import Tier as Tier
from euthymia.protocol._findings import deviations as deviations
from euthymia.protocol._findings import gate as gate
from euthymia.protocol._findings import may_override as may_override
from euthymia.protocol._partial_dates import PartialDate as PartialDate
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
from euthymia.protocol._visit_facts import Nausea as Nausea
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
from euthymia.protocol._visit_facts import WatchRisk as WatchRisk
from euthymia.protocol.discharge import LeaveForecast as LeaveForecast
from euthymia.protocol.discharge import Wait as Wait
from euthymia.protocol.follow_up import FollowUpDue as FollowUpDue
from euthymia.protocol.monitoring import Clock as Clock
from euthymia.protocol.monitoring import DueObservation as DueObservation
from euthymia.protocol.monitoring import DueState as DueState
from euthymia.protocol.monitoring import Kind as Kind
from euthymia.protocol.transitions import COURSE as COURSE
from euthymia.protocol.transitions import VISIT as VISIT
from euthymia.protocol.transitions import Machine as Machine
from euthymia.protocol.transitions import Transition as Transition
from euthymia.protocol.watching import Watch as Watch
from euthymia.protocol.watching import WatchEvent as WatchEvent
from euthymia.protocol.watching import WatchStep as WatchStep
