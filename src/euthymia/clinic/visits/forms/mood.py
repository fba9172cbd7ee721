"""The questionnaire and the judgement of suicide risk."""

from __future__ import annotations

from typing import Any

from django import forms

from euthymia.clinic.looks.widgets import Choices, Segmented
from euthymia.clinic.visits.forms._base import (
    AskingForm,
    VisitForm,
)
from euthymia.evidence import instrument
from euthymia.protocol import RiskLevel


class QuestionnaireForm(AskingForm):
    """The PHQ-9, with the words of its file."""

    left_out = (
        "Without every answer there is no total. Answer them, or save again if the patient leaves them out."
    )
    mode = forms.ChoiceField(
        widget=Choices,
        choices=(
            ("device", "The patient answers on this device"),
            ("paper", "Copied from paper"),
            ("asked", "Read out and asked"),
        ),
        label="How it is answered",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        phq = instrument("phq-9")
        for item in phq.items:
            options = [(str(option.score.value), option.text) for option in item.options if option.score]
            self.fields[f"item_{item.id}"] = forms.ChoiceField(
                widget=Segmented, choices=options, required=False, label=f"{item.id}. {item.text}"
            )
        wording = [(option.text, option.text) for option in phq.difficulty.options]
        self.fields["difficulty"] = forms.ChoiceField(
            widget=Choices, choices=wording, required=False, label=phq.difficulty.text
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        left = [
            name.removeprefix("item_") for name in cleaned if name.startswith("item_") and not cleaned[name]
        ]
        if left:
            self.ask(
                f"without {' '.join(left)}",
                f"No answer to {', '.join(left)}. {self.left_out}",
            )
        return cleaned

    def values(self) -> dict[str, Any]:
        answers = {
            name.removeprefix("item_"): int(value)
            for name, value in self.cleaned_data.items()
            if name.startswith("item_") and value != ""
        }
        return {
            "answers": answers,
            "difficulty": self.cleaned_data["difficulty"],
            "mode": self.cleaned_data["mode"],
        }


class RiskForm(VisitForm):
    """The clinician's own level of suicide risk."""

    level = forms.ChoiceField(
        widget=Segmented,
        choices=[(level.value, level.value.capitalize()) for level in RiskLevel],
        label="Level, as you judge it",
    )
    thoughts_found = forms.TypedChoiceField(
        widget=Segmented,
        choices=(("yes", "Yes"), ("no", "None were found")),
        coerce=lambda word: word == "yes",
        empty_value=None,
        required=False,
        label="Any thoughts of death or suicide?",
        help_text="At a low level, if none were found, nothing more is asked for. Left open, it counts as yes.",
    )
    basis = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), label="What it rests on")
    instrument = forms.CharField(
        max_length=120,
        required=False,
        label="Structured assessment",
        help_text="Its name, if one was done. Needed when PHQ-9 item 9 is above 0.",
    )
    level_of_care = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        label="Where the patient is looked after",
        help_text="Needed when the level is high.",
    )


class HighRiskForm(VisitForm):
    """The prescriber's decision at high risk."""

    decision = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), label="Decision, and why")
    level_of_care = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}), label="Where the patient is looked after"
    )
