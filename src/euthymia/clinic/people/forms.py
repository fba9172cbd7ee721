"""What is entered about a patient."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils import timezone

from euthymia.clinic.looks.fields import Exact
from euthymia.clinic.looks.widgets import Day, Segmented
from euthymia.clinic.people.actions import Details
from euthymia.clinic.people.entry import (
    EntryForm,
    Group,
    ReasonMixin,
    moment_field,
)
from euthymia.clinic.people.models import Ancestry, Sex
from euthymia.clinic.people.queries import DirectoryRow, Identity, Weight, age_on
from euthymia.evidence import entry_limit
from euthymia.protocol.units import Unit


class SearchForm(forms.Form):
    """Finds a patient by name, birth date or record number."""

    q = forms.CharField(
        label="Name, birth date or record number",
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "autofocus": True}),
    )


class DetailsForm(EntryForm):
    """Who a patient is and how to reach them."""

    given_name = forms.CharField(label="Given name", max_length=100)
    family_name = forms.CharField(label="Family name", max_length=100)
    called = forms.CharField(label="Likes to be called", max_length=100, required=False)
    birth_date = forms.DateField(
        label="Date of birth",
        widget=Day,
        error_messages={"invalid": "Enter a date that exists, such as 1980-05-31."},
    )
    sex = forms.ChoiceField(label="Sex", choices=Sex.choices, widget=Segmented)
    medical_record_number = forms.CharField(label="Record number", max_length=32)
    ancestry = forms.ChoiceField(
        label="Ancestry",
        choices=Ancestry.choices,
        required=False,
        help_text="The kinetic models differ by it. It is used for nothing else.",
    )
    phone = forms.CharField(label="Telephone", max_length=40, required=False)
    email = forms.EmailField(label="E-mail", required=False)
    address = forms.CharField(label="Address", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    emergency_contact_name = forms.CharField(label="Name", max_length=200, required=False)
    emergency_contact_phone = forms.CharField(label="Telephone", max_length=40, required=False)
    emergency_contact_relation = forms.CharField(
        label="Relation to the patient", max_length=100, required=False
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    groups: ClassVar[tuple[Group, ...]] = (
        Group(
            "Who",
            ("given_name", "family_name", "called", "birth_date", "sex", "medical_record_number", "ancestry"),
            grid=True,
        ),
        Group("How to reach the patient", ("phone", "email", "address", "revision"), grid=True),
        Group(
            "Whom to call in an emergency",
            ("emergency_contact_name", "emergency_contact_phone", "emergency_contact_relation"),
            grid=True,
        ),
    )

    @classmethod
    def showing(cls, identity: Identity, sex: str, ancestry: str) -> DetailsForm:
        """The form with what is on record: the one kind of entry that is changed, not made anew."""
        on_record = {
            name: getattr(identity, name, "") for name in cls.base_fields if name != "idempotency_key"
        }
        return cls(
            initial=on_record
            | {
                "called": identity.preferred_name,
                "birth_date": identity.born,
                "medical_record_number": identity.mrn,
                "sex": sex,
                "ancestry": ancestry,
            }
        )

    def clean(self) -> dict[str, Any]:
        """Refuse birth dates to come, and ask about unusual ages."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        born = data.get("birth_date")
        if born is None:
            return data
        today = timezone.localdate()
        if born > today:
            self.add_error("birth_date", "This date lies in the future. Check the year.")
            return data
        age, limit = age_on(born, today), entry_limit("age")
        if not limit.possible[0] <= age <= limit.possible[1]:
            self.add_error("birth_date", f"This would make the patient {age} years old. Check the year.")
        elif not limit.plausible[0] <= age <= limit.plausible[1]:
            self.doubt(
                "birth_date", born, f"The patient would be {age} years old. Is the date of birth right?"
            )
        return data

    def details(self) -> Details:
        """What was entered, as the action takes it."""
        return Details(**{name: value for name, value in self.values().items() if name != "revision"})

    def doubt_same_person(self, found: tuple[DirectoryRow, ...]) -> None:
        """Ask whether the patient is already registered."""
        for row in found:
            self.doubt(
                "same",
                row.id,
                f"{row.name}, born {row.born:%-d %B %Y}, is registered as {row.mrn}. Is this another person?",
            )
        if self.doubts:
            self.add_error(None, "This patient may be registered already.")


class AllergiesForm(EntryForm):
    """What the patient is allergic to."""

    allergies = forms.CharField(
        label="Allergies and intolerances",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Write “none known” if you asked and there are none.",
        error_messages={"required": "Write what was answered; “none known” if the patient knows of none."},
    )
    instead_of = forms.CharField(widget=forms.HiddenInput, required=False, strip=False)

    def __init__(self, *args: Any, on_record: str, **kwargs: Any) -> None:
        super().__init__(*args, initial={"allergies": on_record, "instead_of": on_record}, **kwargs)
        self.on_record = on_record

    def clean(self) -> dict[str, Any]:
        """Show what a colleague wrote meanwhile; saved once more, what was typed stands in its place."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("instead_of", "").split() != self.on_record.split():  # a browser rewrites line ends
            told = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict, whose copy may be changed
            told["instead_of"] = self.on_record
            self.data = told
            self.add_error(
                "allergies", f"Meanwhile somebody wrote “{self.on_record}”. Put both together, and save."
            )
        return data


class WeightForm(EntryForm):
    """One weighing."""

    weight_kg = Exact(Unit.KG, digits=4, decimals=1, label="Weight")
    measured_at = moment_field("Weighed at")

    def clean(self) -> dict[str, Any]:
        """Refuse what nobody weighs, ask about what few weigh."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        self.check_number("weight_kg", "weight", "A weight in kilograms")
        return data


class WeightCorrectionForm(ReasonMixin, WeightForm):
    """A corrected weighing, with the reason."""

    groups: ClassVar[tuple[Group, ...]] = (Group("", ("weight_kg", "measured_at", "reason")),)

    @classmethod
    def showing(cls, weight: Weight) -> WeightCorrectionForm:
        """The form with the weighing that is corrected."""
        return cls(initial={"weight_kg": weight.weight_kg, "measured_at": weight.measured_at})
