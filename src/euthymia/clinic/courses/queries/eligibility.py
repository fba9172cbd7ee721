"""Suitability: the questions about history, the findings, and what was decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import facts, gates, rows
from euthymia.clinic.courses.models import ConditionAnswer, Course
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.protocol import (
    Answer,
    Condition,
    Examination,
    Finding,
    GateResult,
    Indication,
    Outcome,
    Product,
    gate,
    licensed_use,
    suitability,
    work_up,
)

_FIRST = (Outcome.VIOLATED, Outcome.UNKNOWN, Outcome.SATISFIED)  # what needs somebody stands on top


@dataclass(frozen=True, slots=True)
class ConditionView:
    """One question about history and the answer that stands. ``earlier`` are the answers it replaced."""

    condition: Condition
    name: str
    answer: Answer
    basis: str
    answered_at: datetime | None
    recorded_by: str
    reason: str
    answer_id: UUID | None
    earlier: tuple[ConditionView, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether the question was asked and answered."""
        return self.answer is not Answer.NOT_ASKED


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the rules say of suitability now. ``verdict`` and ``why`` are one line; ``gate`` what stands in the way."""

    findings: tuple[Finding, ...]
    gate: GateResult
    verdict: str
    why: str
    kind: str

    @property
    def answer(self) -> str:
        """The verdict and its reason in one line."""
        return f"{self.verdict}: {self.why}"

    @property
    def groups(self) -> tuple[tuple[str, tuple[Finding, ...]], ...]:
        """The findings under what each means for the decision, what needs somebody first."""
        shut = self.gate.blocked_by
        open_ = tuple(f for f in self.findings if f not in shut and f.outcome is not Outcome.SATISFIED)
        met = tuple(f for f in self.findings if f.outcome is Outcome.SATISFIED)
        named = (("In the way", shut), ("Open, but not in the way", open_), ("Met", met))
        return tuple((name, found) for name, found in named if found)

    @property
    def missing(self) -> int:
        """How many requirements cannot be judged yet."""
        return sum(found.outcome.value == "unknown" for found in self.gate.blocked_by)


@dataclass(frozen=True, slots=True)
class Decision:
    """A signed decision on suitability, with the findings as they stood."""

    suitable: bool
    rationale: str
    findings: tuple[Finding, ...]
    overrides: tuple[tuple[Finding, str], ...]
    signer: str
    signed_at: datetime


def conditions(viewer: Viewer, course_id: UUID) -> tuple[ConditionView, ...]:
    """Every question that the product asks about history, in order, answered or not."""
    viewer.require(Permission.VIEW_CHART)
    course = rows.course(viewer, course_id)
    everything = ConditionAnswer.objects.filter(course=course).select_related("recorded_by")
    by_id = {row.id: row for row in everything}
    replaced = {row.corrects_id for row in by_id.values()}
    standing = {row.condition: row for row in by_id.values() if row.id not in replaced}
    return tuple(
        _condition(condition, standing.get(condition.name.lower()), by_id) for condition in questions(course)
    )


def questions(course: Course) -> tuple[Condition, ...]:
    """What is asked before the first dose, by product, indication and the clinic's book; the rest on the day."""
    book = rulebook.book(course.clinic_id)
    asked = suitability.conditions_to_ask(Product(course.product), book, Indication(course.indication))
    return (*asked, *(each for each in licensed_use.EVENTS if "CI-5" in book and each not in asked))


def examinations_needed(viewer: Viewer, course_id: UUID, now: datetime) -> tuple[Examination, ...]:
    """The examinations that the rules ask for in this patient and that are missing, unread or too old."""
    viewer.require(Permission.VIEW_CHART)
    course = rows.course(viewer, course_id)
    wanted = work_up.required(
        facts.suitability_facts(viewer, course_id), rulebook.book(course.clinic_id), timezone.localtime(now)
    )
    return tuple(dict.fromkeys(each.examination for each in wanted if each.is_open and each.needed))


