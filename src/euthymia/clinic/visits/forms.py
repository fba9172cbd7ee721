"""What people enter about a visit. No field is ever filled from an earlier visit, or from an earlier entry."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID, uuid4

from django import forms
from django.utils import timezone

from euthymia.clinic.looks.widgets import Choices, Day, ManyChoices, Measure, Moment, Segmented, Time
from euthymia.clinic.visits.actions import Readings
from euthymia.clinic.visits.limits import limits
from euthymia.clinic.visits.models.check_in import Identifier, PregnancyAnswer
from euthymia.clinic.visits.models.dose import MOST_DEVICES_RECORDABLE, InfusionStep, Nostril
from euthymia.evidence import entry_limit, instrument
from euthymia.protocol import Answer, Dissociation, RiskLevel, Symptom

YES_NO = (("yes", "Yes"), ("no", "No"))
_AHEAD = timedelta(minutes=2)


def fresh_key() -> str:
    """A new idempotency key, made with each form that is shown."""
    return str(uuid4())


class VisitForm(forms.Form):
    """A form of this room: one key, so that a repeated press is one fact, and the version the screen showed."""

    idempotency_key = forms.UUIDField(widget=forms.HiddenInput, initial=fresh_key)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        *args: Any,
        now: datetime,
        version: int | None = None,
        planned: datetime | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.now = timezone.localtime(now)
        self.planned = planned
        if version is not None:
            self.fields["version"].initial = version

    def values(self) -> dict[str, Any]:
        """What the action is given, the key and the version apart."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in ("idempotency_key", "version")
        }

    def moment(self, clock: time | None) -> datetime:
        """The instant a time of day means: the last such time; now when it was left empty."""
        if clock is None:
            return self.now
        meant = self.now.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
        return meant - timedelta(days=1) if meant > self.now + _AHEAD else meant


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
        if clock is not None and self.planned is not None:
            meant = self.moment(clock)
            if meant.date() < min(timezone.localtime(self.planned).date(), self.now.date()):
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


# --- booking ---------------------------------------------------------------------------------------------------
class BookingForm(VisitForm):
    """A free time that is offered; or any other chair and time. A time that was offered a minute ago and is not
    any more is still taken: the database says whether somebody was first."""

    slot = forms.CharField(required=False, widget=forms.HiddenInput)
    minutes = forms.IntegerField(widget=Measure(unit="min"), label="For", required=False)
    scheduled_at = forms.DateTimeField(widget=Moment, label="Starts", required=False)
    chair_id = forms.TypedChoiceField(
        widget=Choices, coerce=int, label="Chair", choices=(), required=False, empty_value=None
    )
    why = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        max_length=500,
        label="If something stands against the time: why it is booked all the same",
    )

    def __init__(
        self, *args: Any, chairs: tuple[tuple[int, str], ...], usual_min: int, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.usual_min = usual_min
        self.fields["minutes"].help_text = f"Left empty, a free time is booked for {usual_min} minutes."
        self.fields["chair_id"].choices = chairs  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Take the chosen slot apart, or ask for a chair and a time."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("scheduled_at") or cleaned.get("chair_id"):
            for name, words in (
                ("scheduled_at", "Enter when it starts."),
                ("chair_id", "Choose a chair."),
                ("minutes", "Enter how long it takes."),
            ):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, words)
            return cleaned
        if not cleaned.get("slot"):
            if not self.errors:
                self.add_error(None, "Choose one of the free times, or enter another time with its chair.")
            return cleaned
        try:
            begins, chair = cleaned["slot"].split("|")
            cleaned["scheduled_at"], cleaned["chair_id"] = datetime.fromisoformat(begins), int(chair)
            cleaned["minutes"] = cleaned.get("minutes") or self.usual_min
            if cleaned["scheduled_at"].tzinfo is None:
                raise ValueError
        except ValueError:
            self.add_error(None, "That is no time of this page. Choose one of the free times.")
        return cleaned

    def values(self) -> dict[str, Any]:
        """What the action is given."""
        return {name: value for name, value in super().values().items() if name != "slot"}


class CancelForm(VisitForm):
    """Why a visit does not take place."""

    why = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), label="Why, and who decided")


class MissedForm(VisitForm):
    """What is known of a patient who did not come."""

    reached = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}), label="Was the patient reached? What did they say?"
    )


