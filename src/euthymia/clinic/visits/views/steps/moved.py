"""An entry made on the wrong patient: to whom it belongs."""

from __future__ import annotations

from typing import Any

from django.http import Http404

from euthymia.clinic.visits import actions, forms, queries
from euthymia.clinic.visits.queries import Head
from euthymia.clinic.visits.views._form_page import FormPage, form_view
from euthymia.clinic.visits.views.steps._beside import P, Shown

_MOVABLE = frozenset({"readings", "device", "infusion", "medicine"})


def _one_entry(request: Any, head: Head, parts: Shown) -> Shown:
    if parts["what"] not in _MOVABLE:
        raise Http404
    entry = queries.entry(request.viewer, head.visit_id, parts["what"], parts["entry_id"])
    visits = queries.move_targets(request.viewer, head.visit_id, request.now)
    return {"form": {"visits": visits}, "page": {"entry": entry, "held": not visits}, "action": parts}


move_entry = form_view(
    FormPage(
        title="Entered on the wrong patient",
        lead="It stays here, struck through, and is entered for the other patient with its own time.",
        button="Move it there",
        form=forms.MoveForm,
        permission=P.RECORD_OBSERVATION,
        act=actions.move_entry,
        template="visits/move_entry.html",
        prepare=_one_entry,
    )
)