def asks_for_psychiatrist(viewer: Viewer, course_id: UUID) -> bool:
    """Whether the clinic's book wants to know that a psychiatrist decided."""
    course = rows.course(viewer, course_id)
    return course.product == Product.ESKETAMINE_NASAL.value and "IND-EU-3" in rulebook.book(course.clinic_id)


def assessment(viewer: Viewer, course_id: UUID, now: datetime) -> Assessment:
    """What the rules say now; ``now`` in the clinic's own zone."""
    viewer.require(Permission.VIEW_CHART)
    course = rows.course(viewer, course_id)
    found = gates.findings("eligibility", viewer, course, now)
    found = tuple(sorted(found, key=lambda each: _FIRST.index(each.outcome)))
    judgement = gate(found)
    titles = {rule.id: rule.title for rule in rulebook.book(course.clinic_id).values()}
    return Assessment(found, judgement, *_answer(judgement, titles))


def decision(viewer: Viewer, course_id: UUID) -> Decision | None:
    """The last decision on suitability."""
    viewer.require(Permission.VIEW_CHART)
    row = rows.eligibility(rows.course(viewer, course_id))
    if row is None:
        return None
    found = tuple(Finding.from_json(each) for each in row.findings)
    return Decision(
        suitable=row.suitable,
        rationale=row.rationale,
        findings=found,
        overrides=tuple(
            (each, row.overrides[each.fingerprint]) for each in found if each.fingerprint in row.overrides
        ),
        signer=row.signature.signer_name,
        signed_at=row.signature.recorded_at,
    )


def _answer(judgement: GateResult, titles: Mapping[str, str]) -> tuple[str, str, str]:
    """Verdict, reason, and the kind of message it is. What is certain speaks before what is missing."""
    if judgement.is_open:
        return "Suitable", "every requirement is met.", "ok"
    never = [
        f for f in judgement.blocked_by if f.outcome is Outcome.VIOLATED and f not in judgement.overridable
    ]
    if never:
        return "Not suitable", f"not met, and nobody may override it: {_rules(never, titles)}.", "stop"
    unknown = [f for f in judgement.blocked_by if f.outcome is Outcome.UNKNOWN]
    if unknown:
        return "Still needed", f"{', '.join(_lacking(unknown, titles))}.", "warn"
    named = _rules(judgement.overridable, titles)
    return "Not met", f"{named}. Suitable only if a prescriber overrides with a reason.", "warn"


def _lacking(unknown: list[Finding], titles: Mapping[str, str]) -> tuple[str, ...]:
    """What is not known, in the words of the inputs; the rule where an input is there and does not suffice."""
    found: list[str] = []
    for each in unknown:
        empty = [
            given.name for given in each.inputs if not given.value and not given.name.startswith("limit: ")
        ]
        found += empty or [_named(each, titles)]
    return tuple(dict.fromkeys(found))


def _rules(findings: Iterable[Finding], titles: Mapping[str, str]) -> str:
    return ", ".join(_named(found, titles) for found in findings)


def _named(found: Finding, titles: Mapping[str, str]) -> str:
    """A rule by its title and its identifier: "no aneurysmal vascular disease (CI-1)"."""
    title = titles[found.rule]
    capital = title[:2].isupper()  # an abbreviation keeps its letters
    return f"{title if capital else title[0].lower() + title[1:]} ({found.rule})"


def _condition(
    condition: Condition, row: ConditionAnswer | None, by_id: dict[UUID, ConditionAnswer]
) -> ConditionView:
    name = condition.value[0].upper() + condition.value[1:]
    if row is None:
        return ConditionView(condition, name, Answer.NOT_ASKED, "", None, "", "", None)
    before = _condition(condition, by_id[row.corrects_id], by_id) if row.corrects_id else None
    return ConditionView(
        condition=condition,
        name=name,
        answer=Answer(row.answer),
        basis=row.basis,
        answered_at=row.answered_at,
        recorded_by=row.recorded_by.name,
        reason=row.reason,
        answer_id=row.id,
        earlier=(before, *before.earlier) if before else (),
    )
