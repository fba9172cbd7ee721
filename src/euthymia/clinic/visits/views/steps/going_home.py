"""Going home, every other way out, and closing the visit."""

from __future__ import annotations

from typing import Any

from euthymia.clinic.visits import actions, forms, queries
from euthymia.clinic.visits.actions import Waited
from euthymia.clinic.visits.queries import Head
from euthymia.clinic.visits.views._form_page import FormPage, form_view
from euthymia.clinic.visits.views.steps._beside import P, Shown


def _discharge(request: Any, head: Head, parts: Shown) -> Shown:
    leaving = queries.leaving(request.viewer, head.visit_id, request.now)
    over = queries.handing_over(request.viewer, head.visit_id, request.now)
    return {
        "form": {"receipt_open": over.receipt_open},
        "page": {"leaving": leaving, "over": over, "held": bool(leaving.needed)},
    }


def _unsafe_leaving(request: Any, head: Head, parts: Shown) -> Shown:
    """What speaks against leaving, to be told to the patient; after a dose only."""
    if head.t0 is None:
        return {}
    return {"page": {"leaving": queries.leaving(request.viewer, head.visit_id, request.now)}}


judge_stability = form_view(
    FormPage(
        title="Ready to leave?",
        lead="Your own judgement, beside the criteria.",
        button="Save",
        form=forms.StabilityForm,
        permission=P.DISCHARGE,
        act=actions.judge_stability,
    )
)


escort_here = form_view(
    FormPage(
        title="The escort",
        button="Save",
        form=forms.EscortArrivalForm,
        permission=P.DISCHARGE,
        act=actions.record_escort_arrival,
    )
)


ready_to_leave = form_view(
    FormPage(
        title="Ready to leave",
        button="Ready to leave",
        form=forms.EmptyForm,
        permission=P.DISCHARGE,
        act=actions.find_ready_to_leave,
        versioned=True,
    )
)


discharge = form_view(
    FormPage(
        title="Discharge",
        button="Sign and discharge",
        form=forms.DischargeForm,
        permission=P.DISCHARGE,
        act=actions.discharge,
        versioned=True,
        meaning="I judged this patient ready to leave and discharged them",
        template="visits/discharge.html",
        prepare=_discharge,
    )
)


against_advice = form_view(
    FormPage(
        title="Leaves against advice",
        lead="Nothing holds the patient. Record what was said.",
        button="Record it",
        form=forms.AgainstAdviceForm,
        permission=P.RECORD_OBSERVATION,
        act=actions.leave_against_advice,
        template="visits/against_advice.html",
        prepare=_unsafe_leaving,
        danger=True,
    )
)


transfer = form_view(
    FormPage(
        title="Transfer",
        button="Record the transfer",
        form=forms.TransferForm,
        permission=P.RECORD_OBSERVATION,
        act=actions.transfer,
        danger=True,
    )
)


emergency = form_view(
    FormPage(
        title="Emergency",
        lead="Call for help first. This records it.",
        button="Record the emergency",
        form=forms.EmergencyForm,
        permission=P.VIEW_BOARD,
        act=actions.declare_emergency,
        waits=Waited.EMERGENCY,
        danger=True,
    )
)


elsewhere = form_view(
    FormPage(
        title="Taken ill, or to hospital, away from here",
        lead="For somebody who is not in the house: before the visit, or after it ended. The visit stays as it was.",
        button="Record it",
        form=forms.ElsewhereForm,
        permission=P.RECORD_OBSERVATION,
        act=actions.record_elsewhere,
        danger=True,
    )
)


stabilise = form_view(
    FormPage(
        title="Stable again",
        button="Record it",
        form=forms.StabiliseForm,
        permission=P.RECORD_OBSERVATION,
        act=actions.stabilise,
    )
)


death = form_view(
    FormPage(
        title="Death",
        button="Record it",
        form=forms.DeathForm,
        permission=P.RECORD_OBSERVATION,
        act=actions.record_death,
        danger=True,
    )
)


withhold = form_view(
    FormPage(
        title="No dose today",
        button="End without a dose",
        form=forms.WhyForm,
        permission=P.RECORD_CHECK_IN,
        act=actions.withhold,
        danger=True,
    )
)


cancel = form_view(
    FormPage(
        title="Cancel the visit",
        button="Cancel the visit",
        form=forms.CancelForm,
        permission=P.BOOK_VISIT,
        act=actions.cancel,
        danger=True,
    )
)


missed = form_view(
    FormPage(
        title="The patient did not come",
        button="Record it",
        form=forms.MissedForm,
        permission=P.BOOK_VISIT,
        act=actions.record_missed,
        danger=True,
    )
)


end_follow_up = form_view(
    FormPage(
        title="End the follow-up",
        lead="Only when the patient cannot be reached.",
        button="End the follow-up",
        form=forms.WhyForm,
        permission=P.RECORD_FOLLOW_UP,
        act=actions.end_follow_up,
        danger=True,
    )
)
