"""What is asked again at each visit: medicines, substances, events, the bladder and misuse. Nothing is filled in."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from euthymia.clinic.looks.widgets import Day, ManyChoices, Measure, Moment, Segmented
from euthymia.clinic.measures.actions import TakenMedicine
from euthymia.clinic.measures.facts import StandingList
from euthymia.clinic.visits.forms._base import YES_NO, VisitForm
from euthymia.clinic.visits.models.asked import BLADDER, SIGNALS
from euthymia.protocol.facts import InteractionClass, Medicine
from euthymia.protocol.misuse import BladderSymptom, Signal

NEW_ROWS = 4
_CLASSES = [("", "Not known yet")] + [
    (each.name.lower(), f"{each.value[0].upper()}{each.value[1:]}") for each in InteractionClass
]
_SOME = (("none", "None"), ("some", "Some"))
_TYPED = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


def _is_yes(word: str) -> bool:
    return word == "yes"


def _yes_no(label: str, **said: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(widget=Segmented, choices=YES_NO, coerce=_is_yes, label=label, **said)


def _text(label: str, longest: int = 120, **said: Any) -> forms.CharField:
    widget = forms.TextInput(attrs=_TYPED)
    return forms.CharField(label=label, max_length=longest, required=False, widget=widget, **said)


def _lorazepam() -> forms.DecimalField:
    return forms.DecimalField(
        label="As lorazepam a day",
        max_digits=5,
        decimal_places=2,
        min_value=Decimal(0),
        required=False,
        widget=Measure(unit="mg", decimals=2),
        help_text="Of a benzodiazepine, as the prescriber converts it.",
    )


class MedicinesForm(VisitForm):
    """Each medicine of the list that stands, asked one by one, and what is new. The list is shown, never filled in."""

    seen_list = forms.UUIDField(widget=forms.HiddenInput, required=False)
    new = _yes_no("Anything new, prescribed or not?")

    def __init__(self, *args: Any, standing: StandingList | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.standing = standing
        self.asked = (
            [one for one in standing.medicines if one.medicine.stopped_on is None] if standing else []
        )
        self.fields["seen_list"].initial = standing.id if standing else None
        if standing is None:
            self.fields["new"].label = "Does the patient take any medicine, prescribed or not?"
        for number, one in enumerate(self.asked):
            self._ask_about(number, one.medicine)
        for number in range(NEW_ROWS):
            self._add_row(number)

    def _ask_about(self, number: int, medicine: Medicine) -> None:
        self.fields[f"is_{number}"] = forms.ChoiceField(
            widget=Segmented,
            choices=(("same", "As listed"), ("changed", "Another dose"), ("stopped", "Stopped")),
            label=f"{medicine.name}{', ' if medicine.dose else ''}{medicine.dose}",
            error_messages={"required": f"Ask about {medicine.name}."},
        )
        self.fields[f"dose_{number}"] = _text("The dose now, and how often")
        if medicine.classes is None:
            self.fields[f"kind_{number}"] = forms.ChoiceField(
                label="What kind it is", choices=_CLASSES, required=False
            )
        if medicine.classes is None or InteractionClass.BENZODIAZEPINE in medicine.classes:
            self.fields[f"lorazepam_{number}"] = _lorazepam()
        self.fields[f"stopped_{number}"] = forms.DateField(label="Last taken on", required=False, widget=Day)

    def _add_row(self, number: int) -> None:
        self.fields[f"name_{number}"] = _text("Name")
        self.fields[f"amount_{number}"] = _text("Dose and how often")
        self.fields[f"class_{number}"] = forms.ChoiceField(
            label="What kind it is", choices=_CLASSES, required=False
        )
        self.fields[f"second_{number}"] = forms.ChoiceField(
            label="And, if two apply", choices=[("", "No second"), *_CLASSES[1:-1]], required=False
        )
        self.fields[f"converted_{number}"] = _lorazepam()

    @property
    def listed_rows(self) -> list[tuple[BoundField, list[tuple[str, BoundField]]]]:
        """The question about each medicine of the list, and what is asked after it, by what it is."""
        parts = ("dose", "kind", "lorazepam", "stopped")
        return [
            (
                self[f"is_{number}"],
                [(part, self[f"{part}_{number}"]) for part in parts if f"{part}_{number}" in self.fields],
            )
            for number in range(len(self.asked))
        ]

    @property
    def new_rows(self) -> list[tuple[bool, list[BoundField]]]:
        """The rows for what is new, and whether something stands in one."""
        parts = ("name", "amount", "class", "second", "converted")
        rows = [[self[f"{part}_{number}"] for part in parts] for number in range(NEW_ROWS)]
        return [(any(field.value() or field.errors for field in row), row) for row in rows]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for number, one in enumerate(self.asked):
            self._check_listed(number, one.medicine.name, data)
        named = [number for number in range(NEW_ROWS) if data.get(f"name_{number}")]
        if data.get("new") is True and not named:
            self.add_error("name_0", "Name it. If nobody knows what it is, write what the patient says.")
        if data.get("new") is False and named:
            self.add_error("new", "Something new is written below: choose “yes”, or empty it.")
        for number in range(NEW_ROWS):
            rest = any(data.get(f"{part}_{number}") for part in ("amount", "class", "second", "converted"))
            if rest and number not in named:
                self.add_error(f"name_{number}", "Name this medicine.")
        return data

    def _check_listed(self, number: int, name: str, data: dict[str, Any]) -> None:
        said, dose, day = (data.get(f"{part}_{number}") for part in ("is", "dose", "stopped"))
        if said == "changed" and not dose:
            self.add_error(f"dose_{number}", f"Enter the dose of {name} as it is now.")
        if dose and said not in (None, "changed"):
            self.add_error(
                f"is_{number}", f"A dose of {name} is entered: choose “another dose”, or empty it."
            )
        if said == "stopped" and day is None:
            self.add_error(f"stopped_{number}", f"Enter when {name} was last taken, about when if not known.")
        if day and said not in (None, "stopped"):
            self.add_error(f"is_{number}", f"A last day of {name} is entered: choose “stopped”, or empty it.")
        if day and day > self.now.date():
            self.add_error(f"stopped_{number}", "That day is still to come.")

    def values(self) -> dict[str, Any]:
        """The list as it is now, where it is another than the one that stands."""
        found = [self._now(number, one.medicine) for number, one in enumerate(self.asked)]
        changed = any(now != before.medicine for now, before in zip(found, self.asked, strict=True))
        new = [medicine for number in range(NEW_ROWS) if (medicine := self._new(number))]
        seen = {"seen_list": self.cleaned_data["seen_list"]}
        if not (changed or new) and self.standing is not None:
            return {"changed": False, **seen}
        over = (
            [one.medicine for one in self.standing.medicines if one.medicine.stopped_on]
            if self.standing
            else []
        )
        listed = tuple(_as_taken(each) for each in (*over, *found))
        return {"changed": True, "medicines": (*listed, *new), **seen}

    def _now(self, number: int, before: Medicine) -> Medicine:
        data, now = self.cleaned_data, before
        if kind := data.get(f"kind_{number}"):
            now = replace(now, classes=frozenset({InteractionClass[kind.upper()]}))
        lorazepam = data.get(f"lorazepam_{number}")
        if data[f"is_{number}"] == "changed":
            return replace(now, dose=data[f"dose_{number}"], lorazepam_mg_per_day=lorazepam)
        if lorazepam is not None:
            now = replace(now, lorazepam_mg_per_day=lorazepam)
        return (
            replace(now, stopped_on=data[f"stopped_{number}"]) if data[f"is_{number}"] == "stopped" else now
        )

    def _new(self, number: int) -> TakenMedicine | None:
        data = self.cleaned_data
        if not data[f"name_{number}"]:
            return None
        kinds = [data[f"{part}_{number}"] for part in ("class", "second") if data[f"{part}_{number}"]]
        return TakenMedicine(
            name=data[f"name_{number}"],
            dose=data[f"amount_{number}"],
            classes=frozenset(InteractionClass[kind.upper()] for kind in kinds) or None,
            lorazepam_mg_per_day=data[f"converted_{number}"],
        )


def _as_taken(medicine: Medicine) -> TakenMedicine:
    return TakenMedicine(
        name=medicine.name,
        dose=medicine.dose,
        classes=medicine.classes,
        lorazepam_mg_per_day=medicine.lorazepam_mg_per_day,
        started_on=medicine.started_on,
        stopped_on=medicine.stopped_on,
    )


class SubstancesForm(VisitForm):
    """Alcohol, sedatives that nobody prescribed, illicit drugs: each with when it was last."""

    alcohol = _yes_no("Alcohol")
    alcohol_at = forms.DateTimeField(widget=Moment, required=False, label="Last drink of it")
    any_sedative = _yes_no("A sedative or sleeping pill that nobody prescribed")
    sedative = _text("Which", 200)
    sedative_at = forms.DateTimeField(widget=Moment, required=False, label="Last taken")
    illicit = _yes_no("An illicit drug")
    illicit_what = _text("Which, and when", 200)

    def __init__(self, *args: Any, hours: Decimal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("alcohol", "any_sedative", "illicit"):
            self.fields[name].label = f"{self.fields[name].label}, in the last {hours.normalize():f} hours"

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        self._go_together("alcohol", "alcohol_at", "Enter when the last drink was.")
        self._go_together("any_sedative", "sedative", "Say which it was.")
        self._go_together("any_sedative", "sedative_at", "Enter when it was last taken.")
        if data.get("illicit") is False and data.get("illicit_what"):
            self.add_error("illicit", "A drug is named below: choose “yes”, or empty it.")
        for name in ("alcohol_at", "sedative_at"):
            if data.get(name) and data[name] > self.now:
                self.add_error(name, "That is still to come. Enter when it was.")
        return data

    def _go_together(self, asked: str, told: str, missing: str) -> None:
        said, found = self.cleaned_data.get(asked), self.cleaned_data.get(told)
        if said is True and not found and told not in self.errors:
            self.add_error(told, missing)
        if said is False and found:
            self.add_error(asked, "Something is entered below: choose “yes”, or empty it.")

    def values(self) -> dict[str, Any]:
        given = super().values()
        del given["alcohol"], given["any_sedative"]
        return given


class IntervalForm(VisitForm):
    """What happened since the last visit."""

    happened = _yes_no(
        "Did anything happen since last time?",
        help_text="An illness, a fall or an accident, a night in hospital, anything that felt wrong after the dose.",
    )
    detail = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False, label="What, and when")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("happened") is True and not data.get("detail"):
            self.add_error("detail", "Say what happened, and when.")
        if data.get("happened") is False and data.get("detail"):
            self.add_error("happened", "Something is told below: choose “yes”, or empty it.")
        return data


class MaintenanceForm(VisitForm):
    """The bladder and signs of misuse. A sign asks for a conversation; it convicts nobody."""

    bladder_asked = forms.ChoiceField(
        widget=Segmented, choices=_SOME, label="Bladder symptoms since last time"
    )
    bladder = forms.MultipleChoiceField(widget=ManyChoices, choices=BLADDER, required=False, label="Which")
    urine_tested = _text(
        "Urine test and culture",
        200,
        help_text="Which, and when. With a symptom and none yet, a task asks for it.",
    )
    urologist = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=400,
        required=False,
        label="What a urologist found",
        help_text="Asked for when there is blood, or a symptom for the second time in a row.",
    )
    signals_asked = forms.ChoiceField(widget=Segmented, choices=_SOME, label="Signs that may point to misuse")
    signals = forms.MultipleChoiceField(
        widget=ManyChoices, choices=SIGNALS, required=False, label="Which signs"
    )
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), required=False, label="Note")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for asked, which in (("bladder_asked", "bladder"), ("signals_asked", "signals")):
            if data.get(asked) == "some" and not data.get(which):
                self.add_error(which, "Say which.")
            if data.get(asked) == "none" and data.get(which):
                self.add_error(asked, "Some are marked below: choose “some”, or unmark them.")
        return data

    def values(self) -> dict[str, Any]:
        given = super().values()
        del given["bladder_asked"], given["signals_asked"]
        given["bladder"] = [BladderSymptom[name.upper()] for name in given["bladder"]]
        given["signals"] = [Signal[name.upper()] for name in given["signals"]]
        return given
