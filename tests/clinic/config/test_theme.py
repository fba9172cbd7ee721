"""The theme: a cookie the server reads, and a way back that stays on this host."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from euthymia.clinic.config.theme import choose_theme, theme


@pytest.mark.parametrize(
    ("cookie", "expected"), [("dim", "dim"), ("light", "light"), ("", "device"), ('"><script>', "device")]
)
def test_only_known_themes_reach_the_page(cookie: str, expected: str) -> None:
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = cookie
    assert theme(request) == {"theme": expected}


def test_without_a_cookie_the_device_decides() -> None:
    assert theme(RequestFactory().get("/")) == {"theme": "device"}


def test_a_choice_is_kept_and_leads_back() -> None:
    response = choose_theme(RequestFactory().post("/theme/", {"theme": "dim", "next": "/visits/?day=today"}))
    assert response.status_code == 303
    assert response["Location"] == "/visits/?day=today"
    cookie = response.cookies["theme"]
    assert (cookie.value, cookie["samesite"], bool(cookie["httponly"])) == ("dim", "Strict", True)


@pytest.mark.parametrize(
    "after", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"]
)
def test_the_way_back_stays_on_this_host(after: str) -> None:
    response = choose_theme(RequestFactory().post("/theme/", {"theme": "dim", "next": after}))
    assert response["Location"] == "/"


@pytest.mark.parametrize("after", ["/visits/\r\nSet-Cookie: a=b", "/visits/\n", "/visits/?q=Łoś"])
def test_the_way_back_is_one_line_of_plain_letters(after: str) -> None:
    response = choose_theme(RequestFactory().post("/theme/", {"theme": "dim", "next": after}))
    assert response.status_code == 303
    assert response["Location"].isascii()
    assert response["Location"].startswith("/visits/")


def test_an_unknown_theme_is_refused() -> None:
    assert choose_theme(RequestFactory().post("/theme/", {"theme": "neon"})).status_code == 400


def test_a_theme_is_not_chosen_by_following_a_link() -> None:
    assert choose_theme(RequestFactory().get("/theme/")).status_code == 405
