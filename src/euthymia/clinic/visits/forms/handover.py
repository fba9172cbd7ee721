"""Change of shift: the concerns in words, and to whom."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from euthymia.clinic.looks.widgets import Choices
from euthymia.clinic.visits.forms._base import VisitForm


class HandoverForm(VisitForm):
    """One field of concerns for each patient the page shows, and the colleague."""

    to = forms.ChoiceField(widget=Choices, label="To whom")
    note = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}), required=False, label="Of the room as a whole"
    )
    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        *args: Any,
        patients: tuple[tuple[UUID, str], ...],
        colleagues: tuple[tuple[str, str], ...],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = colleagues  # type: ignore[attr-defined]
        self.here = [visit_id for visit_id, _ in patients]
        self.fields["shown"].initial = " ".join(str(visit_id) for visit_id in self.here)
        for visit_id, name in patients:
            self.fields[f"concerns_{visit_id}"] = forms.CharField(
                widget=forms.Textarea(attrs={"rows": 2}),
                required=False,
                label=f"Concerns about {name}",
                help_text="In your words: what to look at, what worries you.",
            )

    def clean_shown(self) -> list[UUID]:
        """The patients the page showed when the concerns were written."""
        try:
            return [UUID(each) for each in self.cleaned_data["shown"].split()]
        except ValueError:
            raise forms.ValidationError("Open the page again, and hand over there.") from None

    def values(self) -> dict[str, Any]:
        said = self.cleaned_data
        concerns = {each: said.get(f"concerns_{each}", "") for each in said["shown"]}
        return {"to_id": UUID(said["to"]), "note": said["note"], "concerns": concerns}

    def look_again(self) -> None:
        """The page now shows who is here now: sent again, it counts as seen."""
        data = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict, whose copy may be changed
        data["shown"] = " ".join(str(visit_id) for visit_id in self.here)
        self.data = data


class AcceptForm(VisitForm):
    """Taking over."""

    question = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        label="What you asked, or saw on taking over",
    )
    confirmed = forms.BooleanField(label="I have read it and looked at every patient")
