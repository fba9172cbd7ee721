"""What goes home: who signs for it, and what else the record of leaving holds."""

from __future__ import annotations

import json
from typing import Any

from django import forms

from euthymia.clinic.looks.widgets import Choices, ManyChoices, Signature, Time
from euthymia.clinic.visits.forms._base import VisitForm
from euthymia.clinic.visits.models.leaving import Signer
from euthymia.protocol.leaving_record import ManagedRisk

RECEIVED = (
    ("instructions on paper", "Instructions on paper"),
    ("instructions on a telephone", "Instructions on a telephone"),
    ("instructions read out", "Instructions read out"),
    ("belongings", "Belongings"),
)
_LARGEST = 1000
_MOST_LINES = 200  # ours: a signature has a few


class ReceiptForm(VisitForm):
    """Who signs, on the screen or as written, and for what."""

    signer = forms.ChoiceField(widget=Choices, choices=Signer.choices, label="Who signs")
    received = forms.MultipleChoiceField(
        widget=ManyChoices, choices=RECEIVED, required=False, label="Handed over"
    )
    signed_name = forms.CharField(
        max_length=200, required=False, label="Name", help_text="As they write it; it signs by itself too."
    )
    strokes = forms.CharField(widget=Signature, required=False, label="Signature on the screen")
    why_not = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        label="Why nobody signed",
        help_text="Only where nobody did.",
    )

    def clean_strokes(self) -> list[list[tuple[int, int]]]:
        """Take lines of points inside the field, and nothing else."""
        given = self.cleaned_data["strokes"]
        if not given:
            return []
        try:
            lines = [[(int(x), int(y)) for x, y in line] for line in json.loads(given)]
        except (TypeError, ValueError, OverflowError, RecursionError):
            raise forms.ValidationError(
                "The drawing did not arrive whole. Clear it and sign again."
            ) from None
        inside = all(0 <= number <= _LARGEST for line in lines for point in line for number in point)
        if not inside or len(lines) > _MOST_LINES:
            raise forms.ValidationError("The drawing did not arrive whole. Clear it and sign again.")
        return lines

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        nobody = cleaned.get("signer") == Signer.NOBODY
        if nobody and not cleaned.get("why_not", "").strip():
            self.add_error("why_not", "Write why nobody signed.")
        if cleaned.get("signer") and not nobody:
            if not cleaned.get("signed_name", "").strip():
                self.add_error("signed_name", "Write the name of who signed.")
            if not cleaned.get("received"):
                self.add_error("received", "Say what was handed over.")
        return cleaned


class PointsForm(VisitForm):
    """What the jurisdiction's record of leaving asks for besides the gate."""

    ready_at = forms.TimeField(
        widget=Time,
        required=False,
        label="Would have been ready at",
        help_text="When the patient could have left, had no time been fixed.",
        error_messages={"invalid": "Enter a time of day, such as 14:20."},
    )
    gone_through = forms.MultipleChoiceField(
        widget=ManyChoices,
        choices=[(each.value, each.value.capitalize()) for each in ManagedRisk],
        required=False,
        label="Gone through with the patient",
    )

    def __init__(self, *args: Any, asks_ready: bool, asks_checklist: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_ready:
            del self.fields["ready_at"]
        if not asks_checklist:
            del self.fields["gone_through"]

    def values(self) -> dict[str, Any]:
        given = super().values()
        clock = given.get("ready_at")
        return given | {"ready_at": self.moment(clock) if clock else None}
