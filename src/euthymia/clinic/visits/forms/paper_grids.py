"""The tables of a paper sheet: as many lines as each has, with the times of the sheet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django import forms

from euthymia.clinic.looks.widgets import Day, Measure, Segmented
from euthymia.clinic.visits.actions import DirectGiven, PaperRow, Readings
from euthymia.clinic.visits.forms._base import YES_NO, AskingForm
from euthymia.clinic.visits.forms.direct import what_does_not_fit
from euthymia.clinic.visits.forms.paper import EMPTY, PaperForm, clock_field
from euthymia.clinic.visits.models.direct import ROUTES, MouthEnd, Site
from euthymia.clinic.visits.models.dose import InfusionStep, Nostril
from euthymia.protocol.units import plain


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
            return clock_field("")
        if name == "expires_on":
            return forms.DateField(widget=Day)
        if name == "first_nostril":
            return forms.ChoiceField(choices=(*EMPTY, *Nostril.choices))
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
            return clock_field("")
        if name == "event":
            return forms.ChoiceField(choices=(*EMPTY, *InfusionStep.choices))
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


class PaperDirectForm(AskingForm, GridForm):
    """What went into the muscle or the mouth, and when what was held under the tongue was out."""

    lines = 4
    columns = (
        ("what", "What"), ("clock", "Clock"), ("dose_mg", "mg"), ("volume_ml", "mL"),
        ("concentration_mg_per_ml", "mg/mL"), ("units", "Pieces"), ("mg_per_unit", "mg each"),
        ("site", "Where injected"), ("lot", "Lot"), ("expires_on", "Expiry"),
    )  # fmt: skip

    def __init__(self, *args: Any, ordered_mg: Decimal | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ordered_mg = ordered_mg

    def cell(self, name: str) -> forms.Field:
        if name == "clock":
            return clock_field("")
        if name == "what":
            given = [(value, label) for value, label in ROUTES]
            ended = [(value, f"Out of the mouth: {label.lower()}") for value, label in MouthEnd.choices]
            return forms.ChoiceField(choices=[*EMPTY, *given, *ended])
        if name == "site":
            return forms.ChoiceField(choices=(*EMPTY, *Site.choices))
        if name == "expires_on":
            return forms.DateField(widget=Day)
        if name == "units":
            return forms.IntegerField(widget=Measure(), min_value=1, max_value=99)
        if name == "lot":
            return forms.CharField(max_length=40)
        decimals = 3 if name == "concentration_mg_per_ml" else 2
        return forms.DecimalField(
            widget=Measure(decimals=decimals),
            max_digits=7,
            decimal_places=decimals,
            min_value=Decimal(1).scaleb(-decimals),
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for line, found in self._written():
            what = found["what"]
            if not what:
                self.add_error(
                    f"what_{line}", f"Line {line}: choose what was given, or how it left the mouth."
                )
            elif what in MouthEnd.values:
                self._nothing_but_the_clock(line, found)
            elif not found["dose_mg"]:
                self.add_error(f"dose_mg_{line}", f"Line {line}: enter the milligrams that were given.")
        if not self.errors:
            self._ask_what_does_not_fit()
        return cleaned

    def _ask_what_does_not_fit(self) -> None:
        """Ask once where the numbers do not make the dose, and where more was given than was ordered."""
        doses = [(line, found) for line, found in self._written() if found["dose_mg"]]
        for line, found in doses:
            for name, sentence in what_does_not_fit(found):
                self._ask(
                    f"{name}_{line}={found[name]}", f"Line {line}: {sentence}; entered is {found[name]}."
                )
            if found["expires_on"] and found["expires_on"] < self.on(found["clock"]).date():
                self._ask(
                    f"expires_on_{line}", f"Line {line}: what was given had expired on {found['expires_on']}."
                )
        given = sum((found["dose_mg"] for _, found in doses), Decimal(0))
        if self.ordered_mg is not None and given > self.ordered_mg:
            told = f"Ordered are {plain(self.ordered_mg)} mg; these lines hold {plain(given)} mg."
            self._ask(f"given={given}", told)

    def _ask(self, about: str, sentence: str) -> None:
        self.ask(about, f"{sentence} Save again if that is what the sheet says.")

    def _nothing_but_the_clock(self, line: int, found: dict[str, Any]) -> None:
        for name in found.keys() - {"what", "clock"}:
            if found[name] not in (None, ""):
                self.add_error(f"{name}_{line}", f"Line {line}: when it left the mouth nothing was given.")

    def values(self) -> dict[str, Any]:
        return {"rows": [self._row(at, found) for at, found in self._times()], "who": self.who()}

    def _row(self, at: datetime, found: dict[str, Any]) -> PaperRow:
        what = found.pop("what")
        if what in MouthEnd.values:
            return PaperRow(at, {"given": None, "outcome": what})
        return PaperRow(at, {"given": DirectGiven(route=what, **found)})


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
            return clock_field("")
        if name == "note":
            return forms.CharField(max_length=400)
        return forms.IntegerField(widget=Measure(), min_value=0)

    def values(self) -> dict[str, Any]:
        rows = [(at, Readings(**found)) for at, found in self._times()]
        return {"rows": rows, "confirmed": self.cleaned_data["confirmed"], "who": self.who()}
