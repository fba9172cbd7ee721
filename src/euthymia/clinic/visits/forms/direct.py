"""Ketamine into the muscle, under the tongue or swallowed: agreed to, given, out of the mouth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms

from euthymia.clinic.looks.fields import Exact, Whole
from euthymia.clinic.looks.widgets import Day, Segmented
from euthymia.clinic.visits.actions import DirectGiven
from euthymia.clinic.visits.forms._base import TimedForm, VisitForm
from euthymia.clinic.visits.forms.dose import AnywayForm
from euthymia.clinic.visits.models.direct import ROUTES, MouthEnd, Site
from euthymia.protocol import plan
from euthymia.protocol.route import Route
from euthymia.protocol.units import Unit, plain

_GIVEN = (
    "route",
    "dose_mg",
    "concentration_mg_per_ml",
    "volume_ml",
    "units",
    "mg_per_unit",
    "site",
    "lot",
    "expires_on",
    "container",
    "note",
)


def what_does_not_fit(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Where volume and strength, or pieces and what each holds, do not make the dose: the field, and why."""
    mg, volume, strength = (said[name] for name in ("dose_mg", "volume_ml", "concentration_mg_per_ml"))
    if volume is not None and strength:
        worked_out = plan.vial_volume(mg, strength)
        if worked_out != volume:
            shown = "" if worked_out is None else f", which is {plain(worked_out)} mL"
            yield "volume_ml", f"{plain(mg)} mg at {plain(strength)} mg/mL{shown}"
    units, each = said["units"], said["mg_per_unit"]
    if units and each and units * each != mg:
        yield "units", f"{units} × {plain(each)} mg are {plain(units * each)} mg"


class AgreementForm(VisitForm):
    """The patient agrees to a route that no label states."""

    read = forms.BooleanField(label="The patient has read this, or it was read out")
    signed_name = forms.CharField(max_length=200, label="The patient writes their name")

    def values(self) -> dict[str, Any]:
        return {"signed_name": self.cleaned_data["signed_name"]}


class DirectForm(AnywayForm):
    """One injection, or what was put into the mouth. What went in must be known; the rest may be missing."""

    number = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=99)
    route = forms.ChoiceField(widget=Segmented, choices=ROUTES, label="Given")
    dose_mg = Exact(
        Unit.MG, digits=7, decimals=2, label="Dose given", help_text="Milligrams of ketamine base."
    )
    volume_ml = Exact(
        Unit.ML, digits=7, decimals=2, required=False, label="Volume", help_text="Of an injection."
    )
    concentration_mg_per_ml = Exact(
        Unit.MG_PER_ML, digits=7, decimals=3, required=False, label="Concentration on the vial"
    )
    units = Whole(
        Unit.PIECES, required=False, label="Lozenges or tablets", help_text="How many, for the mouth."
    )
    mg_per_unit = Exact(Unit.MG, digits=7, decimals=2, required=False, label="Each holds")
    site = forms.ChoiceField(
        choices=[("", "None: by mouth"), *Site.choices], required=False, label="Where the injection went"
    )
    lot = forms.CharField(max_length=40, label="Lot")
    expires_on = forms.DateField(widget=Day, label="Expires")
    container = forms.CharField(max_length=60, required=False, label="Vial or box")
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), required=False, label="Note")

    def __init__(self, *args: Any, ordered: DirectGiven | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ordered = ordered

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        if cleaned["route"] == Route.INTRAMUSCULAR and not cleaned.get("site"):
            self.add_error("site", "Say where the injection went.")
        self.ask_if_expired("drug", cleaned.get("expires_on"), self.moment(cleaned.get("happened")).date())
        if self.unconfirmed:
            self.ask_why(self.unconfirmed)
        self._ask_what_does_not_fit(cleaned)
        return cleaned

    def _ask_what_does_not_fit(self, cleaned: dict[str, Any]) -> None:
        """Ask once where the numbers do not make the dose, and where the dose is more than was ordered."""
        for name, sentence in what_does_not_fit(cleaned):
            self._ask(name, cleaned[name], sentence)
        if self.ordered is None:
            return
        if cleaned["route"] != self.ordered.route:
            self._ask("route", cleaned["route"], f"Ordered is a dose {Route(self.ordered.route).words}")
        if cleaned["dose_mg"] > self.ordered.dose_mg:
            self._ask("dose_mg", cleaned["dose_mg"], f"Ordered are {plain(self.ordered.dose_mg)} mg")

    def _ask(self, name: str, value: Any, sentence: str) -> None:
        self.ask(f"{name}={value}", f"{sentence}; entered is {value}. Save again if that is what was given.")

    def values(self) -> dict[str, Any]:
        values = super().values()
        given = DirectGiven(**{name: values.pop(name) for name in _GIVEN})
        return values | {"measured_at": self.moment(values.pop("happened")), "given": given}


class DirectCorrectionForm(DirectForm):
    """A dose put right: everything is entered anew, and why."""

    why = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), label="Why it is corrected")
    field_order = ["why"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["number"], self.fields["why_anyway"]
        self.fields["happened"].required = True
        self.fields["happened"].help_text = ""

    def ask_why(self, sentence: str) -> None:
        """What happened has happened: a correction is not asked for its reason twice."""


class MouthForm(TimedForm):
    """What was held under the tongue is out."""

    outcome = forms.ChoiceField(widget=Segmented, choices=MouthEnd.choices, label="It was")
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), required=False, label="Note")

    def values(self) -> dict[str, Any]:
        values = super().values()
        return values | {"measured_at": self.moment(values.pop("happened"))}


class MouthCorrectionForm(MouthForm):
    """The same, put right."""

    why = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), label="Why it is corrected")
    field_order = ["why"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["happened"].required = True
        self.fields["happened"].help_text = ""
