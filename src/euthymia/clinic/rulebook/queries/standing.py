"""Reading the clinic's rule book: the only door to its rules for every room above.

Kept versions and signatures are facts, so what was read of them once is true for ever and is cached for the process
under their ids. Which of them stand now is asked of the database once per request, and each time outside one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from euthymia.clinic.access.viewer import NotFound
from euthymia.clinic.audit import origin
from euthymia.clinic.rulebook import content
from euthymia.clinic.rulebook.models import BookVersion, RuleSignature
from euthymia.evidence import Rule, RuleBook, rules
from euthymia.protocol.changes import Change, adopt, judge_all

_STANDING = """
SELECT c.jurisdiction, c.time_zone,
    ARRAY(SELECT id FROM rulebook_bookversion WHERE clinic_id = c.id ORDER BY number),
    COALESCE((SELECT md5(string_agg(id::text, '' ORDER BY id)) FROM rulebook_rulesignature WHERE clinic_id = c.id), '')
FROM access_clinic c WHERE c.id = %s
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides which rules act in a clinic: its jurisdiction, its versions, and a mark of its signatures."""

    clinic_id: UUID
    jurisdiction: str
    time_zone: str
    versions: tuple[UUID, ...]
    signed: str


@dataclass(frozen=True, slots=True)
class Current:
    """The book that acts now. ``kept`` is whether its version is written down already."""

    book: RuleBook
    number: int
    kept: bool


def book(clinic_id: UUID) -> RuleBook:
    """The rules that act in the clinic now: those of its jurisdiction, with the thresholds it adopted."""
    return current(clinic_id).book


def version(clinic_id: UUID) -> int:
    """The number of the version that acts now."""
    return current(clinic_id).number


def book_of_version(clinic_id: UUID, number: int) -> RuleBook:
    """The rules as they stood in a version of this clinic. Their content never changes; a rule that was signed
    since shows by whom. Raises NotFound for a number this clinic has not come to."""
    standing = standing_of(clinic_id)
    if 1 <= number <= len(standing.versions):
        return _kept(standing, number)
    now = _current(standing)
    if number == now.number:
        return now.book
    raise NotFound("No such version of the rule book.")


def current(clinic_id: UUID) -> Current:
    """The book that acts now, with its number."""
    return _current(standing_of(clinic_id))


# --- what stands ------------------------------------------------------------------------------------------------
_asked: ContextVar[tuple[origin.Origin, dict[UUID, Standing]] | None] = ContextVar(
    "rulebook_asked", default=None
)


def standing_of(clinic_id: UUID) -> Standing:
    """Ask which versions and signatures stand: once per request and clinic."""
    request = origin.current()
    if request.request_id is None:
        return _ask(clinic_id)
    asked = _asked.get()
    if asked is None or asked[0] is not request:
        asked = (request, {})
        _asked.set(asked)
    if clinic_id not in asked[1]:
        asked[1][clinic_id] = _ask(clinic_id)
    return asked[1][clinic_id]


def forget_standing() -> None:
    """Ask again: called by what adds a version or a signature."""
    _asked.set(None)


def _ask(clinic_id: UUID) -> Standing:
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [clinic_id])
        row = cursor.fetchone()
    if row is None:
        raise NotFound("No such clinic.")
    jurisdiction, time_zone, versions, signed = row
    return Standing(clinic_id, jurisdiction, time_zone, tuple(versions), signed)


# --- what was kept ----------------------------------------------------------------------------------------------
@lru_cache(maxsize=16)
def _row(version_id: UUID) -> BookVersion:
    return BookVersion.objects.get(id=version_id)


@lru_cache(maxsize=32)
def _current(standing: Standing) -> Current:
    last = _row(standing.versions[-1]) if standing.versions else None
    found = rules(standing.jurisdiction)
    if last is not None and last.jurisdiction == standing.jurisdiction:
        found = with_changes(found, changes_of(last.local))
    kept = last is not None and last.content_sha256 == content.sha256_of_book(found)
    number = len(standing.versions) + (0 if kept else 1)
    return Current(_finished(found, standing, number), number, kept)


@lru_cache(maxsize=64)
def _kept(standing: Standing, number: int) -> RuleBook:
    row = _row(standing.versions[number - 1])
    base = rules(row.jurisdiction)
    by_id = MappingProxyType(content.from_json(row.rules, base))
    found = replace(base, version=row.base_version, by_id=by_id)
    return _finished(found, standing, number)


def changes_of(local: Iterable[Mapping[str, Any]]) -> tuple[Change, ...]:
    """The clinic's own thresholds as a version keeps them, as changes of the delivered book."""
    return tuple(
        Change(
            rule=row["rule"],
            threshold=row["threshold"],
            value=tuple(row["value"]) if isinstance(row["value"], list) else row["value"],
            reason=row["reason"],
            label_version=row["label_version"],
        )
        for row in local
    )


def with_changes(delivered: RuleBook, local: Iterable[Change]) -> RuleBook:
    """``delivered`` with the clinic's own thresholds. One that a newer delivered book no longer permits, or no
    longer has, falls away: what is bound by a label is never loosened by an older decision."""
    return adopt(delivered, permitted(delivered, local), delivered.version)


def permitted(delivered: RuleBook, local: Iterable[Change]) -> tuple[Change, ...]:
    """Those of the clinic's own thresholds that the delivered book permits."""
    return tuple(each.change for each in judge_all(delivered, local) if each.permitted)


def _finished(found: RuleBook, standing: Standing, number: int) -> RuleBook:
    """With the name of the version, and who signed each rule as it stands there."""
    signed = _signers(standing)
    by_id = {key: _verified(rule, signed) for key, rule in found.items()}
    return replace(found, version=f"{found.version}, clinic version {number}", by_id=MappingProxyType(by_id))


def _verified(rule: Rule, signed: dict[str, str]) -> Rule:
    return replace(rule, verified_by=signed.get(content.sha256(rule)))


@lru_cache(maxsize=32)
def _signers(standing: Standing) -> dict[str, str]:
    """Who signed, by the hash of what was signed: “Dr A. Varga, 3 March 2026”."""
    if not standing.signed:
        return {}
    zone = ZoneInfo(standing.time_zone)
    found = RuleSignature.objects.filter(clinic_id=standing.clinic_id).select_related("signature")
    return {
        row.content_sha256: f"{row.signature.signer_name}, {row.recorded_at.astimezone(zone):%-d %B %Y}"
        for row in found.order_by("recorded_at")
    }
