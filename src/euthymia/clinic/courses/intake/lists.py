"""The steps that are lists: medicines, and examinations with their results."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField

from euthymia.clinic.courses.intake.entry import BASIS_WORDS, PartialDateField, StepForm, basis_field
from euthymia.clinic.courses.queries import Texts
from euthymia.clinic.looks.widgets import Day, Measure, Segmented
from euthymia.clinic.measures.actions import TakenMedicine, Test
from euthymia.clinic.measures.models import EXAMINATIONS, LIVER
from euthymia.protocol import Examination, InteractionClass, LiverImpairment

CLASSES = [(each.name.lower(), each.value[0].upper() + each.value[1:]) for each in InteractionClass]
_DAY = {"invalid": "Enter a date that exists, such as 2026-11-23."}
SHOWN_ROWS, MOST_ROWS = 3, 16


def rows_in(texts: Texts, part: str) -> int:
    """How many rows of a list hold something, counted to the last one."""
    begins = f"{part}_"
    numbers = [
        name.removeprefix(begins) for name, values in texts.items() if name.startswith(begins) and any(values)
    ]
    return max((int(each) for each in numbers if each.isdecimal() and len(each) < 4), default=-1) + 1


class MedicinesForm(StepForm):
    """Everything the patient takes, prescribed or not, with how it matters beside the drug."""

    template = "courses/intake/_medicines.html"
    taken = forms.ChoiceField(
        label="Does the patient take any medicine, prescribed or not?",
        choices=(("yes", "Yes, as listed"), ("none", "None taken")),
        widget=Segmented,
        error_messages={"required": "Say whether any medicine is taken."},
    )
    basis = basis_field()
    parts: ClassVar[tuple[str, ...]] = ("name", "dose", "class", "class2", "lorazepam", "since")

    def __init__(self, *args: Any, rows: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.count = min(max(rows + 2, SHOWN_ROWS), MOST_ROWS)
        for n in range(self.count + 3):
            self._add_row(n)

    def _add_row(self, n: int) -> None:
        small = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        self.fields[f"name_{n}"] = forms.CharField(
            label="Name", max_length=120, required=False, widget=forms.TextInput(attrs=small)
        )
        self.fields[f"dose_{n}"] = forms.CharField(
            label="Dose and how often",
            max_length=120,
            required=False,
            widget=forms.TextInput(attrs=small),
        )
        choose = [("", "Choose"), *CLASSES]
        self.fields[f"class_{n}"] = forms.ChoiceField(
            label="Interaction class", choices=choose, required=False
        )
        self.fields[f"class2_{n}"] = forms.ChoiceField(
            label="And, if two apply", choices=[("", "No second"), *CLASSES[:-1]], required=False
        )
        self.fields[f"lorazepam_{n}"] = forms.DecimalField(
            label="As lorazepam a day",
            max_digits=5,
            decimal_places=2,
            min_value=Decimal(0),
            required=False,
            widget=Measure(unit="mg", decimals=2),
        )
        self.fields[f"since_{n}"] = PartialDateField(label="Taken since")

    @property
    def shown(self) -> list[list[BoundField]]:
        """The rows in sight: those filled in and two more."""
        return [self._row(n) for n in range(self.count)]

    @property
    def more(self) -> list[list[BoundField]]:
        """Rows for those who take many."""
        return [self._row(n) for n in range(self.count, self.count + 3)]

    def _row(self, n: int) -> list[BoundField]:
        return [self[f"{part}_{n}"] for part in self.parts]

    def lacks(self) -> tuple[str, ...]:
        unclassed = [
            f"Interaction class of {self[f'name_{n}'].value()}"
            for n in range(self.count + 3)
            if not self.is_blank(f"name_{n}") and self.is_blank(f"class_{n}")
        ]
        return (*super().lacks(), *unclassed)

    def clean(self) -> dict[str, Any]:
        """A list that says yes names a medicine; one that says none names none; a class goes with a name."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        named = [n for n in range(self.count + 3) if (data.get(f"name_{n}") or "").strip()]
        if data.get("taken") == "yes" and not named:
            self.add_error("name_0", "Name the first medicine, or press “None taken”.")
        if data.get("taken") == "none" and named:
            self.add_error("taken", "A medicine is listed below. Press “Yes”, or empty the list.")
        for n in range(self.count + 3):
            others = any(data.get(f"{part}_{n}") for part in self.parts[1:])
            if n not in named and others:
                self.add_error(f"name_{n}", "Name this medicine.")
            if n in named and not data.get(f"class_{n}"):
                self.add_error(
                    f"class_{n}", "Choose how it matters; “no interaction of note” if it does not."
                )
        return data

    def medicines(self) -> tuple[TakenMedicine, ...]:
        """The list, as the action takes it."""
        data = self.cleaned_data
        return tuple(
            TakenMedicine(
                name=data[f"name_{n}"],
                dose=data[f"dose_{n}"],
                classes=frozenset(
                    InteractionClass[data[f"{part}_{n}"].upper()]
                    for part in ("class", "class2")
                    if data[f"{part}_{n}"]
                ),
                lorazepam_mg_per_day=data[f"lorazepam_{n}"],
                started_on=data[f"since_{n}"].latest
                if data[f"since_{n}"] and data[f"since_{n}"].is_whole
                else None,
            )
            for n in range(self.count + 3)
            if data[f"name_{n}"].strip()
        )

    @property
    def basis_words(self) -> str:
        """Where the list comes from."""
        return BASIS_WORDS[self.cleaned_data["basis"]]