# --- check-in --------------------------------------------------------------------------------------------------
class IdentityForm(VisitForm):
    """Two identifiers, asked of the patient."""

    first = forms.ChoiceField(widget=Choices, choices=Identifier.choices, label="First identifier")
    second = forms.ChoiceField(widget=Choices, choices=Identifier.choices, label="Second identifier")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("first") and cleaned.get("first") == cleaned.get("second"):
            self.add_error("second", "Check another identifier: the same one twice proves little.")
        return cleaned


class PressureForm(TimedForm):
    """One blood pressure at rest."""

    systolic = forms.IntegerField(widget=Measure(unit="mmHg"), label="Upper (systolic)")
    diastolic = forms.IntegerField(widget=Measure(unit="mmHg"), label="Lower (diastolic)")
    spo2 = forms.IntegerField(widget=Measure(unit="%"), label="Oxygen saturation", required=False)
    heart_rate = forms.IntegerField(widget=Measure(unit="/min"), label="Heart rate", required=False)
    confirmed = forms.CharField(widget=forms.HiddenInput, required=False)
    field_order = ["systolic", "diastolic", "spo2", "heart_rate", "happened"]

    def values(self) -> dict[str, Any]:
        given = super().values()
        measured_at, confirmed = self.moment(given.pop("happened")), given.pop("confirmed")
        return {"readings": Readings(**given), "measured_at": measured_at, "confirmed": confirmed}


class WeightForm(AskingForm):
    """The weight of today: a dose is worked out from it, so that a slip of the finger is asked about."""

    weight_kg = forms.DecimalField(
        widget=Measure(unit="kg", decimals=1),
        max_digits=4,
        decimal_places=1,
        label="Weight",
        help_text="As the scale shows it, in kilograms.",
    )

    def __init__(self, *args: Any, last_kg: Decimal | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.last_kg = last_kg

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        weight = cleaned.get("weight_kg")
        if weight is None or not entry_limit("weight").is_possible(weight):
            return cleaned
        if not entry_limit("weight").is_plausible(weight):
            self.ask(str(weight), f"{weight} kg is unusual. Save again if the scale shows it.")
        elif self.last_kg and not entry_limit("weight-change").is_plausible(
            (weight - self.last_kg) / self.last_kg * 100
        ):
            self.ask(
                str(weight),
                f"{weight} kg, and {self.last_kg} kg at the last weighing. Save again if the scale shows it.",
            )
        return cleaned


class FastingForm(VisitForm):
    """When the patient last ate and drank."""

    last_food_at = forms.DateTimeField(
        widget=Moment, label="Last food", help_text="Anything but clear liquid."
    )
    last_liquid_at = forms.DateTimeField(widget=Moment, label="Last drink", help_text="Water too.")


class NasalProductForm(VisitForm):
    """Nasal steroid or decongestant of today."""

    used = forms.TypedChoiceField(
        widget=Segmented, choices=YES_NO, coerce=lambda word: word == "yes", label="Used today"
    )
    product = forms.CharField(max_length=120, required=False, label="Which")
    last_used_at = forms.DateTimeField(widget=Moment, required=False, label="Last used")


class MedicinesForm(VisitForm):
    """What changed since last time."""

    changed = forms.TypedChoiceField(
        widget=Segmented,
        choices=YES_NO,
        coerce=lambda word: word == "yes",
        label="Anything new since last time",
        help_text="Medicines, alcohol, other drugs, illness, events.",
    )
    detail = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False, label="What")


class PressureRiskForm(VisitForm):
    """Asked anew before every dose."""

    answer = forms.ChoiceField(
        widget=Segmented,
        choices=((Answer.NONE_KNOWN.value, "None known"), (Answer.YES.value, "Yes")),
        label="Any condition in which a rise in blood or intracranial pressure is a serious risk",
    )
    basis = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), label="How it is known")

    def values(self) -> dict[str, Any]:
        return {"condition": "pressure_risk", **super().values()}


class PregnancyForm(VisitForm):
    """Pregnancy today."""

    answer = forms.ChoiceField(widget=Choices, choices=PregnancyAnswer.choices, label="Pregnancy")
    basis = forms.CharField(
        max_length=200, required=False, label="How it is known", help_text="Needed where it is not possible."
    )


