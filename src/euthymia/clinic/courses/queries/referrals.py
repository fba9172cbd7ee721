"""Reading referrals, and the pages that referrers may send them by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Case, Count, Q, QuerySet, When
from django.utils.crypto import constant_time_compare

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.courses.incoming import Incoming, Unmapped
from euthymia.clinic.courses.links import is_open, token_hash
from euthymia.clinic.courses.referral_models import (
    Referral,
    ReferralLink,
    ReferralSource,
    ReferralStatus,
    SuicidalThoughts,
    Urgency,
)
from euthymia.clinic.people import duplicates
from euthymia.clinic.people import queries as people
from euthymia.clinic.people.likeness import Described
from euthymia.evidence import crisis_line, speaks_of_suicide

PAGE_SIZE = 50
_KEPT = tuple(each.name for each in fields(Incoming) if each.name not in ("unmapped", "number"))


@dataclass(frozen=True, slots=True)
class ReferralView:
    """One referral, as it was given and as it stands. ``alarms``: it named suicidal thoughts, or spoke of suicide."""

    id: UUID
    reference: str
    source: str
    source_label: str
    status: str
    status_label: str
    received_at: datetime
    received_by: str
    given: Incoming
    sex_label: str
    urgency_label: str
    suicidal_label: str
    alarms: bool
    patient_id: UUID | None
    course_id: UUID | None
    decided_at: datetime | None
    decided_by: str
    decline_reason: str

    @property
    def name(self) -> str:
        """The patient's name as the referrer wrote it."""
        return f"{self.given.given_name} {self.given.family_name}"

    @property
    def is_new(self) -> bool:
        """Whether nobody has decided on it."""
        return self.status == ReferralStatus.NEW


