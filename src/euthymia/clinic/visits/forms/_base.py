"""What every form of this room shares: one key, a time that cannot lie ahead, one question more."""

from __future__ import annotations

import json
from datetime import datetime, time, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

from django import forms
from django.utils import timezone

from euthymia.clinic.audit.times import last_such_time
from euthymia.clinic.looks.widgets import Time
from euthymia.clinic.people.entry import DatedForm

YES_NO = (("yes", "Yes"), ("no", "No"))
_BEGUN_EARLY = timedelta(hours=6)  # ours: nobody's visit begins so long before it is planned
_NOT_SAID = frozenset({"idempotency_key", "version", "read_up_to", "asked_about", "confirmed"})
"""What the page fills in, or a press that agrees to what was asked: it is no other entry."""


def fresh_key() -> str:
    """A new idempotency key, made with each form that is shown."""
    return str(uuid4())


class VisitForm(DatedForm):
    """A form of this room: one key, so that a repeated press is one fact, and the version the screen showed."""

    idempotency_key = forms.UUIDField(widget=forms.HiddenInput, initial=fresh_key)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    read_up_to = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        *args: Any,
        now: datetime,
        version: int | None = None,
        read_up_to: int | None = None,
        planned: datetime | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.now = timezone.localtime(now)
        self.planned = planned
        if version is not None:
            self.fields["version"].initial = version
        if read_up_to is not None:
            self.fields["read_up_to"].initial = read_up_to

    def values(self) -> dict[str, Any]:
        """What the action is given, the key and the version apart."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in ("idempotency_key", "version", "read_up_to")
        }

    def fingerprint(self) -> str:
        """Of what was typed: the same for a form that is sent again, by the page or by the tablet that kept it."""
        said = {
            name: field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
            for name, field in self.fields.items()
            if name not in _NOT_SAID
        }
        text = json.dumps(said, sort_keys=True, default=str).replace("\\r\\n", "\\n")
        return sha256(text.encode()).hexdigest()

    def moment(self, clock: time | None) -> datetime:
        """The instant a time of day means: the last such time; now when it was left empty."""
        if clock is None:
            return self.now
        return last_such_time(clock, self.now) or self.now


class TimedForm(VisitForm):
    """A form about something that happened just now, or at a time of day that is entered."""

    happened = forms.TimeField(
        widget=Time,
        required=False,
        label="At",
        help_text="Leave it empty if it is now.",
        error_messages={"invalid": "Enter a time of day, such as 14:20."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.field_order is None:  # what is seldom entered comes last
            self.order_fields([*(name for name in self.fields if name != "happened"), "happened"])

    def clean_happened(self) -> time | None:
        """Refuse a time that is still to come: it may mean yesterday only where the visit began then."""
        clock: time | None = self.cleaned_data["happened"]
        if clock is not None and last_such_time(clock, self.now) is None:
            raise forms.ValidationError(
                f"There was no {clock:%H:%M} today: the clocks went forward. Enter the time they showed."
            )
        if clock is not None and self.planned is not None:
            meant = self.moment(clock)
            planned = timezone.localtime(self.planned)
            yesterday = (
                meant.date() < self.now.date()
            )  # of a visit that runs past midnight, only what it can be about
            if yesterday and (meant.date() < planned.date() or planned - meant > _BEGUN_EARLY):
                raise forms.ValidationError(
                    f"{clock:%H:%M} is still to come. Enter the time at which it happened."
                )
        return clock


class AskingForm(VisitForm):
    """A form that asks once more about what is unusual; what is sent again as it was is taken."""

    asked_about = forms.CharField(widget=forms.HiddenInput, required=False)

    def ask(self, about: str, sentence: str) -> None:
        """Refuse for now, unless the person has already been asked about just this."""
        asked = self.data.get("asked_about", "").split("|")
        if about in asked:
            return
        data = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict, whose copy may be changed
        data["asked_about"] = "|".join(filter(None, (*asked, about)))
        self.data = data
        self.add_error(None, sentence)

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in super().values().items() if name != "asked_about"}


class WhyForm(VisitForm):
    """A form that asks for a reason and nothing else."""

    why = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), label="Why")


class EmptyForm(VisitForm):
    """A press and nothing else."""
