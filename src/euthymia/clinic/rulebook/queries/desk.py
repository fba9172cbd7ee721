"""What the medical director's desk shows: every rule, who signed it, and how its thresholds came to be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.rulebook import content, words
from euthymia.clinic.rulebook.models import BookVersion, RuleSignature
from euthymia.clinic.rulebook.queries import standing
from euthymia.evidence import Known, Rule, RuleBook, Sourced, Value, rules
from euthymia.protocol.changes import CLINIC, binding


@dataclass(frozen=True, slots=True)
class Limit:
    """One threshold as it acts. ``delivered`` is empty unless the clinic changed it; ``bound``: it rests on a
    label, a law or a safety programme, and can only be made stricter."""

    name: str
    label: str
    value: str
    unit: str
    source: str
    known: Known
    note: str
    delivered: str
    bound: bool

    @property
    def is_local(self) -> bool:
        """Whether the clinic changed it."""
        return self.source == CLINIC


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature under a rule. ``holds``: the rule is still what was signed."""

    by: str
    at: datetime
    label_version: str
    holds: bool


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule as the desk shows it. ``sha256`` is the hash of what a signature would bind."""

    id: str
    title: str
    wording: str
    group: str
    products: tuple[str, ...]
    by_analogy: tuple[str, ...]
    effect: str
    effect_words: str
    override: str
    override_words: str
    source: str
    known: Known
    note: str
    label_version: str
    effective_from: object
    limits: tuple[Limit, ...]
    sha256: str
    signed: Signed | None
    lapsed: Signed | None

    @property
    def is_signed(self) -> bool:
        """Whether the director signed the rule as it is."""
        return self.signed is not None

    @property
    def is_local(self) -> bool:
        """Whether one of its thresholds is the clinic's own."""
        return any(each.is_local for each in self.limits)


@dataclass(frozen=True, slots=True)
class Filter:
    """What of the book is wanted. ``state`` is empty, ``unverified``, ``lapsed``, ``signed`` or
    ``changed``."""

    text: str = ""
    product: str = ""
    effect: str = ""
    state: str = ""

    @property
    def is_set(self) -> bool:
        """Whether anything is left out."""
        return bool(self.text or self.product or self.effect or self.state)


@dataclass(frozen=True, slots=True)
class Group:
    """Rules of one step of the treatment."""

    title: str
    rules: tuple[RuleRow, ...]

    @property
    def unverified(self) -> int:
        """How many of them nobody has signed."""
        return sum(not each.is_signed for each in self.rules)


@dataclass(frozen=True, slots=True)
class Desk:
    """The clinic's rules, those the filter lets through in their groups, with how many there are in all."""

    jurisdiction: str
    number: int
    base_version: str
    kept: bool
    groups: tuple[Group, ...]
    total: int
    signed: int
    changed: int
    shown: int
    products: tuple[tuple[str, str], ...]


def desk(viewer: Viewer, wanted: Filter) -> Desk:
    """Every rule that acts in the viewer's clinic now."""
    viewer.require(Permission.VIEW_RULES)
    now, rows = _rows(viewer)
    found = [row for row in rows if _fits(row, wanted)]
    by_group: dict[str, list[RuleRow]] = defaultdict(list)
    for row in found:
        by_group[row.group].append(row)
    return Desk(
        jurisdiction=now.book.jurisdiction,
        number=now.number,
        base_version=rules(now.book.jurisdiction).version,
        kept=now.kept,
        groups=tuple(Group(title, tuple(by_group[title])) for title in words.GROUPS if by_group[title]),
        total=len(rows),
        signed=sum(row.is_signed for row in rows),
        changed=sum(row.is_local for row in rows),
        shown=len(found),
        products=_products(now.book),
    )


def rows_of(viewer: Viewer, ids: Iterable[str]) -> tuple[RuleRow, ...]:
    """The rules with these identifiers, in the order of the book. One that is not there is left out."""
    viewer.require(Permission.VIEW_RULES)
    wanted = frozenset(ids)
    return tuple(row for row in _rows(viewer)[1] if row.id in wanted)


