"""The note of a visit, and what a closed visit owes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms

from euthymia.clinic.looks.widgets import Choices, Segmented
from euthymia.clinic.visits.forms._base import YES_NO, TimedForm, VisitForm
from euthymia.clinic.visits.models.note import OfferAnswer
from euthymia.protocol.programme_form import JUDGED, MEDICINES

_PREFIX = "section_"


class NoteForm(VisitForm):
    """One field for each section, with its words as they stand; ``base`` is the version they come from."""

    base = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, *args: Any, sections: Iterable[tuple[str, str, str]], base: UUID | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["base"].initial = base
        for key, title, text in sections:
            self.fields[_PREFIX + key] = forms.CharField(
                label=title,
                initial=text,
                required=False,
                widget=forms.Textarea(attrs={"rows": min(14, max(3, text.count("\n") + 2))}),
            )

    def values(self) -> dict[str, Any]:
        given = super().values()
        words = {
            name.removeprefix(_PREFIX): given.pop(name) for name in list(given) if name.startswith(_PREFIX)
        }
        return given | {"words": words}


class AddendumForm(VisitForm):
    """What is added to a signed note."""

    text = forms.CharField(widget=forms.Textarea(attrs={"rows": 5}), label="What is added")
    covers = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="It speaks to",
        help_text="What was entered after the signature.",
    )

    def __init__(self, *args: Any, late: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = list(late)
        if choices:
            self.fields["covers"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["covers"]

    def values(self) -> dict[str, Any]:
        return {"covers": [], **super().values()}


class ProgrammeFormForm(VisitForm):
    """What the safety programme's form asks for and no other entry holds. Empty stays missing."""

    def __init__(self, *args: Any, said: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key, label in (*MEDICINES.items(), *JUDGED.items()):
            self.fields[key] = forms.ChoiceField(
                label=label, choices=YES_NO, widget=Segmented, required=False, initial=said.get(key)
            )
        self.fields["observer_phone"] = forms.CharField(
            label="Telephone of who watched",
            max_length=40,
            required=False,
            initial=said.get("observer_phone"),
        )
        self.fields["setting_address"] = forms.CharField(
            label="Address of the setting",
            max_length=300,
            required=False,
            initial=said.get("setting_address"),
        )

    def values(self) -> dict[str, Any]:
        return {"answers": super().values()}


class FormSentForm(TimedForm):
    """The form reached the programme."""

    how = forms.CharField(
        max_length=200, label="How it was sent", help_text="Online or by fax, and the number it was given."
    )

    def values(self) -> dict[str, Any]:
        given = super().values()
        return given | {"measured_at": self.moment(given.pop("happened"))}


class OfferForm(VisitForm):
    """A meeting to integrate was offered, and what the patient said."""

    answer = forms.ChoiceField(widget=Choices, choices=OfferAnswer.choices, label="A meeting to integrate")
    appointment_id = forms.TypedChoiceField(
        coerce=UUID, empty_value=None, required=False, label="The booked meeting"
    )
    detail = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        label="What the patient said",
        help_text="Where none was offered: why.",
    )

    def __init__(self, *args: Any, meetings: Iterable[tuple[UUID, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = [(str(key), words) for key, words in meetings]
        self.fields["appointment_id"].choices = [("", "Choose"), *found]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("answer") == OfferAnswer.NOT_OFFERED and not cleaned.get("detail", "").strip():
            self.add_error("detail", "Write why it was not offered.")
        if cleaned.get("answer") == OfferAnswer.BOOKED and not cleaned.get("appointment_id"):
            self.add_error("appointment_id", "Choose the meeting that is booked, or book it first.")
        return cleaned
