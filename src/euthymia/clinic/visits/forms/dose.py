"""Giving the dose, as it happened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils import timezone

from euthymia.clinic.looks.fields import Exact
from euthymia.clinic.looks.widgets import Day, Segmented
from euthymia.clinic.visits.forms._base import AskingForm, TimedForm
from euthymia.clinic.visits.models.dose import MOST_DEVICES_RECORDABLE, InfusionStep, Nostril
from euthymia.protocol.units import Unit


class AnywayForm(AskingForm, TimedForm):
    """A form about what was given. What it breaches is asked for with its reason, and is recorded with it.

    What waited on a tablet is taken without: the breach then stays open until somebody gives the reason.
    """

    why_anyway = forms.CharField(
        widget=forms.HiddenInput,
        required=False,
        label="Why it was given all the same",
        max_length=1000,
    )
    given_by = forms.TypedChoiceField(
        coerce=UUID,
        required=False,
        empty_value=None,
        label="Given by",
        help_text="Whoever gave it, where that is not you.",
    )

    def __init__(
        self, *args: Any, unconfirmed: str = "", colleagues: tuple[tuple[UUID, str], ...] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if colleagues:
            others = [(str(one), name) for one, name in colleagues]
            self.fields["given_by"].choices = [("", "Me"), *others]  # type: ignore[attr-defined]
            self.order_fields([*(name for name in self.fields if name != "given_by"), "given_by"])
        else:  # a form that waits on a tablet is its author's own
            del self.fields["given_by"]
        self.unconfirmed = unconfirmed
        if unconfirmed:
            self._show_reason()

    def ask_why(self, sentence: str) -> None:
        """Refuse for now, unless the reason stands there."""
        if self.data.get("why_anyway", "").strip() or "late_entered_at" in self.data:
            return
        self._show_reason()
        self.add_error(
            "why_anyway", f"{sentence} If it was given already, write why: it is kept as a deviation."
        )

    def ask_if_expired(self, what: str, expires_on: date | None, used_on: date) -> None:
        """Ask about something that was past its expiry on the day it was used."""
        if expires_on is not None and expires_on < used_on:
            day = f"{expires_on.day} {expires_on:%B %Y}"
            self.ask_why(f"This {what} expired on {day}. Do not use it: take another.")

    def _show_reason(self) -> None:
        self.fields["why_anyway"].widget = forms.Textarea(attrs={"rows": 2})


class DeviceForm(AnywayForm):
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

    def __init__(self, *args: Any, not_before: datetime | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.not_before = not_before

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        used_at = self.moment(cleaned.get("happened"))
        self.ask_if_expired("device", cleaned.get("expires_on"), used_at.date())
        if self.unconfirmed:
            self.ask_why(self.unconfirmed)
        elif self.not_before is not None and used_at < self.not_before:
            rest = timezone.localtime(self.not_before)
            self.ask_why(f"The rest before this device lasts until {rest:%H:%M}. Wait for it.")
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
        del self.fields["number"], self.fields["why_anyway"]
        self.fields["happened"].required = True
        self.fields["happened"].help_text = ""

    def ask_why(self, sentence: str) -> None:
        """What happened has happened: a correction is not asked for its reason twice."""


def infusion_step(word: str) -> InfusionStep | None:
    """The step a word of an address means: ``rate-changed``; ``None`` for any other word."""
    return next((each for each in InfusionStep if each.name.lower().replace("_", "-") == word), None)


class InfusionForm(AnywayForm):
    """One step of the infusion."""

    rate_ml_per_h = Exact(Unit.ML_PER_H, digits=7, decimals=2, label="Rate on the pump")
    volume_given_ml = Exact(
        Unit.ML, digits=7, decimals=2, label="Volume given", help_text="As the pump shows it."
    )
    concentration_mg_per_ml = Exact(
        Unit.MG_PER_ML, digits=7, decimals=3, label="Concentration on the syringe"
    )
    lot = forms.CharField(max_length=40, label="Lot")
    expires_on = forms.DateField(widget=Day, label="Expires")
    why = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), label="Why")

    _ASKED: ClassVar[Mapping[str, tuple[str, ...]]] = {
        InfusionStep.STARTED: ("rate_ml_per_h", "concentration_mg_per_ml", "lot", "expires_on"),
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
        for name in (
            "rate_ml_per_h",
            "volume_given_ml",
            "concentration_mg_per_ml",
            "lot",
            "expires_on",
            "why",
        ):
            if name not in self._ASKED[event]:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.event == InfusionStep.STARTED:
            self.ask_if_expired(
                "vial", cleaned.get("expires_on"), self.moment(cleaned.get("happened")).date()
            )
            if self.unconfirmed:
                self.ask_why(self.unconfirmed)
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
        del self.fields["why_anyway"]
        self.order_fields(["reason"])
        self.fields["happened"].required = True
        self.fields["happened"].help_text = ""

    def ask_why(self, sentence: str) -> None:
        """What happened has happened: a correction is not asked for its reason twice."""

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in super().values().items() if name != "event"}
