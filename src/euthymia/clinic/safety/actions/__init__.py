"""Writing to safety: tasks, risk, adverse events and the call after treatment."""

from euthymia.clinic.safety.actions.follow_up import record_call as record_call
from euthymia.clinic.safety.actions.follow_up import record_missed_call as record_missed_call
from euthymia.clinic.safety.actions.plans import PlanEntry as PlanEntry
from euthymia.clinic.safety.actions.plans import write_safety_plan as write_safety_plan
from euthymia.clinic.safety.actions.records import AdverseEventEntry as AdverseEventEntry
from euthymia.clinic.safety.actions.records import RiskEntry as RiskEntry
from euthymia.clinic.safety.actions.records import record_adverse_event as record_adverse_event
from euthymia.clinic.safety.actions.records import record_risk as record_risk
from euthymia.clinic.safety.actions.referred import give_to_patient as give_to_patient
from euthymia.clinic.safety.actions.referred import open_referred_risk as open_referred_risk
from euthymia.clinic.safety.actions.tasks import acknowledge as acknowledge
from euthymia.clinic.safety.actions.tasks import complete as complete
from euthymia.clinic.safety.actions.tasks import hear_answers as hear_answers
from euthymia.clinic.safety.actions.tasks import open_task as open_task
from euthymia.clinic.safety.actions.tasks import put_off as put_off
from euthymia.clinic.safety.actions.tasks import settle as settle
