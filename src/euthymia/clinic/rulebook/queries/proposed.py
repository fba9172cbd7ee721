"""A change of the rule book before it is adopted: whether it is permitted, and the book it would make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.rulebook import words
from euthymia.clinic.rulebook.models import BookVersion
from euthymia.clinic.rulebook.queries import standing
from euthymia.clinic.rulebook.queries.desk import ChangedLimit
from euthymia.evidence import Rule, RuleBook, rules
from euthymia.protocol.changes import Change, Direction, Verdict, adopt, direction, judge_all

_WAYS: Mapping[Direction, str] = {
    Direction.SAME: "as it was",
    Direction.TIGHTER: "stricter",
    Direction.LOOSER: "looser",
    Direction.SIDEWAYS: "neither stricter nor looser",
}


@dataclass(frozen=True, slots=True)
class Proposed:
    """What the clinic's book would be. ``objections`` are sentences; with any of them ``after`` is the book as it is.

    ``local`` are all of the clinic's own thresholds after the change, ``changed`` what differs from what acts now.
    """

    number: int
    before: RuleBook
    after: RuleBook
    local: tuple[Change, ...]
    changed: tuple[ChangedLimit, ...]
    objections: tuple[str, ...]

    @property
    def is_permitted(self) -> bool:
        """Whether the director may sign it."""
        return bool(self.changed) and not self.objections


def proposed(viewer: Viewer, changes: Sequence[Change]) -> Proposed:
    """The clinic's book with ``changes`` on top of its own thresholds; a value as delivered takes one back."""
    viewer.require(Permission.VIEW_RULES)
    now = standing.current(viewer.clinic_id)
    delivered = rules(now.book.jurisdiction)
    targets = {(each.rule, each.threshold) for each in changes}
    kept = [
        each for each in local_of(viewer, now.book.jurisdiction) if (each.rule, each.threshold) not in targets
    ]
    verdicts = judge_all(delivered, [*kept, *changes])
    asked = [each for each in verdicts if (each.change.rule, each.change.threshold) in targets]
    objections = tuple(f"{_words(each.change)}: {each.sentence}" for each in asked if not each.permitted)
    acting = [each for each in verdicts if each.permitted and each.direction is not Direction.SAME]
    local = tuple(each.change for each in acting)
    after = now.book if objections else adopt(delivered, local, delivered.version)
    changed = (
        () if objections else tuple(_changed(now.book, each) for each in asked if _moves(now.book, each))
    )
    return Proposed(now.number, now.book, after, local, changed, objections)


def local_of(viewer: Viewer, jurisdiction: str) -> tuple[Change, ...]:
    """The clinic's own thresholds as its last version keeps them; none after the jurisdiction changed."""
    last = (
        BookVersion.objects.filter(clinic_id=viewer.clinic_id)
        .order_by("-number")
        .only("local", "jurisdiction")
    )
    row = last.first()
    return standing.changes_of(row.local) if row and row.jurisdiction == jurisdiction else ()


def _moves(book: RuleBook, verdict: Verdict) -> bool:
    change = verdict.change
    return book[change.rule].thresholds[change.threshold].value != change.value


def _changed(book: RuleBook, verdict: Verdict) -> ChangedLimit:
    change = verdict.change
    limit = book[change.rule].thresholds[change.threshold]
    return ChangedLimit(
        rule=change.rule,
        threshold=change.threshold,
        before=words.shown(limit.value),
        after=words.shown(change.value),
        unit=words.unit(limit.unit),
        reason=change.reason.strip(),
        way=_WAYS[direction(change.threshold, limit.value, change.value)],
    )


def _words(change: Change) -> str:
    return f"{change.rule}, {words.threshold(change.threshold)} {words.shown(change.value)}"


def acting_rule(viewer: Viewer, rule: str) -> tuple[Rule, Rule]:
    """A rule as it acts in the viewer's clinic, and as it was delivered. Raises NotFound for one there is not."""
    viewer.require(Permission.VIEW_RULES)
    acting = standing.book(viewer.clinic_id)
    delivered = rules(acting.jurisdiction)
    if rule not in acting or rule not in delivered:
        raise NotFound("No such rule.")
    return acting[rule], delivered[rule]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another jurisdiction's book beside the one that acts. ``fewer`` are rules that would no longer act."""

    number: int
    before: RuleBook
    after: RuleBook
    more: tuple[str, ...]
    fewer: tuple[str, ...]
    other: tuple[str, ...]
    lost: tuple[Change, ...]


def elsewhere(viewer: Viewer, jurisdiction: str) -> Elsewhere:
    """What choosing another jurisdiction would change: its book as delivered, without the clinic's own thresholds."""
    viewer.require(Permission.VIEW_RULES)
    now, after = standing.current(viewer.clinic_id), rules(jurisdiction)
    both = [key for key in now.book if key in after]
    return Elsewhere(
        number=now.number,
        before=now.book,
        after=after,
        more=tuple(key for key in after if key not in now.book),
        fewer=tuple(key for key in now.book if key not in after),
        other=tuple(key for key in both if now.book[key].wording != after[key].wording),
        lost=local_of(viewer, now.book.jurisdiction),
    )
