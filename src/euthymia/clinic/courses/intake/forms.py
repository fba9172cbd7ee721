"""The forms of the steps of an intake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField

from euthymia.clinic.courses.intake.entry import (
    PartialDateField,
    QuestionsMixin,
    StepForm,
    basis_field,
)
from euthymia.clinic.courses.intake.questions import EVENTS, grouped
from euthymia.clinic.courses.queries import ConditionView
from euthymia.clinic.looks.fields import Exact
from euthymia.clinic.looks.widgets import Day, Measure, Segmented
from euthymia.clinic.measures.actions import Test, Use
from euthymia.clinic.measures.models import SUBSTANCES
from euthymia.clinic.people.entry import Group, moment_field
from euthymia.clinic.people.queries import Identity
from euthymia.evidence import entry_limit
from euthymia.protocol import Condition, Examination, Substance
from euthymia.protocol.units import Unit

_SMALL = forms.Textarea(attrs={"rows": 2})
_DAY = {"invalid": "Enter a date that exists, such as 2026-11-23."}


class ContactForm(StepForm):
    """How to reach the patient and whom to call, as on record and to be checked; allergies."""

    called = forms.CharField(label="Likes to be called", max_length=100, required=False)
    phone = forms.CharField(label="Telephone", max_length=40, widget=forms.TextInput(attrs={"type": "tel"}))
    email = forms.EmailField(label="E-mail", required=False)
    address = forms.CharField(label="Address", required=False, widget=_SMALL)
    emergency_contact_name = forms.CharField(label="Name", max_length=200)
    emergency_contact_phone = forms.CharField(
        label="Their telephone", max_length=40, widget=forms.TextInput(attrs={"type": "tel"})
    )
    emergency_contact_relation = forms.CharField(
        label="Relation to the patient", max_length=100, required=False
    )
    has_allergies = forms.ChoiceField(
        label="Allergies and intolerances",
        choices=(("none", "None known, asked"), ("some", "Yes")),
        widget=Segmented,
        error_messages={"required": "Say whether there are allergies."},
    )
    allergies = forms.CharField(label="Which, and what happened", required=False, widget=_SMALL)
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    groups: ClassVar[tuple[Group, ...]] = (
        Group("How to reach the patient", ("called", "phone", "email", "address"), grid=True),
        Group(
            "Whom to call in an emergency",
            ("emergency_contact_name", "emergency_contact_phone", "emergency_contact_relation"),
            grid=True,
        ),
        Group("Allergies", ("has_allergies", "allergies")),
    )
    DETAILS = (
        "called",
        "phone",
        "email",
        "address",
        "emergency_contact_name",
        "emergency_contact_phone",
        "emergency_contact_relation",
    )

    def __init__(self, *args: Any, on_record: Identity, allergies: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.record = {name: getattr(on_record, name, "") for name in self.DETAILS}
        self.record["called"] = on_record.preferred_name
        for name, value in self.record.items():
            self.fields[name].initial = value
        none = allergies.strip().lower() == "none known"
        self.fields["has_allergies"].initial = ("none" if none else "some") if allergies else None
        self.fields["allergies"].initial = "" if none else allergies
        self.fields["revision"].initial = on_record.revision
        self.show_record()

    def show_record(self) -> None:
        """Beside a field whose text differs from the record, say what the record holds."""
        for name, value in self.record.items():
            if value and str(self[name].value() or "").strip() != value.strip():
                self.fields[name].help_text = f"On record: {value}"

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("has_allergies") == "some" and not (data.get("allergies") or "").strip():
            self.add_error("allergies", "Write what the patient is allergic to.")
        return data


class EpisodeForm(QuestionsMixin):
    """The diagnosis the course rests on, and when the present episode began."""

    began = PartialDateField(label="The current episode began")
    template = "courses/intake/_episode.html"

    def __init__(
        self, *args: Any, diagnosis: Iterable[ConditionView], asks_psychiatrist: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.ask("diagnosis", "Diagnosis", diagnosis, frozenset())
        self.order_fields([name for name in self.fields if name != "began"])
        if asks_psychiatrist:
            self.fields["psychiatrist_decided"] = forms.ChoiceField(
                label="Did a psychiatrist decide on this treatment?",
                choices=(("yes", "Yes"), ("no", "No")),
                widget=Segmented,
                help_text="The licence here asks for it.",
                error_messages={"required": "Say whether a psychiatrist decided."},
            )
            self.fields["psychiatrist"] = forms.CharField(label="Who", max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("psychiatrist_decided") == "yes" and not (data.get("psychiatrist") or "").strip():
            self.add_error("psychiatrist", "Name the psychiatrist.")
        return data

    def lacks(self) -> tuple[str, ...]:
        return (*super().lacks(), *(("When the episode began",) if self.is_blank("began") else ()))


class ConditionsForm(QuestionsMixin):
    """Every question about history that the rules ask for this course."""

    template = "courses/intake/_questions.html"
    none_of = True

    def __init__(self, *args: Any, questions: Iterable[ConditionView], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        by_condition = {each.condition: each for each in questions}
        for number, (legend, members) in enumerate(grouped(by_condition)):
            self.ask(f"g{number}", legend, [by_condition[each] for each in members], EVENTS)
        self.asked = getattr(self, "asked", {})
        self._groups = getattr(self, "_groups", [])


class PregnancyForm(QuestionsMixin):
    """Pregnancy, breast-feeding, whether pregnancy is possible, and a test if one was made."""

    template = "courses/intake/_pregnancy.html"
    tested_on = forms.DateField(
        label="Pregnancy test made on", required=False, widget=Day, error_messages=_DAY
    )
    test = forms.ChoiceField(
        label="Pregnancy test",
        choices=(("not made", "Not made"), ("negative", "Negative"), ("positive", "Positive")),
        widget=Segmented,
        required=False,
    )
    none_of = True

    def __init__(self, *args: Any, questions: Iterable[ConditionView], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ask("pregnancy", "Pregnancy", questions, frozenset())
        self.order_fields([name for name in self.fields if name not in ("test", "tested_on")])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("test") in ("negative", "positive") and not data.get("tested_on"):
            self.add_error("tested_on", "Give the day of the pregnancy test.")
        return data

    def tests(self, reader: str) -> tuple[Test, ...]:
        """The test, if one was made."""
        if self.cleaned_data["test"] not in ("negative", "positive"):
            return ()
        positive = self.cleaned_data["test"] == "positive"
        return (
            Test(
                examination=Examination.PREGNANCY_TEST,
                done_on=self.cleaned_data["tested_on"],
                result=self.cleaned_data["test"],
                abnormal=positive,
                read_by=reader,
            ),
        )


class SubstancesForm(QuestionsMixin):
    """What the patient uses beyond medicines, in the past year, and whether that was ever a disorder."""

    template = "courses/intake/_substances.html"
    none_of = True

    def __init__(self, *args: Any, questions: Iterable[ConditionView], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key, words in SUBSTANCES:
            self.fields[f"use_{key}"] = forms.ChoiceField(
                label=words,
                choices=(("none", "None in the past year"), ("yes", "Yes"), ("unknown", "Not known")),
                widget=Segmented,
                error_messages={"required": f"Say whether the patient misused this: {words.lower()}."},
            )
            self.fields[f"times_{key}"] = forms.IntegerField(
                label="Times in the past year", required=False, min_value=0, widget=Measure(unit="times")
            )
            self.fields[f"last_{key}"] = forms.DateField(
                label="Last used on", required=False, widget=Day, error_messages=_DAY
            )
        self.fields["basis"] = basis_field()
        if asked := tuple(questions):
            self.ask("misuse", "Misuse", asked, frozenset())
        self.asked = getattr(self, "asked", {})
        self._groups = getattr(self, "_groups", [])

    @property
    def substances(self) -> Iterator[tuple[BoundField, BoundField, BoundField]]:
        """Each substance with what is asked beside a yes."""
        for key, _ in SUBSTANCES:
            yield self[f"use_{key}"], self[f"times_{key}"], self[f"last_{key}"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for key, words in SUBSTANCES:
            if data.get(f"use_{key}") == "yes" and data.get(f"times_{key}") == 0:
                self.add_error(
                    f"times_{key}", f"A yes with 0 times: {words.lower()}. Press “None”, or count."
                )
        return data

    def uses(self) -> dict[Substance, Use]:
        """What was said, as the action takes it."""
        found = {}
        for key, _ in SUBSTANCES:
            said = self.cleaned_data[f"use_{key}"]
            times = 0 if said == "none" else self.cleaned_data[f"times_{key}"] if said == "yes" else None
            last = self.cleaned_data[f"last_{key}"] if said == "yes" else None
            found[Substance[key.upper()]] = Use(times_past_year=times, last_used_on=last)
        return found


class BodyForm(StepForm):
    """Weight, height and blood pressure at rest. No measured value is carried forward."""

    template = "courses/intake/_fields.html"
    systolic = forms.IntegerField(label="Blood pressure at rest, upper", widget=Measure(unit="mmHg"))
    diastolic = forms.IntegerField(label="Lower", widget=Measure(unit="mmHg"))
    systolic_2 = forms.IntegerField(label="Again, upper", required=False, widget=Measure(unit="mmHg"))
    diastolic_2 = forms.IntegerField(label="Again, lower", required=False, widget=Measure(unit="mmHg"))
    weight_kg = Exact(Unit.KG, digits=4, decimals=1, label="Weight")
    height_cm = forms.DecimalField(
        label="Height",
        max_digits=4,
        decimal_places=1,
        widget=Measure(unit="cm", decimals=1),
        error_messages={"invalid": "Enter centimetres with a point, such as 172.5."},
    )
    measured_at = moment_field("Measured at")

    groups: ClassVar[tuple[Group, ...]] = (
        Group("Blood pressure", ("systolic", "diastolic", "systolic_2", "diastolic_2"), grid=True),
        Group("Weight and height", ("weight_kg", "height_cm"), grid=True),
        Group("When", ("measured_at",)),
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        self.check_number("weight_kg", "weight", "A weight in kilograms")
        self.check_number("height_cm", "height", "A height in centimetres")
        for upper, lower in (("systolic", "diastolic"), ("systolic_2", "diastolic_2")):
            self._check_pressure(upper, lower)
        return data

    def _check_pressure(self, upper: str, lower: str) -> None:
        high, low = self.cleaned_data.get(upper), self.cleaned_data.get(lower)
        if (high is None) != (low is None) and not {upper, lower} & self.errors.keys():
            self.add_error(lower if low is None else upper, "A blood pressure has two numbers.")
        if high is None or low is None:
            return
        unusual = False
        for name, value, limit in ((upper, high, "systolic"), (lower, low, "diastolic")):
            bounds = entry_limit(limit, of="observations")
            if not bounds.is_possible(Decimal(value)):
                self.add_error(name, f"Nobody has a pressure of {value}. Read it again.")
            unusual |= not bounds.is_plausible(Decimal(value))
        if high <= low:
            self.add_error(upper, "The upper number must be the larger. Were the two exchanged?")
        elif unusual and not {upper, lower} & self.errors.keys():
            said = f"{high}/{low}"
            self.doubt(upper, said, f"A blood pressure of {said} is unusual. Is it right?")

    def pressures(self) -> tuple[tuple[int, int], ...]:
        """The readings that were made."""
        data = self.cleaned_data
        pairs = ((data["systolic"], data["diastolic"]), (data["systolic_2"], data["diastolic_2"]))
        return tuple((high, low) for high, low in pairs if high is not None and low is not None)


def conditions_in(
    questions: Iterable[ConditionView], wanted: Iterable[Condition]
) -> tuple[ConditionView, ...]:
    """Those of the questions that a step asks."""
    here = set(wanted)
    return tuple(each for each in questions if each.condition in here)
