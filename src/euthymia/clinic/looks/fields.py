"""Fields of the house."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from euthymia.clinic.looks.widgets import Measure
from euthymia.protocol.units import NotAnAmount, Unit, read


class Exact(forms.DecimalField):
    """A number with its unit, read exactly as it was typed or refused with a sentence.

    A comma, a missing nought, an exponent, a sign and another unit are not guessed at: “500 mcg” in a field of
    milligrams and “154 lb” in one of kilograms are refused, and told in the unit of the field.
    """

    def __init__(self, unit: Unit, *, digits: int, decimals: int, **more: Any) -> None:
        self.unit, self.decimals = unit, decimals
        widget = Measure(unit=unit.value, decimals=decimals, attrs={"maxlength": "20"})
        super().__init__(widget=widget, max_digits=digits, decimal_places=decimals, min_value=0, **more)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # as the parent does
        """The number that stands there. Raises ValidationError with the sentence that says what to type."""
        if value in self.empty_values:
            return None
        if isinstance(value, Decimal):
            return value
        try:
            return read(str(value), self.unit, decimals=self.decimals)
        except NotAnAmount as refused:
            raise ValidationError(str(refused), code="invalid") from None


class Whole(Exact):
    """A number of whole things, typed as strictly."""

    def __init__(self, unit: Unit, *, digits: int = 3, **more: Any) -> None:
        super().__init__(unit, digits=digits, decimals=0, **more)

    def clean(self, value: Any) -> int | None:
        """The count that stands there."""
        number = super().clean(value)
        return None if number is None else int(number)
