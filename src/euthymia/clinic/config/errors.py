"""Pages for what failed. None of them holds data: each says what happened and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.sessions.exceptions import SessionInterrupted
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from euthymia.clinic.access.viewer import Denied


@dataclass(frozen=True, slots=True)
class Problem:
    """What an error page says."""

    title: str
    sentence: str
    advice: str


def denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: the person may not. Only our own ``Denied`` explains itself; its messages hold no data."""
    why = (
        str(exception) if isinstance(exception, Denied) and str(exception) else "You may not open this page."
    )
    return _page(request, 403, Problem("Not allowed", why, "Ask the clinic's administrator if you need it."))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: there is no such page, or not for this person. The two look the same."""
    return _page(
        request,
        404,
        Problem(
            "Not found",
            "There is nothing here that you may see.",
            "Check the address, or start from the first page.",
        ),
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the request made no sense.

    A session that could not be kept at the end is none of the browser's doing: the work was done before it, or not.
    """
    if isinstance(exception, SessionInterrupted):
        return failed(request)
    return _page(
        request, 400, Problem("Not understood", "The browser sent something odd.", "Go back and try again.")
    )


def form_too_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 from the form's token: the form is from before a sign-in, or from another site."""
    return _page(
        request,
        403,
        Problem(
            "Not saved",
            "This form was opened before you signed in, so it was not accepted.",
            "Go back, reload the page, and send it again. What you typed is still in the form.",
        ),
    )


def failed(request: HttpRequest) -> HttpResponse:
    """500: our fault. Needs no database and no session, because either may be what failed."""
    return _bare(
        request,
        500,
        Problem(
            "This did not work",
            "Something failed on our side. What you sent may or may not be saved: look before you repeat it.",
            "If it happens again, tell the administrator the number below.",
        ),
    )


def too_large(request: HttpRequest) -> HttpResponse:
    """413: more was sent than any page takes. Nothing of it was read."""
    return _bare(
        request,
        413,
        Problem(
            "Too large", "This is more than can be sent at once. Nothing was saved.", "Send it in parts."
        ),
    )


def _bare(request: HttpRequest, status: int, problem: Problem) -> HttpResponse:
    context = {
        "problem": problem,
        "status": status,
        "request_id": getattr(request, "id", None),
        "theme": "device",
    }
    return HttpResponse(
        render_to_string("error.html", context), status=status, headers={"Cache-Control": "no-store, private"}
    )


def _page(request: HttpRequest, status: int, problem: Problem) -> HttpResponse:
    context = {"problem": problem, "status": status, "request_id": getattr(request, "id", None)}
    return render(request, "error.html", context, status=status)