class ProgrammeForm(VisitForm):
    """What the safety programme asks of the site today. Left open means not checked."""

    site_certified = forms.ChoiceField(
        widget=Segmented, choices=YES_NO, required=False, label="The site is certified"
    )
    prescriber_on_site = forms.ChoiceField(
        widget=Segmented, choices=YES_NO, required=False, label="A prescriber is on site"
    )
    oximeter_available = forms.ChoiceField(
        widget=Segmented, choices=YES_NO, required=False, label="A pulse oximeter is at hand"
    )

    def values(self) -> dict[str, Any]:
        said = {"yes": True, "no": False, "": None}
        return {name: said[value] for name, value in super().values().items()}


class QuestionnaireForm(AskingForm):
    """The PHQ-9, with the words of its file."""

    mode = forms.ChoiceField(
        widget=Choices,
        choices=(
            ("device", "The patient answers on this device"),
            ("paper", "Copied from paper"),
            ("asked", "Read out and asked"),
        ),
        label="How it is answered",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        phq = instrument("phq-9")
        for item in phq.items:
            options = [(str(option.score.value), option.text) for option in item.options if option.score]
            self.fields[f"item_{item.id}"] = forms.ChoiceField(
                widget=Segmented, choices=options, required=False, label=f"{item.id}. {item.text}"
            )
        wording = [(option.text, option.text) for option in phq.difficulty.options]
        self.fields["difficulty"] = forms.ChoiceField(
            widget=Choices, choices=wording, required=False, label=phq.difficulty.text
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        left = [
            name.removeprefix("item_") for name in cleaned if name.startswith("item_") and not cleaned[name]
        ]
        if left:
            self.ask(
                f"without {' '.join(left)}",
                f"No answer to {', '.join(left)}. Without every answer there is no total. "
                "Answer them, or save again if the patient leaves them out.",
            )
        return cleaned

    def values(self) -> dict[str, Any]:
        answers = {
            name.removeprefix("item_"): int(value)
            for name, value in self.cleaned_data.items()
            if name.startswith("item_") and value != ""
        }
        return {
            "answers": answers,
            "difficulty": self.cleaned_data["difficulty"],
            "mode": self.cleaned_data["mode"],
        }


class RiskForm(VisitForm):
    """The clinician's own level of suicide risk."""

    level = forms.ChoiceField(
        widget=Segmented,
        choices=[(level.value, level.value.capitalize()) for level in RiskLevel],
        label="Level, as you judge it",
    )
    thoughts_found = forms.TypedChoiceField(
        widget=Segmented,
        choices=(("yes", "Yes"), ("no", "None were found")),
        coerce=lambda word: word == "yes",
        empty_value=None,
        required=False,
        label="Any thoughts of death or suicide?",
        help_text="At a low level, if none were found, nothing more is asked for. Left open, it counts as yes.",
    )
    basis = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), label="What it rests on")
    instrument = forms.CharField(
        max_length=120,
        required=False,
        label="Structured assessment",
        help_text="Its name, if one was done. Needed when PHQ-9 item 9 is above 0.",
    )
    level_of_care = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        label="Where the patient is looked after",
        help_text="Needed when the level is high.",
    )


class HighRiskForm(VisitForm):
    """The prescriber's decision at high risk."""

    decision = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), label="Decision, and why")
    level_of_care = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}), label="Where the patient is looked after"
    )


class EscortForm(VisitForm):
    """Who takes the patient home."""

    name = forms.CharField(max_length=200, label="Name")
    phone = forms.CharField(
        max_length=40, label="Telephone", widget=forms.TextInput(attrs={"inputmode": "tel"})
    )
    expected = forms.TimeField(widget=Time, label="Expected at")

    def values(self) -> dict[str, Any]:
        clock = self.cleaned_data["expected"]
        meant = self.now.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
        expected_at = meant + timedelta(days=1) if meant < self.now - timedelta(hours=1) else meant
        return {
            "name": self.cleaned_data["name"],
            "phone": self.cleaned_data["phone"],
            "expected_at": expected_at,
        }


class InstructionsForm(VisitForm):
    """The patient signs what they have read."""

    read = forms.BooleanField(label="The patient has read the instructions, or they were read out")
    signed_name = forms.CharField(max_length=200, label="The patient writes their name")

    def values(self) -> dict[str, Any]:
        return {"signed_name": self.cleaned_data["signed_name"]}


