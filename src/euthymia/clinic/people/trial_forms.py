"""One earlier treatment of the depression, as it is entered."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils import timezone

from euthymia.clinic.looks.widgets import Choices, Measure, Segmented
from euthymia.clinic.people.actions import Trial
from euthymia.clinic.people.entry import NOT_KNOWN, EntryForm, Group, ReasonMixin, as_word, yes_no
from euthymia.clinic.people.models import Adherence, DoseUnit, DrugClass, OriginKind, Placement, TrialResult
from euthymia.clinic.people.queries import TrialView
from euthymia.evidence import Treatment, find_treatment, near_treatments
from euthymia.protocol import PartialDate
from euthymia.protocol.facts import span_between

OWN_JUDGEMENT = (
    ("", "As computed"),
    ("yes", "It counts as an adequate failure"),
    ("no", "It does not count"),
)
_MADE_ANEW = frozenset({"judged", "judged_reason", "idempotency_key"})
_DATE = {"placeholder": "2024-03", "autocomplete": "off", "maxlength": "10", "inputmode": "numeric"}


class TrialForm(EntryForm):
    """One earlier treatment. The drug is found in the list by any of its names; one that is not stays as typed."""

    drug = forms.CharField(
        label="Drug or treatment",
        max_length=120,
        help_text="Generic or trade name; also psychotherapy, ECT or TMS. Names are offered as you type.",
        widget=forms.TextInput(attrs={"list": "treatment-names", "autocomplete": "off"}),
    )
    current_episode = forms.ChoiceField(label="In the current episode", choices=NOT_KNOWN, widget=Segmented)
    augments = forms.ChoiceField(label="Added to", required=False, help_text="For augmentation alone.")
    dose_amount = forms.DecimalField(
        label="Highest dose held",
        required=False,
        max_digits=9,
        decimal_places=3,
        min_value=Decimal("0.001"),
        widget=Measure(decimals=3),
    )
    dose_unit = forms.ChoiceField(label="Unit", choices=[("", "Choose"), *DoseUnit.choices], required=False)
    weeks = forms.DecimalField(
        label="Weeks at that dose",
        required=False,
        max_digits=5,
        decimal_places=1,
        help_text="Without it, the dates tell the length.",
        widget=Measure(unit="weeks", decimals=1),
    )
    sessions = forms.IntegerField(
        label="Sessions",
        required=False,
        min_value=1,
        max_value=2000,
        help_text="Of psychotherapy, ECT or TMS.",
        widget=Measure(unit="sessions"),
    )
    placement = forms.ChoiceField(
        label="Electrodes, for ECT", choices=Placement.choices, required=False, widget=Segmented
    )
    started = forms.CharField(
        label="Started",
        required=False,
        max_length=10,
        help_text="A day, a month or a year, as far as is known.",
        widget=forms.TextInput(attrs=_DATE),
    )
    stopped = forms.CharField(
        label="Stopped", required=False, max_length=10, widget=forms.TextInput(attrs=_DATE)
    )
    ongoing = forms.BooleanField(label="Still going on", required=False)
    adherence = forms.ChoiceField(label="Taken as prescribed", choices=Adherence.choices, widget=Choices)
    result = forms.ChoiceField(
        label="How it ended", choices=TrialResult.choices, required=False, widget=Choices
    )
    improvement_percent = forms.DecimalField(
        label="Improvement, if scored",
        required=False,
        max_digits=4,
        decimal_places=1,
        widget=Measure(unit="%", decimals=1),
    )
    reason_stopped = forms.CharField(
        label="Why it was stopped", required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    origin_kind = forms.ChoiceField(label="Known from", choices=[*OriginKind.choices[1:]], widget=Choices)
    origin = forms.CharField(
        label="Which, of when", max_length=200, required=False, help_text="For example: Dr Adler, 3 May 2025."
    )
    drug_class = forms.ChoiceField(
        label="What is it?", choices=[("", "Choose"), *DrugClass.choices], required=False
    )
    oral = forms.ChoiceField(label="Taken by mouth", choices=NOT_KNOWN, required=False, widget=Segmented)
    dose_adequate = forms.ChoiceField(
        label="Was the dose adequate?", choices=NOT_KNOWN, required=False, widget=Segmented
    )
    judged = forms.ChoiceField(label="Your judgement", choices=OWN_JUDGEMENT, required=False, widget=Choices)
    judged_reason = forms.CharField(label="Why", required=False, widget=forms.Textarea(attrs={"rows": 2}))

    groups: ClassVar[tuple[Group, ...]] = (
        Group("Treatment", ("drug", "current_episode", "augments"), grid=True),
        Group("How much", ("dose_amount", "dose_unit", "weeks", "sessions", "placement"), grid=True),
        Group("When", ("started", "stopped", "ongoing"), grid=True),
        Group("What came of it", ("adherence", "result", "improvement_percent", "reason_stopped")),
        Group("Source", ("origin_kind", "origin")),
        Group(
            "If it is not in the list",
            ("drug_class", "oral", "dose_adequate"),
            help="For a listed drug, the list knows all three.",
            grid=True,
        ),
        Group(
            "If you judge it otherwise",
            ("judged", "judged_reason"),
            help="The computed judgement stays visible beside yours.",
        ),
    )

    def __init__(
        self, *args: Any, bases: Iterable[TrialView] = (), may_judge: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "Nothing"), *((str(base.id), base.name) for base in bases)]
        self.fields["augments"].choices = choices  # type: ignore[attr-defined]
        if not may_judge:
            del self.fields["judged"], self.fields["judged_reason"]

    @property
    def layout(self) -> Any:
        """The fields in their groups, without those this person may not fill."""
        for group in self.groups:
            names = [name for name in group.fields if name in self.fields]
            if names:
                yield group, [self[name] for name in names]

    def clean_started(self) -> str:
        """A date in part, as the record keeps it."""
        return self._partial("started")

    def clean_stopped(self) -> str:
        """A date in part, as the record keeps it."""
        return self._partial("stopped")

    def clean(self) -> dict[str, Any]:
        """Refuse what cannot be, ask about what is unusual, and about a name that is not in the list."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        self.check_number("weeks", "weeks", "A number of weeks")
        self.check_number("improvement_percent", "improvement", "An improvement")
        if data.get("dose_amount") is not None and not data.get("dose_unit"):
            self.add_error("dose_unit", "Choose the unit of the dose.")
        self._check_dates(data)
        if data.get("judged") and not (data.get("judged_reason") or "").strip():
            self.add_error("judged_reason", "Say why you judge the trial otherwise than it is computed.")
        entry = find_treatment(data.get("drug") or "")
        if entry is not None:
            self._check_listed(entry, data)
        elif data.get("drug"):
            self._check_unlisted(data)
        return data

    def trial(self) -> Trial:
        """What was entered, as the action takes it."""
        data = self.cleaned_data
        entry = find_treatment(data["drug"])
        kind = OriginKind(data["origin_kind"])
        return Trial(
            drug=data["drug"],
            drug_code=entry.code if entry else "",
            drug_class=entry.family.value if entry else data["drug_class"],
            oral=yes_no(data["oral"]),
            dose_mg=None,
            dose_amount=data["dose_amount"],
            dose_unit=data["dose_unit"] if data["dose_amount"] is not None else "",
            dose_adequate=yes_no(data["dose_adequate"]),
            weeks=data["weeks"],
            started=data["started"],
            stopped=data["stopped"],
            ongoing=data["ongoing"],
            sessions=data["sessions"],
            placement=data["placement"],
            adherence=data["adherence"],
            result=data["result"],
            improvement_percent=data["improvement_percent"],
            current_episode=yes_no(data["current_episode"]),
            reason_stopped=data["reason_stopped"],
            origin=data["origin"] or str(kind.label),
            origin_kind=kind.value,
            augments=UUID(data["augments"]) if data["augments"] else None,
            judged=yes_no(data.get("judged", "")),
            judged_reason=data.get("judged_reason", "") if data.get("judged") else "",
        )

    def _partial(self, name: str) -> str:
        text: str = self.cleaned_data[name].strip()
        if not text:
            return ""
        try:
            return str(PartialDate.parse(text))
        except ValueError:
            raise forms.ValidationError(
                "Write a year (2024), a month (2024-03) or a day (2024-03-15)."
            ) from None

    def _check_dates(self, data: dict[str, Any]) -> None:
        start, stop = (
            PartialDate.parse(data[name]) if data.get(name) else None for name in ("started", "stopped")
        )
        today = timezone.localdate()
        for name, day in (("started", start), ("stopped", stop)):
            if day and day.earliest > today:
                self.add_error(name, "This lies in the future. Check the year.")
        if stop and data.get("ongoing"):
            self.add_error("ongoing", "It cannot have stopped and still go on. Clear one of the two.")
        if not (start and stop):
            return
        span, weeks = span_between(start, stop), data.get("weeks")
        if span is None:
            self.add_error("stopped", "It stopped before it started. Check both dates.")
        elif weeks is not None and weeks > span.high:
            self.add_error("weeks", f"The dates allow {span.words} weeks. Check the weeks or the dates.")

    def _check_listed(self, entry: Treatment, data: dict[str, Any]) -> None:
        if entry.family.in_sessions:
            if data.get("dose_amount") is not None:
                self.add_error(
                    "dose_amount", f"{entry.name.capitalize()} is counted in sessions, not in doses."
                )
            return
        least, amount = entry.least_dose, data.get("dose_amount")
        if least is not None and amount is not None and data.get("dose_unit") not in ("", None, least.unit):
            wanted, given = DoseUnit(least.unit).label, DoseUnit(data["dose_unit"]).label
            self.doubt(
                "dose_unit",
                data["dose_unit"],
                f"The list counts {entry.name} in {wanted}, so {given} cannot be judged. Is {given} right?",
            )
        if data.get("dose_unit") == DoseUnit.MG:
            self.check_number("dose_amount", "dose", "A daily dose")

    def _check_unlisted(self, data: dict[str, Any]) -> None:
        typed = data["drug"]
        near = " or ".join(entry.name for entry in near_treatments(typed))
        meant = f" Did you mean {near}?" if near else ""
        self.doubt(
            "drug",
            typed,
            f"“{typed}” is not in the list, so its dose cannot be judged.{meant} Keep it as you typed it?",
        )
        if not data.get("drug_class"):
            self.add_error("drug_class", "It is not in the list. Say what kind of treatment it is.")


class TrialCorrectionForm(ReasonMixin, TrialForm):
    """A corrected antidepressant trial, with the reason."""

    groups: ClassVar[tuple[Group, ...]] = (*TrialForm.groups, Group("Correction", ("reason",)))

    @classmethod
    def showing(cls, trial: TrialView, **more: Any) -> TrialCorrectionForm:
        """The form with the entry that is corrected. A judgement is made anew: it was of the earlier entry."""
        words = {name: as_word(getattr(trial, name)) for name in ("oral", "current_episode", "dose_adequate")}
        same = [name for name in TrialForm.base_fields if hasattr(trial, name) and name not in _MADE_ANEW]
        return cls(initial={name: getattr(trial, name) for name in same} | words, **more)
