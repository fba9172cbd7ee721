"""What is entered for a letter alone."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from euthymia.clinic.people.entry import EntryForm, Group
from euthymia.clinic.reports.contents import Entered
from euthymia.evidence import maudsley_scale


def severities() -> list[tuple[str, str]]:
    """The words of the Maudsley scale, which the clinician rates."""
    return [("", "Not rated"), *((word, word.capitalize()) for word in maudsley_scale().severities)]


class LetterForm(EntryForm):
    """What the record does not hold. Everything may stay empty: the letter then marks the gap."""

    addressee = forms.CharField(
        label="To whom", required=False, max_length=400, widget=forms.Textarea(attrs={"rows": 3})
    )
    member_number = forms.CharField(label="The patient's member number", required=False, max_length=60)
    diagnosis_code = forms.CharField(
        label="Diagnosis code",
        required=False,
        max_length=40,
        help_text="As you code it, with the code system.",
    )
    severity = forms.ChoiceField(
        label="How severe the episode is, as you rate it", required=False, choices=severities
    )
    statement = forms.CharField(
        label="Why this treatment", required=False, max_length=3000, widget=forms.Textarea(attrs={"rows": 5})
    )
    registration = forms.CharField(
        label="The prescriber's registration number", required=False, max_length=60
    )

    groups: ClassVar[tuple[Group, ...]] = (
        Group("Addressee", ("addressee", "member_number")),
        Group("Diagnosis", ("diagnosis_code", "severity"), grid=True),
        Group("In your words", ("statement", "registration")),
    )

    def entered(self) -> Entered:
        """What was entered, as the action takes it."""
        values: dict[str, Any] = self.values()
        return Entered(**{name: (value or "").strip() for name, value in values.items()})


class SignForm(EntryForm):
    """Nothing but the key: what is signed stands on the page."""
