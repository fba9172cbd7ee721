"""What is entered about a referral: by staff, by a referrer, out of a file, and in deciding on it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar

from django import forms

from euthymia.clinic.courses.actions.referral_links import NewLink
from euthymia.clinic.courses.actions.referrals import Acceptance
from euthymia.clinic.courses.incoming import Incoming, Unmapped
from euthymia.clinic.courses.models import PRODUCTS, Indication
from euthymia.clinic.courses.referral_models import SuicidalThoughts, Urgency
from euthymia.clinic.looks.widgets import Choices, Day, Segmented
from euthymia.clinic.people.duplicates import Candidate
from euthymia.clinic.people.entry import EntryForm, Group, ReasonMixin
from euthymia.clinic.people.models import Sex
from euthymia.clinic.people.queries import age_on
from euthymia.evidence import entry_limit, referral_limit
from euthymia.protocol import Product

ANOTHER = "another"
_LONG = 5000
_ISO = ["%Y-%m-%d"]  # in a file 03/05/1980 is March to one office and May to the other


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def _missing(sentence: str) -> dict[str, str]:
    return {"required": sentence, "invalid_choice": f"“%(value)s” is no answer here. {sentence}"}


class IncomingForm(EntryForm):
    """A referral as somebody gives it. It judges what can be, not what is wise: a referral is kept as it came."""

    referrer_name = forms.CharField(
        label="Referrer’s name", max_length=200, error_messages=_missing("Say who refers the patient.")
    )
    organisation = forms.CharField(label="Practice or hospital", max_length=200, required=False)
    referrer_phone = forms.CharField(label="Referrer’s telephone", max_length=40, required=False)
    referred_on = forms.DateField(
        label="Date of the referral",
        widget=Day,
        input_formats=_ISO,
        error_messages={
            "required": "Enter the date of the referral.",
            "invalid": "Enter a date that exists, as 2026-11-23.",
        },
    )
    given_name = forms.CharField(
        label="Given name", max_length=100, error_messages=_missing("Enter the patient’s given name.")
    )
    family_name = forms.CharField(
        label="Family name", max_length=100, error_messages=_missing("Enter the patient’s family name.")
    )
    birth_date = forms.DateField(
        label="Date of birth",
        widget=Day,
        input_formats=_ISO,
        error_messages={
            "required": "Enter the patient’s date of birth.",
            "invalid": "Enter a date of birth that exists, as 1980-05-31.",
        },
    )
    sex = forms.ChoiceField(
        label="Sex",
        choices=Sex.choices,
        widget=Segmented,
        error_messages=_missing("Say female, male, other or unknown."),
    )
    phone = forms.CharField(label="Patient’s telephone", max_length=40, required=False)
    email = forms.EmailField(label="Patient’s e-mail", required=False)
    address = forms.CharField(label="Patient’s address", required=False, max_length=500, widget=_area(2))
    identifier = forms.CharField(
        label="Referrer’s number for the patient",
        max_length=100,
        required=False,
        help_text="A record or insurance number.",
    )
    reason = forms.CharField(
        label="Reason for the referral",
        max_length=_LONG,
        widget=_area(5),
        error_messages=_missing("Say why the patient is referred."),
    )
    diagnosis = forms.CharField(label="Diagnosis", max_length=300, required=False)
    diagnosis_code = forms.CharField(
        label="Its code", max_length=40, required=False, help_text="For example an ICD-10 code."
    )
    diagnosis_system = forms.CharField(label="Code system", max_length=200, required=False)
    urgency = forms.ChoiceField(
        label="How soon?",
        choices=Urgency.choices,
        widget=Segmented,
        error_messages=_missing("Say how soon: routine, soon or urgent."),
    )
    suicidal_thoughts = forms.ChoiceField(
        label="Suicidal thoughts?",
        choices=SuicidalThoughts.choices,
        widget=Choices,
        error_messages=_missing("Say yes, no or not said: whether the patient has suicidal thoughts."),
    )
    medicines = forms.CharField(
        label="Current medicines",
        required=False,
        max_length=_LONG,
        widget=_area(4),
        help_text="With doses, if known.",
    )
    past_antidepressants = forms.CharField(
        label="Antidepressants tried before",
        required=False,
        max_length=_LONG,
        widget=_area(4),
        help_text="Which, at what dose, for how long, and what came of it.",
    )

    groups: ClassVar[tuple[Group, ...]] = (
        Group("Who refers", ("referrer_name", "organisation", "referrer_phone", "referred_on"), grid=True),
        Group(
            "The patient",
            ("given_name", "family_name", "birth_date", "sex", "phone", "email", "address", "identifier"),
            grid=True,
        ),
        Group("Why", ("urgency", "suicidal_thoughts", "reason")),
        Group("Diagnosis", ("diagnosis", "diagnosis_code", "diagnosis_system"), grid=True),
        Group("Treatment so far", ("medicines", "past_antidepressants")),
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean(self) -> dict[str, Any]:
        """Refuse dates that cannot be, and text that no database holds."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for name, value in list(data.items()):
            if isinstance(value, str) and _unwritable(value):
                self.add_error(name, "This holds a broken character. Type it again.")
        born, referred = data.get("birth_date"), data.get("referred_on")
        if born is not None:
            self._check_birth(born)
        if referred is not None and referred > self.today:
            self.add_error("referred_on", "The date of the referral lies in the future. Check the year.")
        elif referred is not None and born is not None and referred < born <= self.today:
            self.add_error("referred_on", "The date of the referral lies before the patient was born.")
        return data

    def _check_birth(self, born: date) -> None:
        if born > self.today:
            self.add_error("birth_date", "The date of birth lies in the future. Check the year.")
            return
        lowest, highest = entry_limit("age").possible
        if not lowest <= age_on(born, self.today) <= highest:
            self.add_error(
                "birth_date",
                f"This would make the patient {age_on(born, self.today)} years old. Check the year.",
            )

    def values(self) -> dict[str, Any]:
        """What was given. A browser sends line ends as it likes; here they are all the same."""
        return {
            name: "\n".join(value.splitlines()) if isinstance(value, str) else value
            for name, value in super().values().items()
        }

    def incoming(self, unmapped: Iterable[Unmapped] = (), number: str = "") -> Incoming:
        """What was given, as the action takes it; ``number`` is the sender's own for the referral."""
        return Incoming(**self.values(), unmapped=tuple(unmapped), number=number)


