"""What is entered about a course."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField
from django.utils import timezone

from euthymia.clinic.courses.actions import NewPlan, Reply
from euthymia.clinic.courses.ending import BookedVisit
from euthymia.clinic.courses.models import PRODUCTS, Indication
from euthymia.clinic.courses.queries import ConditionView
from euthymia.clinic.looks.fields import Exact
from euthymia.clinic.looks.widgets import Choices, Day, Segmented
from euthymia.clinic.people.entry import DatedForm, EntryForm, Group, moment_field
from euthymia.evidence import RuleBook
from euthymia.protocol import Answer, Benefit, Condition, Finding, Product, Transition
from euthymia.protocol.plan import doses_of_regimen
from euthymia.protocol.units import Unit
from euthymia.protocol.weight_basis import BothDoses

_AREA = forms.Textarea(attrs={"rows": 3})
_SIGNED_ERROR = {"required": "Look at the form, and say whether it is signed."}
_DAY_ERROR = {"invalid": "Enter a date that exists, such as 2026-11-23."}
SIGNED_ELSEWHERE = frozenset({"signature", "findings", "scores", "schedule"})


class ReferralForm(EntryForm):
    """Who asked for what, and why."""

    product = forms.ChoiceField(label="Treatment asked for", choices=PRODUCTS, widget=Choices)
    indication = forms.ChoiceField(label="Indication", choices=Indication.choices, widget=Choices)
    referred_by = forms.CharField(label="Referred by", max_length=200, help_text="Name and place.")
    referred_on = forms.DateField(label="Date of the referral", widget=Day, error_messages=_DAY_ERROR)
    referral_reason = forms.CharField(label="Reason", widget=_AREA)
    episode_started_on = forms.DateField(
        label="The current episode began",
        widget=Day,
        required=False,
        error_messages=_DAY_ERROR,
        help_text="About when, if the day is not known.",
    )

    def values(self) -> dict[str, Any]:
        """What was entered, with product and indication as the rules know them."""
        return super().values() | {
            "product": Product(self.cleaned_data["product"]),
            "indication": Indication(self.cleaned_data["indication"]),
        }


class HistoryForm(EntryForm):
    """Every question about history. An answer that stands is shown; changing it asks for the reason."""

    answered_at = moment_field("Asked at")

    def __init__(self, *args: Any, asked: Iterable[ConditionView], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = tuple(asked)
        for each in self.asked:
            key = each.condition.name.lower()
            self.fields[f"answer_{key}"] = forms.ChoiceField(
                label=each.name,
                choices=[(answer.value, answer.value.capitalize()) for answer in Answer],
                initial=each.answer.value,
                widget=Segmented,
            )
            self.fields[f"basis_{key}"] = forms.CharField(
                label="How it is known",
                initial=each.basis,
                required=False,
                max_length=1000,
                widget=forms.TextInput(attrs={"placeholder": "Asked; a letter; a test and its date"}),
            )
            if each.is_known:
                self.fields[f"reason_{key}"] = forms.CharField(
                    label="If you change it: why", required=False, max_length=1000
                )

    @property
    def questions(self) -> Iterator[tuple[ConditionView, list[BoundField]]]:
        """Each question with its fields."""
        for each in self.asked:
            names = [f"{part}_{each.condition.name.lower()}" for part in ("answer", "basis", "reason")]
            yield each, [self[name] for name in names if name in self.fields]

    def replies(self) -> dict[Condition, Reply]:
        """The replies, as the action takes them."""
        found = {}
        for each in self.asked:
            key = each.condition.name.lower()
            found[each.condition] = Reply(
                answer=Answer(self.cleaned_data[f"answer_{key}"]),
                basis=self.cleaned_data[f"basis_{key}"],
                reason=self.cleaned_data.get(f"reason_{key}", ""),
            )
        return found


class JudgedForm(EntryForm):
    """A form that signs over findings: it carries what was shown, and the reasons for overrides."""

    def __init__(
        self, *args: Any, findings: Iterable[Finding], overridable: Iterable[Finding], **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        self.findings = tuple(findings)
        self.overridable = tuple(overridable)
        for found in self.overridable:
            self.fields[f"override_{found.rule}"] = forms.CharField(
                label=f"Override {found.rule}: why",
                help_text=f"{found.sentence} Leave it empty to keep the gate shut.",
                required=False,
                max_length=1000,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    @property
    def seen(self) -> set[str]:
        """The fingerprints of the findings that were on the screen."""
        return set(self.data.getlist("seen")) if hasattr(self.data, "getlist") else set()

    @property
    def override_fields(self) -> list[BoundField]:
        """A reason for each finding that a prescriber may override."""
        return [self[f"override_{found.rule}"] for found in self.overridable]

    def overrides(self) -> dict[str, str]:
        """Fingerprint to reason, for what was overridden."""
        given = {found: self.cleaned_data[f"override_{found.rule}"].strip() for found in self.overridable}
        return {found.fingerprint: reason for found, reason in given.items() if reason}


class DecisionForm(JudgedForm):
    """Suitable or not, with the reason."""

    suitable = forms.ChoiceField(
        label="Your decision",
        choices=(("yes", "Suitable"), ("no", "Not suitable")),
        widget=Segmented,
        error_messages={"required": "Decide: suitable or not."},
    )
    rationale = forms.CharField(
        label="Reason", required=False, widget=_AREA, help_text="Needed when the patient is not suitable."
    )


def _signed(label: str) -> forms.ChoiceField:
    said = (("yes", "Yes"), ("no", "No"))
    return forms.ChoiceField(label=label, choices=said, widget=Segmented, error_messages=_SIGNED_ERROR)


class ProgrammeForm(EntryForm):
    """The patient's standing in the safety programme."""

    active = forms.ChoiceField(
        label="Is the patient enrolled and active?",
        choices=(("yes", "Yes"), ("no", "No")),
        widget=Segmented,
        error_messages={"required": "Say whether the enrolment is active."},
    )
    enrolment_number = forms.CharField(label="Enrolment number", max_length=60, required=False)
    origin = forms.CharField(
        label="Where you looked it up", max_length=200, help_text="The programme's portal, a letter, a call."
    )
    checked_at = moment_field("Looked up at")
    signed_by_patient = _signed("The patient signed it")
    signed_by_prescriber = _signed("The prescriber signed it")
    form_sent_on = forms.DateField(
        label="Sent to the programme on",
        required=False,
        widget=Day,
        error_messages=_DAY_ERROR,
        help_text="Leave it empty if it was not sent yet.",
    )

    groups: ClassVar[tuple[Group, ...]] = (
        Group("", ("active", "enrolment_number", "origin", "checked_at")),
        Group("The enrolment form", ("signed_by_patient", "signed_by_prescriber", "form_sent_on")),
    )

    def values(self) -> dict[str, Any]:
        """What was entered, with yes and no as the action takes them."""
        asked = ("active", "signed_by_patient", "signed_by_prescriber")
        return super().values() | {name: self.cleaned_data[name] == "yes" for name in asked}


