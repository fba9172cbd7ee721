"""Ordering the dose."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms

from euthymia.clinic.looks.fields import Exact, Whole
from euthymia.clinic.looks.widgets import Segmented
from euthymia.clinic.visits.forms._base import VisitForm
from euthymia.protocol.route import Route
from euthymia.protocol.units import Unit

_ROUTES = [
    (Route.INTRAVENOUS.value, "Vein"),
    (Route.INTRAMUSCULAR.value, "Muscle"),
    (Route.SUBLINGUAL.value, "Under the tongue"),
    (Route.ORAL.value, "Swallowed"),
]


class NasalOrderForm(VisitForm):
    """Devices and milligrams, both written: the rules compare them."""

    dose_mg = Exact(Unit.MG, digits=7, decimals=2, label="Dose", help_text="Milligrams of esketamine base.")
    devices = Whole(Unit.DEVICES, label="Devices")


_NEEDED = {
    Route.INTRAVENOUS: ("mg_per_kg", "dose_mg", "minutes", "concentration_mg_per_ml"),
    Route.INTRAMUSCULAR: ("mg_per_kg", "dose_mg", "concentration_mg_per_ml"),
    Route.SUBLINGUAL: ("dose_mg", "units", "mg_per_unit"),
    Route.ORAL: ("dose_mg", "units", "mg_per_unit"),
}
"""What an order by each route cannot do without; volume and rate are worked out."""
OWN_FIELDS = {
    Route.INTRAVENOUS: ("mg_per_kg", "minutes", "concentration_mg_per_ml", "volume_ml", "rate_ml_per_h"),
    Route.INTRAMUSCULAR: ("mg_per_kg", "concentration_mg_per_ml", "volume_ml"),
    Route.SUBLINGUAL: ("units", "mg_per_unit"),
    Route.ORAL: ("units", "mg_per_unit"),
}
"""What belongs to an order by each route beside the dose: anything else is refused, and not dropped unseen."""


class InfusionOrderForm(VisitForm):
    """Dose by weight, and the pump. Volume and rate that are left empty are worked out when the dose is checked.

    The browser asks for nothing by itself: a route that is refused is told as such, whatever else is empty.
    """

    use_required_attribute = False

    route = forms.ChoiceField(widget=Segmented, choices=_ROUTES, label="Route")
    mg_per_kg = Exact(Unit.MG_PER_KG, digits=5, decimals=3, label="Dose for weight")
    dose_mg = Exact(
        Unit.MG,
        digits=7,
        decimals=2,
        label="Dose",
        help_text="Work it out yourself: the rules compute it twice and compare.",
    )
    minutes = Exact(Unit.MIN, digits=5, decimals=1, label="Over")
    concentration_mg_per_ml = Exact(
        Unit.MG_PER_ML, digits=7, decimals=3, label="Concentration", help_text="As it will be in the syringe."
    )
    volume_ml = Exact(
        Unit.ML,
        digits=7,
        decimals=2,
        label="Volume",
        required=False,
        help_text="Leave it empty to have it worked out.",
    )
    rate_ml_per_h = Exact(
        Unit.ML_PER_H,
        digits=7,
        decimals=2,
        label="Rate",
        required=False,
        help_text="Leave it empty to have it worked out.",
    )
    units = Whole(
        Unit.PIECES, label="Lozenges or tablets", required=False, help_text="For the mouth: how many."
    )
    mg_per_unit = Exact(Unit.MG, digits=7, decimals=2, label="Each holds", required=False)

    def __init__(self, *args: Any, open_routes: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.open_routes = open_routes
        chosen = self.chosen
        needed = _NEEDED.get(chosen, ()) if chosen else ()
        for name in ("mg_per_kg", "dose_mg", "minutes", "concentration_mg_per_ml", "units", "mg_per_unit"):
            # Of a route that is refused nothing else is asked: it is judged by its route alone.
            self.fields[name].required = chosen is None or (name in needed and chosen.value in open_routes)
        if chosen is None:
            for name in ("units", "mg_per_unit"):
                self.fields[name].required = False
        if not open_routes or set(open_routes) == {Route.INTRAVENOUS.value}:
            for name in ("units", "mg_per_unit"):
                self.fields[name].widget = forms.HiddenInput()

    @property
    def chosen(self) -> Route | None:
        """The route that was chosen; ``None`` before one was."""
        said = self.data.get("route", "")
        return Route(said) if said in {value for value, _ in _ROUTES} else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        chosen = self.chosen
        if chosen is None or chosen.value not in self.open_routes:
            return cleaned
        for name in ("mg_per_kg", "minutes", "concentration_mg_per_ml", "volume_ml", "rate_ml_per_h", "units",
                     "mg_per_unit"):  # fmt: skip
            if name not in OWN_FIELDS[chosen] and cleaned.get(name) is not None:
                self.add_error(name, f"A dose {chosen.words} has none. Leave it empty.")
        return cleaned

    def fill(self, **worked_out: Any) -> None:
        """Put what was worked out into the fields that were left empty, for the prescriber to read and sign."""
        data = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict, whose copy may be changed
        for name, value in worked_out.items():
            data[name] = f"{value:f}"
        self.data = data


class OverrideForm(VisitForm):
    """Which findings are signed for, and why."""

    fingerprints = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, label="I weighed")
    why = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}), label="Why the dose is right in spite of this"
    )

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fingerprints"].choices = choices  # type: ignore[attr-defined]
