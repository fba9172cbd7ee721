"""The form every step is entered with: it can be shown as it was typed, half done, and says what it lacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.forms.boundfield import BoundField

from euthymia.clinic.courses.actions import Reply
from euthymia.clinic.courses.queries import ConditionView, Texts
from euthymia.clinic.looks.widgets import Segmented
from euthymia.clinic.people.entry import EntryForm
from euthymia.protocol import Answer, Condition
from euthymia.protocol.facts import PartialDate

BASES = (
    ("asked", "Patient"),
    ("record", "Medical record"),
    ("letter", "Referral letter"),
    ("family", "Family or carer"),
)
BASIS_WORDS = {
    "asked": "asked the patient",
    "record": "read in the medical record",
    "letter": "read in the referral letter",
    "family": "told by family or a carer",
}
ANSWERS = (("yes", "Yes"), ("none known", "None known"), ("not asked", "Not asked"))


def basis_field(label: str = "How it is known", **more: Any) -> forms.ChoiceField:
    """Where an answer comes from, chosen with one press."""
    return forms.ChoiceField(
        label=label,
        choices=BASES,
        widget=Segmented,
        error_messages={"required": "Say how this is known."},
        **more,
    )


class PartialDateField(forms.CharField):
    """A year, a month or a day: what people remember."""

    def __init__(self, **more: Any) -> None:
        widget = forms.TextInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "off",
                "placeholder": "2024, 2024-05 or 2024-05-17",
            }
        )
        super().__init__(max_length=10, required=False, widget=widget, **more)

    def clean(self, value: Any) -> PartialDate | None:
        text = str(super().clean(value) or "").strip()
        if not text:
            return None
        try:
            return PartialDate.parse(text)
        except ValueError:
            raise forms.ValidationError(
                "Write a year, a month or a day: 2024, 2024-05 or 2024-05-17."
            ) from None


@dataclass(frozen=True, slots=True)
class Question:
    """One question about history as the page draws it."""

    condition: Condition
    name: str
    answer: BoundField
    details: BoundField
    when: BoundField | None
    standing: ConditionView | None


@dataclass(frozen=True, slots=True)
class QuestionGroup:
    """Questions that one press can answer with none known. ``key`` names the group in field names."""

    key: str
    legend: str
    questions: tuple[Question, ...]
    basis: BoundField


class StepForm(EntryForm):
    """A step of the intake. Its visible fields are what a draft keeps; hidden ones belong to the open page."""

    version = forms.IntegerField(widget=forms.HiddenInput, initial=0, required=False)
    required_css_class = ""
    use_required_attribute = False
    template = "courses/intake/_fields.html"

    @property
    def text_names(self) -> tuple[str, ...]:
        """The fields whose text a draft keeps."""
        return tuple(name for name, field in self.fields.items() if not field.widget.is_hidden)

    def texts_in(self, data: Any) -> Texts:
        """What was sent for the fields of this step; anything else that was sent is left out."""
        names = (name for name in self.text_names if name in data)
        return {name: tuple(_writable(value) for value in data.getlist(name)) for name in names}

    def label_of(self, name: str) -> str:
        """A field's label where it stands alone, as in the choice between two versions."""
        field, row = self.fields.get(name), name.rpartition("_")[2]
        label = str(field.label or name) if field else name
        return (
            f"{label} (row {int(row) + 1})"
            if row.isdecimal() and name not in ("systolic_2", "diastolic_2")
            else label
        )

    def words_of(self, name: str, values: Iterable[str]) -> str:
        """What stands in a field in the words its user sees."""
        choices = dict(getattr(self.fields.get(name), "choices", ()))
        return ", ".join(str(choices.get(value, value)) for value in values)

    def lacks(self) -> tuple[str, ...]:
        """What must still be answered before the step can be confirmed, in words."""
        return tuple(
            self.label_of(name) for name, field in self.fields.items() if self._is_missing(name, field)
        )

    def is_blank(self, name: str) -> bool:
        """Whether nothing stands in a field."""
        value = self[name].value()
        return not any(
            str(each).strip() for each in (value if isinstance(value, list | tuple) else [value or ""])
        )

    def _is_missing(self, name: str, field: forms.Field) -> bool:
        return field.required and not field.widget.is_hidden and self.is_blank(name)


