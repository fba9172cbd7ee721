"""The desk's forms: what is looked for, what is signed, which threshold is to be another."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms

from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.looks.widgets import Choices
from euthymia.clinic.rulebook import words
from euthymia.clinic.rulebook.queries import Filter
from euthymia.evidence import Jurisdiction, Rule
from euthymia.protocol.changes import Change

_STATES = (
    ("", "All"),
    ("unverified", "Unverified"),
    ("lapsed", "Unverified again"),
    ("signed", "Signed"),
    ("changed", "Changed by the clinic"),
)


class FilterForm(forms.Form):
    """What of the book to show. An address that says nonsense shows everything."""

    q = forms.CharField(
        label="Find", required=False, max_length=80, widget=forms.TextInput(attrs={"type": "search"})
    )
    product = forms.ChoiceField(label="Product", required=False)
    effect = forms.ChoiceField(
        label="Effect",
        required=False,
        choices=[("", "All"), *((key, key.capitalize()) for key in words.EFFECTS)],
    )
    state = forms.ChoiceField(label="State", required=False, choices=_STATES)

    def __init__(self, data: Any, products: Any) -> None:
        super().__init__(data)
        self.fields["product"].choices = [("", "All"), *products]

    @staticmethod
    def wanted(data: Any) -> Filter:
        """The filter an address asks for."""
        return Filter(
            data.get("q", "")[:80], data.get("product", ""), data.get("effect", ""), data.get("state", "")
        )


class SignedForm(forms.Form):
    """What every signed page of the desk has: a key that makes a repeated post one write."""

    idempotency_key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["idempotency_key"].initial = uuid4

    def refuse(self, refused: Refused) -> None:
        """Show why an action refused, beside the field it speaks of."""
        self.add_error(refused.field if refused.field in self.fields else None, str(refused))


class SignForm(SignedForm):
    """The label that the chosen rules were read against."""

    label_version = forms.CharField(
        label="Label you read them against",
        max_length=200,
        help_text="Its name and version, such as “US label, version 18 of 13 March 2026”. For a rule that rests on no "
        "label: the protocol or guideline you checked.",
        error_messages={"required": "Name the label, and its version, that you read the rules against."},
    )


class AdoptForm(SignedForm):
    """Signs the change that stands in the address. ``seen_number`` is the version it was previewed against."""

    seen_number = forms.IntegerField(widget=forms.HiddenInput)


class ChangeForm(forms.Form):
    """Other values for one rule's thresholds. What stays empty stays as it is."""

    reason = forms.CharField(
        label="Why does this clinic need another value?",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "Say why. The reason is kept with the version and shown beside the value."
        },
    )
    label_version = forms.CharField(
        label="Label you read the rule against",
        required=False,
        max_length=200,
        help_text="If you name it, the changed rule is signed with the change; otherwise it is unverified afterwards.",
    )

    def __init__(self, data: Any, rule: Rule, delivered: Rule) -> None:
        super().__init__(data)
        self.rule = rule
        self.limits = tuple(rule.thresholds)
        for name, limit in rule.thresholds.items():
            self.fields[f"t_{name}"] = forms.CharField(
                label=_label(name, limit.unit),
                required=False,
                max_length=120,
                help_text=_help(words.shown(limit.value), words.shown(delivered.thresholds[name].value)),
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )

    @property
    def limit_fields(self) -> list[Any]:
        """The fields of the thresholds, as they are drawn."""
        return [self[f"t_{name}"] for name in self.limits]

    def clean(self) -> dict[str, Any]:
        """Read each value as what the threshold is; at least one must be another."""
        data = super().clean() or {}
        self.values = {}
        for name, limit in self.rule.thresholds.items():
            if typed := (data.get(f"t_{name}") or "").strip():
                try:
                    self.values[name] = words.read(typed, limit.value)
                except ValueError as problem:
                    self.add_error(f"t_{name}", str(problem))
        if not self.values and not self.errors:
            self.add_error(None, "Enter a new value for at least one threshold.")
        return data

    def changes(self) -> tuple[Change, ...]:
        """What was typed, as changes of the book."""
        reason, label = self.cleaned_data["reason"], self.cleaned_data["label_version"]
        return tuple(Change(self.rule.id, name, value, reason, label) for name, value in self.values.items())


class JurisdictionForm(forms.Form):
    """Another jurisdiction, and why."""

    jurisdiction = forms.ChoiceField(
        widget=Choices, choices=[(each.value, f"{each.country} ({each.value})") for each in Jurisdiction]
    )
    reason = forms.CharField(
        label="Why does the clinic work by these rules?",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def _label(name: str, unit: str) -> str:
    shown = words.unit(unit)
    return words.threshold(name) + (f" ({shown})" if shown else "")


def _help(acting: str, delivered: str) -> str:
    return f"Now {acting}." if acting == delivered else f"Now {acting}, delivered as {delivered}."
