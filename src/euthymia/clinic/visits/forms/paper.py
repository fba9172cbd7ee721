"""Copying a paper sheet, block by block: every time is asked for, and who measured is asked for by name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils import timezone

from euthymia.clinic.looks.widgets import Choices, Day, Measure, Segmented, Time
from euthymia.clinic.visits.actions import PaperCheckIn, PaperDose, PaperLeaving, PaperRow, Readings, Who
from euthymia.clinic.visits.forms._base import YES_NO, VisitForm
from euthymia.clinic.visits.models.check_in import Identifier
from euthymia.clinic.visits.models.dose import MOST_DEVICES_RECORDABLE, InfusionStep, Nostril
from euthymia.clinic.visits.models.ends import ExitKind
from euthymia.clinic.visits.models.paper import GivenBy
from euthymia.protocol import RiskLevel

_OTHER = "other"
_SMALL = forms.Textarea(attrs={"rows": 2})
_EMPTY = (("", "–"),)


def _clock(label: str, *, required: bool = True) -> forms.TimeField:
    return forms.TimeField(widget=Time, required=required, label=label)


def _number(label: str, unit: str, decimals: int = 2) -> forms.DecimalField:
    return forms.DecimalField(
        widget=Measure(unit=unit, decimals=decimals),
        max_digits=7,
        decimal_places=decimals,
        min_value=0,
        required=False,
        label=label,
    )


class PaperForm(VisitForm):
    """What every block shares: the day of the sheet, and who measured or did it."""

    day = forms.DateField(
        widget=Day,
        required=False,
        label="Day of the sheet",
        help_text="Left empty, it is the day of the visit.",
    )
    measured_by = forms.ChoiceField(widget=Choices, label="Who measured or did it")
    signed_on_paper = forms.CharField(
        max_length=120,
        required=False,
        label="Name on the sheet",
        help_text="Where it is somebody without an account here.",
    )

    def __init__(self, *args: Any, staff: tuple[tuple[str, str], ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = (*staff, (_OTHER, "Somebody else, named below"))
        self.fields["measured_by"].choices = choices  # type: ignore[attr-defined]
        last = ("measured_by", "signed_on_paper")
        self.order_fields(["day", *(name for name in self.fields if name not in (*last, "day")), *last])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("measured_by") == _OTHER and not cleaned.get("signed_on_paper", "").strip():
            self.add_error("signed_on_paper", "Write the name as it stands on the sheet.")
        return cleaned

    def on(self, clock: time | None) -> datetime:
        """A clock time of the sheet as an instant: of its day, by the clinic's clock."""
        planned = timezone.localtime(self.planned) if self.planned else self.now
        day = self.cleaned_data["day"] or planned.date()
        return datetime.combine(day, clock or time(), self.now.tzinfo)

    def who(self) -> Who:
        """Who stands on the sheet."""
        said = self.cleaned_data["measured_by"]
        return Who(None if said == _OTHER else UUID(said), self.cleaned_data["signed_on_paper"])


