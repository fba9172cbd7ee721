"""One's own account: password and second factors. A change needs the proof that a signature needs."""

from __future__ import annotations

import json

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from euthymia.clinic.access import actions, factors, reauth, wall_screens
from euthymia.clinic.access.forms import CodeForm, PasswordForm
from euthymia.clinic.access.pages import page, sent
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.reauth import NotConfirmed
from euthymia.clinic.access.viewer import NotFound
from euthymia.clinic.audit.facts import Refused

_ACCOUNT = Permission.USE_ACCOUNT


@page(_ACCOUNT)
@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """The person's password and second factors."""
    return _security(request)


def _security(request: HttpRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    own = factors.factors(request.viewer)
    return render(
        request,
        "access/security.html",
        {
            "factors": own,
            "has_app": any(each.kind == "totp" for each in own),
            "problem": problem,
            "screens": wall_screens.open_screens(request.viewer, request.now),
            "may_show": request.viewer.may(Permission.SHOW_BOARD_ON_WALL),
        },
        status=status,
    )


@page(_ACCOUNT, before_second_factor=True)
@require_http_methods(["GET", "POST"])
def add_app(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator app. For somebody new this is the first page, and the only way on."""
    form = CodeForm(sent(request))
    if request.method == "POST" and form.is_valid() and _confirmed(request, form):
        try:
            factors.confirm_app(request, by=request.viewer, code=form.cleaned_data["code"], at=request.now)
        except Refused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(
                request, "Your authenticator app is set up. Every sign-in asks for a code from now on."
            )
            return redirect("access:security")
    enrolment = factors.begin_app(request)
    status = 422 if form.errors else 200
    context = {"form": form, "enrolment": enrolment, "first": not request.person.has_second_factor}
    return render(request, "access/add_app.html", context, status=status)


@page(_ACCOUNT, before_second_factor=True)
@require_http_methods(["GET", "POST"])
def add_passkey(request: HttpRequest) -> HttpResponse:
    """Add a passkey: this device's, a phone's or a key's."""
    form = Form(sent(request))
    if request.method == "POST" and form.is_valid() and _confirmed(request, form):
        try:
            factors.confirm_passkey(
                request,
                by=request.viewer,
                name=request.POST.get("name", ""),
                credential=json.loads(request.POST.get("credential", "")),
                at=request.now,
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        except ValueError:
            form.add_error(None, "The browser sent no passkey. Try again.")
        else:
            messages.success(request, "The passkey is yours. Sign in and sign with it.")
            return redirect("access:security")
    status = 422 if form.errors else 200
    context = {
        "form": form,
        "first": not request.person.has_second_factor,
        "name": request.POST.get("name", ""),
    }
    return render(request, "access/add_passkey.html", context, status=status)


@page(_ACCOUNT, before_second_factor=True)
@require_POST
def begin_new_passkey(request: HttpRequest) -> HttpResponse:
    """What the browser needs to make a passkey."""
    return JsonResponse(factors.begin_passkey(request))


@page(_ACCOUNT)
@require_POST
def begin_passkey(request: HttpRequest) -> HttpResponse:
    """What the browser needs to ask for the person's passkey, to sign."""
    return JsonResponse(reauth.begin_passkey(request))


@page(_ACCOUNT)
@require_http_methods(["GET", "POST"])
def remove_factor(request: HttpRequest, factor_id: int) -> HttpResponse:
    """Give up one of several second factors."""
    form = Form(sent(request))
    factor = next((each for each in factors.factors(request.viewer) if each.id == factor_id), None)
    if factor is None:
        raise NotFound
    if request.method == "POST" and form.is_valid() and _confirmed(request, form):
        try:
            factors.remove(by=request.viewer, factor_id=factor_id, at=request.now)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "The second factor is removed.")
            return redirect("access:security")
    status = 422 if form.errors else 200
    return render(request, "access/remove_factor.html", {"form": form, "factor": factor}, status=status)


@page(_ACCOUNT)
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def change_password(request: HttpRequest) -> HttpResponse:
    """Set a new password; the person's other sessions end."""
    form = PasswordForm(sent(request))
    if request.method == "POST" and form.is_valid() and _confirmed(request, form):
        try:
            user = actions.change_password(
                by=request.viewer, password=form.cleaned_data["password"], at=request.now
            )
        except Refused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            update_session_auth_hash(request, user)
            messages.success(request, "Your password is changed. Your other sessions have ended.")
            return redirect("access:security")
    return render(request, "access/change_password.html", {"form": form}, status=422 if form.errors else 200)


def _confirmed(request: HttpRequest, form: Form) -> bool:
    """Whether the person proved who they are; somebody without a second factor came by their link."""
    if not request.person.has_second_factor:
        return True
    try:
        reauth.confirm(request)
    except NotConfirmed as problem:
        form.add_error(None, str(problem))
        return False
    return True
