"""What was tried before for an illness other than depression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.urls import reverse

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Reauthenticated
from euthymia.clinic.courses import actions, queries
from euthymia.clinic.courses.actions import Tried
from euthymia.clinic.courses.queries import TreatmentView
from euthymia.clinic.courses.queries.treatments import TREATMENT_KINDS
from euthymia.clinic.courses.views.frame import course_crumbs
from euthymia.clinic.looks.widgets import Segmented
from euthymia.clinic.people.entry import NOT_KNOWN, EntryForm, Group, ReasonMixin
from euthymia.clinic.people.pages import Page, take
from euthymia.protocol.facts import TrialOutcome

_ENDED = (
    (TrialOutcome.INADEQUATE.value, "Did not help enough"),
    (TrialOutcome.RESPONDED.value, "Helped"),
    (TrialOutcome.INTOLERANT.value, "Not tolerated"),
    ("unknown", "Not known"),
)
_SAID = {"yes": True, "no": False}
_TOLD = {True: "yes", False: "no", None: "unknown"}


class TreatmentForm(EntryForm):
    """One earlier treatment. Nothing is chosen beforehand: what is not known is said to be."""

    treatment = forms.CharField(label="Treatment", max_length=200)
    kind = forms.ChoiceField(label="What it was", choices=TREATMENT_KINDS, widget=Segmented)
    first_line = forms.ChoiceField(
        label="A first-line treatment of this illness, by the guideline you work with",
        choices=NOT_KNOWN,
        widget=Segmented,
    )
    adequate = forms.ChoiceField(
        label="Given as that guideline asks, and for long enough", choices=NOT_KNOWN, widget=Segmented
    )
    outcome = forms.ChoiceField(label="How it ended", choices=_ENDED, widget=Segmented)
    basis = forms.CharField(
        label="Known from",
        max_length=1000,
        help_text="Who said so or which record, with dose or number of sessions and length.",
        error_messages={"required": "Say where this is known from."},
    )

    groups: ClassVar[tuple[Group, ...]] = (
        Group("", ("treatment", "kind", "first_line", "adequate", "outcome", "basis")),
    )

    def tried(self) -> Tried:
        """What was entered, as the action takes it."""
        data = self.cleaned_data
        return Tried(
            kind=data["kind"],
            treatment=data["treatment"],
            first_line=_SAID.get(data["first_line"]),
            adequate=_SAID.get(data["adequate"]),
            outcome="" if data["outcome"] == "unknown" else data["outcome"],
            basis=data["basis"],
        )


class TreatmentCorrectionForm(ReasonMixin, TreatmentForm):
    """Puts an earlier entry right."""

    groups: ClassVar[tuple[Group, ...]] = (*TreatmentForm.groups, Group("", ("reason",)))


@page(Permission.RECORD_HISTORY)
def treatments(request: Any, course_id: UUID) -> HttpResponse:
    """The earlier treatments of what the course treats, and a form for another."""
    form = TreatmentForm(request.POST or None)

    def act(_: Reauthenticated | None) -> str:
        _record(request, course_id, form)
        return "The treatment is on record."

    return _take(request, course_id, form, act, "Earlier treatments", "Add the treatment")


@page(Permission.RECORD_HISTORY)
def correct_treatment(request: Any, course_id: UUID, treatment_id: UUID) -> HttpResponse:
    """Correct an earlier treatment; the earlier entry stays on record."""
    shown = queries.earlier_treatment(request.viewer, course_id, treatment_id)
    form = TreatmentCorrectionForm(request.POST or None, initial=_initial(shown))

    def act(_: Reauthenticated | None) -> str:
        _record(request, course_id, form, corrects=treatment_id, reason=form.cleaned_data["reason"])
        return "The treatment is corrected; the earlier entry stays on record."

    return _take(request, course_id, form, act, "Correct an earlier treatment", "Correct the treatment")


def _record(request: Any, course_id: UUID, form: TreatmentForm, **more: Any) -> None:
    actions.record_treatment(
        by=request.viewer,
        at=request.now,
        course_id=course_id,
        tried=form.tried(),
        idempotency_key=form.cleaned_data["idempotency_key"],
        **more,
    )


def _initial(shown: TreatmentView) -> dict[str, str]:
    return {
        "treatment": shown.treatment,
        "kind": shown.kind,
        "first_line": _TOLD[shown.first_line],
        "adequate": _TOLD[shown.adequate],
        "outcome": shown.outcome or "unknown",
        "basis": shown.basis,
    }


def _take(
    request: Any,
    course_id: UUID,
    form: TreatmentForm,
    act: Callable[[Reauthenticated | None], str],
    title: str,
    submit: str,
) -> HttpResponse:
    course = queries.course(request.viewer, course_id)
    shown = Page(
        title,
        course_crumbs(request, course, (title, None)),
        lead=f"What was tried for {course.indication_label.lower()}, and whether each counts as a failed first-line "
        "treatment. You judge it: no list of doses was read for this illness.",
        back=reverse("courses:treatments", args=[course_id]),
        submit=submit,
    )
    found = queries.earlier_treatments(request.viewer, course_id)
    return take(
        request,
        form=form,
        page=shown,
        act=act,
        patient_id=course.patient_id,
        template="courses/treatments.html",
        more={"course": course, "treatments": found},
    )
