"""What the keepers of the house enter: chairs, hours, closures, shifts."""

from __future__ import annotations

from datetime import time
from typing import Any
from uuid import UUID

from django import forms

from euthymia.clinic.looks.widgets import Choices, Day, Measure, Segmented, Time
from euthymia.clinic.visits.forms import VisitForm
from euthymia.protocol import Duty

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY_ERROR = {"invalid": "Enter a date that exists, such as 2026-11-23."}
_TIME_ERROR = {"invalid": "Enter a time of day, such as 08:30."}


class ChairForm(VisitForm):
    """A chair and what it is for."""

    name = forms.CharField(label="Name", max_length=40)
    takes_spray = forms.BooleanField(label="For the spray", required=False)
    takes_infusion = forms.BooleanField(label="For infusions", required=False)
    is_active = forms.BooleanField(label="In use", required=False)


class ContactForm(VisitForm):
    """Whom patients call at any hour after going home."""

    phone = forms.CharField(label="Telephone", max_length=40, help_text="As a patient dials it.")
    answers = forms.CharField(
        label="Who answers", max_length=120, help_text="The clinic by day, the duty doctor by night."
    )


class HoursForm(VisitForm):
    """The hours of each day of the week; both left empty is closed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for weekday, name in enumerate(_DAYS):
            for part, word in (("opens", "opens"), ("closes", "closes")):
                self.fields[f"{part}_{weekday}"] = forms.TimeField(
                    label=f"{name} {word}", widget=Time, required=False, error_messages=_TIME_ERROR
                )

    def clean(self) -> dict[str, Any]:
        """Ask for the second time where only one was given."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for weekday in range(len(_DAYS)):
            given = [cleaned.get(f"{part}_{weekday}") for part in ("opens", "closes")]
            if given.count(None) == 1 and not self.errors.get(f"closes_{weekday}"):
                self.add_error(f"closes_{weekday}", "Enter both times, or none for a day that is closed.")
        return cleaned

    def hours(self) -> dict[int, tuple[time, time] | None]:
        """Each weekday with its hours."""
        found: dict[int, tuple[time, time] | None] = {}
        for weekday in range(len(_DAYS)):
            opens, closes = self.cleaned_data[f"opens_{weekday}"], self.cleaned_data[f"closes_{weekday}"]
            found[weekday] = (opens, closes) if opens is not None and closes is not None else None
        return found


class ClosureForm(VisitForm):
    """Days on which the house or a chair takes nobody."""

    chair_id = forms.TypedChoiceField(
        label="What is closed", widget=Choices, coerce=int, required=False, empty_value=None
    )
    starts_on = forms.DateField(label="First day", widget=Day, error_messages=_DAY_ERROR)
    ends_on = forms.DateField(label="Last day", widget=Day, error_messages=_DAY_ERROR)
    why = forms.CharField(label="Why", max_length=200)

    def __init__(self, *args: Any, chairs: tuple[tuple[int, str], ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["chair_id"].choices = (("", "The whole house"), *chairs)  # type: ignore[attr-defined]


class ShiftForm(VisitForm):
    """One person on one duty."""

    person_id = forms.TypedChoiceField(label="Who", widget=Choices, coerce=UUID)
    duty = forms.ChoiceField(
        label="There as",
        widget=Segmented,
        choices=((Duty.PRESCRIBER.value, "Prescriber"), (Duty.OBSERVER.value, "Observer")),
    )
    on = forms.DateField(label="Day", widget=Day, error_messages=_DAY_ERROR)
    begins = forms.TimeField(label="From", widget=Time, error_messages=_TIME_ERROR)
    ends = forms.TimeField(
        label="To",
        widget=Time,
        error_messages=_TIME_ERROR,
        help_text="Earlier than “from” means the next day.",
    )
    weeks = forms.IntegerField(label="For", widget=Measure(unit="weeks"), initial=1)

    def __init__(self, *args: Any, people: tuple[tuple[UUID, str], ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person_id"].choices = people  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """What the action is given."""
        return super().values() | {"duty": Duty(self.cleaned_data["duty"])}
