"""Closing a wall screen: its opener from their own page, an administrator from the staff's."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from euthymia.clinic.access import wall_screens
from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission


@page(Permission.USE_ACCOUNT)
@require_POST
def close(request: HttpRequest, screen_id: UUID) -> HttpResponse:
    """The screen goes dark with its next question, within seconds."""
    wall_screens.close_screen(by=request.viewer, at=request.now, screen_id=screen_id)
    messages.success(request, "The wall screen is closed. It shows nobody any more.")
    return redirect("access:staff" if request.viewer.may(Permission.MANAGE_STAFF) else "access:security")
