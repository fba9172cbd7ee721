"""An emergency or a transfer of somebody who is not in the house."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from euthymia.clinic.looks.widgets import Choices, Moment
from euthymia.clinic.visits.forms._base import VisitForm
from euthymia.clinic.visits.models import Elsewhere

_SMALL = forms.Textarea(attrs={"rows": 3})


class ElsewhereForm(VisitForm):
    """What happened, when, and who told."""

    kind = forms.ChoiceField(
        choices=Elsewhere.choices,
        widget=Choices,
        label="What it was",
        error_messages={"required": "Choose what it was."},
    )
    what = forms.CharField(widget=_SMALL, label="What happened")
    happened_at = forms.DateTimeField(
        widget=Moment,
        label="When",
        error_messages={"required": "Enter day and time, as well as they are known."},
    )
    told_by = forms.CharField(max_length=200, label="Who told you")
    destination = forms.CharField(max_length=200, required=False, label="Where the patient is now")
    done = forms.CharField(widget=_SMALL, required=False, label="What the house did")

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if said.get("kind") == Elsewhere.TAKEN and not said.get("destination"):
            self.add_error("destination", "Say where the patient is.")
        happened = said.get("happened_at")
        if happened is not None and timezone.is_naive(happened):
            said["happened_at"] = timezone.make_aware(happened)
        return said
