"""Signing in with two factors, and what stands in the way of somebody else."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from tests.clinic import factories
from tests.clinic.factories import Staff

from euthymia.clinic.access.models import User
from euthymia.clinic.access.permissions import Role
from euthymia.clinic.audit.models import AuditEntry

SIGN_IN, SECOND = "/sign-in/", "/sign-in/second-factor/"


@pytest.fixture
def nurse(db) -> Staff:
    return factories.staff(Role.NURSE)


def password(client: Client, person: Staff, typed: str | None = None, **extra):
    data = {"login": person.user.email, "password": person.password if typed is None else typed}
    return client.post(SIGN_IN, data, **extra)


def signed_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_password_and_code_sign_in(client, nurse):
    assert password(client, nurse).url == SECOND
    assert not signed_in(client)
    assert client.post(SECOND, {"code": nurse.code()}).status_code == 302
    assert signed_in(client)
    entry = AuditEntry.objects.get(verb="access.sign_in")
    assert entry.actor_id == nurse.user.id
    assert entry.detail == {"methods": ["password", "totp"]}
    assert entry.ip == "127.0.0.1"


def test_the_address_may_be_typed_in_any_case(client, nurse):
    response = client.post(SIGN_IN, {"login": nurse.user.email.upper(), "password": nurse.password})
    assert response.url == SECOND


def test_the_password_alone_opens_nothing(client, nurse):
    password(client, nurse)
    assert client.get("/account/").url.startswith(SIGN_IN)


@pytest.mark.parametrize("typed", ["", "wrong", "correct horse battery staple "])
def test_a_wrong_password_is_refused(client, nurse, typed):
    response = password(client, nurse, typed)
    assert response.status_code in (200, 422)
    assert client.get(SECOND).url == SIGN_IN


def test_a_code_works_once(client, nurse):
    code = nurse.code()
    password(client, nurse)
    client.post(SECOND, {"code": code})
    other = Client()
    password(other, nurse)
    response = other.post(SECOND, {"code": code})
    assert b"used before" in response.content
    assert not signed_in(other)


def test_a_spent_code_stays_spent_while_it_would_be_valid(client, nurse, monkeypatch):
    """Its half-minute is over after 30 s, but the tolerance would accept it for 60 more."""
    code = nurse.code(steps=1)
    password(client, nurse)
    client.post(SECOND, {"code": code})
    assert signed_in(client)
    from datetime import timedelta

    from django.utils import timezone

    from euthymia.clinic.access import codes

    for seconds in (0, 31, 59):
        assert not codes.spend(nurse.user.id, code, now=timezone.now() + timedelta(seconds=seconds))


@pytest.mark.parametrize(("steps", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_clocks_may_be_half_a_minute_apart(nurse, steps, accepted):
    from datetime import UTC, datetime

    from euthymia.clinic.access import codes

    now = datetime(2026, 3, 4, 12, 0, 15, tzinfo=UTC)
    code = codes.code_at(nurse.secret, now=now, steps=steps)
    assert codes.spend(nurse.user.id, code, now=now) is accepted


def test_codes_follow_the_standard():
    """RFC 6238, appendix B, SHA-1, last six of the eight digits."""
    import base64
    from datetime import UTC, datetime

    from euthymia.clinic.access import codes

    secret = base64.b32encode(b"12345678901234567890").decode()
    for seconds, expected in [
        (59, "287082"),
        (1111111109, "081804"),
        (1234567890, "005924"),
        (2000000000, "279037"),
    ]:
        now = datetime.fromtimestamp(seconds, UTC)
        assert codes.code_at(secret, now=now) == expected
        assert codes.matching_counter(secret, f" {expected[:3]} {expected[3:]} ", now=now) == seconds // 30


def test_the_session_gets_a_new_id_at_sign_in(client, nurse):
    client.get(SIGN_IN)
    password(client, nurse)
    before = client.session.session_key
    client.post(SECOND, {"code": nurse.code()})
    assert client.session.session_key != before


class TestLockOut:
    def fail(self, client, person, times, **extra):
        for _ in range(times):
            response = password(client, person, "wrong", **extra)
        return response

    def test_five_wrong_passwords_lock_the_account_from_that_address(self, client, nurse):
        assert self.fail(client, nurse, 5).status_code == 429
        assert password(client, nurse).status_code == 429
        assert b"minutes" in password(client, nurse).content

    def test_another_account_at_the_same_address_is_not_locked(self, client, nurse):
        other = factories.staff(Role.NURSE)
        self.fail(client, nurse, 6)
        assert password(Client(), other).url == SECOND

    def test_the_same_account_from_another_address_is_not_locked(self, client, nurse):
        self.fail(client, nurse, 6)
        assert password(Client(), nurse, REMOTE_ADDR="10.9.8.7").url == SECOND

    def test_five_wrong_codes_lock_too(self, client, nurse):
        password(client, nurse)
        for _ in range(4):
            assert client.post(SECOND, {"code": "000000"}).status_code == 200
        assert client.post(SECOND, {"code": "000000"}).status_code == 429
        assert client.post(SECOND, {"code": nurse.code()}).status_code == 429
        assert not signed_in(client)

    def test_the_right_password_between_wrong_codes_does_not_start_the_count_anew(self, client, nurse):
        for _ in range(5):
            fresh = Client()
            password(fresh, nurse)
            response = fresh.post(SECOND, {"code": "000000"})
        assert response.status_code == 429

    def test_signing_in_ends_the_count(self, client, nurse):
        self.fail(client, nurse, 4)
        password(client, nurse)
        client.post(SECOND, {"code": nurse.code()})
        assert signed_in(client)
        assert self.fail(Client(), nurse, 4).status_code != 429

    def test_case_and_spaces_do_not_make_another_account(self, client, nurse):
        for login in (nurse.user.email.upper(), f" {nurse.user.email} ", nurse.user.email.title()) * 2:
            response = client.post(SIGN_IN, {"login": login, "password": "wrong"})
        assert response.status_code == 429

    def test_what_was_typed_is_kept_nowhere(self, client, nurse):
        from axes.models import AccessAttempt

        client.post(SIGN_IN, {"login": nurse.user.email, "password": "my real one"})
        password(client, nurse)
        client.post(SECOND, {"code": "123456"})
        stored = " ".join(str(row) for row in AccessAttempt.objects.values_list())
        stored += " ".join(str(row) for row in AuditEntry.objects.values_list())
        assert "my real one" not in stored
        assert "123456" not in stored

    def test_a_password_typed_as_the_address_is_kept_nowhere(self, client, nurse, caplog):
        from axes.models import AccessAttempt

        for _ in range(6):
            client.post(SIGN_IN, {"login": "My Real One 7", "password": ""})
            client.post(SIGN_IN, {"login": "my.real.one.7@example.org", "password": "x"})
        assert AccessAttempt.objects.exists()
        stored = " ".join(str(row) for row in AccessAttempt.objects.values_list())
        stored += " ".join(str(row) for row in AuditEntry.objects.values_list())
        assert "real" not in stored.lower()
        assert "real" not in caplog.text.lower()

    def test_guessing_codes_from_many_addresses_is_slowed_by_account(self, nurse, settings):
        settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed": "4/15m/key"}
        for number in range(5):
            browser = Client(REMOTE_ADDR=f"10.0.{number}.1")
            password(browser, nurse)
            response = browser.post(SECOND, {"code": "000000"})
        assert b"Too many attempts" in response.content
        response = browser.post(SECOND, {"code": nurse.code()})
        assert not signed_in(browser)
        assert b"Too many attempts" in response.content

    def test_many_addresses_are_slowed_by_account(self, nurse, settings):
        settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed": "4/15m/key"}
        for number in range(4):
            password(Client(), nurse, "wrong", REMOTE_ADDR=f"10.0.{number}.1")
        response = password(Client(), nurse, REMOTE_ADDR="10.1.1.1")
        assert b"Too many attempts" in response.content

    def test_failures_are_in_the_audit_chain(self, client, nurse):
        password(client, nurse, "wrong")
        client.post(SIGN_IN, {"login": "nobody@example.org", "password": "x"})
        subjects = list(
            AuditEntry.objects.filter(verb="access.sign_in_failed").values_list("subject", flat=True)
        )
        assert subjects == [f"user {nurse.user.id}", "an unknown account"]


class TestNoSecondFactor:
    @pytest.fixture
    def browser(self, db):
        return factories.signed_in(factories.staff(Role.ADMINISTRATOR, Role.NURSE, second_factor=False))

    @pytest.mark.parametrize(
        "name", ["home", "access:security", "access:staff", "access:change_password", "system"]
    )
    def test_every_other_page_leads_to_setting_one_up(self, browser, name):
        response = browser.get(reverse(name))
        assert response.status_code == 302
        assert response.url == reverse("access:add_app")

    def test_the_menu_offers_nothing_else(self, browser):
        assert browser.get(reverse("access:add_app")).context["nav"] == ()

    def test_setting_one_up_opens_the_rest(self, browser):
        page = browser.get(reverse("access:add_app"))
        secret = page.context["enrolment"].secret
        assert browser.get(reverse("access:add_app")).context["enrolment"].secret == secret
        assert browser.post(reverse("access:add_app"), {"code": "000000"}).status_code == 422
        response = browser.post(reverse("access:add_app"), {"code": factories.code(secret)})
        assert response.url == reverse("access:security")
        assert signed_in(browser)
        assert AuditEntry.objects.filter(verb="access.add_second_factor").exists()

    def test_the_code_that_set_it_up_does_not_sign_in(self, browser):
        secret = browser.get(reverse("access:add_app")).context["enrolment"].secret
        code = factories.code(secret)
        browser.post(reverse("access:add_app"), {"code": code})
        other = Client()
        other.post(SIGN_IN, {"login": browser.user.email, "password": factories.PASSWORD})
        assert b"used before" in other.post(SECOND, {"code": code}).content


def test_secrets_are_not_readable_in_the_database(nurse):
    from allauth.mfa.models import Authenticator

    stored = str(Authenticator.objects.get(user=nurse.user).data)
    assert nurse.secret not in stored


def test_a_closed_account_cannot_sign_in_and_looks_like_no_account(client, nurse):
    User.objects.filter(id=nurse.user.id).update(is_active=False)
    closed = password(client, nurse)
    unknown = client.post(SIGN_IN, {"login": "nobody@example.org", "password": nurse.password})
    assert closed.status_code == unknown.status_code == 200
    assert closed.context["form"].non_field_errors() == unknown.context["form"].non_field_errors()


def test_there_is_no_sign_up_and_no_other_page_of_allauth(client, db):
    for path in ("/sign-up/", "/signup/", "/accounts/signup/", "/password/reset/", "/email/"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("short", ["1234567", "password1", "qwertyuiop"])
def test_short_and_common_passwords_are_refused(short, nurse):
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError):
        validate_password(short, nurse.user)


@pytest.mark.parametrize(
    "long", ["a quiet morning by the river", "x" * 40 + " " + "y" * 60, "žluťoučký kůň 馬"]
)
def test_long_passwords_of_any_letters_are_taken(long, nurse):
    from django.contrib.auth.password_validation import validate_password

    validate_password(long, nurse.user)


def test_passwords_are_kept_as_argon2(nurse):
    assert nurse.user.password.startswith("argon2$")


class TestDemo:
    @pytest.fixture
    def person(self, nurse, monkeypatch):
        from euthymia.clinic.config.demo import team

        shown = team.SignIn(
            clinic="Willow Clinic",
            roles="nurse",
            name=nurse.user.name,
            email=nurse.user.email,
            password=nurse.password,
            secret=nurse.secret,
            code=nurse.code(),
        )
        monkeypatch.setattr(team, "sign_ins", lambda now: iter([shown]))
        return nurse

    def test_the_demo_shows_how_to_sign_in(self, client, person, settings):
        settings.MODE = "demo"
        page = client.get(SIGN_IN).content.decode()
        for shown in (person.user.email, person.password, person.code(), person.code(steps=1)):
            assert shown in page

    @pytest.mark.parametrize("mode", ["serve", "test"])
    def test_nothing_else_does(self, client, person, settings, mode):
        settings.MODE = mode
        page = client.get(SIGN_IN).content.decode()
        for hidden in (person.user.email, person.password, person.code()):
            assert hidden not in page
