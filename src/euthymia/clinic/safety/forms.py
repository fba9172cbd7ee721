"""What is entered about safety."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from euthymia.clinic.looks.widgets import Choices, Day, ManyChoices, Moment, Segmented
from euthymia.clinic.people.entry import (
    EntryForm,
    Group,
    ReasonMixin,
    moment_field,
)
from euthymia.clinic.safety.actions import AdverseEventEntry
from euthymia.clinic.safety.models import (
    Causality,
    EventOutcome,
    Expectedness,
    Intervention,
    Seriousness,
    Severity,
)
from euthymia.clinic.safety.queries import EventView, RiskView
from euthymia.clinic.safety.triage import PARTS
from euthymia.protocol import RiskLevel

LEVELS = [(level.value, level.value.capitalize()) for level in RiskLevel]
_NOT_SERIOUS = "not-serious"  # an answer of its own: a question left empty must not read as "not serious"
SERIOUSNESS = [(choice.value or _NOT_SERIOUS, choice.label) for choice in Seriousness]
ASK_SERIOUS = "Say whether it was serious, and by which outcome."
AREA = forms.Textarea(attrs={"rows": 3})
_ASK_PLAN = "Fill this in with the patient; “nothing” is an answer where it is true."
_PLAN_HELP = {
    "warning_signs": "Thoughts, moods, places or situations that come before a crisis.",
    "own_means": "What takes the edge off without anybody else.",
    "company": "Whom to be with, where to go, without having to speak of it.",
    "helpers": "Names and telephone numbers.",
    "professionals": "The clinic, the crisis line and the emergency number, with their telephone numbers.",
    "surroundings": "What could be used for harm, and who puts it away.",
}


class RiskForm(EntryForm):
    """Suicide risk, as the clinician judges it."""

    level = forms.ChoiceField(
        label="Suicide risk, in your judgement",
        choices=LEVELS,
        widget=Segmented,
        error_messages={"required": "Choose the level that you judge."},
    )
    basis = forms.CharField(
        label="What it rests on",
        widget=AREA,
        help_text="What was asked, said and seen. The level is never computed from answers.",
        error_messages={"required": "Say what the level rests on."},
    )
    instrument = forms.CharField(
        label="Structured assessment done",
        max_length=120,
        required=False,
        help_text="Its name. An answer above “not at all” to PHQ-9 item 9 asks for one the same day (SUI-4).",
    )
    level_of_care = forms.CharField(
        label="Where the patient is to be looked after",
        widget=AREA,
        required=False,
        help_text="Needed when the risk is high.",
    )
    thoughts_found = forms.TypedChoiceField(
        label="Any thoughts of death or suicide?",
        choices=(("yes", "Yes"), ("no", "None were found")),
        coerce=lambda word: word == "yes",
        empty_value=None,
        required=False,
        widget=Segmented,
        help_text="At a low level, if none were found, nothing more is asked for (SUI-3). Left open, it counts as yes.",
    )
    assessed_at = moment_field("Assessed at")

    groups: ClassVar[tuple[Group, ...]] = (
        Group("", ("level", "thoughts_found", "basis", "instrument", "level_of_care", "assessed_at")),
    )

    def clean(self) -> dict[str, Any]:
        """A high level needs the decision on the level of care."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("level") == RiskLevel.HIGH and not (data.get("level_of_care") or "").strip():
            self.add_error(
                "level_of_care", "At high risk, write down where the patient is to be looked after."
            )
        if data.get("level") not in (None, RiskLevel.LOW) and data.get("thoughts_found") is False:
            self.add_error(
                "thoughts_found", "Without any such thoughts the level is low. Change one of the two."
            )
        return data


class RiskCorrectionForm(ReasonMixin, RiskForm):
    """A corrected judgement of risk, with the reason."""

    groups: ClassVar[tuple[Group, ...]] = (*RiskForm.groups, Group("Correction", ("reason",)))

    @classmethod
    def showing(cls, risk: RiskView) -> RiskCorrectionForm:
        """The form with the entry that is corrected."""
        names = ("level", "basis", "instrument", "level_of_care", "assessed_at")
        shown = {name: getattr(risk, name) for name in names}
        return cls(
            initial=shown | {"thoughts_found": {True: "yes", False: "no", None: ""}[risk.thoughts_found]}
        )


