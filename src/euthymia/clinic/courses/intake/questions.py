"""How the questions about history are grouped on the screen. Which of them are asked, the rules say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from euthymia.protocol import Condition, Indication

C = Condition

DIAGNOSES: Mapping[str, Condition] = MappingProxyType(
    {
        Indication.TRD.value: C.MAJOR_DEPRESSION,
        Indication.MDSI.value: C.MAJOR_DEPRESSION,
        Indication.PTSD.value: C.POST_TRAUMATIC_STRESS,
        Indication.OCD.value: C.OBSESSIVE_COMPULSIVE,
        Indication.ANXIETY.value: C.ANXIETY_DISORDER,
        Indication.PAIN.value: C.CHRONIC_PAIN,
    }
)
"""The diagnosis that an indication rests on."""

PREGNANCY = (C.PREGNANCY_OR_LACTATION, C.PREGNANCY_POSSIBLE)
MISUSE = (C.SUBSTANCE_MISUSE, C.SUBSTANCE_USE_DISORDER)

_GROUPS: tuple[tuple[str, frozenset[Condition]], ...] = (
    (
        "Heart and vessels",
        frozenset(
            {
                C.ANEURYSMAL_DISEASE,
                C.ARTERIOVENOUS_MALFORMATION,
                C.MYOCARDIAL_INFARCTION,
                C.OTHER_CARDIOVASCULAR_EVENT,
                C.UNSTABLE_CARDIOVASCULAR,
                C.UNCONTROLLED_HYPERTENSION,
                C.PRESSURE_RISK,
                C.CARDIORESPIRATORY_DISEASE,
                C.CARDIOVASCULAR_RISK,
                C.HYPERTENSIVE_ENCEPHALOPATHY,
            }
        ),
    ),
    (
        "Brain and eyes",
        frozenset(
            {
                C.INTRACEREBRAL_HAEMORRHAGE,
                C.STROKE,
                C.RAISED_INTRACRANIAL_PRESSURE,
                C.RAISED_INTRAOCULAR_PRESSURE,
                C.UNCONTROLLED_SEIZURES,
                C.DEMENTIA,
                C.DELIRIUM,
            }
        ),
    ),
    (
        "Mind",
        frozenset({C.PSYCHOSIS_OR_MANIA, C.PSYCHOTIC_DISORDER, C.BIPOLAR_DISORDER, C.CONSENT_BARRIER}),
    ),
)
_REST = "Reactions and other illness"

EVENTS = frozenset(
    {
        C.INTRACEREBRAL_HAEMORRHAGE,
        C.MYOCARDIAL_INFARCTION,
        C.STROKE,
        C.OTHER_CARDIOVASCULAR_EVENT,
        C.HYPERTENSIVE_ENCEPHALOPATHY,
        C.AIRWAY_INFECTION,
        C.PSYCHOSIS_OR_MANIA,
    }
)
"""Conditions that happen at a time: when is asked beside a yes."""


def grouped(asked: Iterable[Condition]) -> tuple[tuple[str, tuple[Condition, ...]], ...]:
    """The questions of the step on history, in groups a person can answer at one go; asked elsewhere left out."""
    here = [each for each in asked if each not in (*DIAGNOSES.values(), *PREGNANCY, *MISUSE)]
    known = frozenset().union(*(members for _, members in _GROUPS))
    groups = [(name, tuple(each for each in here if each in members)) for name, members in _GROUPS]
    groups.append((_REST, tuple(each for each in here if each not in known)))
    return tuple((name, members) for name, members in groups if members)
