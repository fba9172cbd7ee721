"""Coming in and going out: one-time links, switching user, signing out."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from euthymia.clinic.access import actions, device, queries
from euthymia.clinic.access.actions import AdministratorExists
from euthymia.clinic.access.forms import FirstAdministratorForm, PasswordForm
from euthymia.clinic.access.pages import public, sent
from euthymia.clinic.audit.facts import Refused

_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
# Not cookies: the device's list of initials stays. Not storage: what could not be sent waits there, sealed, for its
# author. The page that follows empties the rest of it, and the key too where nothing waits (takeover.js).
_CLEAR = '"cache"'


@public
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def one_time_link(request: HttpRequest, token: str) -> HttpResponse:
    """Set a first password, once. Signs the person in; the second factor comes next."""
    link = queries.open_link(actions.token_hash(token), now=request.now)
    first = link.user_id is None
    form = (FirstAdministratorForm if first else PasswordForm)(sent(request))
    if request.method == "POST" and form.is_valid():
        data = {name: value for name, value in form.cleaned_data.items() if name != "password_again"}
        use = actions.make_first_administrator if first else actions.use_invitation
        try:
            user = use(token=token, at=request.now, **data)
        except Refused as problem:
            form.add_error(problem.field, str(problem))
        except AdministratorExists as problem:
            form.add_error(None, str(problem))
        else:
            login(request, user, backend=_BACKEND)
            return redirect("access:add_app")
    status = 422 if form.errors else 200
    return render(
        request, "access/one_time_link.html", {"form": form, "link": link, "first": first}, status=status
    )


@public
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session and have the browser drop what it kept."""
    logout(request)
    response = redirect("account_login")
    response["Clear-Site-Data"] = _CLEAR
    return response


@public
@require_http_methods(["GET", "POST"])
def switch(request: HttpRequest) -> HttpResponse:
    """End this person's session entirely (POST), then show whose turn it can be on this device (GET)."""
    if request.method == "POST":
        logout(request)
        response = redirect("access:switch")
        response["Clear-Site-Data"] = _CLEAR
        return response
    if request.user.is_authenticated:
        return redirect("/")
    return render(request, "access/switch.html", {"recent": device.recent(request)})


@public
@require_POST
def forget_device(request: HttpRequest) -> HttpResponse:
    """Empty this device's list of initials."""
    response = redirect("access:switch")
    device.forget(response)
    messages.info(request, "This device's list is empty now.")
    return response
