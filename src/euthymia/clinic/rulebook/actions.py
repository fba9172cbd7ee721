"""Keeping a version of the rule book, signing rules, adopting changed thresholds, choosing the jurisdiction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from euthymia.clinic.access.models import Clinic
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Reauthenticated, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import Refused, made_with
from euthymia.clinic.audit.models import Signature
from euthymia.clinic.rulebook import content, queries
from euthymia.clinic.rulebook.models import BookVersion, Kind, RuleSignature
from euthymia.clinic.rulebook.queries import standing
from euthymia.clinic.rulebook.queries.proposed import local_of
from euthymia.evidence import Jurisdiction, RuleBook, rules
from euthymia.protocol.changes import Change

SIGN_RULES = "I have read these rules against the label named, and they agree with it"
ADOPT = "I answer for these thresholds in this clinic"
CHOOSE = "This clinic works by the rules of this jurisdiction"


@transaction.atomic
def keep_current(*, by: Viewer, at: datetime) -> int:
    """Write down the book that acts now, unless it is kept already, and return its number.

    Whatever is to be judged by the same rules to its end calls this when it begins, and keeps the number.
    """
    if (now := queries.current(by.clinic_id)).kept:
        return now.number
    now = _locked(by)
    if now.kept:
        return now.number
    local = standing.permitted(rules(now.book.jurisdiction), local_of(by, now.book.jurisdiction))
    _insert(by, at, now.number, now.book, local, kind=Kind.DELIVERED)
    audit.record(by=by, verb="rulebook.keep", at=at, subject=f"version {now.number}")
    return now.number


@transaction.atomic
def sign_rules(
    *,
    by: Viewer,
    at: datetime,
    seen: Mapping[str, str],
    label_version: str,
    reauth: Reauthenticated,
    idempotency_key: UUID | None = None,
) -> UUID:
    """Sign rules as agreeing with a label, several under one signature, and return its id.

    ``seen`` is the hash of each rule as it was shown. Raises Refused when one has changed since, is not there, or
    the label is not named.
    """
    by.require(Permission.SIGN_RULES)
    if not label_version.strip():
        raise Refused("Name the label, and its version, that you read the rules against.", "label_version")
    if not seen:
        raise Refused("Choose at least one rule to sign.")
    now = _locked(by)
    stale = [rule for rule, shown in seen.items() if rule not in now.book or _sha(now.book, rule) != shown]
    if stale:
        raise Refused(
            f"Changed since this page was opened: {', '.join(sorted(stale))}. Read them again, then sign."
        )
    signature = _sign(
        by, at, SIGN_RULES, {"rules": dict(seen), "label": label_version.strip()}, reauth, idempotency_key
    )
    if not RuleSignature.objects.filter(signature=signature).exists():
        _insert_signatures(by, at, now.book, seen, label_version.strip(), signature)
        standing.forget_standing()
        detail = {"rules": sorted(seen), "signature": signature.id}
        audit.record(by=by, verb="rulebook.sign_rules", at=at, subject=f"version {now.number}", detail=detail)
    return signature.id


@transaction.atomic
def adopt(
    *,
    by: Viewer,
    at: datetime,
    changes: Sequence[Change],
    why: str,
    seen_number: int,
    reauth: Reauthenticated,
    label_version: str = "",
    idempotency_key: UUID | None = None,
) -> int:
    """Adopt thresholds of the clinic's own as a new version, and return its number.

    With ``label_version`` the changed rules are signed too, as read against that label. Raises Refused when a change
    is not permitted, changes nothing, has no reason, or the book is no longer the version that was looked at.
    """
    by.require(Permission.SIGN_RULES)
    before = _locked(by)
    if made := _made_with(by, idempotency_key):
        return made.number
    _expect(before, seen_number)
    if not why.strip():
        raise Refused(
            "Say why the clinic needs another value. The reason is kept with the version.", "reason"
        )
    wanted = queries.proposed(by, changes)
    if wanted.objections:
        raise Refused(" ".join(wanted.objections))
    if not wanted.changed:
        raise Refused("These are the values that act already. Enter another value.")
    before_number = keep_current(by=by, at=at)  # what acted until now stays readable as a version of its own
    number = before_number + 1
    changed = [asdict(each) for each in wanted.changed]
    signature = _sign(by, at, ADOPT, _content(number, wanted.after, changed, why), reauth, None)
    _insert(
        by, at, number, wanted.after, wanted.local, kind=Kind.ADOPTED,
        changed=changed, why=why.strip(), signature=signature, idempotency_key=idempotency_key,
    )  # fmt: skip
    if label_version.strip():
        seen = {each.rule: _sha(wanted.after, each.rule) for each in wanted.changed}
        _insert_signatures(by, at, wanted.after, seen, label_version.strip(), signature)
    standing.forget_standing()
    detail = {
        "thresholds": [f"{each.rule} {each.threshold}" for each in wanted.changed],
        "signature": signature.id,
    }
    audit.record(by=by, verb="rulebook.adopt", at=at, subject=f"version {number}", detail=detail)
    return number


@transaction.atomic
def choose_jurisdiction(
    *,
    by: Viewer,
    at: datetime,
    jurisdiction: str,
    why: str,
    seen_number: int,
    reauth: Reauthenticated,
    idempotency_key: UUID | None = None,
) -> int:
    """Let the clinic work by another jurisdiction's rules from now on, as delivered; returns the version's number.

    Raises Refused for the one that acts, one there is none of, a missing reason, or a book that changed meanwhile.
    """
    by.require(Permission.SIGN_RULES)
    before = _locked(by)
    if made := _made_with(by, idempotency_key):
        return made.number
    _expect(before, seen_number)
    if jurisdiction not in set(Jurisdiction):
        raise Refused("Choose one of the jurisdictions listed.", "jurisdiction")
    if jurisdiction == before.book.jurisdiction:
        raise Refused("The clinic works by these rules already.", "jurisdiction")
    if not why.strip():
        raise Refused("Say why. The reason is kept with the version.", "reason")
    number, book = keep_current(by=by, at=at) + 1, rules(jurisdiction)
    signature = _sign(by, at, CHOOSE, _content(number, book, [], why), reauth, None)
    Clinic.objects.filter(id=by.clinic_id).update(jurisdiction=jurisdiction)
    _insert(
        by,
        at,
        number,
        book,
        (),
        kind=Kind.ADOPTED,
        why=why.strip(),
        signature=signature,
        idempotency_key=idempotency_key,
    )
    detail = {"from": before.book.jurisdiction, "to": jurisdiction, "signature": signature.id}
    audit.record(
        by=by, verb="rulebook.choose_jurisdiction", at=at, subject=f"version {number}", detail=detail
    )
    return number


# --- shared -----------------------------------------------------------------------------------------------------
def _locked(by: Viewer) -> standing.Current:
    """The book that acts, read after every earlier writer of versions has finished."""
    Clinic.objects.select_for_update(no_key=True).get(id=by.clinic_id)
    standing.forget_standing()
    return queries.current(by.clinic_id)


def _expect(now: standing.Current, seen_number: int) -> None:
    if now.number != seen_number:
        raise Refused(
            f"Meanwhile version {now.number} of the rule book acts, and you looked at {seen_number}. "
            "Look at the change again, then sign."
        )


def _made_with(by: Viewer, key: UUID | None) -> BookVersion | None:
    return made_with(BookVersion, key, clinic_id=by.clinic_id, recorded_by_id=by.user_id)


def _sha(book: RuleBook, rule: str) -> str:
    return content.sha256(book[rule])


def _content(number: int, book: RuleBook, changed: list[dict[str, Any]], why: str) -> dict[str, Any]:
    """What an adoption's signature binds."""
    return {
        "number": number,
        "jurisdiction": book.jurisdiction,
        "content_sha256": content.sha256_of_book(book),
        "changed": changed,
        "why": why.strip(),
    }


