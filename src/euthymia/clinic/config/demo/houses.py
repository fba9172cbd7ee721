"""The demo's two houses: opening hours, the site record, and a rota of the past week and two weeks ahead."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.config.demo.cast import MAIN_CLINIC
from euthymia.clinic.config.demo.team import Team
from euthymia.clinic.courses import actions as courses
from euthymia.clinic.visits import actions as visits
from euthymia.clinic.visits.models import RotaShift
from euthymia.protocol import Duty

BEHIND_DAYS, AHEAD_DAYS = 6, 14  # the week that ends today stands written too
SHORT_ON_DAY = 3  # days from now on which nobody prescribes in the afternoon, so that the day shows a gap
OPENS, CLOSES = time(7), time(22)


def furnish(here: Team, now: datetime) -> None:
    """Hours and site record of one clinic, when it is made."""
    director = here.one(Role.MEDICAL_DIRECTOR)
    visits.keep_hours(by=director, at=now, hours=dict.fromkeys(range(7), (OPENS, CLOSES)))
    courses.record_site(
        by=director,
        at=now,
        site=courses.Site(
            setting="outpatient",
            certified=True,
            certified_until=timezone.localdate(now) + timedelta(days=200),
            certificate="DEMO-SITE",
            representative=director.name,
            oximeters=8 if here.clinic.name == MAIN_CLINIC else 1,
            resuscitation_equipment=True,
            resuscitation_trained=True,
            origin="Synthetic certificate and a count",
        ),
    )


def fill_rota(here: Team, now: datetime) -> None:
    """Put the staff on the rota of each day, ahead and just past, that has nobody yet."""
    today = now.astimezone(here.zone).date()
    written = {
        at.astimezone(here.zone).date()
        for at in RotaShift.objects.filter(clinic=here.clinic).values_list("starts_at", flat=True)
    }
    for ahead in range(-BEHIND_DAYS, AHEAD_DAYS):
        on = today + timedelta(days=ahead)
        if on not in written:
            _day(here, on, now, short=ahead == SHORT_ON_DAY)


def _day(here: Team, on: date, now: datetime, *, short: bool) -> None:
    first, second = here.one(Role.PRESCRIBER), here.one(Role.PRESCRIBER, 1)
    nurse, other = here.one(Role.NURSE), here.one(Role.NURSE, 1)
    noon = time(13)
    shifts: list[tuple[Viewer, Duty, time, time]] = [
        (first, Duty.PRESCRIBER, OPENS, noon),
        (nurse, Duty.OBSERVER, OPENS, time(18)),
        (other, Duty.OBSERVER, time(11), CLOSES),
    ]
    if not short:
        shifts.append((second, Duty.PRESCRIBER, noon, CLOSES))
    if first is not second:
        shifts += [(second, Duty.OBSERVER, OPENS, noon), (first, Duty.OBSERVER, noon, CLOSES)]
    keeper = here.one(Role.MEDICAL_DIRECTOR)
    for person, duty, begins, ends in shifts:
        visits.add_shift(
            by=keeper, at=now, person_id=person.user_id, duty=duty, on=on, begins=begins, ends=ends
        )
