"""A medicine ordered or given during a visit. Name, dose, unit and route are typed: nothing is ever proposed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms

from euthymia.clinic.looks.widgets import Choices, ManyChoices, Measure, Segmented
from euthymia.clinic.visits.actions import Dosed
from euthymia.clinic.visits.forms._base import AskingForm, TimedForm, VisitForm
from euthymia.clinic.visits.models import DoseUnit, MedicineRoute
from euthymia.protocol import Finding, InteractionClass

_TYPED = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
_CLASSES = [(each.name.lower(), f"{each.value[0].upper()}{each.value[1:]}") for each in InteractionClass]
_ASK_UNIT = "Choose the unit: milligrams and micrograms are a thousand times apart."
_SMALL = forms.Textarea(attrs={"rows": 2})


class DosedFields(forms.Form):
    """Name, dose, unit and route."""

    medicine = forms.CharField(max_length=120, label="Medicine", widget=forms.TextInput(attrs=_TYPED))
    dose = forms.DecimalField(
        max_digits=9,
        decimal_places=3,
        min_value=Decimal("0.001"),
        widget=Measure(decimals=3),
        label="Dose, once",
    )
    unit = forms.ChoiceField(
        choices=DoseUnit.choices, widget=Segmented, label="Unit", error_messages={"required": _ASK_UNIT}
    )
    route = forms.ChoiceField(
        choices=MedicineRoute.choices,
        widget=Segmented,
        label="How it is given",
        error_messages={"required": "Choose how it is given."},
    )


def _dosed(given: dict[str, Any]) -> Dosed:
    return Dosed(**{name: given.pop(name) for name in ("medicine", "dose", "unit", "route")})


class _OrderForm(DosedFields, AskingForm):
    """What an order asks for, and the question about what speaks against it."""

    classes = forms.MultipleChoiceField(
        choices=_CLASSES,
        widget=ManyChoices,
        required=False,
        label="What kind of medicine it is",
        help_text="By this the rules on medicines beside the treatment are asked. Nothing here knows it by name.",
    )
    why = forms.CharField(widget=_SMALL, label="What it is for")

    def __init__(
        self,
        *args: Any,
        judge: Callable[[str, Collection[str]], tuple[Finding, ...]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._judge = judge

    def clean(self) -> dict[str, Any]:
        """Tell once what the rules say of it; sent again as it is, it is taken."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if self._judge and not self.errors:
            found = self._judge(said["medicine"], said["classes"])
            if found:
                told = " ".join(f"{each.rule}: {each.sentence}" for each in found)
                about = f"{said['medicine'].casefold()}/{'.'.join(sorted(said['classes']))}"
                self.ask(about, f"{told} Weigh it; sent again as it is, it is ordered.")
        return said

    def values(self) -> dict[str, Any]:
        given = super().values()
        return {"dosed": _dosed(given), **given}


class MedicineOrderForm(_OrderForm):
    """A prescriber's order."""

    field_order = ("medicine", "dose", "unit", "route", "why", "classes")


class VerbalOrderForm(_OrderForm):
    """What was heard and read back."""

    prescriber_id = forms.TypedChoiceField(
        coerce=UUID,
        widget=Choices,
        label="Who ordered it",
        error_messages={"required": "Choose the prescriber who said it."},
    )
    read_back = forms.BooleanField(
        label="I read it back, with its unit, and heard yes",
        error_messages={
            "required": "Read the order back to the prescriber, with its unit, before you enter it."
        },
    )
    happened = TimedForm.base_fields["happened"]
    field_order = (
        "prescriber_id", "medicine", "dose", "unit", "route", "why", "read_back", "classes", "happened",
    )  # fmt: skip

    def __init__(self, *args: Any, prescribers: tuple[tuple[str, str], ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["prescriber_id"].choices = prescribers  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        given = super().values()
        return given | {"heard_at": self.moment(given.pop("happened"))}


class CountersignForm(VisitForm):
    """Whether the order was entered as it was said."""

    agreed = forms.TypedChoiceField(
        widget=Segmented,
        choices=(("yes", "As I said it"), ("no", "Not as I said it")),
        coerce=lambda word: word == "yes",
        label="The order stands in the record",
        error_messages={"required": "Say whether it was entered as you said it."},
    )
    note = forms.CharField(widget=_SMALL, required=False, label="What you ordered instead")


class GiveMedicineForm(DosedFields, TimedForm):
    """What was given. The order is shown beside; its numbers are entered again from the label in the hand."""

    note = forms.CharField(widget=_SMALL, required=False, label="What differed, and why")
    field_order = ("medicine", "dose", "unit", "route", "happened", "note")

    def __init__(self, *args: Any, ordered: bool | None = False, **kwargs: Any) -> None:
        """``ordered`` is ``None`` on a tablet without a connection, where nobody can tell."""
        super().__init__(*args, **kwargs)
        if not ordered:
            told = "Why without an order, and which prescriber knows"
            self.fields["note"].label = told if ordered is False else f"By which order, or: {told.lower()}"
            self.fields["note"].required = True

    def values(self) -> dict[str, Any]:
        given = super().values()
        given_at = self.moment(given.pop("happened"))
        return {"dosed": _dosed(given), "given_at": given_at, **given}
