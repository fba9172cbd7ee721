"""What is entered in signing that two records are of one person, and in undoing it."""

from __future__ import annotations

from django import forms

from euthymia.clinic.looks.widgets import Choices
from euthymia.clinic.people.duplicates import Candidate
from euthymia.clinic.people.entry import EntryForm

THIS, OTHER = "this", "other"


class JoinForm(EntryForm):
    """Which of the two records stands, and how it is known that they are one person."""

    stands = forms.ChoiceField(
        label="Which record stands?",
        widget=Choices,
        help_text="The other one is retired: nothing is planned, booked or ordered on it any more.",
        error_messages={"required": "Say which of the two records stands."},
    )
    why = forms.CharField(
        label="How is it known?",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For example the patient and an identity card.",
        error_messages={"required": "Say how it is known that they are one person."},
    )

    def __init__(self, *args: object, this: str, other: Candidate, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        stands = self.fields["stands"]
        assert isinstance(stands, forms.ChoiceField)
        stands.choices = [(THIS, f"This one, {this}"), (OTHER, f"The other one, {other.mrn}")]


class UndoForm(EntryForm):
    """How it is known that two records are of two persons after all."""

    why = forms.CharField(
        label="How is it known?",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say how it is known that they are two persons."},
    )
