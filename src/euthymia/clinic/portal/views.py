"""What opens without signing in: the words of the consent texts, and the sheet somebody took home.

The pages about treatments ask for nothing, set no cookie, touch no row and are the same for everybody, so they may
be cached. The sheet a patient took home opens by an address that nobody guesses, names nobody, and runs out.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from euthymia.clinic.access.pages import cacheable, public
from euthymia.clinic.access.viewer import NotFound
from euthymia.clinic.looks.people import likelihood
from euthymia.clinic.visits import queries as visits
from euthymia.evidence import ConsentText, current_consent_texts

PLACES = (
    ("US", "United States"),
    ("EU", "European Union"),
    ("UK", "United Kingdom"),
    ("AU", "Australia"),
    ("CA", "Canada"),
)


@cacheable
@public
def contents(request: Any) -> HttpResponse:
    """Every text, by country."""
    places = [(name, current_consent_texts(code)) for code, name in PLACES]
    return render(request, "portal/contents.html", {"places": places})


@cacheable
@public
def about(request: Any, document: str) -> HttpResponse:
    """One text with its figure: the edition in force, at an address that stays."""
    text, place = _found(document)
    context = {"text": text, "place": place, "figure": likelihood(text.content["figure"])}
    return render(request, "portal/about.html", context)


@public
def going_home(request: Any, token: str) -> HttpResponse:
    """What a patient took home, for whoever holds the address; once it has run out, that it did."""
    sheet = visits.public_sheet(token, request.now)
    answer = render(request, "portal/going_home.html", {"sheet": sheet}, status=200 if sheet else 410)
    answer["Cache-Control"], answer["Referrer-Policy"] = "no-store", "no-referrer"
    return answer


def _found(document: str) -> tuple[ConsentText, str]:
    for code, name in PLACES:
        for text in current_consent_texts(code):
            if text.id == document:
                return text, name
    raise NotFound