@dataclass(frozen=True, slots=True)
class Inbox:
    """Referrals of one status and source, with how many there are of each."""

    referrals: tuple[ReferralView, ...]
    counts: tuple[tuple[str, str, int], ...]
    sources: tuple[tuple[str, str], ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class LinkView:
    """A page for a referrer, as staff see it: without its token, which nobody has."""

    id: UUID
    referrer_name: str
    organisation: str
    phone: str
    expires_at: datetime
    uses_made: int
    uses_allowed: int
    ended_at: datetime | None
    made_by: str
    created_at: datetime
    open: bool


@dataclass(frozen=True, slots=True)
class OpenPage:
    """What a referrer's page shows before anything is sent: the clinic, and who the page was made for."""

    clinic_name: str
    time_zone: str
    crisis: str
    referrer_name: str
    organisation: str
    phone: str


def inbox(viewer: Viewer, status: str = "new", source: str = "", page: int = 1) -> Inbox:
    """The referrals of a status, those that name suicidal thoughts first, then the most urgent, then by age."""
    viewer.require(Permission.VIEW_CHART)
    found = _visible(viewer)
    tally = dict(found.order_by().values_list("status").annotate(Count("pk")))
    shown = found.filter(status=status) if status in ReferralStatus.values else found
    if source in ReferralSource.values:
        shown = shown.filter(source=source)
    pages = Paginator(_in_order(shown, status), PAGE_SIZE)
    here = pages.get_page(page)
    return Inbox(
        referrals=tuple(_view(row) for row in here),
        counts=tuple((value, str(label), tally.get(value, 0)) for value, label in ReferralStatus.choices),
        sources=tuple((value, str(label)) for value, label in ReferralSource.choices),
        page=here.number,
        pages=pages.num_pages,
    )


def new_count(viewer: Viewer) -> int:
    """How many referrals wait for a decision: the number in the navigation."""
    if not viewer.may(Permission.VIEW_CHART):
        return 0
    return _visible(viewer).filter(status=ReferralStatus.NEW).count()


def referral(viewer: Viewer, referral_id: UUID) -> ReferralView:
    """One referral.

    Raises:
        NotFound: there is none that this person may see.
    """
    viewer.require(Permission.VIEW_CHART)
    found = _visible(viewer).filter(pk=referral_id).first()
    if found is None:
        raise NotFound
    return _view(found)


def referrals_of(viewer: Viewer, patient_id: UUID) -> tuple[ReferralView, ...]:
    """The referrals that became this patient's, the latest first; none of a record the viewer may not open."""
    viewer.require(Permission.VIEW_CHART)
    return tuple(
        _view(row) for row in _visible(viewer).filter(patient_id=patient_id).order_by("-received_at")
    )


def look_alikes(viewer: Viewer, found: ReferralView) -> tuple[duplicates.Candidate, ...]:
    """The registered patients who may be the one a referral is about."""
    return duplicates.candidates(viewer, _described(found.given))


def others_alike(viewer: Viewer, found: ReferralView) -> tuple[ReferralView, ...]:
    """Other referrals of the same birth date or telephone number that wait for a decision."""
    viewer.require(Permission.VIEW_CHART)
    same = Q(birth_date=found.given.birth_date)
    if found.given.phone:
        same |= Q(phone=found.given.phone)
    rows = _visible(viewer).filter(same, status=ReferralStatus.NEW).exclude(pk=found.id)
    return tuple(_view(row) for row in rows.order_by("received_at")[:10])


def imported_before(viewer: Viewer, keys: Iterable[str]) -> dict[str, str]:
    """Which of these imports are here already, with their references."""
    viewer.require(Permission.HANDLE_REFERRALS)
    rows = Referral.objects.filter(clinic_id=viewer.clinic_id, import_key__in=list(keys)).exclude(
        import_key=""
    )
    return dict(rows.values_list("import_key", "reference"))


def said_otherwise(viewer: Viewer, incoming: Incoming) -> tuple[str, ...]:
    """The fields in which what came says something else than the referral of the same number on record."""
    viewer.require(Permission.HANDLE_REFERRALS)
    row = Referral.objects.filter(clinic_id=viewer.clinic_id, import_key=incoming.import_key).first()
    if row is None:
        return ()
    kept = _given(row)
    compared = {*_KEPT, "unmapped"} - {"referred_on"}  # without a day of its own it has the day it came
    said = (name for name in (*_KEPT, "unmapped") if name in compared)
    return tuple(name for name in said if getattr(kept, name) != getattr(incoming, name))


def links(viewer: Viewer, now: datetime) -> tuple[LinkView, ...]:
    """The pages for referrers, the latest first."""
    viewer.require(Permission.HANDLE_REFERRALS)
    rows = ReferralLink.objects.filter(clinic_id=viewer.clinic_id).select_related("made_by")
    return tuple(_link(row, now) for row in rows.order_by("-created_at")[:200])


def open_page(token: str, now: datetime) -> OpenPage:
    """What the page of ``token`` shows. For nobody signed in: it tells nothing of any patient.

    Raises:
        NotFound: the page is not open, whatever the reason.
    """
    hashed = token_hash(token)
    link = ReferralLink.objects.filter(token_sha256=hashed).select_related("clinic").first()
    kept = link.token_sha256 if link else "0" * len(hashed)
    if not constant_time_compare(kept, hashed) or link is None or not is_open(link, now):
        raise NotFound
    line = crisis_line(link.clinic.jurisdiction)
    return OpenPage(
        clinic_name=link.clinic.name,
        time_zone=link.clinic.time_zone,
        crisis=line.value if line else "",
        referrer_name=link.referrer_name,
        organisation=link.organisation,
        phone=link.phone,
    )


def _visible(viewer: Viewer) -> QuerySet[Referral]:
    """The clinic's referrals; one that became a restricted patient's opens as that patient does."""
    found = Referral.objects.filter(people.open_or_nobodys(viewer), clinic_id=viewer.clinic_id)
    return found.select_related("received_by", "decided_by")


def _in_order(rows: QuerySet[Referral], status: str) -> QuerySet[Referral]:
    if status != ReferralStatus.NEW:
        return rows.order_by("-received_at", "pk")
    thoughts = Case(When(suicidal_thoughts=SuicidalThoughts.YES, then=0), default=1)
    pressing = Case(When(urgency=Urgency.URGENT, then=0), When(urgency=Urgency.SOON, then=1), default=2)
    return rows.order_by(thoughts, pressing, "received_at", "pk")


def _described(given: Incoming) -> Described:
    return Described(
        given.given_name, given.family_name, given.birth_date, given.phone, given.email, (given.identifier,)
    )


def _view(row: Referral) -> ReferralView:
    given = _given(row)
    said = SuicidalThoughts(row.suicidal_thoughts)
    return ReferralView(
        id=row.id,
        reference=row.reference,
        source=row.source,
        source_label=row.get_source_display(),
        status=row.status,
        status_label=row.get_status_display(),
        received_at=row.received_at,
        received_by=row.received_by.name if row.received_by else "",
        given=given,
        sex_label=row.get_sex_display(),
        urgency_label=row.get_urgency_display(),
        suicidal_label=row.get_suicidal_thoughts_display(),
        alarms=said is SuicidalThoughts.YES or speaks_of_suicide(given.words, (given.diagnosis_code,)),
        patient_id=row.patient_id,
        course_id=row.course_id,
        decided_at=row.decided_at,
        decided_by=row.decided_by.name if row.decided_by else "",
        decline_reason=row.decline_reason,
    )


def _given(row: Referral) -> Incoming:
    plain = {name: getattr(row, name) for name in _KEPT}
    return Incoming(**plain, unmapped=tuple(Unmapped(each["path"], each["value"]) for each in row.unmapped))


def _link(row: ReferralLink, now: datetime) -> LinkView:
    return LinkView(
        id=row.id,
        referrer_name=row.referrer_name,
        organisation=row.organisation,
        phone=row.phone,
        expires_at=row.expires_at,
        uses_made=row.uses_made,
        uses_allowed=row.uses_allowed,
        ended_at=row.ended_at,
        made_by=row.made_by.name,
        created_at=row.created_at,
        open=is_open(row, now),
    )
