"""Copying a paper sheet, block by block: every time is asked for, and who measured is asked for by name."""

from __future__ import annotations

from datetime import datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone

from euthymia.clinic.looks.widgets import Choices, Day, Measure, Segmented, Time
from euthymia.clinic.visits.actions import PaperCheckIn, PaperDose, PaperLeaving, Who
from euthymia.clinic.visits.forms._base import VisitForm
from euthymia.clinic.visits.forms.order import OWN_FIELDS
from euthymia.clinic.visits.models.check_in import Identifier
from euthymia.clinic.visits.models.dose import MOST_DEVICES_RECORDABLE
from euthymia.clinic.visits.models.ends import ExitKind
from euthymia.clinic.visits.models.paper import GivenBy
from euthymia.clinic.visits.routes import either
from euthymia.protocol import RiskLevel
from euthymia.protocol.route import Route

_OTHER = "other"
_SMALL = forms.Textarea(attrs={"rows": 2})
EMPTY = (("", "–"),)


def clock_field(label: str, *, required: bool = True) -> forms.TimeField:
    """A time of the day as the sheet's clock showed it."""
    return forms.TimeField(widget=Time, required=required, label=label)


def _number(label: str, unit: str, decimals: int = 2, digits: int = 7) -> forms.DecimalField:
    return forms.DecimalField(
        widget=Measure(unit=unit, decimals=decimals),
        max_digits=digits,
        decimal_places=decimals,
        min_value=Decimal(1).scaleb(-decimals),  # nothing is ordered in noughts
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

    came = clock_field("Came at")
    first = forms.ChoiceField(choices=(*EMPTY, *Identifier.choices), required=False, label="First identifier")
    second = forms.ChoiceField(
        choices=(*EMPTY, *Identifier.choices), required=False, label="Second identifier"
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
    agreed_route = forms.ChoiceField(
        required=False,
        label="Agreed to another route today",
        help_text="By signing what is printed on the sheet.",
    )
    agreed_name = forms.CharField(max_length=200, required=False, label="Agreement signed by the patient as")

    def __init__(self, *args: Any, direct: tuple[Route, ...] = (), **kwargs: Any) -> None:
        """``direct`` is what the rules here leave open beside the product's own route."""
        super().__init__(*args, **kwargs)
        choices = [(each.value, each.words.capitalize()) for each in direct]
        self.fields["agreed_route"].choices = [*EMPTY, *choices]  # type: ignore[attr-defined]
        if not direct:
            del self.fields["agreed_route"], self.fields["agreed_name"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("risk_level") and not cleaned.get("risk_basis", "").strip():
            self.add_error("risk_basis", "Copy what the level rested on.")
        if cleaned.get("agreed_route") and not cleaned.get("agreed_name", "").strip():
            self.add_error("agreed_name", "Copy the name with which the patient agreed.")
        if cleaned.get("agreed_name", "").strip() and not cleaned.get("agreed_route"):
            self.add_error("agreed_route", "Say to which route the patient agreed.")
        return cleaned

    def values(self) -> dict[str, Any]:
        said = self.cleaned_data
        names = ("first", "second", "weight_kg", "risk_level", "risk_basis", "escort_name", "escort_phone",
                 "signed_name", "agreed_route", "agreed_name")  # fmt: skip
        kept = {name: said[name] for name in names if name in said}
        return {"said": PaperCheckIn(came_at=self.on(said["came"]), **kept), "who": self.who()}


_ORDERED: dict[Route, tuple[str, ...]] = {Route.NASAL: ("devices",), **OWN_FIELDS}
"""What an order names by each route beside the dose; on paper volume and rate are written and not worked out."""
_OF_A_ROUTE = frozenset(name for names in _ORDERED.values() for name in names)


class PaperOrderForm(PaperForm):
    """The order, as its prescriber gave it."""

    given = forms.ChoiceField(widget=Choices, choices=GivenBy.choices, label="How it was given")
    prescriber = forms.ChoiceField(widget=Choices, label="By which prescriber")
    ordered = clock_field("Given at")
    route = forms.ChoiceField(widget=Choices, label="Route")
    dose_mg = _number("Dose", "mg")
    devices = forms.IntegerField(
        widget=Measure(unit="devices"),
        min_value=1,
        max_value=MOST_DEVICES_RECORDABLE,
        required=False,
        label="Devices",
    )
    mg_per_kg = _number("Dose for weight", "mg/kg", 3, 5)
    minutes = _number("Over", "min", 1, 5)
    concentration_mg_per_ml = _number("Concentration", "mg/mL", 3)
    volume_ml = _number("Volume", "mL")
    rate_ml_per_h = _number("Rate", "mL/h")
    units = forms.IntegerField(
        widget=Measure(unit="pieces"), min_value=1, max_value=99, required=False, label="Lozenges or tablets"
    )
    mg_per_unit = _number("Each holds", "mg")

    def __init__(
        self,
        *args: Any,
        prescribers: tuple[tuple[str, str], ...],
        usual: Route,
        direct: tuple[Route, ...],
        **kwargs: Any,
    ) -> None:
        """``usual`` is the product's own route, ``direct`` what the rules here leave open beside it."""
        super().__init__(*args, **kwargs)
        self.fields["prescriber"].choices = prescribers  # type: ignore[attr-defined]
        self.usual = usual
        self.fields["route"].choices = [  # type: ignore[attr-defined]
            (each.value, each.words.capitalize()) for each in (usual, *direct)
        ]
        if not direct:
            del self.fields["route"]
        asked = {name for each in (usual, *direct) for name in _ORDERED[each]}
        for name in _OF_A_ROUTE - asked:
            del self.fields[name]
        for name in ("dose_mg", *(() if direct else _ORDERED[usual])):
            self.fields[name].required = True
        if direct:
            self._say_what_hangs_on_the_route((usual, *direct))

    def _say_what_hangs_on_the_route(self, possible: tuple[Route, ...]) -> None:
        for name in _OF_A_ROUTE & self.fields.keys():
            of = either([each.words for each in possible if name in _ORDERED[each]])
            self.fields[name].help_text = f"For a dose {of}."
            self.fields[name].asked_by_answer = True  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "route" in self.errors:
            return cleaned  # what it needs hangs on it
        chosen = Route(cleaned.get("route") or self.usual)
        for name in _OF_A_ROUTE & self.fields.keys():
            missing = cleaned.get(name) in (None, "")
            if name in _ORDERED[chosen] and missing and name not in self.errors:
                self.add_error(name, "This field is required.")
            elif name not in _ORDERED[chosen] and not missing:
                self.add_error(name, f"A dose {chosen.words} has none. Leave it empty.")
        return cleaned

    def values(self) -> dict[str, Any]:
        said = self.cleaned_data
        dose: dict[str, Any] = {name: said.get(name) for name in PaperDose.__slots__}
        dose["route"] = said["route"] if said.get("route", self.usual) != self.usual else ""
        return {
            "dose": PaperDose(**dose),
            "given": said["given"],
            "prescriber_id": UUID(said["prescriber"]),
            "ordered_at": self.on(said["ordered"]),
            "who": self.who(),
        }


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
    left = clock_field("Left at")
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