def _devices(count: int) -> str:
    return f"{count} device{'s' * (count != 1)}"


def _by_weight(which: str, kg: Decimal, mg: Decimal) -> str:
    dose = f": {mg:.1f} mg" if mg else ""
    return f"By {which} weight, {kg.normalize():f} kg{dose}"


class PlanForm(DatedForm):
    """The plan before it is judged. It is sent with a get: judging writes nothing."""

    first_session_on = forms.DateField(label="First session", widget=Day, error_messages=_DAY_ERROR)
    why = forms.CharField(label="Why the plan is replaced", required=False, widget=_AREA, max_length=1000)

    def __init__(
        self,
        *args: Any,
        product: Product,
        book: RuleBook,
        first: bool,
        gaps: tuple[int, ...] = (),
        doses: BothDoses | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if product is Product.ESKETAMINE_NASAL:
            self._dose_of_spray(book, first=first)
        else:
            self._dose_of_infusion()
        if doses is not None:
            self._weights(doses)
        if gaps:
            self.fields["maintenance_gap_days"] = forms.TypedChoiceField(
                label="In maintenance, a session every",
                choices=[(days, f"{days // 7} week{'s' * (days > 7)}") for days in gaps],
                coerce=int,
                widget=Segmented,
            )
        self.fields["escort_name"] = forms.CharField(
            label="Who takes the patient home",
            required=False,
            max_length=200,
            help_text="Agreed now, for every session; asked again on the day.",
        )
        self.fields["escort_phone"] = forms.CharField(
            label="Their telephone",
            required=False,
            max_length=60,
            widget=forms.TextInput(attrs={"inputmode": "tel"}),
        )
        if first:
            del self.fields["why"]
        else:
            self.fields["why"].required = True
            self.order_fields([name for name in self.fields if name != "why"])

    def _dose_of_spray(self, book: RuleBook, *, first: bool) -> None:
        allowed = doses_of_regimen(book)
        each = book["DEV-1"].number("mg_per_device")
        usual = doses_of_regimen(book, first=True) if first else allowed
        self.fields["dose_mg"] = forms.TypedChoiceField(
            label="Dose of the first session",
            choices=[(str(dose), f"{dose:f} mg, {_devices(int(dose / each))}") for dose in allowed],
            coerce=Decimal,
            widget=Segmented,
            help_text=f"The regimen begins with {' or '.join(f'{dose:f}' for dose in usual)} mg."
            if first
            else "",
        )

    def _weights(self, doses: BothDoses) -> None:
        """Both doses side by side, and the choice between them."""
        choices = [("actual", _by_weight("actual", doses.actual_kg, doses.actual_mg))]
        if doses.ideal_kg is not None and doses.ideal_mg is not None:
            choices.append(("ideal", _by_weight("ideal", doses.ideal_kg, doses.ideal_mg)))
        self.fields["weight_basis"] = forms.ChoiceField(
            label=f"The body mass index is {doses.body_mass_index:.1f}: choose the weight to dose by",
            choices=choices,
            widget=Choices,
            error_messages={"required": "Choose the weight the dose is worked out from."},
        )
        self.fields["weight_why"] = forms.CharField(
            label="Why this weight", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
        )

    def _dose_of_infusion(self) -> None:
        self.fields["mg_per_kg"] = Exact(Unit.MG_PER_KG, digits=4, decimals=2, label="Dose for weight")
        self.fields["minutes"] = Exact(Unit.MIN, digits=5, decimals=1, label="Over")

    def plan(self) -> NewPlan:
        """What was entered, as the action takes it."""
        return NewPlan(**self.cleaned_data)


class SignPlanForm(JudgedForm):
    """The signature under a judged plan; the plan itself travels in the address."""


class BenefitForm(JudgedForm):
    """Whether treatment goes on, and what that rests on."""

    decision = forms.ChoiceField(
        label="Your decision",
        choices=((Benefit.CONTINUE.value, "Go on, by this plan"), (Benefit.STOP.value, "Do not go on")),
        widget=Segmented,
        error_messages={"required": "Decide whether treatment goes on."},
    )
    rationale = forms.CharField(
        label="What it rests on",
        widget=_AREA,
        help_text="Scores, daily life, side effects, what the patient wants.",
        error_messages={"required": "Say what the decision rests on."},
    )


class EndingForm(EntryForm):
    """A form that ends a course, and asks what becomes of the visits that are booked."""

    def __init__(self, *args: Any, booked: tuple[BookedVisit, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.booked = booked
        if booked:
            days = ", ".join(f"{timezone.localtime(each.scheduled_at):%a %d %b %H:%M}" for each in booked)
            it, one = ("it", "A visit is") if len(booked) == 1 else ("them", f"{len(booked)} visits are")
            self.fields["visits"] = forms.ChoiceField(
                label=f"{one} booked: {days}. What becomes of {it}?",
                choices=(("cancel", f"Cancel {it}: off the board"), ("keep", f"Leave {it} booked")),
                widget=Choices,
                error_messages={"required": "Say what becomes of the visits that are booked."},
            )

    @property
    def cancel_visits(self) -> bool:
        """Whether they are to be cancelled with it."""
        return self.cleaned_data.get("visits") == "cancel"


class WithdrawalForm(EndingForm):
    """The patient takes consent back. No reason is asked."""

    words = forms.CharField(
        label="What the patient said",
        required=False,
        widget=_AREA,
        help_text="In the patient's words, if you like.",
    )
    withdrawn_at = moment_field("When")

    def values(self) -> dict[str, Any]:
        """What was entered, with the answer about the visits as the action takes it."""
        given = super().values()
        given.pop("visits", None)
        return given | {"cancel_visits": self.cancel_visits}


class MoveForm(EndingForm):
    """An event of the table that has no page of its own, with what the table says is recorded with it."""

    happened_at = moment_field("When")

    def __init__(self, *args: Any, row: Transition, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.captures = [name for name in row.captures if name not in SIGNED_ELSEWHERE | {"time"}]
        for number, name in enumerate(self.captures):
            self.fields[f"capture_{number}"] = forms.CharField(
                label=name[0].upper() + name[1:], widget=forms.Textarea(attrs={"rows": 2}), max_length=2000
            )
        if "visits" in self.fields:
            self.fields["visits"] = self.fields.pop("visits")  # asked last

    def captured(self) -> dict[str, str]:
        """What was recorded, by the table's names."""
        return {name: self.cleaned_data[f"capture_{number}"] for number, name in enumerate(self.captures)}
