"""Who watches: taking a patient, offering one to a colleague, and stopping."""

from __future__ import annotations

from typing import Any

from euthymia.clinic.visits import actions, forms, queries
from euthymia.clinic.visits.queries import Head
from euthymia.clinic.visits.views._form_page import FormPage, form_view
from euthymia.clinic.visits.views.steps._beside import P, Shown


def _colleagues(request: Any, head: Head, parts: Shown) -> Shown:
    return {"form": {"people": queries.colleagues(request.viewer)}, "page": {"held": True}}


take_watch = form_view(
    FormPage(
        title="Watch this patient",
        button="I watch",
        form=forms.EmptyForm,
        permission=P.RECORD_OBSERVATION,
        act=actions.take_watch,
    )
)


hand_over = form_view(
    FormPage(
        title="Hand over",
        lead="Press the name of the colleague who takes over.",
        button="Hand over",
        form=forms.HandOverForm,
        permission=P.RECORD_OBSERVATION,
        act=actions.offer_watch,
        template="visits/hand_over.html",
        prepare=_colleagues,
    )
)


leave_watch = form_view(
    FormPage(
        title="Stop watching",
        lead="Every board then shows that nobody watches.",
        button="I stop watching",
        form=forms.EmptyForm,
        permission=P.RECORD_OBSERVATION,
        act=actions.leave_watch,
        danger=True,
    )
)
