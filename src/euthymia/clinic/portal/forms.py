"""What a patient fills in on a phone of their own."""

from __future__ import annotations

from typing import Any

from euthymia.clinic.visits.forms import QuestionnaireForm


class PhoneForm(QuestionnaireForm):
    """The PHQ-9 as the patient answers it: nothing about staff or devices is asked."""

    left_out = "Answer them, or send again if you would rather not."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["mode"], self.fields["version"]

    def values(self) -> dict[str, Any]:
        self.cleaned_data["mode"] = "phone"
        given = super().values()
        del given["mode"]
        return given
