"""Going home, every other way out, and closing the visit."""

from __future__ import annotations

from typing import Any

from django import forms

from euthymia.clinic.looks.widgets import Segmented
from euthymia.clinic.visits.forms._base import (
    YES_NO,
    TimedForm,
    VisitForm,
)


class StabilityForm(VisitForm):
    """The clinician's own judgement."""

    stable = forms.TypedChoiceField(
        widget=Segmented,
        choices=YES_NO,
        coerce=lambda word: word == "yes",
        label="Clinically stable and ready to leave",
    )
    basis = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}),
        label="What it rests on",
        help_text="Walks steadily, oriented, no nausea worth naming.",
    )


class EscortArrivalForm(TimedForm):
    """Who has come; or that nobody is here after all."""

    here = forms.TypedChoiceField(
        widget=Segmented,
        choices=(("yes", "Is here"), ("no", "Not here after all")),
        coerce=lambda word: word == "yes",
        label="The escort",
    )
    name = forms.CharField(
        max_length=200,
        required=False,
        label="Who is here",
        help_text="As they say it, where the escort is here.",
    )
    why = forms.CharField(
        max_length=300,
        required=False,
        label="Where nobody is here: why",
        help_text="Gone again, or entered by mistake.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("name", "why"):  # one of them, by whether the escort is here
            self.fields[name].asked_by_answer = True  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("here") and not cleaned.get("name", "").strip():
            self.add_error("name", "Enter who has come.")
        if cleaned.get("here") is False and not cleaned.get("why", "").strip():
            self.add_error("why", "Say why: gone again, or entered by mistake.")
        if cleaned.get("here") and cleaned.get("why", "").strip():
            self.add_error("why", "The escort is here: leave this empty.")
        return cleaned

    def values(self) -> dict[str, Any]:
        said = self.cleaned_data
        kept = {name: said[name] for name in ("here", "name", "why")}
        return kept | {"measured_at": self.moment(said["happened"])}


class AgainstAdviceForm(TimedForm):
    """The patient leaves before staff think it safe."""

    advice = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}), label="What the patient was told, and what they said"
    )
    with_whom = forms.CharField(max_length=200, required=False, label="Left with")

    def values(self) -> dict[str, Any]:
        values = super().values()
        return values | {"left_at": self.moment(values.pop("happened"))}


class TransferForm(TimedForm):
    """Another place of care takes over."""

    destination = forms.CharField(max_length=200, label="Where to")
    why = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), label="Why")
    with_whom = forms.CharField(max_length=200, required=False, label="With whom")

    def values(self) -> dict[str, Any]:
        values = super().values()
        return values | {"left_at": self.moment(values.pop("happened"))}


class EmergencyForm(TimedForm):
    """Help was called."""

    seen = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        label="What was seen",
        help_text="It can be written afterwards: the emergency stands either way.",
    )

    def values(self) -> dict[str, Any]:
        values = super().values()
        return values | {"happened_at": self.moment(values.pop("happened"))}


class StabiliseForm(TimedForm):
    """The emergency is over."""

    done = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), label="What was done")

    def values(self) -> dict[str, Any]:
        values = super().values()
        return values | {"happened_at": self.moment(values.pop("happened"))}


class DeathForm(TimedForm):
    """The patient died."""

    circumstances = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}), label="What is known, and the numbers of reports made"
    )

    def values(self) -> dict[str, Any]:
        values = super().values()
        return values | {"died_at": self.moment(values.pop("happened"))}


class CloseForm(VisitForm):
    """What closing asks for."""

    discrepancy = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        label="What is known about the drug that is not accounted for",
        help_text="Nobody can close over it without a word. It goes to the medical director.",
    )
    adverse_events = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Adverse events",
        help_text="Write “none” where there were none.",
    )

    def __init__(self, *args: Any, balances: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if balances:
            del self.fields["discrepancy"]


class DischargeForm(VisitForm):
    """The discharge; and why nobody signed for the instructions, where nobody did. It holds nobody back."""

    no_receipt_why = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        label="Nobody has signed for the instructions: why",
        help_text="The patient may leave all the same. Empty, it stays on the list of what is open.",
    )

    def __init__(self, *args: Any, receipt_open: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not receipt_open:
            del self.fields["no_receipt_why"]
