"""The states of a course and of a visit, as two frozen tables that screens, diagrams and tests read.

A transition with a gate is an order or a prompt and may be refused. A transition without one records what
happened and is never refused. Every state with a patient in it has a way out: leaving against advice,
transfer, elopement, emergency, death.
"""

from collections.abc import Iterable
from dataclasses import dataclass

PRESCRIBER = "prescriber"
NURSE = "nurse"
THERAPIST = "therapist"
FRONT_DESK = "front_desk"
MEDICAL_DIRECTOR = "medical_director"

_PRESCRIBES = (PRESCRIBER,)
_DECIDES = (PRESCRIBER, MEDICAL_DIRECTOR)
_TREATS = (PRESCRIBER, NURSE)
_CARES = (PRESCRIBER, NURSE, THERAPIST)
_ARRANGES = (PRESCRIBER, NURSE, THERAPIST, FRONT_DESK)
_ENDS = (
    *_CARES,
    MEDICAL_DIRECTOR,
)  # whoever is told may write down a withdrawal; a clinician ends the course


@dataclass(frozen=True, slots=True)
class Transition:
    """One event that moves a course or a visit.

    ``roles`` are the roles that may record it. ``gate`` names the module of this package whose assessment
    must pass, or is ``None``. ``captures`` says what is recorded with it.
    """

    event: str
    source: str
    target: str
    roles: tuple[str, ...]
    gate: str | None
    captures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Machine:
    """A table of states.

    ``terminal`` states have no way on. In ``occupied`` states somebody is in our care, so each of them offers
    every event of ``protective``: a way out that no gate may refuse.
    """

    name: str
    initial: str
    states: tuple[str, ...]
    terminal: frozenset[str]
    occupied: frozenset[str]
    protective: frozenset[str]
    transitions: tuple[Transition, ...]

    def leaving(self, state: str) -> tuple[Transition, ...]:
        """Return the transitions out of ``state``, in the order a screen offers them.

        Raises:
            ValueError: there is no such state.
        """
        if state not in self.states:
            raise ValueError(f"A {self.name} has no state '{state}'; it has {', '.join(self.states)}.")
        return tuple(transition for transition in self.transitions if transition.source == state)

    def find(self, state: str, event: str) -> Transition | None:
        """Return the transition for ``event`` in ``state``, or ``None`` where the table has none."""
        return next((transition for transition in self.leaving(state) if transition.event == event), None)


def _from(
    sources: Iterable[str],
    event: str,
    target: str,
    roles: tuple[str, ...],
    captures: str,
    gate: str | None = None,
) -> tuple[Transition, ...]:
    return tuple(
        Transition(event, source, target, roles, gate, tuple(captures.split(", "))) for source in sources
    )


def _staying(
    states: Iterable[str], event: str, roles: tuple[str, ...], captures: str, gate: str | None
) -> tuple[Transition, ...]:
    return tuple(change for state in states for change in _from([state], event, state, roles, captures, gate))


_COURSE_ENDS = ("completed", "stopped", "withdrawn", "transferred", "died")
_COURSE_OPEN = (
    "referred",
    "not_eligible",
    "eligible",
    "consented",
    "planned",
    "induction",
    "benefit_decided",
    "maintenance",
)
_COURSE_TRANSITIONS = (
    *_from(["referred"], "find_eligible", "eligible", _PRESCRIBES, "findings, signature", "eligibility"),
    *_from(["referred"], "find_not_eligible", "not_eligible", _PRESCRIBES, "findings, reason, signature"),
    *_from(["not_eligible", "eligible"], "reassess", "referred", _PRESCRIBES, "reason"),
    *_from(
        ["eligible"], "record_consent", "consented", _TREATS, "text version, capacity, signature", "consent"
    ),
    *_from(["consented"], "sign_plan", "planned", _PRESCRIBES, "product, dose, schedule, signature", "plan"),
    *_staying(
        ["planned", "induction", "maintenance"], "revise_plan", _PRESCRIBES, "schedule, reason", "plan"
    ),
    *_from(["planned"], "record_first_dose", "induction", _TREATS, "visit, t0"),
    *_from(["induction"], "decide_benefit", "benefit_decided", _PRESCRIBES, "decision, scores, signature"),
    *_from(
        ["benefit_decided"], "continue", "maintenance", _PRESCRIBES, "schedule, signature", "continuation"
    ),
    *_from(
        ["benefit_decided", "maintenance"], "repeat_induction", "induction", _PRESCRIBES, "reason, signature"
    ),
    *_from(["maintenance"], "decide_benefit", "benefit_decided", _PRESCRIBES, "decision, scores, signature"),
    *_from(
        ["benefit_decided", "maintenance"], "complete", "completed", _PRESCRIBES, "reason, plan afterwards"
    ),
    *_from(_COURSE_OPEN, "stop", "stopped", _DECIDES, "reason, plan afterwards"),
    *_from(_COURSE_OPEN, "withdraw", "withdrawn", _ENDS, "the patient's words, time"),
    *_from(_COURSE_OPEN, "transfer", "transferred", _DECIDES, "receiving service, reason"),
    *_from(_COURSE_OPEN, "record_death", "died", _DECIDES, "time, how it was learnt, report identifiers"),
)

