"""Booking a visit, cancelling it, and a patient who did not come."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from euthymia.clinic.looks.widgets import Choices, Measure, Moment
from euthymia.clinic.people.entry import year_can_be_meant
from euthymia.clinic.visits.forms._base import (
    VisitForm,
)


class BookingForm(VisitForm):
    """A free time that is offered; or any other chair and time. A time that was offered a minute ago and is not
    any more is still taken: the database says whether somebody was first."""

    slot = forms.CharField(required=False, widget=forms.HiddenInput)
    minutes = forms.IntegerField(widget=Measure(unit="min"), label="For", required=False)
    scheduled_at = forms.DateTimeField(widget=Moment, label="Starts", required=False)
    chair_id = forms.TypedChoiceField(
        widget=Choices, coerce=int, label="Chair", choices=(), required=False, empty_value=None
    )
    why = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        max_length=500,
        label="If something stands against the time: why it is booked all the same",
    )

    def __init__(
        self, *args: Any, chairs: tuple[tuple[int, str], ...], usual_min: int, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.usual_min = usual_min
        self.fields["minutes"].help_text = f"Left empty, a free time is booked for {usual_min} minutes."
        self.fields["chair_id"].choices = chairs  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Take the chosen slot apart, or ask for a chair and a time."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("scheduled_at") or cleaned.get("chair_id"):
            for name, words in (
                ("scheduled_at", "Enter when it starts."),
                ("chair_id", "Choose a chair."),
                ("minutes", "Enter how long it takes."),
            ):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, words)
            return cleaned
        if not cleaned.get("slot"):
            if not self.errors:
                self.add_error(None, "Choose one of the free times, or enter another time with its chair.")
            return cleaned
        try:
            begins, chair = cleaned["slot"].split("|")
            cleaned["scheduled_at"], cleaned["chair_id"] = datetime.fromisoformat(begins), int(chair)
            cleaned["minutes"] = cleaned.get("minutes") or self.usual_min
            if cleaned["scheduled_at"].tzinfo is None or not year_can_be_meant(cleaned["scheduled_at"]):
                raise ValueError
        except ValueError:
            self.add_error(None, "That is no time of this page. Choose one of the free times.")
        return cleaned

    def values(self) -> dict[str, Any]:
        """What the action is given."""
        return {name: value for name, value in super().values().items() if name != "slot"}


class CancelForm(VisitForm):
    """Why a visit does not take place."""

    why = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), label="Why, and who decided")


class MissedForm(VisitForm):
    """What is known of a patient who did not come."""

    reached = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}), label="Was the patient reached? What did they say?"
    )
