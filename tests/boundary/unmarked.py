"""Addresses with one view that forgets to say who may open it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from euthymia.clinic.config import urls


def forgotten(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Imke Quillfeather, 56 mg")


urlpatterns = [path("unmarked/", forgotten, name="unmarked"), *urls.urlpatterns]
handler404 = urls.handler404