def rule_row(viewer: Viewer, rule: str) -> RuleRow:
    """One rule that acts in the viewer's clinic. Raises NotFound for any other."""
    found = rows_of(viewer, [rule])
    if not found:
        raise NotFound("No such rule.")
    return found[0]


def signatures(viewer: Viewer, rule: str) -> tuple[Signed, ...]:
    """Every signature under a rule, the latest first."""
    viewer.require(Permission.VIEW_RULES)
    acting = standing.book(viewer.clinic_id)
    if rule not in acting:
        raise NotFound("No such rule.")
    now = content.sha256(acting[rule])
    found = RuleSignature.objects.filter(clinic_id=viewer.clinic_id, rule=rule).select_related("signature")
    return tuple(_signed(row, now) for row in found.order_by("-recorded_at"))


# --- one row ----------------------------------------------------------------------------------------------------
def _rows(viewer: Viewer) -> tuple[standing.Current, list[RuleRow]]:
    now = standing.current(viewer.clinic_id)
    delivered, last = rules(now.book.jurisdiction), _last_signed(viewer.clinic_id, now.book.jurisdiction)
    return now, [_row(rule, delivered, last) for rule in now.book.values()]


def _last_signed(clinic_id: UUID, jurisdiction: str) -> Mapping[tuple[str, str], RuleSignature]:
    """The latest signature under each content of each rule, and under the key without a content the latest of all."""
    found: dict[tuple[str, str], RuleSignature] = {}
    rows = RuleSignature.objects.filter(clinic_id=clinic_id, jurisdiction=jurisdiction).select_related(
        "signature"
    )
    for row in rows.order_by("recorded_at"):
        found[row.rule, row.content_sha256] = found[row.rule, ""] = row
    return found


def _row(rule: Rule, delivered: RuleBook, last: Mapping[tuple[str, str], RuleSignature]) -> RuleRow:
    now = content.sha256(rule)
    holding, latest = last.get((rule.id, now)), last.get((rule.id, ""))
    base = delivered.by_id.get(rule.id)
    return RuleRow(
        id=rule.id,
        title=rule.title,
        wording=rule.wording,
        group=words.group_of(rule.id),
        products=tuple(sorted(words.product(each) for each in rule.products)),
        by_analogy=tuple(sorted(words.product(each) for each in rule.by_analogy)),
        effect=rule.effect.value,
        effect_words=words.EFFECTS[rule.effect.value],
        override=rule.override.value,
        override_words=words.OVERRIDES[rule.override.value],
        source=rule.requirement.source,
        known=rule.requirement.known,
        note=rule.requirement.note,
        label_version=rule.label_version,
        effective_from=rule.effective_from,
        limits=tuple(_limit(name, each, base) for name, each in rule.thresholds.items()),
        sha256=now,
        signed=_signed(holding, now) if holding else None,
        lapsed=_signed(latest, now) if latest and not holding else None,
    )


def _limit(name: str, acting: Sourced[Value], base: Rule | None) -> Limit:
    delivered = base.thresholds.get(name) if base else None
    changed = delivered is not None and delivered.value != acting.value
    return Limit(
        name=name,
        label=words.threshold(name),
        value=words.shown(acting.value),
        unit=words.unit(acting.unit),
        source=acting.source,
        known=acting.known,
        note=acting.note,
        delivered=words.shown(delivered.value) if changed and delivered else "",
        bound=delivered is not None and binding(delivered),
    )


def _signed(row: RuleSignature, now: str) -> Signed:
    return Signed(row.signature.signer_name, row.recorded_at, row.label_version, row.content_sha256 == now)


def _products(book: RuleBook) -> tuple[tuple[str, str], ...]:
    keys = {key for rule in book.values() for key in rule.products}
    return tuple(sorted((key, words.product(key)) for key in keys))


