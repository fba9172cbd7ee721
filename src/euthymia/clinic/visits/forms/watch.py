"""Watching: a set of readings, a value put right, alarms answered."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from euthymia.clinic.looks.widgets import ManyChoices, Measure, Segmented
from euthymia.clinic.visits.actions import Readings
from euthymia.clinic.visits.actions.watch import NAMES
from euthymia.clinic.visits.forms._base import (
    TimedForm,
    VisitForm,
)
from euthymia.clinic.visits.limits import limits
from euthymia.clinic.visits.models import Done
from euthymia.protocol import Dissociation, Symptom

_GRADES = tuple(enumerate(grade.value.capitalize() for grade in Dissociation))


_NUMBERS = ("systolic", "diastolic", "heart_rate", "spo2", "respiratory_rate", "anxiety", "pain")
"""What is typed on the pad, in its order; the rest is pressed."""
_SEDATION = ((5, "5 alert"), (4, "4 slow"), (3, "3 loud"), (2, "2 prod"), (1, "1 pain"), (0, "0 none"))


class ObservationForm(TimedForm):
    """A full set in one go. Every field may stay empty; none is ever filled in beforehand."""

    systolic = forms.IntegerField(widget=Measure(unit="mmHg"), required=False, label="Upper pressure")
    diastolic = forms.IntegerField(widget=Measure(unit="mmHg"), required=False, label="Lower pressure")
    heart_rate = forms.IntegerField(widget=Measure(unit="/min"), required=False, label="Heart rate")
    spo2 = forms.IntegerField(widget=Measure(unit="%"), required=False, label="Oxygen")
    respiratory_rate = forms.IntegerField(widget=Measure(unit="/min"), required=False, label="Breaths")
    sedation = forms.TypedChoiceField(
        widget=Segmented,
        choices=_SEDATION,
        coerce=int,
        empty_value=None,
        required=False,
        label="Sedation (MOAA/S)",
    )
    dissociation = forms.TypedChoiceField(
        widget=Segmented, choices=_GRADES, coerce=int, empty_value=None, required=False, label="Dissociation"
    )
    nausea = forms.TypedChoiceField(
        widget=Segmented, choices=_GRADES, coerce=int, empty_value=None, required=False, label="Nausea"
    )
    anxiety = forms.IntegerField(widget=Measure(unit="of 10"), required=False, label="Anxiety")
    pain = forms.IntegerField(
        widget=Measure(unit="of 10"), required=False, label="Pain", help_text="No rule judges it: you do."
    )
    asked = forms.ChoiceField(
        widget=Segmented,
        choices=(("none", "None"), ("some", "Some")),
        required=False,
        label="Crisis symptoms",
    )
    symptoms = forms.MultipleChoiceField(
        widget=ManyChoices,
        choices=[(each.value, each.value.capitalize()) for each in Symptom],
        required=False,
        label="Which",
    )
    note = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        label="Note",
        help_text="No rule reads it: it calls nobody.",
    )
    confirmed = forms.CharField(widget=forms.HiddenInput, required=False)
    field_order = [
        *_NUMBERS, "sedation", "dissociation", "nausea", "asked", "symptoms", "happened", "note",
    ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in _NUMBERS:
            limit, field = limits()[name], self.fields[name]
            field.min_value, field.max_value = limit.lowest, limit.highest  # type: ignore[attr-defined]
            field.widget.attrs["data-pad-highest"] = limit.highest
            field.widget.attrs["data-usual"] = f"{limit.usual_lowest} {limit.usual_highest}"
            field.widget.attrs["data-said"] = f"{NAMES[name]} # {limit.unit}".strip()
        self.fields["systolic"].widget.attrs["autofocus"] = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("asked") == "some" and not cleaned.get("symptoms"):
            self.add_error("symptoms", "Say which.")
        if cleaned.get("asked") == "none" and cleaned.get("symptoms"):
            self.add_error("asked", "Symptoms are marked below: choose “some”.")
        return cleaned

    def values(self) -> dict[str, Any]:
        given = super().values()
        measured_at, confirmed = self.moment(given.pop("happened")), given.pop("confirmed")
        asked = given.pop("asked")
        seen = frozenset(Symptom(word) for word in given.pop("symptoms"))
        readings = Readings(**given, symptoms=seen if asked else None)
        return {"readings": readings, "measured_at": measured_at, "confirmed": confirmed}


class CorrectionForm(VisitForm):
    """The right value, or that there was none; and why. The wrong one is shown, never filled in."""

    stands = forms.BooleanField(required=False, label="I looked again: what the monitor sent is right")
    artefact = forms.BooleanField(required=False, label="It was an artefact: there is no right value")
    value = forms.IntegerField(widget=Measure(), required=False, label="The right value")
    diastolic = forms.IntegerField(widget=Measure(unit="mmHg"), required=False, label="Lower pressure")
    asked = forms.ChoiceField(
        widget=Segmented,
        choices=(("none", "None"), ("some", "Some")),
        required=False,
        label="Crisis symptoms: what is right",
    )
    symptoms = forms.MultipleChoiceField(
        widget=ManyChoices,
        choices=[(each.value, each.value.capitalize()) for each in Symptom],
        required=False,
        label="Which",
    )
    note = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}), required=False, label="The note as it should be"
    )
    why = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), label="Why")
    confirmed = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, *args: Any, kind: str, label: str, unit: str, from_monitor: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["value"].label = f"{label}: the right value"
        self.fields["value"].widget = Measure(unit=unit)
        asked = {"pressure": ("value", "diastolic"), "symptoms": ("asked", "symptoms"), "note": ("note",)}
        kept = asked.get(kind, ("value",))
        for name in {"value", "diastolic", "asked", "symptoms", "note"} - set(kept):
            del self.fields[name]
        if not from_monitor:
            del self.fields["stands"]
        if kind in ("symptoms", "note"):
            self.fields["artefact"].label = "It was entered by mistake: nothing takes its place"

    def values(self) -> dict[str, Any]:
        given = super().values()
        asked, seen = given.pop("asked", ""), given.pop("symptoms", [])
        if asked:
            given["symptoms"] = frozenset(Symptom(word) for word in seen) if asked == "some" else frozenset()
        return given


class AcknowledgeForm(VisitForm):
    """What was done about the alarms on the screen."""

    alarm_ids = forms.CharField(widget=forms.HiddenInput)
    done = forms.MultipleChoiceField(
        widget=ManyChoices,
        choices=Done.choices,
        label="What was done",
        error_messages={"required": "Choose what was done; “nothing more was needed” is an answer."},
    )
    action = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}), required=False, label="What you saw, in your own words"
    )

    def clean_alarm_ids(self) -> tuple[UUID, ...]:
        try:
            return tuple(UUID(each) for each in self.cleaned_data["alarm_ids"].split())
        except ValueError:
            raise forms.ValidationError("Open the alarms again, and answer them there.") from None
