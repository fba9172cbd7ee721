"""Bedside monitors: which there are, where each stands, and whose readings are that had no place."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from euthymia.clinic.looks.widgets import Choices
from euthymia.clinic.visits.forms._base import VisitForm

NOBODY = "nobody"


class MonitorForm(VisitForm):
    """One monitor."""

    name = forms.CharField(max_length=40, label="Name", help_text="As it is written on the machine.")
    make = forms.CharField(max_length=120, required=False, label="Maker and model")
    serial = forms.CharField(max_length=60, required=False, label="Serial number")
    is_active = forms.BooleanField(required=False, label="In use")


class PlaceForm(VisitForm):
    """Where a monitor stands from now on. Nothing is chosen beforehand."""

    where = forms.ChoiceField(widget=Choices, label="From now on it stands")

    def __init__(self, *args: Any, places: tuple[tuple[str, str], ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["where"].choices = places  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        kind, _, identifier = self.cleaned_data["where"].partition(":")
        return {
            "chair_id": int(identifier) if kind == "chair" else None,
            "visit_id": UUID(identifier) if kind == "visit" else None,
        }


class WaitingForm(VisitForm):
    """Whose readings these are. Nothing is chosen beforehand."""

    whose = forms.ChoiceField(widget=Choices, label="They belong to")
    why = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}), label="How you know", help_text="It stands in the record."
    )

    def __init__(self, *args: Any, visits: tuple[tuple[str, str], ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["whose"].choices = (*visits, (NOBODY, "Nobody here: set them aside"))  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        whose = self.cleaned_data["whose"]
        return {"visit_id": None if whose == NOBODY else UUID(whose), "why": self.cleaned_data["why"]}