class SafetyPlanForm(EntryForm):
    """A safety plan in six parts, written with the patient and in the patient's words."""

    likelihood = forms.TypedChoiceField(
        label="How likely is it that you will use this plan, from 0 (not at all) to 10 (certain)?",
        choices=[(number, str(number)) for number in range(11)],
        coerce=int,
        widget=Segmented,
        error_messages={"required": "Ask the patient, and choose a number from 0 to 10."},
    )
    barriers = forms.CharField(
        label="What may keep you from using it, and what can be done about that?",
        widget=AREA,
        error_messages={"required": _ASK_PLAN},
    )
    kept_where = forms.CharField(
        label="Where will you keep it?", max_length=300, error_messages={"required": _ASK_PLAN}
    )
    review_on = forms.DateField(
        label="Day to look at it together again",
        widget=Day,
        error_messages={
            "required": "Agree a day to look at it again.",
            "invalid": "Enter a date that exists.",
        },
    )
    written_at = moment_field("Written at")

    groups: ClassVar[tuple[Group, ...]] = (
        Group("The six parts", tuple(PARTS), "Fill in every part with the patient, in this order."),
        Group("Will it be used?", ("likelihood", "barriers", "kept_where", "review_on", "written_at")),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, (name, (_, heading)) in enumerate(PARTS.items(), start=1):
            self.fields[name] = forms.CharField(
                label=f"{number}. {heading}",
                widget=AREA,
                help_text=_PLAN_HELP[name],
                error_messages={"required": _ASK_PLAN},
            )


_SAID = (
    "term",
    "onset_at",
    "severity",
    "action",
    "outcome",
    "resolved_at",
    "causality",
    "expectedness",
    "admitted",
    "emergency_visit",
    "known_at",
)


def _known(label: str, help_text: str = "") -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        choices=(("yes", "Yes"), ("no", "No")),
        coerce=lambda word: word == "yes",
        empty_value=None,
        required=False,
        widget=Segmented,
        help_text=help_text,
    )


class AdverseEventForm(EntryForm):
    """Something unwanted that happened. What is left open is asked for until the record is whole (SAE-6)."""

    term = forms.CharField(label="What happened", max_length=200, help_text="A word or two: nausea, a fall.")
    onset_at = moment_field("Began at")
    known_at = forms.DateTimeField(
        label="The house knew of it at",
        required=False,
        widget=Moment,
        help_text="Leave it empty if it is now.",
    )
    severity = forms.ChoiceField(label="How strong", choices=Severity.choices, widget=Choices)
    seriousness = forms.ChoiceField(
        label="Serious?",
        choices=SERIOUSNESS,
        widget=Choices,
        error_messages={"required": ASK_SERIOUS},
        help_text="Serious is about the outcome, not the strength. A serious event is reported within a day.",
    )
    criteria = forms.MultipleChoiceField(
        label="Serious by more than one outcome",
        choices=[(value, label) for value, label in Seriousness.choices if value],
        required=False,
        widget=ManyChoices,
    )
    admitted = _known("Admitted to hospital?")
    emergency_visit = _known(
        "Seen in an emergency department, and not admitted?",
        "By itself this makes no event serious; it is judged too (SAE-1).",
    )
    interventions = forms.MultipleChoiceField(
        label="What was done", choices=Intervention.choices, required=False, widget=ManyChoices
    )
    action = forms.CharField(label="What was done, in words", widget=AREA, required=False)
    outcome = forms.ChoiceField(label="How it stands", choices=EventOutcome.choices, widget=Choices)
    resolved_at = forms.DateTimeField(label="Ended at", required=False, widget=Moment)
    causality = forms.ChoiceField(
        label="Did the treatment cause it?", choices=Causality.choices, required=False, widget=Choices
    )
    expectedness = forms.ChoiceField(
        label="Does the product information tell of such an event?",
        choices=Expectedness.choices,
        required=False,
        widget=Choices,
        help_text="Look it up in the current text. It is not kept here.",
    )

    groups: ClassVar[tuple[Group, ...]] = (
        Group("What happened", ("term", "onset_at", "known_at", "severity")),
        Group("Serious", ("seriousness", "criteria", "admitted", "emergency_visit")),
        Group("What was done", ("interventions", "action", "outcome", "resolved_at")),
        Group("Judged by you", ("causality", "expectedness"), "Left open, it is asked for again (SAE-6)."),
    )

    def event(self) -> AdverseEventEntry:
        """What was entered, as the action takes it."""
        said = {name: self.cleaned_data[name] for name in _SAID}
        return AdverseEventEntry(
            seriousness=stored_seriousness(self.cleaned_data["seriousness"]),
            criteria=tuple(self.cleaned_data["criteria"]),
            interventions=tuple(self.cleaned_data["interventions"]),
            **said,
        )


class AdverseEventNewsForm(AdverseEventForm):
    """News of an adverse event: a new entry that replaces the one before, which stays visible."""

    reason = forms.CharField(
        label="What is new",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say what is new. The earlier entry stays visible."},
    )

    groups: ClassVar[tuple[Group, ...]] = (*AdverseEventForm.groups, Group("News", ("reason",)))

    @classmethod
    def showing(cls, event: EventView) -> AdverseEventNewsForm:
        """The form with what is known so far."""
        words = {True: "yes", False: "no", None: ""}
        known = {name: getattr(event, name) for name in (*_SAID, "interventions")}
        known |= {name: words[getattr(event, name)] for name in ("admitted", "emergency_visit")}
        known["criteria"] = [each for each in event.criteria if each != event.seriousness]
        return cls(initial=known | {"seriousness": event.seriousness or _NOT_SERIOUS})


def stored_seriousness(word: str) -> str:
    """The answer as it is stored."""
    return "" if word == _NOT_SERIOUS else word
