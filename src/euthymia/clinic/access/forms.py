"""Forms of sign-in, of one's own account, of the staff page and of emergency access."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from allauth.account.forms import LoginForm
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from euthymia.clinic.access import codes, device, lockout, queries
from euthymia.clinic.access.permissions import Role
from euthymia.evidence import Jurisdiction

ROLE_LABELS = {
    Role.PRESCRIBER: "Prescriber",
    Role.NURSE: "Nurse",
    Role.THERAPIST: "Therapist",
    Role.FRONT_DESK: "Front desk",
    Role.MEDICAL_DIRECTOR: "Medical director",
    Role.ADMINISTRATOR: "Administrator",
}


class SignInForm(LoginForm):  # type: ignore[misc]
    """E-mail address and password; on a shared tablet the address is picked as initials (``who``)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "E-mail address"
        self.fields["password"].label = "Password"
        for name, autocomplete in (("login", "username"), ("password", "current-password")):
            self.fields[name].widget.attrs.pop("placeholder", None)
            self.fields[name].widget.attrs["autocomplete"] = autocomplete
            self.fields[name].help_text = ""
        self.picked = self._picked()
        if self.picked:
            self.fields["login"].required = False
            self.fields["login"].widget = forms.HiddenInput()
            self.fields["password"].widget.attrs["autofocus"] = True
        else:
            self.fields["login"].widget.attrs["autofocus"] = True

    def _picked(self) -> device.Recent | None:
        who = self.request.POST.get("who") or self.request.GET.get("who")
        return next((each for each in device.recent(self.request) if str(each.user_id) == who), None)

    def clean_login(self) -> str:
        if self.picked:
            return queries.email_of(self.picked.user_id)
        return self.cleaned_data["login"].strip()


class SecondFactorForm(AuthenticateForm):  # type: ignore[misc]
    """The code of the authenticator app, accepted once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = "Code from your authenticator app"
        self.fields["code"].widget = _code_input(autofocus=True)

    def clean_code(self) -> str:
        request, code = context.request, self.cleaned_data["code"]
        if lockout.is_locked(request, self.user.email):
            request.axes_locked_out = True
            raise ValidationError("Too many attempts. Wait a quarter of an hour.")
        end_count = check_rate_limit(self.user)  # of this account from any address
        if not codes.spend(self.user.pk, code, now=timezone.now()):
            lockout.note_failure(request, self.user.email)
            raise ValidationError("That code is not valid, or was used before. Wait for the next one.")
        self.authenticator = Authenticator.objects.get(user=self.user, type=Authenticator.Type.TOTP)
        self.authenticator.user = self.user
        end_count()
        return str(code)


def _code_input(**attrs: Any) -> forms.TextInput:
    return forms.TextInput(
        attrs={
            "inputmode": "numeric",
            "autocomplete": "one-time-code",
            "maxlength": 9,
            "class": "code",
            **attrs,
        }
    )


class CodeForm(forms.Form):
    """The first code of a new authenticator app."""

    code = forms.CharField(label="Code the app shows now", max_length=9, widget=_code_input())


class _NewPassword(forms.Form):
    password = forms.CharField(
        label="New password",
        strip=False,
        max_length=1000,
        help_text="At least 8 characters; a few words that mean nothing together are best. No other rules.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password_again = forms.CharField(
        label="The same again",
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("password") and data.get("password_again") and data["password"] != data["password_again"]:
            self.add_error("password_again", "The two are not the same.")
        return data


class PasswordForm(_NewPassword):
    """A password for an account that exists."""


class FirstAdministratorForm(_NewPassword):
    """The clinic and its first administrator."""

    clinic_name = forms.CharField(label="Name of the clinic", max_length=200)
    time_zone = forms.CharField(
        label="Time zone",
        max_length=64,
        initial="America/New_York",
        help_text="All times are shown in it.",
        widget=forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off"}),
    )
    jurisdiction = forms.ChoiceField(
        label="Jurisdiction",
        choices=[("", "Choose one"), *((each.value, each.country) for each in Jurisdiction)],
        help_text="Whose label, law and safety programme binds the clinic. The medical director may change it later.",
    )
    name = forms.CharField(
        label="Your name",
        max_length=200,
        help_text="As it is printed beside what you sign.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label="Your e-mail address", widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    field_order = ("clinic_name", "time_zone", "jurisdiction", "name", "email", "password", "password_again")

    @property
    def zones(self) -> list[str]:
        """The time zones there are."""
        return sorted(available_timezones())


class RolesForm(forms.Form):
    """The roles somebody holds."""

    roles = forms.MultipleChoiceField(
        label="Roles",
        choices=[(role.value, label) for role, label in ROLE_LABELS.items()],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one role. To end somebody's access, close the account."},
    )


class NewStaffForm(RolesForm):
    """A new account."""

    name = forms.CharField(label="Name", max_length=200, help_text="As it is printed beside what they sign.")
    email = forms.EmailField(label="E-mail address")
    field_order = ("name", "email", "roles")


class BreakGlassForm(forms.Form):
    """Why a restricted chart must be opened."""

    idempotency_key = forms.UUIDField(widget=forms.HiddenInput)
    why = forms.CharField(
        label="Why you need this chart now",
        max_length=1000,
        help_text="The medical director reads this and gives a verdict.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ReviewForm(forms.Form):
    """The verdict on an emergency access."""

    verdict = forms.ChoiceField(
        label="Was it justified?",
        choices=[("justified", "Justified"), ("not_justified", "Not justified")],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label="Note", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class AccessLogForm(forms.Form):
    """Which entries of the access log to show."""

    actor = forms.UUIDField(required=False)
    before = forms.IntegerField(required=False, min_value=1)

    def chosen(self) -> tuple[UUID | None, int | None]:
        """The person and the entry to start below; nothing for what was not understood."""
        self.full_clean()
        return self.cleaned_data.get("actor"), self.cleaned_data.get("before")
