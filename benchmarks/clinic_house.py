"""Makes the benchmark's clinic in the database that the environment names, and prints who works where as JSON.

Run by ``benchmarks/clinic.py`` with the address of the owner's connection in ``VOLUME_OWNER``, which copies rows.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import django
import psycopg
from benchmarks import clinic_volume
from benchmarks.clinic_volume import Copies, Volume, chairs, live, named, one_of

NAME, OTHER = "Willow Clinic", "Sustained Clinic"
SEATED, BOOKED = 40, 60
STAFF = {"nurse": 26, "prescriber": 10, "front_desk": 4}
WRITERS = 16


def main() -> int:
    """Make it, or take the one that is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=Volume.patients)
    parser.add_argument("--observations", type=int, default=Volume.observations)
    parser.add_argument("--visits-of-one", type=int, default=Volume.visits_of_one)
    parser.add_argument("--sustained-visits", type=int, default=4000)
    parser.add_argument("--kept", type=Path, required=True, help="where to note what was made")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "euthymia.clinic.config.settings")
    django.setup()
    if not options.kept.exists():
        volume = Volume(options.patients, options.observations, options.visits_of_one)
        made = make(os.environ["VOLUME_OWNER"], volume, options.sustained_visits)
        options.kept.write_text(json.dumps(made))
    print(options.kept.read_text())
    return 0


def make(owner_dsn: str, volume: Volume, sustained: int) -> dict[str, Any]:
    """The clinic with its years, and the day in progress."""
    from django.utils import timezone
    from tests.clinic import factories

    from euthymia.clinic.access.permissions import Role
    from euthymia.clinic.people.models import Patient
    from euthymia.clinic.visits.models import Observation, Visit

    now = timezone.now()
    clinic = factories.by_day(NAME)
    both = factories.viewer(Role.PRESCRIBER, Role.NURSE, clinic=clinic)
    people = {
        role: [factories.staff(Role(role), clinic=clinic).user.email for _ in range(number)]
        for role, number in STAFF.items()
    }
    many = clinic_volume.fill(owner_dsn, clinic, both, now, volume, _tell)
    treated = Patient.objects.filter(clinic=clinic, medical_record_number__startswith="H")
    seated, booked = _day(owner_dsn, clinic, both)
    other = factories.by_day(OTHER)
    theirs = factories.viewer(Role.PRESCRIBER, Role.NURSE, clinic=other)
    writers = [factories.staff(Role.NURSE, clinic=other).user.email for _ in range(WRITERS)]
    return {
        "people": people,
        "password": factories.PASSWORD,
        "secret": factories.SECRET,
        "many": str(many),
        "treated": [str(each) for each in treated.values_list("pk", flat=True)[:500]],
        "seated": seated,
        "booked": booked,
        "writers": writers,
        "sustained": _sustained(owner_dsn, other, theirs, sustained),
        "patients": Patient.objects.count(),
        "visits": Visit.objects.count(),
        "observations": Observation.objects.count(),
    }


def _day(owner_dsn: str, clinic: Any, by: Any) -> tuple[list[str], list[str]]:
    """Patients in their chairs after the dose, and others who are expected."""
    from django.utils import timezone
    from tests.clinic.visits import scenes

    now = timezone.now()
    rooms = chairs(clinic, [f"Room {number + 1}" for number in range(SEATED)])
    sprayed, pumped = live(by, now, rooms[0]), live(by, now, rooms[1], infused=True)
    seated = [str(sprayed), str(pumped)]
    half = (SEATED - 2) // 2
    with psycopg.connect(owner_dsn) as owner:
        for visit_id, own in ((sprayed, rooms[2 : 2 + half]), (pumped, rooms[2 + half :])):
            seated += _copied(owner, clinic, visit_id, own)
        waiting = chairs(clinic, [f"Waiting {number + 1}" for number in range(BOOKED)])
        soon = now + timedelta(minutes=10)
        first = scenes.booked(by, soon, chair_id=waiting[0])
        booked = [str(first), *_copied(owner, clinic, first, waiting[1:])]
    _tell(f"{len(seated)} patients in chairs, {len(booked)} expected")
    return seated, booked


def _sustained(owner_dsn: str, clinic: Any, by: Any, number: int) -> list[str]:
    """Many patients in many chairs of another clinic, so that no visit gets more readings than a visit gets."""
    from django.utils import timezone

    own = chairs(clinic, [f"Chair {each}" for each in range(number)])
    first = live(by, timezone.now(), own[0])
    with psycopg.connect(owner_dsn) as owner:
        found = [str(first), *_copied(owner, clinic, first, own[1:])]
    _tell(f"{number} patients in the chairs of the other clinic")
    return found


def _copied(owner: psycopg.Connection, clinic: Any, visit_id: Any, own: list[int]) -> list[str]:
    """A copy of the patient of a visit for each chair; returns the copies of the visit."""
    from euthymia.clinic.people.models import Patient
    from euthymia.clinic.visits.models import Visit

    if not own:
        return []
    patient_id = Visit.objects.get(pk=visit_id).course.patient_id
    columns = named(f"L{str(visit_id)[:4]}-") | {("visits_visit", "chair_id"): one_of(own, "n")}
    Copies(roots={Patient: [patient_id]}, columns=columns).make(owner, range(len(own)))
    numbers = range(len(own))
    clinic_volume.audited(owner, clinic, [visit_id], numbers)
    owner.commit()  # at once: whoever writes to the audit chain waits for us
    rows = owner.execute(
        "SELECT md5(%s::text || ':' || n)::uuid FROM generate_series(0, %s::int) n",
        [str(visit_id), len(own) - 1],
    )
    return [str(row[0]) for row in rows]


def _tell(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
