"""Intake: keeping what is typed as drafts, and confirming a step, which turns its draft into facts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit.facts import Refused, insert_once, made_with
from euthymia.clinic.courses import rows
from euthymia.clinic.courses.models import Course, IntakeConfirmation, IntakeDraft, PsychiatristDecision
from euthymia.clinic.courses.queries.intake import DraftView, Texts, as_view
from euthymia.protocol import COURSE

MOST_LETTERS = 40_000  # ours: far beyond what a step can hold, far below what would fill a disk


class Conflict(Exception):
    """Somebody, or another window, saved this step meanwhile and what it holds differs. Nothing was written."""

    def __init__(self, theirs: DraftView) -> None:
        super().__init__("This step was changed in another place.")
        self.theirs = theirs


@transaction.atomic
def save_draft(
    *,
    by: Viewer,
    at: datetime,
    course_id: UUID,
    step: str,
    texts: Texts,
    version: int,
    page: UUID | None,
    device: str,
) -> DraftView | None:
    """Keep what stands in a step's fields; ``version`` is the one the page was typed over.

    ``page`` is the key of the open page that saves: when the draft stands as that page left it, an answer of
    the server's was lost on the way and the page knows an older version; that is no conflict.

    Returns the draft as it stands now, None when nothing was typed and nothing is kept. The audit says who
    began a draft or went on with another's, never what stands in it.

    Raises:
        Conflict: another save came between, and what it left differs from ``texts``.
        Refused: the course is over, or more was sent than a step can hold.
    """
    by.require(Permission.RECORD_HISTORY)
    course = _open_course(by, course_id)
    _check_size(texts)
    draft = _draft(course, step)
    _check_version(draft, version, texts, page)
    if draft is None:
        return _begin(by, at, course, step, texts, device, page) if _says_something(texts) else None
    if not draft.is_open and not _says_something(texts):
        return as_view(draft)
    if draft.is_open and _same(draft, texts):
        return as_view(draft)
    went_on = draft.author_id != by.user_id or not draft.is_open
    _write(draft, by=by, at=at, texts=texts, device=device, page=page)
    if went_on:
        _audit(by, at, course, "courses.go_on_with_draft", step)
    return as_view(draft)


@transaction.atomic
def confirm_step(
    *,
    by: Viewer,
    at: datetime,
    course_id: UUID,
    step: str,
    texts: Texts,
    version: int,
    device: str,
    record: Callable[[UUID], None],
    idempotency_key: UUID,
) -> None:
    """Turn a step into facts with ``record``, close its draft and note who confirmed it, all or nothing.

    ``record`` writes the facts; it is given the key from which theirs derive. The same key twice does nothing
    more.

    Raises:
        Conflict: the step was changed in another place and differs from ``texts``, which were checked.
        Refused: the course is over, or ``record`` refused an entry.
    """
    by.require(Permission.RECORD_HISTORY)
    course = _open_course(by, course_id)
    if made_with(IntakeConfirmation, idempotency_key, course_id=course.id, step=step):
        return
    draft = _draft(course, step)
    _check_version(draft, version, texts, idempotency_key)
    record(idempotency_key)
    IntakeConfirmation.objects.create(
        clinic_id=by.clinic_id,
        recorded_at=at,
        recorded_by_id=by.user_id,
        idempotency_key=idempotency_key,
        course=course,
        step=step,
    )
    if draft is None:
        draft = IntakeDraft(course=course, step=step)
    _close(draft, by=by, at=at, device=device)
    _audit(by, at, course, "courses.confirm_step", step)


@transaction.atomic
def discard_draft(*, by: Viewer, at: datetime, course_id: UUID, step: str, version: int) -> None:
    """Throw away what was typed into a step, as it was last seen.

    Raises:
        Conflict: somebody saved more since.
    """
    by.require(Permission.RECORD_HISTORY)
    course = _open_course(by, course_id)
    draft = _draft(course, step)
    if draft is None or not draft.is_open:
        return
    if draft.version != version:
        raise Conflict(as_view(draft))
    _close(draft, by=by, at=at, device=draft.device)
    _audit(by, at, course, "courses.discard_draft", step)


def _open_course(by: Viewer, course_id: UUID) -> Course:
    course = rows.locked(by, course_id)
    if course.state in COURSE.terminal:
        raise Refused("This course is over: its intake is closed.")
    return course


def _draft(course: Course, step: str) -> IntakeDraft | None:
    found: IntakeDraft | None = (
        IntakeDraft.objects.filter(course=course, step=step).select_related("author").first()
    )
    return found


def _begin(
    by: Viewer, at: datetime, course: Course, step: str, texts: Texts, device: str, page: UUID | None
) -> DraftView:
    draft = IntakeDraft(course=course, step=step)
    _write(draft, by=by, at=at, texts=texts, device=device, page=page)
    _audit(by, at, course, "courses.begin_draft", step)
    return as_view(draft)


def _write(
    draft: IntakeDraft, *, by: Viewer, at: datetime, texts: Texts, device: str, page: UUID | None
) -> None:
    draft.texts = {name: list(values) for name, values in sorted(texts.items())}
    draft.is_open = True
    _save(draft, by, at, device, page)


def _close(draft: IntakeDraft, *, by: Viewer, at: datetime, device: str) -> None:
    """Nothing of what was typed stays in a draft that is closed."""
    draft.texts, draft.is_open = {}, False
    _save(draft, by, at, device, None)


def _save(draft: IntakeDraft, by: Viewer, at: datetime, device: str, page: UUID | None) -> None:
    draft.version += 1
    draft.author_id, draft.saved_at, draft.device, draft.page = by.user_id, at, device[:60], page
    draft.save()


def _check_version(draft: IntakeDraft | None, version: int, texts: Texts, page: UUID | None) -> None:
    """A page typed over an older version may only say what the newer one says too."""
    if draft is None or draft.version == version or (page is not None and draft.page == page):
        return
    if draft.is_open and _same(draft, texts):
        return
    raise Conflict(as_view(draft))


def _same(draft: IntakeDraft, texts: Texts) -> bool:
    return _said(draft.texts) == _said(texts)


def _said(texts: Texts) -> dict[str, tuple[str, ...]]:
    """Only the fields in which something stands: one left empty and one not shown are the same."""
    return {name: tuple(values) for name, values in texts.items() if any(value.strip() for value in values)}


def _says_something(texts: Texts) -> bool:
    return bool(_said(texts))


def _check_size(texts: Texts) -> None:
    if sum(len(name) + len(value) for name, values in texts.items() for value in values) > MOST_LETTERS:
        raise Refused("This is more text than a step can keep. Shorten it.")


def _audit(by: Viewer, at: datetime, course: Course, verb: str, step: str) -> None:
    audit.record(
        by=by,
        verb=verb,
        at=at,
        patient_id=course.patient_id,
        subject=f"course {course.id}",
        detail={"step": step},
    )


@transaction.atomic
def record_episode(*, by: Viewer, at: datetime, course_id: UUID, began: date) -> None:
    """Note when the current episode began; about when, if the day is not known.

    Raises:
        Refused: that day lies in the future or before the patient was born.
    """
    by.require(Permission.RECORD_HISTORY)
    course = _open_course(by, course_id)
    if not course.patient.birth_date <= began <= timezone.localtime(at).date():
        raise Refused("The episode cannot have begun then. Check the year.", "began")
    if course.episode_started_on == began:
        return
    course.episode_started_on = began
    course.save(update_fields=["episode_started_on"])
    audit.record(
        by=by,
        verb="courses.record_episode",
        at=at,
        patient_id=course.patient_id,
        subject=f"course {course.id}",
        detail={"fields": ["episode_started_on"]},
    )


@transaction.atomic
def record_psychiatrist(
    *, by: Viewer, at: datetime, course_id: UUID, decided: bool, psychiatrist: str, idempotency_key: UUID
) -> None:
    """Note whether a psychiatrist decided on this treatment, and who.

    Raises:
        Refused: somebody decided and is not named.
    """
    by.require(Permission.RECORD_HISTORY)
    course = _open_course(by, course_id)
    if decided and not psychiatrist.strip():
        raise Refused("Name the psychiatrist.", "psychiatrist")
    fact, new = insert_once(
        PsychiatristDecision(
            clinic_id=by.clinic_id,
            recorded_at=at,
            recorded_by_id=by.user_id,
            idempotency_key=idempotency_key,
            course=course,
            decided=decided,
            psychiatrist=psychiatrist.strip(),
        )
    )
    if new:
        audit.record(
            by=by,
            verb="courses.record_psychiatrist",
            at=at,
            patient_id=course.patient_id,
            subject=f"psychiatristdecision {fact.id}",
        )
