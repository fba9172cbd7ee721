"""Every address the clinic answers on. Each room lists its own."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, include, path

from euthymia.clinic.access.pages import page
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.config import context, system, theme
from euthymia.clinic.config.gallery import gallery


@page(Permission.USE_ACCOUNT)
def home(request: HttpRequest) -> HttpResponse:
    """Send everybody to the page they work on."""
    return redirect(context.first_page(request))


urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("theme/", theme.choose_theme, name="theme"),
    path("system/", system.system, name="system"),
    path("system/check-chain/", system.check_chain, name="check_chain"),
    path("", include("euthymia.clinic.access.urls")),
    path("", include("euthymia.clinic.rulebook.urls")),
    path("", include("euthymia.clinic.people.urls")),
    path("", include("euthymia.clinic.measures.urls")),
    path("", include("euthymia.clinic.safety.urls")),
    path("", include("euthymia.clinic.fhir.urls")),
    path("", include("euthymia.clinic.courses.urls")),
    path("", include("euthymia.clinic.visits.urls")),
    path("", include("euthymia.clinic.portal.urls")),
    path("", include("euthymia.clinic.reports.urls")),
]
if settings.MODE != "serve":
    urlpatterns.append(path("gallery/", gallery, name="gallery"))

handler400 = "euthymia.clinic.config.errors.bad_request"
handler403 = "euthymia.clinic.config.errors.denied"
handler404 = "euthymia.clinic.config.errors.not_found"
handler500 = "euthymia.clinic.config.errors.failed"
