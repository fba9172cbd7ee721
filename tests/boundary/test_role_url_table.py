"""Every address times every role, against the table; and what a denied answer may not hold."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from tests.boundary.role_url_table import ALL, PUBLIC, ROWS, Row
from tests.boundary.world import LETTERS, PATIENT_NAME, World
from tests.clinic import factories

from euthymia.clinic.access.pages import required_permission

SIGN_IN, ENROL = "/sign-in/", "/account/app/"
OF_A_CLINIC = [row for row in ROWS if row.args and row.of_a_clinic]


def patterns(
    resolver: URLResolver | None = None, names: tuple[str, ...] = ()
) -> Iterator[tuple[str, URLPattern]]:
    """Every address that is served, with its full name."""
    resolver = resolver or get_resolver()
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from patterns(each, (*names, *filter(None, [each.namespace])))
        else:
            yield ":".join((*names, each.name or f"unnamed {each.pattern}")), each


def holds_no_patient(response: HttpResponse) -> bool:
    return PATIENT_NAME.encode() not in response.content and PATIENT_NAME not in str(response.headers)


@dataclass(frozen=True, slots=True)
class Stage:
    """Two clinics, and a browser for each role of the first."""

    here: World
    elsewhere: World
    browsers: dict[str, Client]
    everybody: Client  # one person with every role
    halfway: Client  # the same, without a second factor


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker) -> Iterator[Stage]:
    """Made once, in a transaction that is undone at the end; each test works in a savepoint of its own."""
    with django_db_blocker.unblock(), transaction.atomic():
        here, elsewhere = World("Willow Clinic"), World("Another Clinic")
        here.make_everything()
        elsewhere.make_everything()
        roles = list(LETTERS.values())
        yield Stage(
            here=here,
            elsewhere=elsewhere,
            browsers={
                letter: factories.signed_in(factories.staff(role, clinic=here.clinic))
                for letter, role in LETTERS.items()
            },
            everybody=factories.signed_in(factories.staff(*roles, clinic=here.clinic)),
            halfway=factories.signed_in(factories.staff(*roles, clinic=here.clinic, second_factor=False)),
        )
        transaction.set_rollback(True)


def ask(client: Client, row: Row, url: str) -> HttpResponse:
    """What the address answers; nothing it does outlasts the question, signing out included."""
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        sent = {"csrfmiddlewaretoken": "", **dict(row.data)}  # a browser's form is never empty
        response = client.post(url, sent) if row.method == "POST" else client.get(url)
        transaction.set_rollback(True)
    client.cookies = cookies
    return response


def address(row: Row, world: World) -> str:
    return reverse(row.url, args=[world.thing(kind) for kind in row.args])


def test_every_address_has_a_row_and_every_row_an_address():
    assert {name for name, _ in patterns()} == {row.url for row in ROWS}


def test_only_what_anybody_may_read_is_ever_kept():
    of_the_tablet = {
        "visits:offline",
        "visits:worker",
        "visits:blank_forms",
    }  # the same for everybody, and empty
    assert {row.url for row in ROWS if row.kept} == {"portal:contents", "portal:about"} | of_the_tablet
    assert all(row.open_to == PUBLIC for row in ROWS if row.kept)


def test_every_view_says_who_may_open_it():
    assert [name for name, pattern in patterns() if required_permission(pattern.callback) is None] == []


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_each_role_gets_what_the_table_says(row: Row, stage: Stage):
    url, got = address(row, stage.here), {}
    for letter, client in stage.browsers.items():
        response = ask(client, row, url)
        got[letter] = response.status_code
        if response.status_code in (400, 403, 404):
            assert holds_no_patient(response)
        assert response["Cache-Control"] == ("public, max-age=3600" if row.kept else "no-store, private")
        assert not (row.kept and response.cookies)
        if b"<html" in response.content:
            assert b"Not for patient care." in response.content
    opens, different = ALL if row.open_to == PUBLIC else row.open_to, dict(row.different)
    assert got == {letter: different.get(letter, row.ok) if letter in opens else 403 for letter in ALL}


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_nobody_and_somebody_without_a_second_factor(row: Row, stage: Stage):
    url = address(row, stage.here)
    anonymous, halfway = ask(Client(), row, url), ask(stage.halfway, row, url)
    if row.open_to == PUBLIC:
        assert anonymous.status_code == row.ok
        return
    assert anonymous.status_code == 302
    assert anonymous["Location"].startswith(SIGN_IN)
    assert holds_no_patient(anonymous)
    if row.before_second_factor:
        assert halfway.status_code == row.ok
    else:
        assert (halfway.status_code, halfway["Location"]) == (302, ENROL)


@pytest.mark.parametrize("row", OF_A_CLINIC, ids=str)
def test_what_belongs_to_another_clinic_looks_like_what_never_was(row: Row, stage: Stage):
    """Asked with every role at once: whose clinic it is narrows each query, whatever the role."""
    first, *others = row.args
    rest = [stage.elsewhere.thing(kind) for kind in others]
    theirs = stage.elsewhere.thing(first)
    nobodys = uuid4() if isinstance(theirs, UUID) else 2_000_000_000
    answers = [ask(stage.everybody, row, reverse(row.url, args=[each, *rest])) for each in (theirs, nobodys)]
    assert [answer.status_code for answer in answers] == [row.foreign] * 2
    assert without_own_marks(answers[0]) == without_own_marks(answers[1])
    assert holds_no_patient(answers[0])


def without_own_marks(response: HttpResponse) -> bytes:
    """The page without what differs each time: the request's number, the time, the form's token."""
    page = response.content.replace(response["X-Request-ID"].encode(), b"")
    return re.sub(rb'csrfmiddlewaretoken" value="[^"]*"|data-server-time="[^"]*"', b"", page)


@pytest.mark.parametrize(
    "path", ["/nowhere/", "/admin/", "/patients/1/", "/accounts/login/", "/static/../secret-key"]
)
def test_an_unknown_address_is_not_found_and_says_nothing(path: str, stage: Stage):
    for client in (Client(), stage.everybody):
        response = client.get(path)
        assert response.status_code == 404
        assert holds_no_patient(response)


def test_a_view_without_a_mark_is_refused(stage: Stage, settings):
    """The mark is what opens a view: forgetting it closes the page, also to somebody with every role."""
    settings.ROOT_URLCONF = "tests.boundary.unmarked"
    response = stage.everybody.get("/unmarked/")
    assert response.status_code == 404
    assert holds_no_patient(response)
