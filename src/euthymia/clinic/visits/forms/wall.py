"""The board on a wall."""

from __future__ import annotations

from django import forms

from euthymia.clinic.visits.forms._base import VisitForm


class WallScreenForm(VisitForm):
    """Where the screen hangs, so that whoever closes it knows which one it is."""

    name = forms.CharField(
        max_length=60, label="Where this screen hangs", help_text="For example: nurses’ station."
    )
