"""What is entered as answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField

from euthymia.clinic.looks.widgets import Choices, Measure, Segmented
from euthymia.clinic.measures.models import Mode
from euthymia.clinic.measures.queries import AnswersView, ScaleScoreView
from euthymia.clinic.people.entry import EntryForm, Group, JudgedTypedChoice, ReasonMixin, moment_field
from euthymia.evidence import Instrument, scale, scales


class QuestionnaireForm(EntryForm):
    """One questionnaire in its own words. An item may be left out, once that is said to be right."""

    use_required_attribute = False

    taken_at = moment_field("Answered at")
    mode = forms.ChoiceField(label="How it was answered", choices=Mode.choices, widget=Choices)

    def __init__(self, *args: Any, instrument: Instrument, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instrument = instrument
        for item in instrument.items:
            self.fields[f"item_{item.id}"] = JudgedTypedChoice(
                label=f"{item.id}. {item.text}",
                choices=[(option.score.value, option.text) for option in item.options if option.score],
                coerce=int,
                empty_value=None,
                widget=Segmented,
            )
        self.fields["difficulty"] = forms.ChoiceField(
            label=instrument.difficulty.text,
            choices=[(option.text, option.text) for option in instrument.difficulty.options],
            required=False,
            widget=Segmented,
        )

    @property
    def items(self) -> Iterator[BoundField]:
        """The questions that make the total."""
        for item in self.instrument.items:
            yield self[f"item_{item.id}"]

    def clean(self) -> dict[str, Any]:
        """Ask whether unanswered questions were left out on purpose: without them there is no total."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        missing = [item.id for item in self.instrument.items if data.get(f"item_{item.id}") is None]
        if len(missing) == len(self.instrument.items):
            self.add_error(None, "No question was answered.")
        elif missing:
            self.doubt(
                "missing",
                ",".join(missing),
                f"Not answered: {', '.join(missing)}. Without them there is no total. Left out on purpose?",
            )
        return data

    def answers(self) -> dict[str, int]:
        """Item id to score, for what was answered."""
        given = {item.id: self.cleaned_data[f"item_{item.id}"] for item in self.instrument.items}
        return {item_id: score for item_id, score in given.items() if score is not None}


class QuestionnaireCorrectionForm(ReasonMixin, QuestionnaireForm):
    """A corrected questionnaire, with the reason."""

    @classmethod
    def showing(cls, answers: AnswersView, instrument: Instrument) -> QuestionnaireCorrectionForm:
        """The form with the answers that are corrected."""
        given = {f"item_{item.id}": item.score for item in answers.items if item.score is not None}
        rest = {"taken_at": answers.taken_at, "mode": answers.mode, "difficulty": answers.difficulty}
        return cls(initial=given | rest, instrument=instrument)


class MoodForm(EntryForm):
    """One mood rating."""

    mood = forms.TypedChoiceField(
        label="Mood now, from 0 (the worst imaginable) to 10 (the best)",
        choices=[(number, str(number)) for number in range(11)],
        coerce=int,
        widget=Segmented,
        error_messages={"required": "Choose a number from 0 to 10."},
    )
    rated_at = moment_field("Rated at")
    mode = forms.ChoiceField(label="How it was answered", choices=Mode.choices, widget=Choices)

    groups: ClassVar[tuple[Group, ...]] = (Group("", ("mood", "rated_at", "mode")),)


class ScaleScoreForm(EntryForm):
    """The total of a scale whose text is not shipped."""

    scale = forms.ChoiceField(
        label="Scale",
        choices=[(each.id, each.title) for each in scales()],
        widget=Choices,
        error_messages={"required": "Choose the scale."},
    )
    total = forms.DecimalField(
        label="Total",
        max_digits=5,
        decimal_places=1,
        widget=Measure(decimals=1),
        error_messages={"required": "Enter the total.", "invalid": "Enter a number."},
    )
    scored_by = forms.CharField(
        label="Who scored it, and on what",
        max_length=200,
        help_text="For example: Dr Lind, interview; the patient, paper form.",
        error_messages={"required": "Say who scored it."},
    )
    scored_at = moment_field("Scored at")

    groups: ClassVar[tuple[Group, ...]] = (Group("", ("scale", "total", "scored_by", "scored_at")),)

    def clean(self) -> dict[str, Any]:
        """Refuse a total that the scale cannot have."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("scale") and data.get("total") is not None:
            found = scale(data["scale"])
            low, high = found.lowest.value, found.highest.value
            if not low <= data["total"] <= high:
                self.add_error("total", f"The total of this scale lies between {low} and {high}.")
        return data


class ScaleScoreCorrectionForm(ReasonMixin, ScaleScoreForm):
    """A corrected total, with the reason."""

    groups: ClassVar[tuple[Group, ...]] = (*ScaleScoreForm.groups, Group("Correction", ("reason",)))

    @classmethod
    def showing(cls, score: ScaleScoreView) -> ScaleScoreCorrectionForm:
        """The form with the total that is corrected."""
        return cls(
            initial={name: getattr(score, name) for name in ("scale", "total", "scored_by", "scored_at")}
        )
