"""Form widgets of the house.

All are drawn by the templates of ``config``; a plain Django widget is drawn well too.
"""

from __future__ import annotations

from typing import Any

from django import forms


class Measure(forms.TextInput):
    """A measured number with its unit beside it, and the number pad of the tablet.

    A text input on purpose: ``type=number`` changes its value when a finger scrolls over it, and throws away
    what it cannot parse, so that the server could not show what was typed.
    """

    template_name = "euthymia/widgets/measure.html"

    def __init__(self, *, unit: str = "", decimals: int = 0, attrs: dict[str, Any] | None = None) -> None:
        pad = "decimal" if decimals else "numeric"
        super().__init__(attrs={"inputmode": pad, "autocomplete": "off", "maxlength": "9", **(attrs or {})})
        self.unit = unit

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["unit"] = self.unit
        return context


class Segmented(forms.RadioSelect):
    """A choice of a few, all in sight, each as large as a thumb."""


class Choices(forms.RadioSelect):
    """A choice whose options are sentences: one under the other."""

    def __init__(self, attrs: dict[str, Any] | None = None, choices: Any = ()) -> None:
        super().__init__(attrs={"class": "choices", **(attrs or {})}, choices=choices)


class ManyChoices(forms.CheckboxSelectMultiple):
    """Any number of options, each as large as a thumb."""


class Moment(forms.DateTimeInput):
    """Date and time of an event, entered in the clinic's zone."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={"step": "60", **(attrs or {})}, format="%Y-%m-%dT%H:%M")


class Day(forms.DateInput):
    """A calendar day."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


class Time(forms.TimeInput):
    """A time of the visit's day."""

    input_type = "time"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={"step": "60", **(attrs or {})}, format="%H:%M")


class Signature(forms.HiddenInput):
    """A line to sign on with a finger or a pen; the points go into a hidden field. It needs JavaScript, so that a
    form that uses it also asks for the name as written."""

    template_name = "euthymia/widgets/signature.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"data-strokes": True, **(attrs or {})})

    @property
    def is_hidden(self) -> bool:
        """A field with its label, though what carries the value is hidden."""
        return False