# --- the filter -------------------------------------------------------------------------------------------------
def _fits(row: RuleRow, wanted: Filter) -> bool:
    return (
        (not wanted.product or words.product(wanted.product) in row.products)
        and (not wanted.effect or row.effect == wanted.effect)
        and _in_state(row, wanted.state)
        and all(word in _text(row) for word in wanted.text.lower().split())
    )


def _in_state(row: RuleRow, state: str) -> bool:
    found = {
        "unverified": not row.is_signed,
        "lapsed": row.lapsed is not None,
        "signed": row.is_signed,
        "changed": row.is_local,
    }
    return found.get(state, True)


def _text(row: RuleRow) -> str:
    return " ".join((row.id, row.title, row.wording, row.label_version, row.source, *row.products)).lower()


# --- versions ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class ChangedLimit:
    """One threshold that a version changed."""

    rule: str
    threshold: str
    before: str
    after: str
    unit: str
    reason: str
    way: str

    @property
    def label(self) -> str:
        """The threshold's name in words."""
        return words.threshold(self.threshold)


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version of the clinic's rule book. ``rules_changed`` are rules whose content differs from the version
    before, ``rules_new`` and ``rules_gone`` those that came and went."""

    id: UUID
    number: int
    kind: str
    jurisdiction: str
    base_version: str
    effective_at: datetime
    by: str
    signer: str
    why: str
    changed: tuple[ChangedLimit, ...]
    content_sha256: str
    rules_changed: tuple[str, ...] = ()
    rules_new: tuple[str, ...] = ()
    rules_gone: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What the version is called."""
        return f"Version {self.number}"


def versions(viewer: Viewer) -> tuple[VersionRow, ...]:
    """The versions of the viewer's clinic, the latest first."""
    viewer.require(Permission.VIEW_RULES)
    found = BookVersion.objects.filter(clinic_id=viewer.clinic_id).defer("rules", "local")
    return tuple(
        _version(row) for row in found.select_related("recorded_by", "signature").order_by("-number")
    )


def version_row(viewer: Viewer, version_id: UUID) -> VersionRow:
    """One version with what it changed. Raises NotFound for one of another clinic."""
    viewer.require(Permission.VIEW_RULES)
    found = BookVersion.objects.select_related("recorded_by", "signature")
    row = found.filter(id=version_id, clinic_id=viewer.clinic_id).first()
    if row is None:
        raise NotFound("No such version.")
    before = BookVersion.objects.filter(clinic_id=viewer.clinic_id, number=row.number - 1).first()
    return _version(row, _by_id(before) if before else None, _by_id(row))


def history_of(viewer: Viewer, rule: str) -> tuple[tuple[VersionRow, ChangedLimit], ...]:
    """Every change the clinic made to a rule's thresholds, the latest first."""
    return tuple(
        (each, change) for each in versions(viewer) for change in each.changed if change.rule == rule
    )


def _by_id(row: BookVersion) -> dict[str, object]:
    return {each["id"]: each for each in row.rules}


def _version(
    row: BookVersion, before: Mapping[str, object] | None = None, after: Mapping[str, object] | None = None
) -> VersionRow:
    old, new = before or {}, after or {}
    return VersionRow(
        id=row.id,
        number=row.number,
        kind=row.kind,
        jurisdiction=row.jurisdiction,
        base_version=row.base_version,
        effective_at=row.effective_at,
        by=row.recorded_by.name,
        signer=row.signature.signer_name if row.signature else "",
        why=row.why,
        changed=tuple(ChangedLimit(**each) for each in row.changed),
        content_sha256=row.content_sha256,
        rules_changed=tuple(key for key in new if key in old and new[key] != old[key]) if before else (),
        rules_new=tuple(key for key in new if key not in old) if before else (),
        rules_gone=tuple(key for key in old if key not in new) if before else (),
    )
