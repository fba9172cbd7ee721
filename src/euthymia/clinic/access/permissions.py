"""Who may do what: one enum of roles, one of permissions, one table between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """What a member of staff is at the clinic. One person may hold several."""

    PRESCRIBER = "prescriber"
    NURSE = "nurse"
    THERAPIST = "therapist"
    FRONT_DESK = "front_desk"
    MEDICAL_DIRECTOR = "medical_director"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """One thing a person may do. Named as verb and noun."""

    USE_ACCOUNT = "use_account"  # own password, second factor, switch user: everybody signed in
    VIEW_BOARD = "view_board"
    SHOW_BOARD_ON_WALL = (
        "show_board_on_wall"  # leave the board, and nothing else, open on a screen in the room
    )
    VIEW_DIRECTORY = "view_directory"  # find a patient by name; no clinical data
    REGISTER_PATIENT = "register_patient"
    VIEW_CHART = "view_chart"  # clinical data
    VIEW_TASKS = "view_tasks"
    RECORD_HISTORY = "record_history"  # referral details, antidepressant trials, contraindication answers
    HANDLE_REFERRALS = "handle_referrals"  # accept, decline, import; a page for a referrer
    JOIN_RECORDS = "join_records"  # sign that two registered patients are one person
    DECIDE_ELIGIBILITY = "decide_eligibility"
    RECORD_CONSENT = "record_consent"
    PRESCRIBE = "prescribe"  # plan, order, override, benefit decision
    BOOK_VISIT = "book_visit"
    KEEP_ROTA = "keep_rota"  # chairs, opening hours, closures, who is in the house
    KEEP_SITE = "keep_site"  # what the site is certified for and has
    RECORD_CHECK_IN = "record_check_in"
    ASSESS_SUICIDE_RISK = "assess_suicide_risk"
    RECORD_MEASURE = "record_measure"
    RECORD_ADMINISTRATION = "record_administration"
    RECORD_OBSERVATION = "record_observation"
    DISCHARGE = "discharge"
    RECORD_ADVERSE_EVENT = "record_adverse_event"
    RECORD_FOLLOW_UP = "record_follow_up"
    BREAK_GLASS = "break_glass"
    REVIEW_BREAK_GLASS = "review_break_glass"
    VIEW_ACCESS_LOG = "view_access_log"
    MANAGE_STAFF = "manage_staff"
    MANAGE_MONITORS = "manage_monitors"  # which bedside monitors may send, and their keys
    VIEW_RULES = "view_rules"
    SIGN_RULES = "sign_rules"  # sign rules, change thresholds, choose the jurisdiction
    VIEW_SYSTEM = "view_system"  # backups, worker, version


_P = Permission

_EVERYBODY = frozenset({_P.USE_ACCOUNT})
_CLINICAL = _EVERYBODY | {
    _P.VIEW_BOARD,
    _P.VIEW_DIRECTORY,
    _P.VIEW_CHART,
    _P.VIEW_TASKS,
    _P.VIEW_RULES,
    _P.RECORD_MEASURE,
    _P.RECORD_ADVERSE_EVENT,
    _P.RECORD_FOLLOW_UP,
    _P.BREAK_GLASS,
}
_AT_THE_CHAIR = _CLINICAL | {
    _P.SHOW_BOARD_ON_WALL,
    _P.REGISTER_PATIENT,
    _P.RECORD_HISTORY,
    _P.HANDLE_REFERRALS,
    _P.RECORD_CONSENT,
    _P.BOOK_VISIT,
    _P.RECORD_CHECK_IN,
    _P.ASSESS_SUICIDE_RISK,
    _P.RECORD_ADMINISTRATION,
    _P.RECORD_OBSERVATION,
    _P.DISCHARGE,
}

GRANTS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.PRESCRIBER: _AT_THE_CHAIR | {_P.DECIDE_ELIGIBILITY, _P.PRESCRIBE, _P.JOIN_RECORDS},
        Role.NURSE: _AT_THE_CHAIR,
        Role.THERAPIST: _CLINICAL | {_P.RECORD_HISTORY},
        Role.FRONT_DESK: _EVERYBODY
        | {_P.VIEW_BOARD, _P.VIEW_DIRECTORY, _P.REGISTER_PATIENT, _P.BOOK_VISIT, _P.KEEP_ROTA},
        Role.MEDICAL_DIRECTOR: _CLINICAL
        | {_P.REVIEW_BREAK_GLASS, _P.VIEW_ACCESS_LOG, _P.VIEW_SYSTEM, _P.JOIN_RECORDS, _P.SIGN_RULES}
        | {_P.KEEP_ROTA, _P.KEEP_SITE, _P.SHOW_BOARD_ON_WALL},
        Role.ADMINISTRATOR: _EVERYBODY
        | {_P.MANAGE_STAFF, _P.MANAGE_MONITORS, _P.VIEW_SYSTEM, _P.VIEW_ACCESS_LOG, _P.VIEW_RULES},
    }
)


def granted(roles: Iterable[Role]) -> frozenset[Permission]:
    """All that the given roles may do together; nothing for no role."""
    return frozenset().union(*(GRANTS[role] for role in roles))
