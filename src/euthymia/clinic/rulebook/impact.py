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
_NONE = "no such rule"


@dataclass(frozen=True, slots=True)
class Differs:
    """One rule's finding by the book that acts now and by the one proposed; ``None`` where it says nothing."""

    rule: str
    before: Finding | None
    after: Finding | None

    @property
    def outcome_before(self) -> str:
        """The outcome now, in words."""
        return _WORDS[self.before.outcome.value] if self.before else _NONE

    @property
    def outcome_after(self) -> str:
        """The outcome by the proposed book, in words."""
        return _WORDS[self.after.outcome.value] if self.after else _NONE

    @property
    def requirement(self) -> str:
        """What the rule requires, by the proposed book where it stands there."""
        found = self.after or self.before
        return found.requirement if found else ""

    @property
    def turns(self) -> bool:
        """Whether the outcome changes, and not only the words."""
        return self.outcome_before != self.outcome_after

    @property
    def matters(self) -> bool:
        """Whether something would newly stand in the way, or no longer would: more than another wording, or a
        rule that is met where another was."""
        return self.turns and not {self.outcome_before, self.outcome_after} <= {"met", _NONE}

    @property
    def tightens(self) -> bool:
        """Whether something that was met no longer is."""
        return self.outcome_before in ("met", _NONE) and self.outcome_after not in ("met", _NONE)

    @property
    def loosens(self) -> bool:
        """Whether something that was not met no longer stands in the way."""
        return self.outcome_after in ("met", _NONE) and self.outcome_before not in ("met", _NONE)


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

    @property
    def tightened(self) -> int:
        """How many rules would newly stand in the way."""
        return sum(each.tightens for each in self.differs)

    @property
    def counts(self) -> str:
        """How many rules would newly stand in the way and how many no longer, in words."""
        loosened = sum(each.loosens for each in self.differs)
        said = (f"{self.tightened} newly in the way", f"{loosened} no longer in the way")
        return ", ".join(
            words for words, count in zip(said, (self.tightened, loosened), strict=True) if count
        )


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
    def by_rule(self) -> tuple[tuple[str, str, int, int], ...]:
        """Each rule that matters somewhere, with what it requires: in how many it would newly stand in the way,
        and in how many no longer."""
        everything = [each for one in self.turned for each in one.matters]
        rules = {each.rule: each.requirement for each in everything}
        counted = (
            (
                rule,
                required,
                sum(each.tightens for each in everything if each.rule == rule),
                sum(each.loosens for each in everything if each.rule == rule),
            )
            for rule, required in rules.items()
        )
        return tuple(sorted(counted, key=lambda one: (-one[2], -one[3], one[0])))

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
