"""The states and events of a course in the words the screens use."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

STATES: Mapping[str, str] = MappingProxyType(
    {
        "referred": "Referred",
        "not_eligible": "Not suitable",
        "eligible": "Suitable",
        "consented": "Consented",
        "planned": "Planned",
        "induction": "In induction",
        "benefit_decided": "Benefit decided",
        "maintenance": "In maintenance",
        "completed": "Completed",
        "stopped": "Stopped",
        "withdrawn": "Withdrawn by the patient",
        "transferred": "Transferred",
        "died": "Died",
    }
)

EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "find_eligible": "Found suitable",
        "find_not_eligible": "Found not suitable",
        "reassess": "Assess again",
        "record_consent": "Consent signed",
        "sign_plan": "Plan signed",
        "revise_plan": "Plan revised",
        "record_first_dose": "First dose given",
        "decide_benefit": "Benefit decided",
        "continue": "Treatment goes on",
        "repeat_induction": "Induction repeated",
        "complete": "Complete the course",
        "stop": "Stop the course",
        "withdraw": "The patient withdraws",
        "transfer": "Transfer to another service",
        "record_death": "Record the patient's death",
    }
)