def _sign(
    by: Viewer,
    at: datetime,
    meaning: str,
    signed: Mapping[str, Any],
    reauth: Reauthenticated,
    key: UUID | None,
) -> Signature:
    return audit.sign(by=by, meaning=meaning, content=signed, reauth=reauth, at=at, idempotency_key=key)


def _insert(
    by: Viewer,
    at: datetime,
    number: int,
    book: RuleBook,
    local: Iterable[Change],
    *,
    kind: Kind,
    changed: Sequence[Mapping[str, Any]] = (),
    why: str = "",
    signature: Signature | None = None,
    idempotency_key: UUID | None = None,
) -> None:
    BookVersion.objects.create(
        clinic_id=by.clinic_id,
        recorded_at=at,
        recorded_by_id=by.user_id,
        idempotency_key=idempotency_key,
        number=number,
        kind=kind,
        jurisdiction=book.jurisdiction,
        base_version=rules(book.jurisdiction).version,
        content_sha256=content.sha256_of_book(book),
        rules=[content.to_json(rule) for rule in book.values()],
        local=[asdict(each) for each in local],
        changed=list(changed),
        why=why,
        effective_at=at,
        signature=signature,
    )
    standing.forget_standing()


def _insert_signatures(
    by: Viewer,
    at: datetime,
    book: RuleBook,
    seen: Mapping[str, str],
    label_version: str,
    signature: Signature,
) -> None:
    RuleSignature.objects.bulk_create(
        RuleSignature(
            clinic_id=by.clinic_id,
            recorded_at=at,
            recorded_by_id=by.user_id,
            rule=rule,
            jurisdiction=book.jurisdiction,
            content_sha256=shown,
            label_version=label_version,
            signature=signature,
        )
        for rule, shown in seen.items()
    )
