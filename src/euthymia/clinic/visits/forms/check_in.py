"""Receiving the patient: who sits there, what was asked, and what was measured at rest."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone

from euthymia.clinic.looks.fields import Exact
from euthymia.clinic.looks.widgets import Choices, Day, Measure, Moment, Segmented, Time
from euthymia.clinic.visits.actions import Readings
from euthymia.clinic.visits.forms._base import (
    YES_NO,
    AskingForm,
    TimedForm,
    VisitForm,
)
from euthymia.clinic.visits.limits import limits
from euthymia.clinic.visits.models.check_in import Identifier, PregnancyAnswer
from euthymia.evidence import entry_limit
from euthymia.protocol import Answer
from euthymia.protocol.units import Unit


class IdentityForm(VisitForm):
    """Two identifiers, asked of the patient."""

    first = forms.ChoiceField(widget=Choices, choices=Identifier.choices, label="First identifier")
    second = forms.ChoiceField(widget=Choices, choices=Identifier.choices, label="Second identifier")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("first") and cleaned.get("first") == cleaned.get("second"):
            self.add_error("second", "Check another identifier: the same one twice proves little.")
        return cleaned


class PressureForm(TimedForm, AskingForm):
    """One blood pressure at rest, typed on the pad."""

    systolic = forms.IntegerField(widget=Measure(unit="mmHg"), label="Upper (systolic)")
    diastolic = forms.IntegerField(widget=Measure(unit="mmHg"), label="Lower (diastolic)")
    spo2 = forms.IntegerField(widget=Measure(unit="%"), label="Oxygen saturation", required=False)
    heart_rate = forms.IntegerField(widget=Measure(unit="/min"), label="Heart rate", required=False)
    confirmed = forms.CharField(widget=forms.HiddenInput, required=False)
    field_order = ["systolic", "diastolic", "spo2", "heart_rate", "happened"]

    def __init__(self, *args: Any, rest_until: datetime | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rest_until = rest_until
        for name in ("systolic", "diastolic", "spo2", "heart_rate"):
            self.fields[name].widget.attrs["data-pad-highest"] = limits()[name].highest

    def clean(self) -> dict[str, Any]:
        """A repeat before the rest is over counts for nothing: asked about once, and recorded if it was so."""
        cleaned = super().clean() or {}
        measured_at = self.moment(cleaned.get("happened"))
        if self.rest_until is not None and measured_at < self.rest_until and "happened" not in self.errors:
            over = timezone.localtime(self.rest_until)
            self.ask(
                f"before {over:%H:%M}",
                f"The rest after the raised reading is over at {over:%H:%M}. Measure again then, or save again: a "
                "reading taken before counts as no repeat.",
            )
        return cleaned

    def values(self) -> dict[str, Any]:
        given = super().values()
        measured_at, confirmed = self.moment(given.pop("happened")), given.pop("confirmed")
        return {"readings": Readings(**given), "measured_at": measured_at, "confirmed": confirmed}


class WeightForm(AskingForm):
    """The weight and its day: a dose is worked out from it, so that a slip of the finger is asked about."""

    weight_kg = Exact(
        Unit.KG,
        digits=4,
        decimals=1,
        label="Weight",
        help_text="As the scale shows it, in kilograms.",
    )
    weighed_on = forms.DateField(
        widget=Day,
        required=False,
        label="Weighed on",
        help_text="Leave it empty if it is now.",
        error_messages={"invalid": "Enter a date that exists, such as 2026-11-23."},
    )

    def __init__(self, *args: Any, last_kg: Decimal | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.last_kg = last_kg

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if (day := cleaned.get("weighed_on")) and day > self.now.date():
            self.add_error("weighed_on", "That day is still to come.")
        weight = cleaned.get("weight_kg")
        if weight is None or not entry_limit("weight").is_possible(weight):
            return cleaned
        if not entry_limit("weight").is_plausible(weight):
            self.ask(str(weight), f"{weight} kg is unusual. Save again if the scale shows it.")
        elif self.last_kg and not entry_limit("weight-change").is_plausible(
            (weight - self.last_kg) / self.last_kg * 100
        ):
            self.ask(
                str(weight),
                f"{weight} kg, and {self.last_kg} kg at the last weighing. Save again if the scale shows it.",
            )
        return cleaned

    def values(self) -> dict[str, Any]:
        given = super().values()
        day: date | None = given.pop("weighed_on")
        if day is not None and day != self.now.date():
            noon = datetime.combine(day, time(12))  # which hour it was is not asked
            given["measured_at"] = timezone.make_aware(noon)
        return given


class FastingForm(VisitForm):
    """When the patient last ate and drank."""

    last_food_at = forms.DateTimeField(
        widget=Moment, label="Last food", help_text="Anything but clear liquid."
    )
    last_liquid_at = forms.DateTimeField(widget=Moment, label="Last drink", help_text="Water too.")


class NasalProductForm(VisitForm):
    """Nasal steroid or decongestant of today."""

    used = forms.TypedChoiceField(
        widget=Segmented, choices=YES_NO, coerce=lambda word: word == "yes", label="Used today"
    )
    product = forms.CharField(max_length=120, required=False, label="Which")
    last_used_at = forms.DateTimeField(widget=Moment, required=False, label="Last used")


class PressureRiskForm(VisitForm):
    """Asked anew before every dose."""

    answer = forms.ChoiceField(
        widget=Segmented,
        choices=((Answer.NONE_KNOWN.value, "None known"), (Answer.YES.value, "Yes")),
        label="Any condition in which a rise in blood or intracranial pressure is a serious risk",
    )
    basis = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), label="How it is known")

    def values(self) -> dict[str, Any]:
        return {"condition": "pressure_risk", **super().values()}


class PregnancyForm(VisitForm):
    """Pregnancy today."""

    answer = forms.ChoiceField(widget=Choices, choices=PregnancyAnswer.choices, label="Pregnancy")
    basis = forms.CharField(
        max_length=200, required=False, label="How it is known", help_text="Needed where it is not possible."
    )


class ProgrammeForm(VisitForm):
    """What the safety programme asks of the site today. Left open means not checked."""

    site_certified = forms.ChoiceField(
        widget=Segmented, choices=YES_NO, required=False, label="The site is certified"
    )
    prescriber_on_site = forms.ChoiceField(
        widget=Segmented, choices=YES_NO, required=False, label="A prescriber is on site"
    )
    oximeter_available = forms.ChoiceField(
        widget=Segmented, choices=YES_NO, required=False, label="A pulse oximeter is at hand"
    )

    def values(self) -> dict[str, Any]:
        said = {"yes": True, "no": False, "": None}
        return {name: said[value] for name, value in super().values().items()}


class EscortForm(VisitForm):
    """Who takes the patient home."""

    name = forms.CharField(max_length=200, label="Name")
    phone = forms.CharField(
        max_length=40, label="Telephone", widget=forms.TextInput(attrs={"inputmode": "tel"})
    )
    expected = forms.TimeField(widget=Time, label="Expected at")

    def values(self) -> dict[str, Any]:
        clock = self.cleaned_data["expected"]
        meant = self.now.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
        expected_at = meant + timedelta(days=1) if meant < self.now - timedelta(hours=1) else meant
        return {
            "name": self.cleaned_data["name"],
            "phone": self.cleaned_data["phone"],
            "expected_at": expected_at,
        }


class InstructionsForm(VisitForm):
    """The patient signs what they have read."""

    read = forms.BooleanField(label="The patient has read the instructions, or they were read out")
    signed_name = forms.CharField(max_length=200, label="The patient writes their name")

    def values(self) -> dict[str, Any]:
        return {"signed_name": self.cleaned_data["signed_name"]}
