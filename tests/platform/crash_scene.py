"""The clinic of the crash test, made by the product's own actions, and a look inside it afterwards.

``python -m tests.platform.crash_scene`` prints who works where as JSON; ``--look`` computes the audit chain again.
Both work on the database that the environment names, as the application's role.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.platform.crashing import Scene

NURSES = 9  # one of them only looks


def scene_in(environment: Mapping[str, str]) -> Scene:
    """Make the scene in the database of ``environment``."""
    command = [sys.executable, "-m", "tests.platform.crash_scene"]
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Scene(**json.loads(done.stdout))


def make(now: datetime, *, nurses: int = NURSES, nasal: int = 3, infused: int = 2) -> dict[str, Any]:
    """Nurses, and patients in their chairs: sprayed a while ago, or on a running pump."""
    from tests.clinic import factories
    from tests.clinic.visits import scenes

    from euthymia.clinic.access.permissions import Role
    from euthymia.clinic.visits.models.dose import InfusionStep
    from euthymia.protocol import Product

    clinic = factories.by_day()
    here = [factories.staff(Role.NURSE, clinic=clinic) for _ in range(nurses)]
    both = factories.viewer(Role.PRESCRIBER, Role.NURSE, clinic=clinic)
    t0 = now - timedelta(minutes=30)
    sprayed, pumped = [], []
    for number in range(nasal):
        chair = scenes.chair(both, f"Chair {number}")
        sprayed.append(str(scenes.monitored(both, t0, chair_id=chair.pk)))
    for number in range(infused):
        chair = scenes.chair(both, f"Pump {number}")
        visit_id = scenes.ordered(both, t0, Product.KETAMINE_IV, chair_id=chair.pk)
        start = {"rate_ml_per_h": scenes.INFUSION.rate_ml_per_h, "lot": "L1"}
        scenes.infuse(both, t0, visit_id, InfusionStep.STARTED, **start)
        pumped.append(str(visit_id))
    return {
        "nasal": sprayed,
        "infused": pumped,
        "emails": [nurse.user.email for nurse in here],
        "password": factories.PASSWORD,
        "secret": factories.SECRET,
    }


def _look() -> int:
    from django.conf import settings

    from euthymia.clinic.audit import chain, queries

    report = chain.verify()
    print(report.sentence())
    changes = queries.unexplained_changes(application_role=settings.APPLICATION_ROLE)
    unexplained = [each for each in changes if each.table.startswith(("visits_visit", "courses_", "people_"))]
    print(f"{len(unexplained)} changes of state without an entry in the chain.")
    return 0 if report.holds and not unexplained else 1


def main() -> int:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "euthymia.clinic.config.settings")
    django.setup()
    if "--look" in sys.argv:
        return _look()
    from django.utils import timezone

    print(json.dumps(make(timezone.now())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
