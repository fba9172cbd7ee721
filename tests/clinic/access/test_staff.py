"""The first administrator, invitations, roles, closing an account."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import check_password
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.clinic import factories

from euthymia.clinic.access import actions
from euthymia.clinic.access.actions import AdministratorExists
from euthymia.clinic.access.models import Clinic, OneTimeLink, User
from euthymia.clinic.access.permissions import GRANTS, Permission, Role
from euthymia.clinic.access.viewer import Denied, NotFound
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.rulebook import queries as rulebook

PASSWORD = "lanterns over cold water"
FIRST = {
    "clinic_name": "Birch House",
    "time_zone": "America/Chicago",
    "jurisdiction": "UK",
    "name": "Ines Adler",
    "email": "Ines@Example.org",
    "password": PASSWORD,
    "password_again": PASSWORD,
}


def link(token: str) -> str:
    return reverse("access:one_time_link", args=[token])


class TestFirstAdministrator:
    @pytest.fixture
    def token(self, db) -> str:
        return actions.issue_first_administrator_link(at=timezone.now())

    def test_the_link_makes_clinic_and_administrator_and_leads_to_a_second_factor(self, client, token):
        assert client.get(link(token)).status_code == 200
        response = client.post(link(token), FIRST)
        assert response.url == reverse("access:add_app")
        assert client.get(reverse("access:staff")).url == reverse("access:add_app")
        secret = client.get(reverse("access:add_app")).context["enrolment"].secret
        client.post(reverse("access:add_app"), {"code": factories.code(secret)})
        assert client.get(reverse("access:staff")).status_code == 200
        user = User.objects.get()
        assert (user.email, user.clinic.name) == ("ines@example.org", "Birch House")
        assert rulebook.book(user.clinic_id).jurisdiction == "UK"

    @pytest.mark.parametrize("jurisdiction", ["", "XX"])
    def test_no_jurisdiction_is_chosen_for_a_clinic(self, token, jurisdiction):
        assert Client().post(link(token), FIRST | {"jurisdiction": jurisdiction}).status_code == 422
        assert not Clinic.objects.exists()

    def test_it_works_once(self, client, token):
        client.post(link(token), FIRST)
        assert Client().get(link(token)).status_code == 404
        assert Client().post(link(token), FIRST | {"email": "b@example.org"}).status_code == 404
        assert Clinic.objects.count() == 1

    def test_it_runs_out(self, token):
        OneTimeLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert Client().get(link(token)).status_code == 404

    def test_a_newer_link_ends_the_older(self, token):
        actions.issue_first_administrator_link(at=timezone.now())
        assert Client().get(link(token)).status_code == 404

    def test_none_is_issued_once_there_is_an_administrator(self, client, token):
        client.post(link(token), FIRST)
        with pytest.raises(AdministratorExists):
            actions.issue_first_administrator_link(at=timezone.now())

    def test_a_link_from_before_does_not_make_a_second_one(self, token):
        factories.staff(Role.ADMINISTRATOR)
        response = Client().post(link(token), FIRST)
        assert response.status_code == 422
        assert b"There is an administrator already" in response.content

    @pytest.mark.parametrize(
        ("field", "value"),
        [("password", "short"), ("time_zone", "Nowhere/Land"), ("email", "no"), ("name", "")],
    )
    def test_a_refusal_keeps_what_was_typed(self, client, token, field, value):
        response = client.post(link(token), FIRST | {field: value, "password_again": FIRST["password"]})
        assert response.status_code == 422
        assert b"Birch House" in response.content
        assert not User.objects.exists()
        assert client.get(link(token)).status_code == 200

    def test_the_database_keeps_no_token(self, token):
        assert token not in str(list(OneTimeLink.objects.values()))

    def test_a_guess_is_not_found(self, db):
        assert Client().get(link("guess")).status_code == 404


class TestInvitation:
    @pytest.fixture
    def admin(self, db):
        return factories.staff(Role.ADMINISTRATOR)

    @pytest.fixture
    def desk(self, admin) -> Client:
        browser = factories.signed_in(admin)
        browser.proof = factories.signing(admin)
        return browser

    def invite(self, desk: Client) -> str:
        page = desk.post(
            reverse("access:add_staff"),
            {"name": "Nils Roe", "email": "nils@example.org", "roles": ["nurse"]} | desk.proof,
        )
        return re.search(r"/link/([^/]+)/", page.content.decode()).group(1)

    def test_from_the_page_to_the_first_sign_in(self, desk):
        token = self.invite(desk)
        client = Client()
        assert b"Nils Roe" in client.get(link(token)).content
        response = client.post(link(token), {"password": PASSWORD, "password_again": PASSWORD})
        assert response.url == reverse("access:add_app")
        user = User.objects.get(email="nils@example.org")
        assert check_password(PASSWORD, user.password)
        assert Client().get(link(token)).status_code == 404

    def test_nobody_signs_in_before(self, desk, client):
        self.invite(desk)
        client.post("/sign-in/", {"login": "nils@example.org", "password": ""})
        assert not client.session.get("_auth_user_id")

    def test_the_same_address_twice_is_refused(self, desk, admin):
        self.invite(desk)
        again = desk.post(
            reverse("access:add_staff"),
            {"name": "N", "email": "NILS@example.org", "roles": ["nurse"]}
            | factories.signing(admin, steps=1),
        )
        assert again.status_code == 422
        assert b"already" in again.content

    def test_a_new_link_ends_password_factors_and_sessions_once_used(self, desk, admin):
        nurse = factories.staff(Role.NURSE)
        theirs = factories.signed_in(nurse)
        page = desk.post(reverse("access:invite_staff", args=[nurse.user.id]), desk.proof)
        token = re.search(r"/link/([^/]+)/", page.content.decode()).group(1)
        assert theirs.get("/account/").status_code == 200
        Client().post(link(token), {"password": PASSWORD, "password_again": PASSWORD})
        assert theirs.get("/account/").status_code == 302
        from allauth.mfa.models import Authenticator

        assert not Authenticator.objects.filter(user=nurse.user).exists()

    def test_a_tablet_left_open_makes_no_account_no_role_and_no_link(self, desk, admin):
        """Each of them would let whoever picks it up see charts, or sign as somebody else."""
        nurse = factories.staff(Role.NURSE)
        person = {"name": "Nils Roe", "email": "nils@example.org", "roles": ["nurse"]}
        for name, args, data in (
            ("access:add_staff", [], person),
            ("access:staff_member", [nurse.user.id], {"roles": ["prescriber"]}),
            ("access:staff_member", [admin.user.id], {"roles": ["administrator", "prescriber"]}),
            ("access:invite_staff", [nurse.user.id], {"csrfmiddlewaretoken": ""}),
        ):
            response = desk.post(reverse(name, args=args), data)
            assert response.status_code == 422
            assert b"/link/" not in response.content
        assert not User.objects.filter(email="nils@example.org").exists()
        assert nurse.viewer.roles == {Role.NURSE}
        assert admin.viewer.roles == {Role.ADMINISTRATOR}
        response = desk.post(
            reverse("access:staff_member", args=[nurse.user.id]), {"roles": ["prescriber"]} | desk.proof
        )
        assert response.status_code == 302
        assert nurse.viewer.roles == {Role.PRESCRIBER}

    def test_no_link_for_a_closed_account(self, desk, admin):
        nurse = factories.staff(Role.NURSE)
        actions.close_account(by=admin.viewer, user_id=nurse.user.id, at=timezone.now())
        with pytest.raises(Refused, match="closed"):
            actions.invite_again(by=admin.viewer, user_id=nurse.user.id, at=timezone.now())

    def test_closing_ends_open_links(self, desk, admin):
        token = self.invite(desk)
        user = User.objects.get(email="nils@example.org")
        actions.close_account(by=admin.viewer, user_id=user.id, at=timezone.now())
        assert Client().get(link(token)).status_code == 404


class TestRoles:
    @pytest.fixture
    def admin(self, db):
        return factories.viewer(Role.ADMINISTRATOR)

    def test_the_last_administrator_stays(self, admin):
        with pytest.raises(Refused, match="without an administrator"):
            actions.set_roles(by=admin, user_id=admin.user_id, roles=[Role.NURSE], at=timezone.now())

    def test_nobody_closes_their_own_account(self, admin):
        factories.staff(Role.ADMINISTRATOR)
        with pytest.raises(Refused, match="your own"):
            actions.close_account(by=admin, user_id=admin.user_id, at=timezone.now())

    def test_at_least_one_role(self, admin):
        nurse = factories.staff(Role.NURSE)
        with pytest.raises(Refused, match="at least one role"):
            actions.set_roles(by=admin, user_id=nurse.user.id, roles=[], at=timezone.now())

    @pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
    def test_only_an_administrator_manages_staff(self, db, role):
        by, nurse = factories.viewer(role), factories.staff(Role.NURSE)
        for act in (
            lambda: actions.add_staff(
                by=by, name="x", email="x@example.org", roles=[role], at=timezone.now()
            ),
            lambda: actions.set_roles(by=by, user_id=nurse.user.id, roles=[role], at=timezone.now()),
            lambda: actions.close_account(by=by, user_id=nurse.user.id, at=timezone.now()),
            lambda: actions.open_account(by=by, user_id=nurse.user.id, at=timezone.now()),
            lambda: actions.invite_again(by=by, user_id=nurse.user.id, at=timezone.now()),
        ):
            with pytest.raises(Denied):
                act()

    def test_staff_of_another_clinic_is_not_found(self, admin):
        stranger = factories.staff(Role.NURSE, clinic=factories.clinic("Another"))
        with pytest.raises(NotFound):
            actions.close_account(by=admin, user_id=stranger.user.id, at=timezone.now())

    def test_every_change_is_audited_with_old_and_new(self, admin):
        nurse = factories.staff(Role.NURSE)
        now = timezone.now()
        actions.set_roles(by=admin, user_id=nurse.user.id, roles=[Role.THERAPIST], at=now)
        actions.close_account(by=admin, user_id=nurse.user.id, at=now)
        actions.open_account(by=admin, user_id=nurse.user.id, at=now)
        entries = AuditEntry.objects.filter(subject=f"user {nurse.user.id}").order_by("seq")
        assert [(entry.verb, entry.detail) for entry in entries] == [
            ("access.set_roles", {"before": ["nurse"], "after": ["therapist"]}),
            ("access.close_account", {"is_active": {"before": True, "after": False}}),
            ("access.open_account", {"is_active": {"before": False, "after": True}}),
        ]


class TestPermissions:
    def test_the_administrator_sees_no_patient(self):
        assert not GRANTS[Role.ADMINISTRATOR] & {
            Permission.VIEW_CHART,
            Permission.VIEW_DIRECTORY,
            Permission.VIEW_BOARD,
        }

    def test_the_front_desk_sees_no_clinical_data(self):
        assert Permission.VIEW_CHART not in GRANTS[Role.FRONT_DESK]

    def test_every_role_keeps_its_account_and_every_permission_has_a_role(self):
        assert all(Permission.USE_ACCOUNT in granted for granted in GRANTS.values())
        assert frozenset().union(*GRANTS.values()) == frozenset(Permission)