class QuestionsMixin(StepForm):
    """Questions about history in groups; each answer has its own basis, or the group's."""

    def ask(
        self, key: str, legend: str, questions: Iterable[ConditionView], events: frozenset[Condition]
    ) -> None:
        """Add one group of questions."""
        asked = tuple(questions)
        self.asked: dict[Condition, ConditionView] = getattr(self, "asked", {}) | {
            each.condition: each for each in asked
        }
        self._groups: list[tuple[str, str, tuple[ConditionView, ...]]] = getattr(self, "_groups", [])
        self._groups.append((key, legend, asked))
        for each in asked:
            self._add_question(each, each.condition in events)
        self.fields[f"basis_{key}"] = basis_field(f"{legend}: how it is known", required=False)
        if any(each.is_known for each in asked) and "reason" not in self.fields:
            self.fields["reason"] = forms.CharField(
                label="If you change an earlier answer: why", required=False, max_length=1000
            )

    def _add_question(self, each: ConditionView, dated: bool) -> None:
        name = each.condition.name.lower()
        self.fields[f"answer_{name}"] = forms.ChoiceField(
            label=each.name,
            choices=ANSWERS,
            widget=Segmented,
            required=False,
            initial=each.answer.value if each.is_known else None,
        )
        self.fields[f"details_{name}"] = forms.CharField(
            label=f"Details of {each.name[0].lower()}{each.name[1:]}",
            max_length=1000,
            required=False,
            initial=each.basis,
        )
        if dated:
            self.fields[f"when_{name}"] = PartialDateField(
                label=f"When: {each.name[0].lower()}{each.name[1:]}"
            )

    @property
    def question_groups(self) -> Iterator[QuestionGroup]:
        """The groups as the page draws them."""
        for key, legend, asked in self._groups:
            yield QuestionGroup(
                key, legend, tuple(self._question(each) for each in asked), self[f"basis_{key}"]
            )

    def _question(self, each: ConditionView) -> Question:
        name = each.condition.name.lower()
        when = f"when_{name}"
        return Question(
            each.condition,
            each.name,
            self[f"answer_{name}"],
            self[f"details_{name}"],
            self[when] if when in self.fields else None,
            each if each.is_known else None,
        )

    def lacks(self) -> tuple[str, ...]:
        unanswered = tuple(
            each.name
            for each in self.asked.values()
            if str(self[f"answer_{each.condition.name.lower()}"].value() or "")
            in ("", Answer.NOT_ASKED.value)
        )
        return (*super().lacks(), *unanswered)

    def clean(self) -> dict[str, Any]:
        """Ask for the basis of each answer, for the patient's sake: an absence without one never passes."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for key, _, asked in self._groups:
            for each in asked:
                name = each.condition.name.lower()
                answer = data.get(f"answer_{name}") or Answer.NOT_ASKED.value
                known = data.get(f"basis_{key}") or (data.get(f"details_{name}") or "").strip()
                if answer != Answer.NOT_ASKED.value and not known:
                    self.add_error(
                        f"basis_{key}", f"Say how it is known, for {each.name}, or for all of them."
                    )
                    break
        return data

    def replies(self) -> Mapping[Condition, Reply]:
        """The answers, as the action takes them; a question without an answer is left out."""
        found = {}
        for key, _, asked in self._groups:
            for each in asked:
                name = each.condition.name.lower()
                answer = self.cleaned_data.get(f"answer_{name}")
                if answer and (answer != Answer.NOT_ASKED.value or each.is_known):
                    found[each.condition] = self._reply(key, name, Answer(answer))
        return found

    def _reply(self, key: str, name: str, answer: Answer) -> Reply:
        details = (self.cleaned_data.get(f"details_{name}") or "").strip()
        basis = BASIS_WORDS.get(self.cleaned_data.get(f"basis_{key}") or "", "")
        if details and details == self.fields[f"details_{name}"].initial:
            basis = ""  # what stands on its own basis is not said anew by what the group rests on
        when: PartialDate | None = self.cleaned_data.get(f"when_{name}")
        return Reply(
            answer=answer,
            basis="" if answer is Answer.NOT_ASKED else "; ".join(part for part in (details, basis) if part),
            reason=self.cleaned_data.get("reason") or "",
            event=(when.earliest, when.latest) if when and answer is Answer.YES else None,
        )


def _writable(text: str) -> str:
    """The text without what no database holds: a broken character is shown as one."""
    return text.replace("\x00", "�")


def page_key(form: StepForm) -> UUID | None:
    """The key of the open page: its idempotency key, made when the page was drawn."""
    found: UUID | None = form.cleaned_data.get("idempotency_key") if hasattr(form, "cleaned_data") else None
    return found
