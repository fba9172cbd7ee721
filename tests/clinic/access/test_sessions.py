"""When a session ends, and what is left of it: nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.clinic import factories
from tests.clinic.factories import Staff

from euthymia.clinic.access import actions
from euthymia.clinic.access.models import User
from euthymia.clinic.access.permissions import Role
from euthymia.clinic.audit.models import AuditEntry

HOME = "/account/"


@pytest.fixture
def nurse(db) -> Staff:
    return factories.staff(Role.NURSE, name="Rosalind Bell")


@pytest.fixture
def browser(nurse) -> Client:
    return factories.signed_in(nurse)


@pytest.fixture
def admin(db) -> Staff:
    return factories.staff(Role.ADMINISTRATOR)


def pass_time(client: Client, *, idle: timedelta = timedelta(), age: timedelta = timedelta()) -> None:
    session = client.session
    session["seen_at"] = (timezone.now() - idle).timestamp()
    session["signed_in_at"] = (timezone.now() - age).timestamp()
    session.save()


def is_open(client: Client) -> bool:
    return client.get(HOME).status_code == 200


class TestTime:
    def test_a_session_in_use_stays_open(self, browser):
        pass_time(browser, idle=timedelta(minutes=14), age=timedelta(hours=11))
        assert is_open(browser)

    def test_an_idle_session_ends_and_the_way_back_is_kept(self, browser):
        pass_time(browser, idle=timedelta(minutes=16))
        response = browser.get("/account/password/")
        assert response.url == "/sign-in/?next=/account/password/"
        assert b"signed out" in browser.get(response.url).content
        assert not is_open(browser)

    def test_an_old_session_ends_however_busy(self, browser):
        pass_time(browser, age=timedelta(hours=13))
        assert not is_open(browser)

    def test_a_session_without_clocks_is_none(self, browser):
        session = browser.session
        del session["signed_in_at"]
        session.save()
        assert not is_open(browser)

    def test_a_page_that_refreshes_itself_keeps_no_session_open(self, browser):
        pass_time(browser, idle=timedelta(minutes=10))
        before = browser.session["seen_at"]
        browser.get(HOME, headers={"HX-Request": "true"})
        assert browser.session["seen_at"] == before
        browser.get(HOME, headers={"HX-Request": "true", "HX-Boosted": "true"})
        assert browser.session["seen_at"] > before

    def test_a_page_that_refreshes_itself_leaves_the_screen_when_the_session_ends(self, browser):
        """Swapped into a part of it, the sign-in page would stand among the last user's patients."""
        pass_time(browser, idle=timedelta(minutes=16))
        live = {"HX-Request": "true", "HX-Current-URL": "http://testserver/board/?q=Quillfeather"}
        for _ in range(2):  # the one that ends the session, and the next
            response = browser.get(HOME, headers=live)
            assert response["HX-Redirect"] == "/sign-in/?next=/board/"
            assert response.content == b""

    def test_a_name_that_was_searched_for_is_in_no_address_left_behind(self, browser):
        pass_time(browser, idle=timedelta(minutes=16))
        assert browser.get("/patients/?q=Quillfeather").url == "/sign-in/?next=/patients/"

    @pytest.mark.parametrize("current", ["//evil.example/x", "https://evil.example/x", "javascript:alert(1)"])
    def test_the_way_back_stays_in_the_house(self, nurse, current):
        browser = Client()
        response = browser.get(HOME, headers={"HX-Request": "true", "HX-Current-URL": current})
        browser.post(response["HX-Redirect"], {"login": nurse.user.email, "password": nurse.password})
        response = browser.post("/sign-in/second-factor/", {"code": nurse.code()})
        assert response.url.startswith("/")
        assert "evil" not in response.url

    def test_a_lost_form_leads_back_to_the_first_page_only(self, browser):
        pass_time(browser, idle=timedelta(minutes=16))
        assert browser.post("/account/password/", {}).url == "/sign-in/?next=/"


class TestRights:
    def test_a_closed_account_loses_every_session_at_once(self, browser, nurse, admin):
        other = factories.signed_in(nurse)
        actions.close_account(by=admin.viewer, user_id=nurse.user.id, at=timezone.now())
        assert not is_open(browser)
        assert not is_open(other)

    def test_sessions_do_not_come_back_when_the_account_is_opened_again(self, browser, nurse, admin):
        actions.close_account(by=admin.viewer, user_id=nurse.user.id, at=timezone.now())
        actions.open_account(by=admin.viewer, user_id=nurse.user.id, at=timezone.now())
        assert not is_open(browser)

    def test_a_role_counts_from_the_next_request(self, browser, nurse, admin):
        staff = reverse("access:staff")
        assert browser.get(staff).status_code == 403
        actions.set_roles(
            by=admin.viewer, user_id=nurse.user.id, roles=[Role.NURSE, Role.ADMINISTRATOR], at=timezone.now()
        )
        assert browser.get(staff).status_code == 200
        actions.set_roles(by=admin.viewer, user_id=nurse.user.id, roles=[Role.NURSE], at=timezone.now())
        assert browser.get(staff).status_code == 403

    def test_a_new_password_ends_the_other_sessions(self, browser, nurse):
        other = factories.signed_in(nurse)
        response = browser.post(
            reverse("access:change_password"),
            {"password": "four quiet words here", "password_again": "four quiet words here"}
            | factories.signing(nurse),
        )
        assert response.status_code == 302
        assert is_open(browser)
        assert not is_open(other)
        assert AuditEntry.objects.filter(verb="access.change_password", actor_id=nurse.user.id).exists()