class ReferrersForm(IncomingForm):
    """A referral as the referrer fills it in: dated the day it is sent, and with a number to call back."""

    referred_on = None  # type: ignore[assignment]  # Django: a name set to None takes the field out

    groups: ClassVar[tuple[Group, ...]] = (
        Group("You", ("referrer_name", "organisation", "referrer_phone"), grid=True),
        *IncomingForm.groups[1:],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["referrer_name"].label = "Your name"
        self.fields["referrer_phone"].label = "Your telephone"
        self.fields["identifier"].label = "Your number for the patient"
        self.fields["referrer_phone"].required = True
        self.fields["referrer_phone"].error_messages["required"] = "Give a number at which we reach you."
        self.fields["idempotency_key"].required = True

    def values(self) -> dict[str, Any]:
        """What was given, dated today."""
        return super().values() | {"referred_on": self.today}


class LinkForm(EntryForm):
    """For whom a page is made, and how long it lasts."""

    referrer_name = forms.CharField(
        label="Referrer’s name", max_length=200, error_messages=_missing("Say for whom the page is.")
    )
    organisation = forms.CharField(label="Practice or hospital", max_length=200, required=False)
    phone = forms.CharField(label="Telephone", max_length=40, required=False)
    days = forms.IntegerField(label="Open for how many days", min_value=1)
    uses = forms.IntegerField(label="For how many referrals", min_value=1, initial=1)

    groups: ClassVar[tuple[Group, ...]] = (
        Group("Referrer", ("referrer_name", "organisation", "phone"), grid=True),
        Group("Limits", ("days", "uses"), grid=True),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["days"].initial = referral_limit("link", "days")

    def link(self) -> NewLink:
        """What was entered, as the action takes it."""
        return NewLink(**self.values())


class AcceptanceForm(EntryForm):
    """What accepting adds to a referral: nothing of it is typed again."""

    who = forms.ChoiceField(
        label="Who is it?",
        widget=Choices,
        error_messages=_missing("Say whether it is one of these patients or another person."),
    )
    medical_record_number = forms.CharField(
        label="Record number",
        max_length=32,
        required=False,
        help_text="For a patient who is not registered yet.",
    )
    product = forms.ChoiceField(label="Treatment", choices=PRODUCTS, widget=Choices)
    indication = forms.ChoiceField(label="Indication", choices=Indication.choices, widget=Choices)

    def __init__(self, *args: Any, candidates: tuple[Candidate, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        open_ones = [each for each in candidates if not each.retired]
        known = [
            (str(each.id), f"Record {each.mrn}: {each.given_name} {each.family_name}") for each in open_ones
        ]
        who = self.fields["who"]
        assert isinstance(who, forms.ChoiceField)
        if known:
            who.choices = [*known, (ANOTHER, "None of these: a new patient")]
        else:
            who.choices = [(ANOTHER, "A new patient")]
            who.widget = forms.HiddenInput()
            who.initial = ANOTHER

    def clean(self) -> dict[str, Any]:
        """A new patient needs a record number; a registered one has it."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("who") == ANOTHER and not data.get("medical_record_number"):
            self.add_error("medical_record_number", "Give the new patient a record number.")
        return data

    def acceptance(self) -> Acceptance:
        """What was chosen, as the action takes it."""
        who = self.cleaned_data["who"]
        return Acceptance(
            product=Product(self.cleaned_data["product"]),
            indication=Indication(self.cleaned_data["indication"]),
            patient_id=None if who == ANOTHER else who,
            medical_record_number=self.cleaned_data["medical_record_number"] if who == ANOTHER else "",
        )


class DeclineForm(ReasonMixin, EntryForm):
    """Why a referral is declined."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "Why is it declined?"
        self.fields["reason"].error_messages["required"] = "Say why it is declined, for the referrer."


class FileForm(EntryForm):
    """A file to look at before anything of it is imported. What was looked at comes back with the confirmation."""

    file = forms.FileField(
        label="File",
        error_messages={"required": "Choose a file.", "empty": "This file is empty. Choose another one."},
    )
    content = forms.CharField(widget=forms.HiddenInput, required=False, strip=False)
    take = forms.BooleanField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].required = not self.data.get("content")

    def clean(self) -> dict[str, Any]:
        """Take the file, or what was looked at before, within the size that is read."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        most = referral_limit("file", "most_bytes")
        upload = data.get("file")
        if upload is not None and upload.size > most:
            self.add_error("file", f"This file is larger than {most // 1000} kB. Import it in parts.")
        elif upload is not None:
            data["bytes"] = upload.read()
        elif data.get("content"):
            data["bytes"] = data["content"].encode("utf-8", "surrogatepass")
        return data


def _unwritable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return "\x00" in text
