"""A patient walked out unseen: the first press, and what is done about it."""

from __future__ import annotations

from typing import Any

from django import forms

from euthymia.clinic.looks.widgets import Choices, Segmented, Time
from euthymia.clinic.visits.forms._base import TimedForm
from euthymia.clinic.visits.models.leaving import Decision, SearchStep


class ElopementForm(TimedForm):
    """Two times are enough. What is not known yet can be written afterwards."""

    last_seen = forms.TimeField(
        widget=Time,
        label="Last seen at",
        help_text="The last time somebody is sure of.",
        error_messages={"invalid": "Enter a time of day, such as 14:20."},
    )
    last_seen_by = forms.CharField(max_length=200, required=False, label="Seen by")
    last_seen_where = forms.CharField(max_length=200, required=False, label="Where")
    how = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        label="How the patient was",
        help_text="Steady or not, a line in the arm, what they said, what they wear.",
    )
    field_order = ["last_seen", "last_seen_by", "last_seen_where", "how", "happened"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["happened"].label = "Missed at"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        seen, missed = cleaned.get("last_seen"), self.moment(cleaned.get("happened"))
        if seen is not None and self.moment(seen) > missed:
            self.add_error(
                "last_seen", "The patient was last seen before they were missed. Check both times."
            )
        return cleaned

    def values(self) -> dict[str, Any]:
        given = super().values()
        return given | {
            "noticed_at": self.moment(given.pop("happened")),
            "last_seen_at": self.moment(given.pop("last_seen")),
        }


class SearchForm(TimedForm):
    """One thing that was done, and what came of it."""

    what = forms.ChoiceField(widget=Choices, choices=SearchStep.choices, label="What was done")
    decision = forms.ChoiceField(
        widget=Segmented,
        choices=Decision.choices,
        required=False,
        label="The decision",
        help_text="Only where something was decided.",
    )
    detail = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        label="What came of it",
        help_text="Where, whom, what they said; for a decision, why.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("what") == SearchStep.DECIDED and not cleaned.get("decision"):
            self.add_error("decision", "Say what was decided.")
        return cleaned

    def values(self) -> dict[str, Any]:
        given = super().values()
        return given | {"measured_at": self.moment(given.pop("happened"))}


class BackForm(TimedForm):
    """The patient is here again."""

    found = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}), label="Where the patient was, and how they are"
    )

    def values(self) -> dict[str, Any]:
        given = super().values()
        return given | {"happened_at": self.moment(given.pop("happened"))}