class OverrideForm(VisitForm):
    """Which findings are signed for, and why."""

    fingerprints = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, label="I weighed")
    why = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}), label="Why the dose is right in spite of this"
    )

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fingerprints"].choices = choices  # type: ignore[attr-defined]


# --- dose ------------------------------------------------------------------------------------------------------
class NasalOrderForm(VisitForm):
    """Devices and milligrams, both written: the rules compare them."""

    dose_mg = forms.DecimalField(
        widget=Measure(unit="mg", decimals=2),
        max_digits=7,
        decimal_places=2,
        min_value=0,
        label="Dose",
        help_text="Milligrams of esketamine base.",
    )
    devices = forms.IntegerField(widget=Measure(unit="devices"), min_value=1, label="Devices")


class InfusionOrderForm(VisitForm):
    """Dose by weight, and the pump."""

    mg_per_kg = forms.DecimalField(
        widget=Measure(unit="mg/kg", decimals=3),
        max_digits=5,
        decimal_places=3,
        min_value=0,
        label="Dose for weight",
    )
    dose_mg = forms.DecimalField(
        widget=Measure(unit="mg", decimals=2),
        max_digits=7,
        decimal_places=2,
        min_value=0,
        label="Dose",
        help_text="Work it out yourself: the rules compute it twice and compare.",
    )
    minutes = forms.DecimalField(
        widget=Measure(unit="min", decimals=1), max_digits=5, decimal_places=1, min_value=0, label="Over"
    )
    concentration_mg_per_ml = forms.DecimalField(
        widget=Measure(unit="mg/mL", decimals=3),
        max_digits=7,
        decimal_places=3,
        min_value=0,
        label="Concentration",
    )
    volume_ml = forms.DecimalField(
        widget=Measure(unit="mL", decimals=2), max_digits=7, decimal_places=2, min_value=0, label="Volume"
    )
    rate_ml_per_h = forms.DecimalField(
        widget=Measure(unit="mL/h", decimals=2), max_digits=7, decimal_places=2, min_value=0, label="Rate"
    )


class DeviceForm(AskingForm, TimedForm):
    """One device as it was used."""

    number = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=MOST_DEVICES_RECORDABLE)
    first_nostril = forms.ChoiceField(widget=Segmented, choices=Nostril.choices, label="First spray in")
    lot = forms.CharField(max_length=40, label="Lot")
    expires_on = forms.DateField(widget=Day, label="Expires")
    serial = forms.CharField(max_length=40, required=False, label="Serial number")
    problem = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        label="Problem",
        help_text="Dripped, did not fire.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        expires_on, used_on = cleaned.get("expires_on"), self.moment(cleaned.get("happened")).date()
        if expires_on is not None and expires_on < used_on:
            self.ask(
                f"expired {expires_on}",
                f"This device expired on {expires_on.day} {expires_on:%B %Y}. Do not use it. "
                "If it was used already, save again: the record will say so.",
            )
        return cleaned

    def values(self) -> dict[str, Any]:
        values = super().values()
        return values | {"measured_at": self.moment(values.pop("happened"))}


