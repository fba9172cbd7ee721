"""Patients who are open to somebody, and one row of such a patient by its identifier."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Generic, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.audit.compiled import Compiled
from euthymia.clinic.people.models import Patient

_M = TypeVar("_M", bound=Model)


def open_to(clinic_id: UUID, break_glass: Collection[UUID] = ()) -> QuerySet[Patient]:
    """The patients of a clinic who are open to its staff, and those whose ``break_glass`` access runs."""
    return Patient.objects.filter(clinic_id=clinic_id).filter(Q(restricted=False) | Q(pk__in=break_glass))


class OpenRow(Generic[_M]):
    """One row by its identifier, where it is in the viewer's clinic and its patient open to the viewer.

    ``ask`` gets the clinic, the patients who are open, and the row's identifier. Its query is put into words once;
    only for who has emergency access it is asked anew, because its words depend on how many charts that opens.
    """

    def __init__(
        self, ask: Callable[[UUID, QuerySet[Patient], UUID], QuerySet[_M]], missing: str = ""
    ) -> None:
        """``missing`` is the sentence for who asks for a row that is not there."""
        self._ask, self._missing = ask, missing
        self._usual = Compiled(lambda clinic, row: ask(clinic, open_to(clinic), row), "clinic", "row")

    def __call__(self, viewer: Viewer, row_id: UUID) -> _M:
        """The row. Raises NotFound where there is none that this person may open."""
        if viewer.break_glass:
            patients = open_to(viewer.clinic_id, viewer.break_glass)
            found = list(self._ask(viewer.clinic_id, patients, row_id))
        else:
            found = self._usual(clinic=viewer.clinic_id, row=row_id)
        if not found:
            raise NotFound(self._missing)
        return found[0]
