"""The row of a visit that a viewer may reach: for the queries and actions of this room."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.people.open_rows import OpenRow
from euthymia.clinic.visits.models import Visit


def visit(viewer: Viewer, visit_id: UUID, *, hold: bool = False) -> Visit:
    """One visit with its clinic, course, patient and chair; ``hold`` locks its row until the transaction ends.

    Raises:
        NotFound: it is of another clinic, or of a patient whom this person may not see.
    """
    return (_held if hold else _open)(viewer, visit_id)


def _one(rows: QuerySet[Visit]) -> OpenRow[Visit]:
    whole = rows.select_related("clinic", "course__patient", "chair")
    return OpenRow(
        lambda clinic, patients, visit: whole.filter(
            id=visit, clinic_id=clinic, course__patient__in=patients
        ),
        "No such visit.",
    )


_open = _one(Visit.objects.all())
_held = _one(Visit.objects.select_for_update(of=("self",)))
