"""The second person at the bedside, and the drug of the visit: taken out, brought back, wasted."""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from uuid import UUID

from django import forms

from euthymia.clinic.looks.fields import Exact, Whole
from euthymia.clinic.looks.widgets import Day, Segmented
from euthymia.clinic.visits.actions import ReadAtBedside
from euthymia.clinic.visits.actions.bedside import wrongly_read
from euthymia.clinic.visits.forms._base import TimedForm, VisitForm
from euthymia.clinic.visits.models.check_in import Identifier
from euthymia.clinic.visits.models.direct import ROUTES
from euthymia.protocol import Product
from euthymia.protocol.route import Route
from euthymia.protocol.units import Unit

_PRODUCTS = [(each.value, each.words.capitalize()) for each in Product]


class WitnessedForm(VisitForm):
    """A form that a second person signs on this tablet."""

    witness = forms.TypedChoiceField(coerce=UUID, label="Second person", choices=[("", "Choose")])

    def __init__(self, *args: Any, colleagues: tuple[tuple[UUID, str], ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["witness"].choices = [("", "Choose"), *((str(one), name) for one, name in colleagues)]  # type: ignore[attr-defined]

    @property
    def witness_id(self) -> UUID:
        """Who signs beside the person who is signed in."""
        return UUID(str(self.cleaned_data["witness"]))

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in super().values().items() if name != "witness"}


class BedsideForm(WitnessedForm):
    """What the second person reads at the bedside: nothing of it is shown beside the field it is compared with."""

    first = forms.ChoiceField(choices=[("", "Choose"), *Identifier.choices], label="First identifier")
    second = forms.ChoiceField(choices=[("", "Choose"), *Identifier.choices], label="Second identifier")
    product = forms.ChoiceField(widget=Segmented, choices=_PRODUCTS, label="Product in the hand")
    dose_mg = Exact(
        Unit.MG, digits=7, decimals=2, label="Dose", help_text="As you read it off label or syringe."
    )
    devices = Whole(Unit.DEVICES, label="Devices laid out")
    concentration_mg_per_ml = Exact(
        Unit.MG_PER_ML, digits=7, decimals=3, label="Concentration on the syringe"
    )
    volume_ml = Exact(Unit.ML, digits=7, decimals=2, label="Volume set on the pump")
    rate_ml_per_h = Exact(Unit.ML_PER_H, digits=7, decimals=2, label="Rate set on the pump")
    route = forms.ChoiceField(widget=Segmented, choices=ROUTES, label="To be given")
    units = Whole(Unit.PIECES, label="Lozenges or tablets laid out")
    mg_per_unit = Exact(Unit.MG, digits=7, decimals=2, label="Each holds, as its label says")

    def __init__(self, *args: Any, nasal: bool, expected: ReadAtBedside | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected
        asked = _read_off(nasal, expected.route if expected else "")
        for name in {*self.fields} & _SETTINGS - {*asked}:
            del self.fields[name]
        if expected is not None and expected.route and not expected.units:
            self.fields["concentration_mg_per_ml"].label = "Concentration on the vial"
            self.fields["volume_ml"].label = "Volume drawn up"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("first") and cleaned.get("first") == cleaned.get("second"):
            self.add_error("second", "Check two different identifiers.")
        if self.expected is not None and not self.errors:  # told before anybody's code is spent
            read: dict[str, Any] = {
                field.name: cleaned[field.name] for field in fields(ReadAtBedside) if field.name in cleaned
            }
            if wrong := wrongly_read(self.expected, ReadAtBedside(**read)):
                self.add_error(None, wrong)
        return cleaned

    @property
    def settings(self) -> list[forms.BoundField]:
        """The fields of what is read beside the dose, as they are drawn."""
        return [self[name] for name in self.fields if name in _SETTINGS]

    def values(self) -> dict[str, Any]:
        values = super().values()
        said = {name: values.pop(name) for name in ("first", "second")}
        return said | {"read": ReadAtBedside(**values)}


_SETTINGS = {
    *("devices", "concentration_mg_per_ml", "volume_ml", "rate_ml_per_h"),
    *("route", "units", "mg_per_unit"),
}


def _read_off(nasal: bool, route: str) -> tuple[str, ...]:
    """What the second person reads beside the dose, by how it is to be given."""
    if nasal:
        return ("devices",)
    if not route:
        return ("concentration_mg_per_ml", "volume_ml", "rate_ml_per_h")
    if Route(route).in_units:
        return ("route", "units", "mg_per_unit")
    return ("route", "concentration_mg_per_ml", "volume_ml")


class MovementForm(TimedForm):
    """Drug taken out for the visit, or brought back from it."""

    amount = Exact(Unit.MG, digits=9, decimals=2, label="How much")
    lot = forms.CharField(max_length=40, label="Lot")
    expires_on = forms.DateField(widget=Day, label="Expires")
    container = forms.CharField(
        max_length=60, required=False, label="Vial or kit", help_text="Its number, where it has one."
    )

    def __init__(self, *args: Any, nasal: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if nasal:
            self.fields["amount"] = _devices()
            self.order_fields(["amount"])

    def values(self) -> dict[str, Any]:
        values = super().values()
        return values | {"measured_at": self.moment(values.pop("happened"))}


class WasteForm(WitnessedForm, TimedForm):
    """Drug that was destroyed, signed by two."""

    amount = Exact(Unit.MG, digits=9, decimals=2, label="How much")
    lot = forms.CharField(max_length=40, label="Lot")
    why = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}),
        label="What and how",
        help_text="Rest of the vial, emptied into the container for drug waste.",
    )

    def __init__(self, *args: Any, nasal: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if nasal:
            self.fields["amount"] = _devices()
        self.order_fields(["amount", "lot", "why", "happened", "witness"])

    def values(self) -> dict[str, Any]:
        values = super().values()
        return values | {"measured_at": self.moment(values.pop("happened"))}


class TakeBackForm(VisitForm):
    """Why a line of the ledger was wrong."""

    reason = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), label="Why it was wrong")


def _devices() -> Exact:
    return Exact(Unit.DEVICES, digits=3, decimals=0, label="How many")
