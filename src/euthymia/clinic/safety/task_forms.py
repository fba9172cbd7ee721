"""What is entered when a task is done, the call after a treatment among them."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from euthymia.clinic.looks.widgets import Choices, Moment, Segmented
from euthymia.clinic.people.entry import (
    EntryForm,
    Group,
    JudgedChar,
    JudgedChoice,
    JudgedTypedChoice,
    moment_field,
)
from euthymia.clinic.safety.actions import AdverseEventEntry, RiskEntry
from euthymia.clinic.safety.forms import AREA, ASK_SERIOUS, LEVELS, SERIOUSNESS, stored_seriousness
from euthymia.clinic.safety.models import EventOutcome, Severity
from euthymia.protocol import RiskLevel


class CompletionForm(EntryForm):
    """How a task was done."""

    outcome = forms.CharField(
        label="What was done, and what came of it",
        widget=AREA,
        error_messages={"required": "Say what was done and what came of it."},
    )
    done_at = moment_field("Done at")


class CallForm(EntryForm):
    """The call after treatment: reached or not, and all three questions when reached."""

    use_required_attribute = False

    called_at = moment_field("Called at")
    reached = forms.ChoiceField(
        label="Did you reach the patient?",
        choices=(("yes", "Yes, all three were asked"), ("no", "No, or it was cut short")),
        widget=Segmented,
        help_text="Cut short, the call stays on the list; say in the note what was heard.",
        error_messages={"required": "Say whether you reached the patient."},
    )
    mood = JudgedTypedChoice(
        label="Mood now, from 0 (the worst imaginable) to 10 (the best)",
        choices=[(number, str(number)) for number in range(11)],
        coerce=int,
        empty_value=None,
        widget=Segmented,
    )
    adverse = JudgedChoice(
        label="Anything unwanted since the treatment?",
        choices=(("no", "Asked: nothing"), ("yes", "Yes")),
        widget=Segmented,
    )
    term = forms.CharField(label="What happened", max_length=200, required=False)
    onset_at = forms.DateTimeField(label="Began at", required=False, widget=Moment)
    severity = forms.ChoiceField(label="How strong", choices=Severity.choices, required=False, widget=Choices)
    seriousness = forms.ChoiceField(
        label="Serious?",
        choices=SERIOUSNESS,
        required=False,
        widget=Choices,
        help_text="Serious is about the outcome, not the strength. A serious event is reported within a day.",
    )
    event_outcome = forms.ChoiceField(
        label="How it stands", choices=EventOutcome.choices, required=False, widget=Choices
    )
    level = JudgedChoice(
        label="Suicide risk, in your judgement", choices=LEVELS, required=False, widget=Segmented
    )
    basis = JudgedChar(
        label="What it rests on", widget=AREA, required=False, help_text="What you asked and what was said."
    )
    level_of_care = forms.CharField(
        label="Where the patient is to be looked after",
        widget=AREA,
        required=False,
        help_text="Needed when the risk is high.",
    )
    note = forms.CharField(label="Note", widget=AREA, required=False)

    groups: ClassVar[tuple[Group, ...]] = (
        Group("Call", ("called_at", "reached")),
        Group("Mood", ("mood",)),
        Group(
            "Unwanted events",
            ("adverse", "term", "onset_at", "severity", "seriousness", "event_outcome"),
            "Ask first. Describe the event only if there was one; add more from the chart.",
        ),
        Group("Safety", ("level", "basis", "level_of_care")),
        Group("", ("note",)),
    )

    def clean(self) -> dict[str, Any]:
        """When the patient was reached, all three were asked; an event that was told has its particulars."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("reached") == "no":
            if not data.get("note", "").strip():
                self.add_error("note", "Say what you tried, and when you will try again.")
            return data
        wanted = {
            "adverse": "Ask about unwanted events, and enter the answer.",
            "level": "Judge the suicide risk.",
            "basis": "Say what the level rests on.",
        }
        if data.get("mood") is None:
            self.add_error("mood", "Ask for the mood and choose a number from 0 to 10.")
        if data.get("adverse") == "yes":
            wanted |= {
                "term": "Say what happened.",
                "onset_at": "Say when it began.",
                "severity": "Say how strong it was.",
                "seriousness": ASK_SERIOUS,
                "event_outcome": "Say how it stands.",
            }
        if data.get("level") == RiskLevel.HIGH:
            wanted["level_of_care"] = "At high risk, write down where the patient is to be looked after."
        for name, sentence in wanted.items():
            if name not in self.errors and not data.get(name):
                self.add_error(name, sentence)
        return data

    def risk(self) -> RiskEntry:
        """The judgement of risk, made in the call."""
        data = self.cleaned_data
        return RiskEntry(
            level=RiskLevel(data["level"]),
            basis=data["basis"],
            level_of_care=data["level_of_care"],
            assessed_at=data["called_at"],
        )

    def events(self) -> tuple[AdverseEventEntry, ...]:
        """The event that was told; none when the patient was asked and told of none."""
        data = self.cleaned_data
        if data["adverse"] != "yes":
            return ()
        return (
            AdverseEventEntry(
                term=data["term"],
                onset_at=data["onset_at"],
                severity=data["severity"],
                seriousness=stored_seriousness(data["seriousness"]),
                outcome=data["event_outcome"],
            ),
        )
