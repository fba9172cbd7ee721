"""How consent was given, as it is entered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from euthymia.clinic.courses.actions import Ability, Consent, Judged, SaidBack
from euthymia.clinic.courses.models import InterpretedBy
from euthymia.clinic.looks.widgets import Choices, Segmented
from euthymia.clinic.people.entry import EntryForm, Group, moment_field
from euthymia.evidence import ConsentText, Question


class ConsentForm(EntryForm):
    """How consent was given. Nothing is ticked beforehand; abilities and questions are those of the text."""

    interpreter = forms.CharField(label="Interpreter's name", max_length=200, required=False)
    interpreted_by = forms.ChoiceField(
        label="How the interpreter took part",
        choices=InterpretedBy.choices,
        required=False,
        widget=Choices,
        help_text="Only if there was one.",
    )
    language = forms.CharField(label="Language, if not English", max_length=60, required=False)
    other_witness = forms.CharField(
        label="Somebody else who was there",
        max_length=200,
        required=False,
        help_text="Name and relation, if there was anybody. You sign as the witness.",
    )
    patient_name = forms.CharField(
        label="The patient types the full name as a signature",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "The patient types the full name as a signature."},
    )
    signed_at = moment_field("Signed at")
    text_version = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, text: ConsentText, registered_name: str, **kwargs: Any) -> None:
        super().__init__(*args, initial={"text_version": text.version}, **kwargs)
        self.text, self.registered_name = text, registered_name
        for ability in text.abilities:
            self._ask_ability(ability)
        for question in text.questions:
            self._ask_back(question)
        self.asked = (
            Group(
                "What the patient says back",
                tuple(f"{part}_{each.key}" for each in text.questions for part in ("answer", "judged")),
                "Ask each question. Write the patient's own words, then judge them.",
            ),
            Group(
                "Capacity",
                tuple(f"{part}_{each.key}" for each in text.abilities for part in ("able", "basis")),
                "Judge each ability for this decision, now, with the help the patient needs.",
            ),
            Group("Interpreter", ("interpreter", "interpreted_by", "language")),
            Group("The patient signs", ("other_witness", "patient_name", "signed_at")),
        )

    @property
    def layout(self) -> Iterator[tuple[Group, list[BoundField]]]:
        """The fields in their groups, those of the text first."""
        for group in self.asked:
            yield group, [self[name] for name in group.fields]

    def _ask_ability(self, ability: Question) -> None:
        self.fields[f"able_{ability.key}"] = forms.ChoiceField(
            label=ability.text,
            choices=(("yes", "Yes"), ("no", "No")),
            widget=Segmented,
            error_messages={"required": "Judge this ability."},
        )
        self.fields[f"basis_{ability.key}"] = forms.CharField(
            label="What shows it",
            max_length=1000,
            widget=forms.TextInput(attrs={"placeholder": ability.expects}),
            error_messages={"required": "Say what this judgement rests on."},
        )

    def _ask_back(self, question: Question) -> None:
        self.fields[f"answer_{question.key}"] = forms.CharField(
            label=question.text,
            max_length=2000,
            widget=forms.Textarea(attrs={"rows": 2}),
            help_text=f"For you: {question.expects[0].lower()}{question.expects[1:]}.",
            error_messages={"required": "Write what the patient said, in the patient's own words."},
        )
        self.fields[f"judged_{question.key}"] = forms.ChoiceField(
            label="You judge it",
            choices=[(word.value, word.value.capitalize()) for word in Judged],
            widget=Segmented,
            error_messages={"required": "Judge the answer."},
        )

    def clean(self) -> dict[str, Any]:
        """Ask about a signature that differs from the name on record, and for how an interpreter took part."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        typed = data.get("patient_name", "")
        if typed and typed.split() and typed.casefold().split() != self.registered_name.casefold().split():
            self.doubt(
                "patient_name",
                typed,
                f"“{typed}” was typed; the record says {self.registered_name}. Did this patient sign?",
            )
        if data.get("interpreter"):
            if not data.get("interpreted_by"):
                self.add_error("interpreted_by", "Say how the interpreter took part.")
            if not data.get("language"):
                self.add_error("language", "Name the language that was interpreted.")
        return data

    def consent(self) -> Consent:
        """What was entered, as the action takes it."""
        data = self.cleaned_data
        kept = ("interpreter", "interpreted_by", "language", "other_witness", "patient_name", "signed_at")
        return Consent(
            text_version=data["text_version"],
            abilities=tuple(
                Ability(each.key, data[f"able_{each.key}"] == "yes", data[f"basis_{each.key}"])
                for each in self.text.abilities
            ),
            answers=tuple(
                SaidBack(each.key, data[f"answer_{each.key}"], Judged(data[f"judged_{each.key}"]))
                for each in self.text.questions
            ),
            **{name: data[name] for name in kept},
        )