class TestsForm(StepForm):
    """ECG, laboratory and other examinations with their dates, and how the liver works."""

    template = "courses/intake/_tests.html"
    liver = forms.ChoiceField(
        label="Impairment of the liver, as judged",
        choices=LIVER,
        widget=Segmented,
        help_text="A clinician's judgement. The software computes no class.",
        error_messages={"required": "Say how the liver was judged."},
    )
    liver_basis = basis_field("How that is known")
    parts: ClassVar[tuple[str, ...]] = ("exam", "done", "value", "unit", "result", "reading", "reader")

    def __init__(self, *args: Any, rows: int = 0, wanted: Iterable[Examination] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wanted = tuple(wanted)
        self.count = min(max(rows + 2, SHOWN_ROWS, len(self.wanted) + 1), MOST_ROWS)
        for n in range(self.count):
            self._add_row(n)

    def _add_row(self, n: int) -> None:
        self.fields[f"exam_{n}"] = forms.ChoiceField(
            label="Examination",
            choices=[("", "Choose"), *EXAMINATIONS],
            required=False,
        )
        self.fields[f"done_{n}"] = forms.DateField(
            label="Made on", required=False, widget=Day, error_messages=_DAY
        )
        number_pad = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        self.fields[f"value_{n}"] = forms.CharField(
            label="Value", max_length=40, required=False, widget=number_pad
        )
        self.fields[f"unit_{n}"] = forms.CharField(label="Unit", max_length=24, required=False)
        self.fields[f"result_{n}"] = forms.CharField(label="What it showed", max_length=400, required=False)
        self.fields[f"reading_{n}"] = forms.ChoiceField(
            label="Read as",
            choices=(("", "Not read yet"), ("normal", "Normal"), ("abnormal", "Abnormal")),
            required=False,
        )
        self.fields[f"reader_{n}"] = forms.CharField(label="Read by", max_length=120, required=False)

    @property
    def shown(self) -> list[list[BoundField]]:
        """The rows of the list."""
        return [[self[f"{part}_{n}"] for part in self.parts] for n in range(self.count)]

    def lacks(self) -> tuple[str, ...]:
        chosen = {self[f"exam_{n}"].value() for n in range(self.count)}
        unmade = [
            each.value[0].upper() + each.value[1:] for each in self.wanted if each.name.lower() not in chosen
        ]
        return (*super().lacks(), *unmade)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for n in range(self.count):
            said = {part: data.get(f"{part}_{n}") for part in self.parts}
            if not any(said.values()):
                continue
            if not said["exam"]:
                self.add_error(f"exam_{n}", "Choose which examination this was.")
            if not said["done"]:
                self.add_error(f"done_{n}", "Give the day it was made.")
            if not (said["value"] or said["result"] or said["reading"]):
                self.add_error(f"result_{n}", "Write what it showed.")
            if said["reading"] and not said["reader"]:
                self.add_error(f"reader_{n}", "Say who read it.")
        return data

    def tests(self) -> tuple[Test, ...]:
        """The examinations, as the action takes them."""
        data = self.cleaned_data
        return tuple(
            Test(
                examination=Examination[data[f"exam_{n}"].upper()],
                done_on=data[f"done_{n}"],
                value=data[f"value_{n}"],
                unit=data[f"unit_{n}"],
                result=data[f"result_{n}"],
                abnormal={"normal": False, "abnormal": True}.get(data[f"reading_{n}"]),
                read_by=data[f"reader_{n}"],
            )
            for n in range(self.count)
            if data[f"exam_{n}"]
        )

    def liver_judged(self) -> tuple[LiverImpairment, str]:
        """The judgement and what it rests on."""
        return LiverImpairment[self.cleaned_data["liver"].upper()], BASIS_WORDS[
            self.cleaned_data["liver_basis"]
        ]
