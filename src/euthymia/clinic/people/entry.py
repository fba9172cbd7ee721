"""The form that everything about a patient is entered with, in this room and in those above it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import uuid4

from django import forms
from django.core.validators import EMPTY_VALUES
from django.forms.boundfield import BoundField
from django.utils import timezone

from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.looks.widgets import Moment
from euthymia.evidence import entry_limit

_EARLIEST, _LATEST = 1700, 2200  # ours: years outside are typing errors
NOT_KNOWN = (("yes", "Yes"), ("no", "No"), ("unknown", "Not known"))


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together, under a legend; ``grid`` sets small ones side by side."""

    legend: str
    fields: tuple[str, ...]
    help: str = ""
    grid: bool = False


@dataclass(frozen=True, slots=True)
class Doubt:
    """A value that is possible but unusual: taken once the person who entered it says that it is right."""

    code: str
    sentence: str


def year_can_be_meant(day: date) -> bool:
    """Whether it is a year that somebody here can mean, and not a slip of the finger."""
    return _EARLIEST <= day.year <= _LATEST


class DatedForm(forms.Form):
    """A form that takes no year that nobody here can mean: beyond one there may be no day after it, or none in
    another time zone, and whatever reckons with it fails."""

    def _clean_fields(self) -> None:
        super()._clean_fields()  # type: ignore[misc]
        for name, value in list(self.cleaned_data.items()):
            if isinstance(value, date) and not year_can_be_meant(value):
                self.add_error(name, "Check the year.")


class EntryForm(DatedForm):
    """A form whose repeated post makes one entry, and which asks again about what is unusual.

    Nothing in it is filled in from an earlier entry. Impossible values are refused with a sentence; unusual
    ones are shown as doubts with a box to tick. What was typed stays in the fields either way.
    """

    groups: ClassVar[tuple[Group, ...]] = ()
    idempotency_key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["idempotency_key"].initial = uuid4
        self.doubts: list[Doubt] = []

    def full_clean(self) -> None:
        """Django's cleaning, then the doubts that nobody has confirmed."""
        self.doubts = []
        super().full_clean()
        if self.is_bound and self.doubts:
            self.add_error(None, "Something here is unusual. Read it again; if it is right, say so below.")

    def doubt(self, name: str, value: object, sentence: str) -> None:
        """Ask about ``value`` unless the person has confirmed this very value. Call it in ``clean``."""
        code = f"{name}={value}"
        confirmed = self.data.getlist("confirmed") if hasattr(self.data, "getlist") else []
        if code not in confirmed:
            self.doubts.append(Doubt(code, sentence))

    def refuse(self, refused: Refused) -> None:
        """Show why an action refused, beside the field it speaks of."""
        self.add_error(refused.field if refused.field in self.fields else None, str(refused))

    def check_number(self, name: str, limit: str, what: str) -> None:
        """Refuse an impossible number and doubt an implausible one; for an empty field nothing."""
        value: Decimal | None = self.cleaned_data.get(name)
        if value is None:
            return
        bounds = entry_limit(limit)
        if not bounds.is_possible(value):
            low, high = bounds.possible
            self.add_error(name, f"{what} lies between {low.normalize():f} and {high.normalize():f}.")
        elif not bounds.is_plausible(value):
            self.doubt(name, value, f"{what} of {value.normalize():f} is unusual. Is it right?")

    @property
    def layout(self) -> Iterator[tuple[Group, list[BoundField]]]:
        """The fields in their groups, as the template draws them."""
        groups = self.groups or (Group("", tuple(name for name in self.fields)),)
        for group in groups:
            yield group, [self[name] for name in group.fields if not self[name].is_hidden]

    def values(self) -> dict[str, Any]:
        """What was entered, for an action: without the key, which the view passes on its own."""
        return {name: value for name, value in self.cleaned_data.items() if name != "idempotency_key"}


class ReasonMixin(forms.Form):
    """Asks why an earlier entry is corrected. Put it before ``EntryForm`` in a form that corrects."""

    reason = forms.CharField(
        label="Why is the earlier entry corrected?",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why the earlier entry is corrected. Both stay visible."},
    )


class _JudgedInClean:
    """A field that looks required and whose absence is judged by the form, which knows when it may be empty."""

    def validate(self, value: Any) -> None:
        """Check what was entered; the form's ``clean`` asks for what is missing."""
        if value not in EMPTY_VALUES:
            super().validate(value)  # type: ignore[misc]


class JudgedChoice(_JudgedInClean, forms.ChoiceField):
    """A choice the form asks for in its ``clean``."""


class JudgedTypedChoice(_JudgedInClean, forms.TypedChoiceField):
    """A typed choice the form asks for in its ``clean``."""


class JudgedChar(_JudgedInClean, forms.CharField):
    """Words the form asks for in its ``clean``."""


def moment_field(label: str, **more: Any) -> forms.DateTimeField:
    """When something happened. It starts at now, since most entries are made at once."""
    return forms.DateTimeField(
        label=label,
        widget=Moment,
        initial=_this_minute,
        error_messages={
            "required": "Enter the date and the time.",
            "invalid": "Enter a date and a time, such as 2026-11-20 14:30.",
        },
        **more,
    )


def yes_no(word: str) -> bool | None:
    """The answer of a yes, no or not known question."""
    return {"yes": True, "no": False}.get(word)


def as_word(answer: bool | None) -> str:
    """The word for an answer, to show a form that corrects."""
    return {True: "yes", False: "no", None: "unknown"}[answer]


def _this_minute() -> datetime:
    return timezone.localtime().replace(second=0, microsecond=0)
