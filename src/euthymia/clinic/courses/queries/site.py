"""What the site is certified for and has: read by everybody who books or gives a dose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses.models import SiteRecord
from euthymia.clinic.courses.planning_models import Setting
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.protocol import Datum, SiteFacts

SETTINGS = tuple(Setting.choices)
PROGRAMME_RULE = "PRE-10"
"""The rule that asks for the safety programme: where a jurisdiction's book has none, there is no programme."""


@dataclass(frozen=True, slots=True)
class SiteView:
    """The site as it was last written down."""

    setting: str
    setting_words: str
    certified: bool | None
    certified_until: date | None
    certificate: str
    representative: str
    oximeters: int | None
    resuscitation_equipment: bool | None
    resuscitation_trained: bool | None
    origin: str
    recorded_by: str
    recorded_at: datetime

    @property
    def resuscitation(self) -> bool | None:
        """Whether it can resuscitate: equipment and trained staff; ``None`` while one of them is not known."""
        parts = (self.resuscitation_equipment, self.resuscitation_trained)
        return False if False in parts else None if None in parts else True

    @property
    def is_inpatient(self) -> bool:
        """Whether it is a ward or an emergency department, which enrols no patients."""
        return self.setting == Setting.INPATIENT

    def is_certified_on(self, day: date) -> bool | None:
        """Whether the certificate holds on a day."""
        if self.certified and self.certified_until is not None and self.certified_until < day:
            return False
        return self.certified


def site(viewer: Viewer) -> SiteView | None:
    """The clinic's site as it stands; nothing about patients, so everybody signed in may know it."""
    return site_of(viewer.clinic_id)


def site_of(clinic_id: UUID) -> SiteView | None:
    """The site of a clinic, for judgements."""
    row = (
        SiteRecord.objects.current()
        .filter(clinic_id=clinic_id)
        .select_related("recorded_by")
        .order_by("-recorded_at")
        .first()
    )
    if row is None:
        return None
    return SiteView(
        setting=row.setting,
        setting_words=row.get_setting_display(),
        certified=row.certified,
        certified_until=row.certified_until,
        certificate=row.certificate,
        representative=row.representative,
        oximeters=row.oximeters,
        resuscitation_equipment=row.resuscitation_equipment,
        resuscitation_trained=row.resuscitation_trained,
        origin=row.origin,
        recorded_by=row.recorded_by.name,
        recorded_at=row.recorded_at,
    )


def has_programme(clinic_id: UUID) -> bool:
    """Whether the clinic's jurisdiction has a safety programme."""
    return PROGRAMME_RULE in rulebook.book(clinic_id)


def site_facts(found: SiteView | None) -> SiteFacts:
    """What a booking is judged on."""
    if found is None:
        return SiteFacts()
    told = f"written down by {found.recorded_by}"
    return SiteFacts(
        oximeters=None if found.oximeters is None else Datum(found.oximeters, found.recorded_at, told),
        resuscitation=(
            None if found.resuscitation is None else Datum(found.resuscitation, found.recorded_at, told)
        ),
    )