COURSE = Machine(
    name="course",
    initial="referred",
    states=(*_COURSE_OPEN, *_COURSE_ENDS),
    terminal=frozenset(_COURSE_ENDS),
    occupied=frozenset(_COURSE_OPEN),
    protective=frozenset({"stop", "withdraw", "transfer", "record_death"}),
    transitions=_COURSE_TRANSITIONS,
)

_BEFORE_DOSE = ("checking_in", "ready", "ordered")
_AFTER_DOSE = ("administering", "monitoring", "ready_to_leave")
_IN_ROOM = (*_BEFORE_DOSE, *_AFTER_DOSE)
_EMERGENCIES = ("emergency_before_dose", "emergency")
_ELOPED = (
    "eloped_before_dose",
    "eloped",
)  # walked out unseen: looked for until somebody knows where they are
_LEFT = ("discharged", "withheld", "left_against_advice", "transferred", "died")

_VISIT_WAY_THROUGH = (
    *_from(["scheduled"], "check_in", "checking_in", _ARRANGES, "identity by two identifiers, time"),
    *_from(["checking_in"], "finish_check_in", "ready", _TREATS, "findings", "readiness"),
    *_from(["ready", "ordered"], "reopen_check_in", "checking_in", _TREATS, "reason"),
    *_from(
        ["ready"], "sign_order", "ordered", _PRESCRIBES, "product, dose, devices or pump, signature", "order"
    ),
    *_from(["ordered"], "cancel_order", "ready", _PRESCRIBES, "reason"),
    # A dose that was given is recordable from everywhere, downtime included; unordered, it is a deviation.
    *_from(
        ["scheduled", *_BEFORE_DOSE],
        "record_first_dose",
        "administering",
        _TREATS,
        "time, device or pump, observer",
    ),
    *_from(
        ["administering"], "finish_administration", "monitoring", _TREATS, "time of the last device or end"
    ),
    *_from(["monitoring"], "find_ready_to_leave", "ready_to_leave", _TREATS, "findings, time", "discharge"),
    *_from(["monitoring", "ready_to_leave"], "record_further_dose", "administering", _TREATS, "time, reason"),
    # A dose that was entered on the wrong patient: the visit stands again where it stood before.
    *_from(_AFTER_DOSE, "take_back_dose", "ordered", _TREATS, "whose dose it was, reason"),
    *_from(_AFTER_DOSE, "take_back_unordered_dose", "checking_in", _TREATS, "whose dose it was, reason"),
    *_from(_AFTER_DOSE, "take_back_dose_of_nobody_here", "scheduled", _TREATS, "whose dose it was, reason"),
    *_from(["ready_to_leave"], "resume_monitoring", "monitoring", _TREATS, "reason"),
    *_from(["ready_to_leave"], "discharge", "discharged", _TREATS, "escort, time, signature", "discharge"),
)
_VISIT_WAYS_OUT = (
    *_from(["scheduled"], "cancel", "cancelled", _ARRANGES, "reason, by whom"),
    *_from(["scheduled"], "record_missed", "missed", _ARRANGES, "time, whether the patient was reached"),
    *_from(["cancelled", "missed", "withheld"], "reopen", "checking_in", _ARRANGES, "reason"),
    *_from(_BEFORE_DOSE, "withhold", "withheld", _TREATS, "reason, plan"),
    *_from(_IN_ROOM, "leave_against_advice", "left_against_advice", _TREATS, "time, advice given, with whom"),
    *_from(_IN_ROOM, "transfer", "transferred", _TREATS, "time, to where, reason"),
    *_from(_BEFORE_DOSE, "declare_emergency", "emergency_before_dose", _ARRANGES, "time, what was seen"),
    *_from(_AFTER_DOSE, "declare_emergency", "emergency", _ARRANGES, "time, what was seen"),
    # Who is expected may stand at the door, or lie before it: nobody checks in who needs help.
    *_from(["scheduled"], "declare_emergency", "emergency_before_dose", _ARRANGES, "time, what was seen"),
    *_from(["scheduled"], "transfer", "transferred", _TREATS, "time, to where, reason"),
    # Who has just left may still be in the house, on the stairs or in the car park.
    *_from(["withheld"], "declare_emergency", "emergency_before_dose", _ARRANGES, "time, what was seen"),
    *_from(
        ["discharged", "left_against_advice"],
        "declare_emergency",
        "emergency",
        _ARRANGES,
        "time, what was seen",
    ),
    *_from(["emergency_before_dose"], "stabilise", "withheld", _TREATS, "time, what was done"),
    *_from(
        ["emergency_before_dose"], "record_first_dose", "emergency", _TREATS, "time, device or pump, observer"
    ),
    *_from(["emergency"], "record_further_dose", "emergency", _TREATS, "time, reason"),
    *_from(["emergency"], "stabilise", "monitoring", _TREATS, "time, what was done"),
    *_from(_EMERGENCIES, "transfer", "transferred", _TREATS, "time, to where, reason"),
    *_from(
        _EMERGENCIES, "leave_against_advice", "left_against_advice", _TREATS, "time, advice given, with whom"
    ),
    *_from(
        [*_BEFORE_DOSE, "emergency_before_dose"],
        "record_elopement",
        "eloped_before_dose",
        _TREATS,
        "last seen, by whom, where",
    ),
    *_from([*_AFTER_DOSE, "emergency"], "record_elopement", "eloped", _TREATS, "last seen, by whom, where"),
    # A dose of before they left that was entered late: from a tablet without a connection, or by a second nurse.
    *_staying(
        ["eloped", "discharged", "left_against_advice", "transferred"],
        "record_further_dose",
        _TREATS,
        "time, reason",
        None,
    ),
    *_from(["eloped_before_dose"], "record_first_dose", "eloped", _TREATS, "time, device or pump, observer"),
    *_from(["eloped_before_dose"], "bring_back", "checking_in", _TREATS, "time, where found, how"),
    *_from(["eloped"], "bring_back", "monitoring", _TREATS, "time, where found, how"),
    *_from(
        ["eloped_before_dose"],
        "declare_emergency",
        "emergency_before_dose",
        _ARRANGES,
        "time, what was seen",
    ),
    *_from(["eloped"], "declare_emergency", "emergency", _ARRANGES, "time, what was seen"),
    *_from(_ELOPED, "transfer", "transferred", _TREATS, "time, to where, reason"),
    *_from(
        [
            "scheduled",
            *_IN_ROOM,
            *_EMERGENCIES,
            *_ELOPED,
            "discharged",
            "withheld",
            "left_against_advice",
            "closed",
        ],
        "record_death",
        "died",
        _TREATS,
        "time, circumstances, report identifiers",
    ),
)
_VISIT_AFTERWARDS = (
    *_from(
        ["discharged", "withheld", "left_against_advice", "transferred", *_ELOPED],
        "close",
        "closed",
        _TREATS,
        "drug used and wasted, adverse events, signature",
    ),
    *_from(
        ["died"],
        "close",
        "closed_after_death",
        _TREATS,
        "drug used and wasted, report identifiers, signature",
    ),
    *_from(["closed"], "complete_follow_up", "followed_up", _CARES, "call, PHQ-9, adverse events"),
    *_from(["closed"], "end_follow_up", "lost_to_follow_up", _CARES, "attempts, reason"),
    *_from(["lost_to_follow_up"], "complete_follow_up", "followed_up", _CARES, "call, PHQ-9, adverse events"),
)

VISIT = Machine(
    name="visit",
    initial="scheduled",
    states=(
        "scheduled",
        *_IN_ROOM,
        *_EMERGENCIES,
        *_ELOPED,
        *_LEFT,
        "cancelled",
        "missed",
        "closed",
        "followed_up",
        "lost_to_follow_up",
        "closed_after_death",
    ),
    terminal=frozenset({"followed_up", "closed_after_death"}),
    occupied=frozenset({*_IN_ROOM, *_EMERGENCIES}),
    protective=frozenset({"leave_against_advice", "transfer", "record_elopement", "record_death"}),
    transitions=(*_VISIT_WAY_THROUGH, *_VISIT_WAYS_OUT, *_VISIT_AFTERWARDS),
)