class DeviceCorrectionForm(DeviceForm):
    """A device put right: everything is entered anew, and why."""

    why = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), label="Why it is corrected")
    field_order = ["why"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["number"]
        self.fields["happened"].required = True
        self.fields["happened"].help_text = ""


def infusion_step(word: str) -> InfusionStep | None:
    """The step a word of an address means: ``rate-changed``; ``None`` for any other word."""
    return next((each for each in InfusionStep if each.name.lower().replace("_", "-") == word), None)


class InfusionForm(AskingForm, TimedForm):
    """One step of the infusion."""

    rate_ml_per_h = forms.DecimalField(
        widget=Measure(unit="mL/h", decimals=2),
        max_digits=7,
        decimal_places=2,
        min_value=0,
        label="Rate on the pump",
    )
    volume_given_ml = forms.DecimalField(
        widget=Measure(unit="mL", decimals=2),
        max_digits=7,
        decimal_places=2,
        min_value=0,
        label="Volume given",
        help_text="As the pump shows it.",
    )
    concentration_mg_per_ml = forms.DecimalField(
        widget=Measure(unit="mg/mL", decimals=3),
        max_digits=7,
        decimal_places=3,
        min_value=0,
        label="Concentration on the syringe",
    )
    lot = forms.CharField(max_length=40, label="Lot")
    why = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), label="Why")

    _ASKED: ClassVar[Mapping[str, tuple[str, ...]]] = {
        InfusionStep.STARTED: ("rate_ml_per_h", "concentration_mg_per_ml", "lot"),
        InfusionStep.RATE_CHANGED: ("rate_ml_per_h", "why"),
        InfusionStep.PAUSED: ("why",),
        InfusionStep.RESUMED: ("rate_ml_per_h",),
        InfusionStep.STOPPED: ("volume_given_ml", "why"),
        InfusionStep.ENDED: ("volume_given_ml",),
    }

    def __init__(
        self,
        *args: Any,
        event: str,
        ordered: Mapping[str, Decimal | None] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.event = InfusionStep(event)
        self.ordered = ordered or {}
        for name in ("rate_ml_per_h", "volume_given_ml", "concentration_mg_per_ml", "lot", "why"):
            if name not in self._ASKED[event]:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, ordered in self.ordered.items():
            value = cleaned.get(name)
            if value is None or ordered is None:
                continue
            # Less than ordered may have gone in, and a rate may be lowered; a start is as it was ordered.
            if value > ordered or (self.event == InfusionStep.STARTED and value != ordered):
                unit = self.fields[name].widget.unit
                self.ask(
                    f"{name}={value}",
                    f"{self.fields[name].label}: {value:f} {unit}; ordered are {ordered.normalize():f} {unit}. "
                    "Save again if that is what the pump shows.",
                )
        return cleaned

    def values(self) -> dict[str, Any]:
        values = super().values()
        return values | {"event": self.event, "measured_at": self.moment(values.pop("happened"))}


class InfusionCorrectionForm(InfusionForm):
    """A step of the infusion put right: everything is entered anew, and why."""

    reason = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), label="Why it is corrected")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["reason"])
        self.fields["happened"].required = True
        self.fields["happened"].help_text = ""

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in super().values().items() if name != "event"}


# --- watching --------------------------------------------------------------------------------------------------
_GRADES = tuple(enumerate(grade.value.capitalize() for grade in Dissociation))
_SEDATION = ((5, "5 alert"), (4, "4 slow"), (3, "3 loud"), (2, "2 prod"), (1, "1 pain"), (0, "0 none"))


class ObservationForm(TimedForm):
    """A full set in one go. Every field may stay empty; none is ever filled in beforehand."""

    systolic = forms.IntegerField(widget=Measure(unit="mmHg"), required=False, label="Upper pressure")
    diastolic = forms.IntegerField(widget=Measure(unit="mmHg"), required=False, label="Lower pressure")
    heart_rate = forms.IntegerField(widget=Measure(unit="/min"), required=False, label="Heart rate")
    spo2 = forms.IntegerField(widget=Measure(unit="%"), required=False, label="Oxygen")
    respiratory_rate = forms.IntegerField(widget=Measure(unit="/min"), required=False, label="Breaths")
    sedation = forms.TypedChoiceField(
        widget=Segmented,
        choices=_SEDATION,
        coerce=int,
        empty_value=None,
        required=False,
        label="Sedation (MOAA/S)",
    )
    dissociation = forms.TypedChoiceField(
        widget=Segmented, choices=_GRADES, coerce=int, empty_value=None, required=False, label="Dissociation"
    )
    asked = forms.ChoiceField(
        widget=Segmented,
        choices=(("none", "None"), ("some", "Some")),
        required=False,
        label="Crisis symptoms",
    )
    symptoms = forms.MultipleChoiceField(
        widget=ManyChoices,
        choices=[(each.value, each.value.capitalize()) for each in Symptom],
        required=False,
        label="Which",
    )
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), required=False, label="Note")
    confirmed = forms.CharField(widget=forms.HiddenInput, required=False)
    field_order = [
        "systolic", "diastolic", "heart_rate", "spo2", "respiratory_rate", "sedation", "dissociation", "asked",
        "symptoms", "happened", "note",
    ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("systolic", "diastolic", "heart_rate", "spo2", "respiratory_rate"):
            limit = limits()[name]
            self.fields[name].min_value, self.fields[name].max_value = limit.lowest, limit.highest  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("asked") == "some" and not cleaned.get("symptoms"):
            self.add_error("symptoms", "Say which.")
        if cleaned.get("asked") == "none" and cleaned.get("symptoms"):
            self.add_error("asked", "Symptoms are marked below: choose “some”.")
        return cleaned

    def values(self) -> dict[str, Any]:
        given = super().values()
        measured_at, confirmed = self.moment(given.pop("happened")), given.pop("confirmed")
        asked = given.pop("asked")
        seen = frozenset(Symptom(word) for word in given.pop("symptoms"))
        readings = Readings(**given, symptoms=seen if asked else None)
        return {"readings": readings, "measured_at": measured_at, "confirmed": confirmed}


class CorrectionForm(VisitForm):
    """The right value, or that there was none; and why. The wrong one is shown, never filled in."""

    artefact = forms.BooleanField(required=False, label="It was an artefact: there is no right value")
    value = forms.IntegerField(widget=Measure(), required=False, label="The right value")
    diastolic = forms.IntegerField(widget=Measure(unit="mmHg"), required=False, label="Lower pressure")
    why = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), label="Why")
    confirmed = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, kind: str, label: str, unit: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["value"].label = f"{label}: the right value"
        self.fields["value"].widget = Measure(unit=unit)
        if kind != "pressure":
            del self.fields["diastolic"]