class PaperCheckInForm(PaperForm):
    """The first block."""

    came = _clock("Came at")
    first = forms.ChoiceField(
        choices=(*_EMPTY, *Identifier.choices), required=False, label="First identifier"
    )
    second = forms.ChoiceField(
        choices=(*_EMPTY, *Identifier.choices), required=False, label="Second identifier"
    )
    weight_kg = forms.DecimalField(
        widget=Measure(unit="kg", decimals=1), max_digits=4, decimal_places=1, min_value=0,
        required=False, label="Weight that day",
    )  # fmt: skip
    risk_level = forms.ChoiceField(
        widget=Segmented,
        choices=[(level.value, level.value.capitalize()) for level in RiskLevel],
        required=False,
        label="Suicide-risk level as judged then",
    )
    risk_basis = forms.CharField(widget=_SMALL, required=False, label="What it rested on")
    escort_name = forms.CharField(max_length=200, required=False, label="Escort")
    escort_phone = forms.CharField(max_length=40, required=False, label="The escort's telephone")
    signed_name = forms.CharField(
        max_length=200, required=False, label="Instructions signed by the patient as"
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("risk_level") and not cleaned.get("risk_basis", "").strip():
            self.add_error("risk_basis", "Copy what the level rested on.")
        return cleaned

    def values(self) -> dict[str, Any]:
        said = self.cleaned_data
        names = ("first", "second", "weight_kg", "risk_level", "risk_basis", "escort_name", "escort_phone",
                 "signed_name")  # fmt: skip
        kept = {name: said[name] for name in names}
        return {"said": PaperCheckIn(came_at=self.on(said["came"]), **kept), "who": self.who()}


class PaperOrderForm(PaperForm):
    """The order, as its prescriber gave it."""

    given = forms.ChoiceField(widget=Choices, choices=GivenBy.choices, label="How it was given")
    prescriber = forms.ChoiceField(widget=Choices, label="By which prescriber")
    ordered = _clock("Given at")
    dose_mg = _number("Dose", "mg")
    devices = forms.IntegerField(
        widget=Measure(unit="devices"),
        min_value=1,
        max_value=MOST_DEVICES_RECORDABLE,
        required=False,
        label="Devices",
    )
    mg_per_kg = _number("Dose for weight", "mg/kg", 3)
    minutes = _number("Over", "min", 1)
    concentration_mg_per_ml = _number("Concentration", "mg/mL", 3)
    volume_ml = _number("Volume", "mL")
    rate_ml_per_h = _number("Rate", "mL/h")

    _PUMP: ClassVar = ("mg_per_kg", "minutes", "concentration_mg_per_ml", "volume_ml", "rate_ml_per_h")

    def __init__(
        self, *args: Any, prescribers: tuple[tuple[str, str], ...], nasal: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["prescriber"].choices = prescribers  # type: ignore[attr-defined]
        for name in self._PUMP if nasal else ("devices",):
            del self.fields[name]
        for name in ("dose_mg", "devices", *self._PUMP):
            if name in self.fields:
                self.fields[name].required = True

    def values(self) -> dict[str, Any]:
        said = self.cleaned_data
        dose: dict[str, Any] = {name: said.get(name) for name in PaperDose.__slots__}
        return {
            "dose": PaperDose(**dose),
            "given": said["given"],
            "prescriber_id": UUID(said["prescriber"]),
            "ordered_at": self.on(said["ordered"]),
            "who": self.who(),
        }


class GridForm(PaperForm):
    """A table of the sheet: as many lines as it has, each filled in or left empty as a whole."""

    lines: ClassVar[int]
    columns: ClassVar[tuple[tuple[str, str], ...]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for line in range(1, self.lines + 1):
            for name, label in self.columns:
                field = self.cell(name)
                field.required = False
                field.label = f"Line {line}: {label.lower()}"
                field.widget.attrs["aria-label"] = field.label
                self.fields[f"{name}_{line}"] = field

    def cell(self, name: str) -> forms.Field:
        """The field of one column."""
        raise NotImplementedError

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings of the table."""
        return tuple(label for _, label in self.columns)

    @property
    def table(self) -> Iterator[tuple[int, list[forms.BoundField]]]:
        """The lines with their fields, for the template."""
        for line in range(1, self.lines + 1):
            yield line, [self[f"{name}_{line}"] for name, _ in self.columns]

    @property
    def others(self) -> list[forms.BoundField]:
        """The fields beside the table."""
        cells = {f"{name}_{line}" for name, _ in self.columns for line in range(1, self.lines + 1)}
        return [each for each in self.visible_fields() if each.name not in cells]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        filled = 0
        for line, values in self._written():
            filled += 1
            if values.get("clock") is None and f"clock_{line}" not in self.errors:
                self.add_error(f"clock_{line}", f"Line {line}: enter the clock time.")
        if not filled and not self.errors:
            self.add_error(None, "Nothing was entered. Copy at least one line of the sheet.")
        return cleaned

    def _written(self) -> Iterator[tuple[int, dict[str, Any]]]:
        for line in range(1, self.lines + 1):
            found = {name: self.cleaned_data.get(f"{name}_{line}") for name, _ in self.columns}
            if any(value not in (None, "") for value in found.values()):
                yield line, found

    def _times(self) -> Iterator[tuple[datetime, dict[str, Any]]]:
        """The written lines with their instants. A clock earlier than the line before is of the next day."""
        before: datetime | None = None
        for _, found in self._written():
            at = self.on(found.pop("clock"))
            if before is not None and at < before - timedelta(hours=12):
                at += timedelta(days=1)
            before = at
            yield at, found


class PaperDevicesForm(GridForm):
    """The devices of the sheet."""

    lines = 3
    columns = (
        ("clock", "Clock"), ("first_nostril", "First nostril"), ("lot", "Lot"), ("expires_on", "Expiry"),
        ("serial", "Serial"), ("problem", "Problem"),
    )  # fmt: skip
    whole = forms.ChoiceField(
        widget=Segmented, choices=YES_NO, label="Was that the whole dose?", help_text="No device followed."
    )

    def __init__(self, *args: Any, begin: int = 1, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.begin = begin

    def cell(self, name: str) -> forms.Field:
        if name == "clock":
            return _clock("")
        if name == "expires_on":
            return forms.DateField(widget=Day)
        if name == "first_nostril":
            return forms.ChoiceField(choices=(*_EMPTY, *Nostril.choices))
        return forms.CharField(max_length=40)

    def values(self) -> dict[str, Any]:
        rows = [
            PaperRow(at, found | {"number": self.begin + place})
            for place, (at, found) in enumerate(self._times())
        ]
        return {"rows": rows, "whole": self.cleaned_data["whole"] == "yes", "who": self.who()}


class PaperInfusionForm(GridForm):
    """The steps of the infusion."""

    lines = 6
    columns = (
        ("event", "Step"), ("clock", "Clock"), ("rate_ml_per_h", "mL/h"), ("volume_given_ml", "mL given"),
        ("concentration_mg_per_ml", "mg/mL"), ("lot", "Lot"), ("why", "Why"),
    )  # fmt: skip

    def cell(self, name: str) -> forms.Field:
        if name == "clock":
            return _clock("")
        if name == "event":
            return forms.ChoiceField(choices=(*_EMPTY, *InfusionStep.choices))
        if name in ("lot", "why"):
            return forms.CharField(max_length=40 if name == "lot" else 300)
        return forms.DecimalField(
            widget=Measure(decimals=3),
            max_digits=7,
            decimal_places=3 if name == "concentration_mg_per_ml" else 2,
            min_value=0,
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for line, found in self._written():
            if not found["event"]:
                self.add_error(f"event_{line}", f"Line {line}: choose what was done with the pump.")
        return cleaned

    def values(self) -> dict[str, Any]:
        rows = [PaperRow(at, found | {"event": InfusionStep(found["event"])}) for at, found in self._times()]
        return {"rows": rows, "who": self.who()}


class PaperReadingsForm(GridForm):
    """Readings in a fast grid: one line a set, in the order of the sheet."""

    lines = 10
    columns = (
        ("clock", "Clock"), ("systolic", "Upper"), ("diastolic", "Lower"), ("heart_rate", "Heart"),
        ("respiratory_rate", "Breaths"), ("spo2", "SpO₂"), ("sedation", "MOAA/S"),
        ("dissociation", "Dissoc. 0–3"), ("note", "Seen, done"),
    )  # fmt: skip
    confirmed = forms.CharField(widget=forms.HiddenInput, required=False)

    def cell(self, name: str) -> forms.Field:
        if name == "clock":
            return _clock("")
        if name == "note":
            return forms.CharField(max_length=400)
        return forms.IntegerField(widget=Measure(), min_value=0)

    def values(self) -> dict[str, Any]:
        rows = [(at, Readings(**found)) for at, found in self._times()]
        return {"rows": rows, "confirmed": self.cleaned_data["confirmed"], "who": self.who()}


class PaperLeavingForm(PaperForm):
    """The last block: how the patient left."""

    kind = forms.ChoiceField(
        widget=Choices,
        label="How the patient left",
        choices=[
            (each.value, each.label)
            for each in (
                ExitKind.DISCHARGED,
                ExitKind.LEFT_AGAINST_ADVICE,
                ExitKind.TRANSFERRED,
                ExitKind.WITHHELD,
            )
        ],
    )
    left = _clock("Left at")
    with_whom = forms.CharField(max_length=200, required=False, label="With whom")
    destination = forms.CharField(max_length=200, required=False, label="Where to, of a transfer")
    detail = forms.CharField(widget=_SMALL, required=False, label="What was said, or why")
    stable_basis = forms.CharField(
        widget=_SMALL, required=False, label="Judged stable, by what", help_text="As the sheet says."
    )
    rescreen_level = forms.ChoiceField(
        widget=Segmented,
        choices=[(level.value, level.value.capitalize()) for level in RiskLevel],
        required=False,
        label="Suicide-risk level before leaving",
    )
    rescreen_basis = forms.CharField(widget=_SMALL, required=False, label="What it rested on")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("rescreen_level") and not cleaned.get("rescreen_basis", "").strip():
            self.add_error("rescreen_basis", "Copy what the level rested on.")
        if cleaned.get("kind") not in (None, ExitKind.DISCHARGED) and not cleaned.get("detail", "").strip():
            self.add_error("detail", "Copy what the sheet says about it.")
        return cleaned

    def values(self) -> dict[str, Any]:
        said = self.cleaned_data
        names = ("with_whom", "detail", "destination", "stable_basis", "rescreen_level", "rescreen_basis")
        kept = {name: said[name] for name in names}
        leaving = PaperLeaving(kind=ExitKind(said["kind"]), left_at=self.on(said["left"]), **kept)
        return {"said": leaving, "who": self.who()}


class PaperCountersignForm(VisitForm):
    """The prescriber's answer to an order of an outage."""

    agreed = forms.TypedChoiceField(
        widget=Choices,
        choices=(("yes", "I gave this order, as it stands here"), ("no", "I did not give it like this")),
        coerce=lambda word: word == "yes",
        label="Your order?",
    )
    note = forms.CharField(widget=_SMALL, required=False, label="What was ordered instead, or nothing")
