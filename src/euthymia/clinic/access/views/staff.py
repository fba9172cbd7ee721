"""The administrator's pages: who works here, in which roles.

Whoever makes an account, a role or a link shows anew who they are: each of the three opens charts, and a link
lets its bearer sign in another's name. Closing an account needs no proof, because it may be urgent.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from euthymia.clinic.access import actions, queries, wall_screens
from euthymia.clinic.access.forms import ROLE_LABELS, NewStaffForm, RolesForm
from euthymia.clinic.access.pages import page, sent
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.reauth import NotConfirmed, confirm
from euthymia.clinic.audit.facts import Refused

_MANAGE = Permission.MANAGE_STAFF


@page(_MANAGE)
@require_safe
def staff(request: HttpRequest) -> HttpResponse:
    """Everybody of the clinic."""
    members = [
        (member, [ROLE_LABELS[role] for role in member.roles])
        for member in queries.staff_list(request.viewer)
    ]
    screens = wall_screens.open_screens(request.viewer, request.now)
    return render(request, "access/staff.html", {"members": members, "screens": screens})


@page(_MANAGE)
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new account, with the one-time link to hand to its owner."""
    form = NewStaffForm(sent(request))
    if request.method == "POST" and form.is_valid() and _confirmed(request, form):
        try:
            user, token = actions.add_staff(by=request.viewer, at=request.now, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            return _show_link(request, user.name, token)
    return render(request, "access/add_staff.html", {"form": form}, status=422 if form.errors else 200)


@page(_MANAGE)
@require_http_methods(["GET", "POST"])
def member(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """One person: roles, and whether the account is open."""
    person = queries.staff_member(request.viewer, user_id)
    form = RolesForm(sent(request), initial={"roles": [role.value for role in person.roles]})
    if request.method == "POST" and form.is_valid() and _confirmed(request, form):
        try:
            actions.set_roles(
                by=request.viewer, user_id=user_id, roles=form.cleaned_data["roles"], at=request.now
            )
        except Refused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, "The roles are changed. They count from the person's next page on.")
            return redirect("access:staff")
    context = {"form": form, "person": person}
    return render(request, "access/staff_member.html", context, status=422 if form.errors else 200)


@page(_MANAGE)
@require_http_methods(["GET", "POST"])
def invite(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """A new one-time link for somebody who lost password or second factor."""
    person = queries.staff_member(request.viewer, user_id)
    form = Form(sent(request))
    if request.method == "POST" and form.is_valid() and _confirmed(request, form):
        try:
            token = actions.invite_again(by=request.viewer, user_id=user_id, at=request.now)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _show_link(request, person.name, token)
    context = {"form": form, "person": person}
    return render(request, "access/invite_again.html", context, status=422 if form.errors else 200)


@page(_MANAGE)
@require_POST
def close(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """End somebody's access now."""
    return _then_staff(
        request, user_id, actions.close_account, "The account is closed; its sessions have ended."
    )


@page(_MANAGE)
@require_POST
def reopen(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Let somebody sign in again."""
    return _then_staff(request, user_id, actions.open_account, "The account is open again.")


def _confirmed(request: HttpRequest, form: Form) -> bool:
    """Whether the administrator proved who they are; if not, the form says why."""
    try:
        confirm(request)
    except NotConfirmed as problem:
        form.add_error(None, str(problem))
        return False
    return True


def _then_staff(request, user_id, action, sentence):
    try:
        action(by=request.viewer, user_id=user_id, at=request.now)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("access:staff_member", user_id)
    messages.success(request, sentence)
    return redirect("access:staff")


def _show_link(request: HttpRequest, name: str, token: str) -> HttpResponse:
    """The link is shown once: the database keeps only its hash."""
    url = request.build_absolute_uri(reverse("access:one_time_link", args=[token]))
    hours = int(actions.LINK_LASTS.total_seconds() // 3600)
    return render(request, "access/invitation.html", {"name": name, "url": url, "hours": hours})
