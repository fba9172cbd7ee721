"""Handing a watch over: one press on a name."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from euthymia.clinic.visits.forms._base import VisitForm


class HandOverForm(VisitForm):
    """To whom; ``people`` are the colleagues who may watch, each a button."""

    to_id = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages={"required": "Press the name of the colleague who takes over."},
    )

    def __init__(self, *args: Any, people: tuple[tuple[UUID, str], ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = people