class TestLeaving:
    @pytest.mark.parametrize("name", ["access:sign_out", "access:switch"])
    def test_nothing_is_kept(self, browser, nurse, name):
        key = browser.session.session_key
        response = browser.post(reverse(name))
        assert response["Clear-Site-Data"] == '"cache"'  # what waits on the tablet stays, sealed
        assert not is_open(browser)
        assert not browser.session.exists(key)
        assert AuditEntry.objects.filter(verb="access.sign_out", actor_id=nurse.user.id).exists()

    def test_no_message_is_left_on_the_tablet_for_the_next_person(self, browser, nurse):
        """What was saved is told on the next page: until then it waits in the session, which ends."""
        before = set(browser.cookies)
        browser.post(
            reverse("access:change_password"),
            {"password": "four quiet words here", "password_again": "four quiet words here"}
            | factories.signing(nurse),
        )
        assert set(browser.cookies) == before
        browser.post(reverse("access:switch"))
        assert b"is changed" not in browser.get("/sign-in/").content

    def test_leaving_needs_a_press_not_a_link(self, browser):
        assert browser.get(reverse("access:sign_out")).status_code == 405
        assert browser.get(reverse("access:switch")).status_code == 302
        assert is_open(browser)

    def test_no_page_may_be_kept(self, browser):
        for response in (browser.get(HOME), browser.get("/nowhere/"), Client().get("/sign-in/")):
            assert response["Cache-Control"] == "no-store, private"

    def test_the_picker_shows_initials_and_no_name(self, nurse):
        tablet = real_sign_in(Client(), nurse)
        tablet.post(reverse("access:switch"))
        page = tablet.get(reverse("access:switch")).content.decode()
        assert ">RB<" in page
        for private in ("Rosalind", "Bell", nurse.user.email):
            assert private not in page

    def test_whoever_picks_initials_still_proves_who_they_are(self, nurse):
        tablet = real_sign_in(Client(), nurse)
        tablet.post(reverse("access:switch"))
        picked = f"/sign-in/?who={nurse.user.id}"
        page = tablet.get(picked).content.decode()
        assert "Sign in as RB" in page
        assert nurse.user.email not in page
        response = tablet.post("/sign-in/", {"who": str(nurse.user.id), "password": nurse.password})
        assert response.url == "/sign-in/second-factor/"
        assert not is_open(tablet)

    def test_initials_are_picked_only_where_that_person_signed_in(self, nurse):
        page = Client().get(f"/sign-in/?who={nurse.user.id}").content.decode()
        assert "RB" not in page
        response = Client().post("/sign-in/", {"who": str(nurse.user.id), "password": nurse.password})
        assert response.status_code == 200

    def test_a_forged_list_is_no_list(self, nurse):
        tablet = Client()
        tablet.cookies["device"] = "forged"
        assert tablet.get(reverse("access:switch")).context["recent"] == ()

    def test_the_list_can_be_emptied(self, nurse):
        tablet = real_sign_in(Client(), nurse)
        tablet.post(reverse("access:switch"))
        tablet.post(reverse("access:forget_device"))
        assert tablet.get(reverse("access:switch")).context["recent"] == ()


class TestHeaders:
    def test_the_policy_lets_in_nothing_from_elsewhere_and_nothing_inline(self, browser):
        policy = browser.get(HOME)["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy

    def test_the_other_headers(self, browser):
        response = browser.get(HOME)
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["X-Frame-Options"] == "DENY"
        assert response["Referrer-Policy"] == "same-origin"
        assert response["Cross-Origin-Opener-Policy"] == "same-origin"
        assert len(response["X-Request-ID"]) == 36

    def test_a_form_without_its_token_is_not_accepted(self, nurse):
        client = Client(enforce_csrf_checks=True)
        client.force_login(nurse.user, backend=factories.BACKEND)
        response = client.post(reverse("access:change_password"), {})
        assert response.status_code == 403
        assert b"before you signed in" in response.content

    def test_a_failure_shows_a_number_and_nothing_else(self, browser, monkeypatch, nurse):
        from euthymia.clinic.access import factors

        def fail(viewer):
            raise RuntimeError("Imke Quillfeather, 56 mg")

        monkeypatch.setattr(factors, "factors", fail)
        browser.raise_request_exception = False
        response = browser.get(HOME)
        assert response.status_code == 500
        assert b"Quillfeather" not in response.content
        assert response["X-Request-ID"].encode() in response.content


def test_the_audit_entry_carries_the_request(browser, nurse):
    response = browser.post(reverse("access:sign_out"))
    entry = AuditEntry.objects.get(verb="access.sign_out")
    assert str(entry.request_id) == response["X-Request-ID"]
    assert entry.ip == "127.0.0.1"


def real_sign_in(client: Client, person: Staff) -> Client:
    client.post("/sign-in/", {"login": person.user.email, "password": person.password})
    client.post("/sign-in/second-factor/", {"code": person.code()})
    assert is_open(client)
    return client


def test_accounts_belong_to_one_clinic_and_one_address(db):
    from django.db import IntegrityError

    person = factories.staff(Role.NURSE).user
    with pytest.raises(IntegrityError):
        User.objects.create(email=person.email.upper(), name="Another", clinic=person.clinic)
