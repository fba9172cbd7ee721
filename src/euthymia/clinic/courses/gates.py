"""The gates of the table of transitions: which judgement each one names, on which facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import facts, rows
from euthymia.clinic.courses.models import Course
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.evidence import RuleBook
from euthymia.protocol import (
    Finding,
    GateResult,
    consent,
    continuation,
    eligibility,
    gate,
    licensed_use,
    suitability,
)
from euthymia.protocol.licensed_use import LicensedUseFacts

Judge = Callable[[Viewer, Course, RuleBook, datetime], tuple[Finding, ...]]


def _eligibility(viewer: Viewer, course: Course, book: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """The licence and the label, then what speaks against it beside them."""
    known = facts.suitability_facts(viewer, course.id)
    licensed = LicensedUseFacts(known, facts.psychiatrist(viewer, course.id))
    return (
        *eligibility.assess(known.eligibility, book, now),
        *licensed_use.assess(licensed, book, now),
        *suitability.assess(known, book, now),
    )


def _consent(viewer: Viewer, course: Course, book: RuleBook, now: datetime) -> tuple[Finding, ...]:
    return consent.assess(facts.consent_facts(viewer, course.id), book, now)


def _plan(viewer: Viewer, course: Course, book: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """The plan was judged when it was signed; the gate looks at those findings."""
    standing = rows.plan(course)
    return tuple(Finding.from_json(found) for found in standing.findings) if standing else ()


def _continuation(viewer: Viewer, course: Course, book: RuleBook, now: datetime) -> tuple[Finding, ...]:
    return continuation.assess(facts.continuation_facts(viewer, course.id), book, now)


JUDGES: Mapping[str, Judge] = MappingProxyType(
    {"eligibility": _eligibility, "consent": _consent, "plan": _plan, "continuation": _continuation}
)


def findings(name: str, viewer: Viewer, course: Course, now: datetime) -> tuple[Finding, ...]:
    """What the judgement ``name`` says of the course now; ``now`` in the clinic's own zone."""
    return JUDGES[name](viewer, course, rulebook.book(course.clinic_id), now)


def result(name: str, viewer: Viewer, course: Course, now: datetime) -> GateResult:
    """Whether the gate ``name`` is open, with the overrides that were signed for it."""
    return gate(findings(name, viewer, course, now), _signed_for(name, course))


def _signed_for(name: str, course: Course) -> frozenset[str]:
    """The fingerprints of the findings that a signature has passed."""
    signed = {"eligibility": rows.eligibility, "plan": rows.plan}.get(name)
    decision = signed(course) if signed else None
    return frozenset(decision.overrides) if decision else frozenset()
