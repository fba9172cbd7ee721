"""What a change of the rule book would do to courses and to visits under way: asked here, answered above.

Courses and visits stand above this room. ``config`` wires who answers; each answer judges the same facts by both
books and tells what differs. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from euthymia.clinic.access.viewer import Viewer
from euthymia.evidence import RuleBook
from euthymia.protocol import Finding

_WORDS = {"satisfied": "met", "violated": "not met", "unknown": "not known yet"}


@dataclass(frozen=True, slots=True)
class Differs:
    """One rule's finding by the book that acts now and by the one proposed; ``None`` where it says nothing."""

    rule: str
    before: Finding | None
    after: Finding | None

    @property
    def outcome_before(self) -> str:
        """The outcome now, in words."""
        return _WORDS[self.before.outcome.value] if self.before else "not asked"

    @property
    def outcome_after(self) -> str:
        """The outcome by the proposed book, in words."""
        return _WORDS[self.after.outcome.value] if self.after else "not asked"

    @property
    def turns(self) -> bool:
        """Whether the outcome changes, and not only the words."""
        return self.outcome_before != self.outcome_after

    @property
    def matters(self) -> bool:
        """Whether something would newly stand in the way, or no longer would: more than another wording, or a
        rule that is met where another was."""
        return self.turns and not {self.outcome_before, self.outcome_after} <= {"met", "not asked"}

    @property
    def tightens(self) -> bool:
        """Whether something that was met no longer is."""
        return self.outcome_before in ("met", "not asked") and self.outcome_after in (
            "not met",
            "not known yet",
        )


@dataclass(frozen=True, slots=True)
class Touched:
    """One course, or one visit under way, whose findings would differ. ``name`` is empty for a restricted chart."""

    name: str
    what: str
    state: str
    url: str
    differs: tuple[Differs, ...]

    @property
    def matters(self) -> tuple[Differs, ...]:
        """The findings that would stand in the way, or no longer would."""
        return tuple(each for each in self.differs if each.matters)


@dataclass(frozen=True, slots=True)
class Judged:
    """How many were judged by both books, how many of them in charts this viewer may not open, and what differs."""

    looked_at: int
    hidden: int
    touched: tuple[Touched, ...]

    @property
    def turned(self) -> tuple[Touched, ...]:
        """Those in which a finding would stand in the way, or no longer would."""
        return tuple(each for each in self.touched if each.matters)

    @property
    def only_words(self) -> int:
        """How many differ in wording, or in rules that are met, and in nothing else."""
        return len(self.touched) - len(self.turned)


@dataclass(frozen=True, slots=True)
class Impact:
    """What a proposed book would change: ``courses`` go by it at once, ``visits`` keep the one they began under."""

    courses: Judged
    visits: Judged


Answer = Callable[[Viewer, RuleBook, RuleBook, datetime], Judged]


def _unwired(viewer: Viewer, before: RuleBook, after: RuleBook, now: datetime) -> Judged:
    raise RuntimeError("Nobody tells what a change of the rule book touches: wire it in config/wiring.py.")


_courses: Answer = _unwired
_visits: Answer = _unwired


def wire(*, courses: Answer, visits: Answer) -> None:
    """Set who tells which courses and which visits under way a change touches."""
    global _courses, _visits
    _courses, _visits = courses, visits


def of(viewer: Viewer, before: RuleBook, after: RuleBook, now: datetime) -> Impact:
    """What ``after`` would change in the viewer's clinic, where ``before`` acts."""
    return Impact(_courses(viewer, before, after, now), _visits(viewer, before, after, now))


def compare(before: Iterable[Finding], after: Iterable[Finding]) -> tuple[Differs, ...]:
    """Which rules say something else by the other book. A changed mark or source alone is no difference."""
    old, new = {each.rule: each for each in before}, {each.rule: each for each in after}
    pairs = ((rule, old.get(rule), new.get(rule)) for rule in {**old, **new})
    return tuple(Differs(rule, was, will) for rule, was, will in pairs if _said(was) != _said(will))


def _said(finding: Finding | None) -> tuple[str, ...]:
    if finding is None:
        return ()
    return (
        finding.outcome.value,
        finding.requirement,
        finding.sentence,
        finding.effect.value,
        finding.override.value,
    )
