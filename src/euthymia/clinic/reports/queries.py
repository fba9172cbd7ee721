"""Reading letters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.audit.canonical import sha256_of
from euthymia.clinic.people import queries as people
from euthymia.clinic.reports.contents import Content, Entered, compose
from euthymia.clinic.reports.models import Letter

_OF_THE_DAY = ("written_on",)


@dataclass(frozen=True, slots=True)
class LetterView:
    """A letter as it is shown. ``signer`` is empty while it is a draft."""

    id: UUID
    course_id: UUID
    patient_id: UUID
    content: Content
    content_sha256: str
    pdf_sha256: str
    made_by: str
    made_at: datetime
    signer: str
    signed_at: datetime | None
    is_stale: bool = False

    @property
    def is_signed(self) -> bool:
        """Whether a prescriber signed it."""
        return self.signed_at is not None


def row(viewer: Viewer, letter_id: UUID) -> Letter:
    """The letter's own row, of a patient this person may open.

    Raises:
        NotFound: there is none.
    """
    viewer.require(Permission.VIEW_CHART)
    found: Letter | None = (
        Letter.objects.filter(pk=letter_id, patient__in=people.visible(viewer))
        .select_related("recorded_by", "signed__signature")
        .first()
    )
    if found is None:
        raise NotFound
    return found


def letter(viewer: Viewer, letter_id: UUID, now: datetime) -> LetterView:
    """One letter; a draft says whether the record has changed since."""
    found = row(viewer, letter_id)
    stale = _signed(found) is None and is_stale(viewer, found, now)
    return _view(found, stale)


def letters(viewer: Viewer, course_id: UUID) -> tuple[LetterView, ...]:
    """The letters of a course, the latest first."""
    viewer.require(Permission.VIEW_CHART)
    found = (
        Letter.objects.filter(course_id=course_id, patient__in=people.visible(viewer))
        .select_related("recorded_by", "signed__signature")
        .defer("pdf", "signed__pdf")
        .order_by("-recorded_at")
    )
    return tuple(_view(each) for each in found)


def document(viewer: Viewer, letter_id: UUID) -> bytes:
    """The document: the signed one where there is one, else the draft."""
    found = row(viewer, letter_id)
    signed = _signed(found)
    return bytes(signed.pdf if signed else found.pdf)


def is_stale(viewer: Viewer, found: Letter, now: datetime) -> bool:
    """Whether a letter made from the record now would say something else. The date alone does not count."""
    current = compose(viewer, found.course_id, Entered(**found.entered), now)
    return sha256_of(_without_day(current)) != sha256_of(_without_day(found.content))


def _without_day(content: Content) -> Content:
    return {name: value for name, value in content.items() if name not in _OF_THE_DAY}


def _signed(found: Letter) -> Any:
    return getattr(found, "signed", None)


def _view(found: Letter, stale: bool = False) -> LetterView:
    signed = _signed(found)
    return LetterView(
        id=found.id,
        course_id=found.course_id,
        patient_id=found.patient_id,
        content=found.content,
        content_sha256=found.content_sha256,
        pdf_sha256=signed.pdf_sha256 if signed else found.pdf_sha256,
        made_by=found.recorded_by.name,
        made_at=found.recorded_at,
        signer=signed.signature.signer_name if signed else "",
        signed_at=signed.recorded_at if signed else None,
        is_stale=stale,
    )
