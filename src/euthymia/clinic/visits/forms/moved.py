"""Moving an entry to the patient it belongs to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from euthymia.clinic.looks.widgets import Choices
from euthymia.clinic.visits.forms._base import VisitForm


class MoveForm(VisitForm):
    """Whose it is, and how one knows. Nothing is chosen beforehand."""

    to = forms.ChoiceField(
        widget=Choices,
        label="It belongs to",
        error_messages={"required": "Choose the patient it belongs to."},
    )
    why = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}),
        label="How you know",
        help_text="It stands in both records: name no patient in it.",
    )

    def __init__(self, *args: Any, visits: tuple[tuple[str, str], ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = visits  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        return {"to_visit_id": UUID(self.cleaned_data["to"]), "why": self.cleaned_data["why"]}