class AcknowledgeForm(VisitForm):
    """What was done about the alarms on the screen."""

    alarm_ids = forms.CharField(widget=forms.HiddenInput)
    action = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), label="What you saw and did")

    def clean_alarm_ids(self) -> tuple[UUID, ...]:
        try:
            return tuple(UUID(each) for each in self.cleaned_data["alarm_ids"].split())
        except ValueError:
            raise forms.ValidationError("Open the alarms again, and answer them there.") from None


# --- going home ------------------------------------------------------------------------------------------------
class StabilityForm(VisitForm):
    """The clinician's own judgement."""

    stable = forms.TypedChoiceField(
        widget=Segmented,
        choices=YES_NO,
        coerce=lambda word: word == "yes",
        label="Clinically stable and ready to leave",
    )
    basis = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}),
        label="What it rests on",
        help_text="Walks steadily, oriented, no nausea worth naming.",
    )


class EscortArrivalForm(TimedForm):
    """Who has come."""

    name = forms.CharField(max_length=200, label="Who is here", help_text="As they say it.")

    def values(self) -> dict[str, Any]:
        return {"name": self.cleaned_data["name"], "measured_at": self.moment(self.cleaned_data["happened"])}


class EmptyForm(VisitForm):
    """A press and nothing else."""


class AgainstAdviceForm(TimedForm):
    """The patient leaves before staff think it safe."""

    advice = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}), label="What the patient was told, and what they said"
    )
    with_whom = forms.CharField(max_length=200, required=False, label="Left with")

    def values(self) -> dict[str, Any]:
        values = super().values()
        return values | {"left_at": self.moment(values.pop("happened"))}


class TransferForm(TimedForm):
    """Another place of care takes over."""

    destination = forms.CharField(max_length=200, label="Where to")
    why = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), label="Why")
    with_whom = forms.CharField(max_length=200, required=False, label="With whom")

    def values(self) -> dict[str, Any]:
        values = super().values()
        return values | {"left_at": self.moment(values.pop("happened"))}


class EmergencyForm(TimedForm):
    """Help was called."""

    seen = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), label="What was seen")

    def values(self) -> dict[str, Any]:
        values = super().values()
        return values | {"happened_at": self.moment(values.pop("happened"))}


class StabiliseForm(TimedForm):
    """The emergency is over."""

    done = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), label="What was done")

    def values(self) -> dict[str, Any]:
        values = super().values()
        return values | {"happened_at": self.moment(values.pop("happened"))}


class DeathForm(TimedForm):
    """The patient died."""

    circumstances = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}), label="What is known, and the numbers of reports made"
    )

    def values(self) -> dict[str, Any]:
        values = super().values()
        return values | {"died_at": self.moment(values.pop("happened"))}


class CloseForm(VisitForm):
    """What closing asks for."""

    drug_account = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), label="Used and unused drug")
    adverse_events = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Adverse events",
        help_text="Write “none” where there were none.",
    )
