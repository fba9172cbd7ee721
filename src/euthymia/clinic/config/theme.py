"""Light or dim: kept in a cookie that the server reads, so that a page arrives in its colours."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from euthymia.clinic.access.pages import public
from euthymia.clinic.people.pages import SeeOther

COOKIE = "theme"
THEMES = ("light", "dim", "device")
_YEAR_S = 365 * 24 * 3600


def theme(request: HttpRequest) -> dict[str, str]:
    """Context processor: ``theme``, one of ``THEMES``; without a choice, the device's wish."""
    chosen = request.COOKIES.get(COOKIE, "device")
    return {"theme": chosen if chosen in THEMES else "device"}


@public
@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Keep the posted theme and go back to the page it was chosen on."""
    chosen = request.POST.get("theme", "")
    if chosen not in THEMES:
        return HttpResponseBadRequest("Choose light, dim or device.")
    after = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(
        after, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        after = "/"
    response: HttpResponse = SeeOther(after)
    response.set_cookie(
        COOKIE, chosen, max_age=_YEAR_S, secure=settings.TLS, httponly=True, samesite="Strict"
    )
    return response
