"""Ordering the dose and giving it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django import forms

from euthymia.clinic.looks.widgets import Day, Measure, Segmented
from euthymia.clinic.visits.forms._base import (
    AskingForm,
    TimedForm,
    VisitForm,
)
from euthymia.clinic.visits.models.dose import MOST_DEVICES_RECORDABLE, InfusionStep, Nostril


def _number(label: str, unit: str, *, digits: int, decimals: int, help_text: str = "") -> forms.DecimalField:
    """An exact decimal with its unit beside the field."""
    return forms.DecimalField(
        widget=Measure(unit=unit, decimals=decimals),
        max_digits=digits,
        decimal_places=decimals,
        min_value=0,
        label=label,
        help_text=help_text,
    )


class NasalOrderForm(VisitForm):
    """Devices and milligrams, both written: the rules compare them."""

    dose_mg = _number("Dose", "mg", digits=7, decimals=2, help_text="Milligrams of esketamine base.")
    devices = forms.IntegerField(widget=Measure(unit="devices"), min_value=1, label="Devices")


class InfusionOrderForm(VisitForm):
    """Dose by weight, and the pump."""

    mg_per_kg = _number("Dose for weight", "mg/kg", digits=5, decimals=3)
    dose_mg = _number(
        "Dose",
        "mg",
        digits=7,
        decimals=2,
        help_text="Work it out yourself: the rules compute it twice and compare.",
    )
    minutes = _number("Over", "min", digits=5, decimals=1)
    concentration_mg_per_ml = _number("Concentration", "mg/mL", digits=7, decimals=3)
    volume_ml = _number("Volume", "mL", digits=7, decimals=2)
    rate_ml_per_h = _number("Rate", "mL/h", digits=7, decimals=2)


class OverrideForm(VisitForm):
    """Which findings are signed for, and why."""

    fingerprints = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, label="I weighed")
    why = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}), label="Why the dose is right in spite of this"
    )

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fingerprints"].choices = choices  # type: ignore[attr-defined]


class DeviceForm(AskingForm, TimedForm):
    """One device as it was used."""

    number = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=MOST_DEVICES_RECORDABLE)
    first_nostril = forms.ChoiceField(widget=Segmented, choices=Nostril.choices, label="First spray in")
    lot = forms.CharField(max_length=40, label="Lot")
    expires_on = forms.DateField(widget=Day, label="Expires")
    serial = forms.CharField(max_length=40, required=False, label="Serial number")
    problem = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        label="Problem",
        help_text="Dripped, did not fire.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        expires_on, used_on = cleaned.get("expires_on"), self.moment(cleaned.get("happened")).date()
        if expires_on is not None and expires_on < used_on:
            self.ask(
                f"expired {expires_on}",
                f"This device expired on {expires_on.day} {expires_on:%B %Y}. Do not use it. "
                "If it was used already, save again: the record will say so.",
            )
        return cleaned

    def values(self) -> dict[str, Any]:
        values = super().values()
        return values | {"measured_at": self.moment(values.pop("happened"))}


class DeviceCorrectionForm(DeviceForm):
    """A device put right: everything is entered anew, and why."""

    why = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), label="Why it is corrected")
    field_order = ["why"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["number"]
        self.fields["happened"].required = True
        self.fields["happened"].help_text = ""


def infusion_step(word: str) -> InfusionStep | None:
    """The step a word of an address means: ``rate-changed``; ``None`` for any other word."""
    return next((each for each in InfusionStep if each.name.lower().replace("_", "-") == word), None)


class InfusionForm(AskingForm, TimedForm):
    """One step of the infusion."""

    rate_ml_per_h = _number("Rate on the pump", "mL/h", digits=7, decimals=2)
    volume_given_ml = _number("Volume given", "mL", digits=7, decimals=2, help_text="As the pump shows it.")
    concentration_mg_per_ml = _number("Concentration on the syringe", "mg/mL", digits=7, decimals=3)
    lot = forms.CharField(max_length=40, label="Lot")
    why = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), label="Why")

    _ASKED: ClassVar[Mapping[str, tuple[str, ...]]] = {
        InfusionStep.STARTED: ("rate_ml_per_h", "concentration_mg_per_ml", "lot"),
        InfusionStep.RATE_CHANGED: ("rate_ml_per_h", "why"),
        InfusionStep.PAUSED: ("why",),
        InfusionStep.RESUMED: ("rate_ml_per_h",),
        InfusionStep.STOPPED: ("volume_given_ml", "why"),
        InfusionStep.ENDED: ("volume_given_ml",),
    }

    def __init__(
        self,
        *args: Any,
        event: str,
        ordered: Mapping[str, Decimal | None] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.event = InfusionStep(event)
        self.ordered = ordered or {}
        for name in ("rate_ml_per_h", "volume_given_ml", "concentration_mg_per_ml", "lot", "why"):
            if name not in self._ASKED[event]:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, ordered in self.ordered.items():
            value = cleaned.get(name)
            if value is None or ordered is None:
                continue
            # Less than ordered may have gone in, and a rate may be lowered; a start is as it was ordered.
            if value > ordered or (self.event == InfusionStep.STARTED and value != ordered):
                unit = self.fields[name].widget.unit
                self.ask(
                    f"{name}={value}",
                    f"{self.fields[name].label}: {value:f} {unit}; ordered are {ordered.normalize():f} {unit}. "
                    "Save again if that is what the pump shows.",
                )
        return cleaned

    def values(self) -> dict[str, Any]:
        values = super().values()
        return values | {"event": self.event, "measured_at": self.moment(values.pop("happened"))}


class InfusionCorrectionForm(InfusionForm):
    """A step of the infusion put right: everything is entered anew, and why."""

    reason = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), label="Why it is corrected")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["reason"])
        self.fields["happened"].required = True
        self.fields["happened"].help_text = ""

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in super().values().items() if name != "event"}
