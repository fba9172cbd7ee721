"""The row of a visit that a viewer may reach: for the queries and actions of this room."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.audit.compiled import Compiled
from euthymia.clinic.people import queries as people
from euthymia.clinic.people.models import Patient
from euthymia.clinic.visits.models import Visit


def visit(viewer: Viewer, visit_id: UUID, *, hold: bool = False) -> Visit:
    """One visit with its clinic, course, patient and chair; ``hold`` locks its row until the transaction ends.

    Raises:
        NotFound: it is of another clinic, or of a patient whom this person may not see.
    """
    if viewer.break_glass:
        found = list(_one(viewer.clinic_id, visit_id, people.visible(viewer), hold=hold))
    else:
        found = (_held if hold else _open)(clinic=viewer.clinic_id, visit=visit_id)
    if not found:
        raise NotFound("No such visit.")
    return found[0]


def _one(clinic_id: UUID, visit_id: UUID, patients: QuerySet[Patient], *, hold: bool) -> QuerySet[Visit]:
    rows = Visit.objects.select_for_update(of=("self",)) if hold else Visit.objects.all()
    return rows.select_related("clinic", "course__patient", "chair").filter(
        id=visit_id, clinic_id=clinic_id, course__patient__in=patients
    )


_open = Compiled(
    lambda clinic, visit: _one(clinic, visit, people.open_to(clinic), hold=False), "clinic", "visit"
)
_held = Compiled(
    lambda clinic, visit: _one(clinic, visit, people.open_to(clinic), hold=True), "clinic", "visit"
)
