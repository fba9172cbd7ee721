"""Proving anew who one is, and signing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone
from tests.clinic import factories
from tests.clinic.factories import Staff

from euthymia.clinic.access import reauth
from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.reauth import NotConfirmed
from euthymia.clinic.access.viewer import Denied, NotFound, Reauthenticated
from euthymia.clinic.audit import actions, queries
from euthymia.clinic.audit.canonical import canonical_json, sha256_of
from euthymia.clinic.audit.models import AuditEntry, Signature

CONTENT = {"dose_mg": Decimal("56.0"), "patient": "p", "devices": 2, "overrides": ["CI-1"]}


@pytest.fixture
def prescriber(db) -> Staff:
    return factories.staff(Role.PRESCRIBER, name="Dr. Ada Moss")


def asked(person: Staff, **posted: str):
    request = RequestFactory().post("/", posted)
    request.user, request.now, request.session = person.user, timezone.now(), {}
    return request


def proof(person: Staff, at=None) -> Reauthenticated:
    return Reauthenticated(person.user.id, "password+totp", at or timezone.now())


class TestConfirm:
    def test_password_and_a_fresh_code(self, prescriber):
        given = reauth.confirm(asked(prescriber, **factories.signing(prescriber)))
        assert (given.user_id, given.method) == (prescriber.user.id, "password+totp")

    @pytest.mark.parametrize("missing", ["signature_password", "signature_code"])
    def test_one_of_them_is_not_enough(self, prescriber, missing):
        with pytest.raises(NotConfirmed, match="password and the code"):
            reauth.confirm(asked(prescriber, **factories.signing(prescriber) | {missing: ""}))

    @pytest.mark.parametrize("wrong", [{"signature_password": "guess"}, {"signature_code": "000000"}])
    def test_one_of_them_wrong_signs_nothing(self, prescriber, wrong):
        with pytest.raises(NotConfirmed, match="Nothing was signed"):
            reauth.confirm(asked(prescriber, **factories.signing(prescriber) | wrong))

    def test_a_wrong_password_spends_no_code(self, prescriber):
        with pytest.raises(NotConfirmed):
            reauth.confirm(
                asked(prescriber, **factories.signing(prescriber) | {"signature_password": "guess"})
            )
        assert reauth.confirm(asked(prescriber, **factories.signing(prescriber)))

    def test_the_same_code_signs_once(self, prescriber):
        fields = factories.signing(prescriber)
        reauth.confirm(asked(prescriber, **fields))
        with pytest.raises(NotConfirmed):
            reauth.confirm(asked(prescriber, **fields))

    def test_the_code_of_the_sign_in_does_not_sign(self, prescriber):
        client, code = Client(), prescriber.code()
        client.post("/sign-in/", {"login": prescriber.user.email, "password": prescriber.password})
        client.post("/sign-in/second-factor/", {"code": code})
        with pytest.raises(NotConfirmed):
            reauth.confirm(asked(prescriber, **factories.signing(prescriber) | {"signature_code": code}))

    def test_another_persons_code_does_not_sign(self, prescriber):
        other = factories.staff(Role.PRESCRIBER)
        other_secret = replace(other, secret="KRUGS4ZANFZSAYJAONSWG4TFOQQGK6DB")
        with pytest.raises(NotConfirmed):
            reauth.confirm(
                asked(prescriber, signature_password=other.password, signature_code=other_secret.code())
            )

    def test_guessing_codes_locks(self, prescriber):
        for _ in range(5):
            with pytest.raises(NotConfirmed):
                reauth.confirm(
                    asked(prescriber, **factories.signing(prescriber) | {"signature_code": "000000"})
                )
        with pytest.raises(NotConfirmed, match="Too many attempts"):
            reauth.confirm(asked(prescriber, **factories.signing(prescriber)))

    def test_who_is_locked_out_still_signs_with_a_passkey(self, prescriber, monkeypatch):
        """Five wrong passwords, perhaps a colleague's, must not keep an order from being signed."""
        for _ in range(5):
            with pytest.raises(NotConfirmed):
                reauth.confirm(
                    asked(prescriber, **factories.signing(prescriber) | {"signature_password": "guess"})
                )
        with pytest.raises(NotConfirmed, match="use your passkey"):
            reauth.confirm(asked(prescriber, **factories.signing(prescriber)))
        monkeypatch.setattr(reauth, "_passkey_is_right", lambda user, credential: credential == "right")
        assert reauth.confirm(asked(prescriber, signature_credential="right")).method == "passkey"
        with pytest.raises(NotConfirmed):
            reauth.confirm(asked(prescriber, signature_credential="wrong"))

    @pytest.mark.parametrize(
        "junk", ["x", "{}", "[]", '{"id": 1}', '{"id": "a", "rawId": "b", "response": {}}']
    )
    def test_a_made_up_passkey_signs_nothing(self, prescriber, junk):
        client = factories.signed_in(prescriber)
        response = client.post(
            "/account/password/",
            {"password": "long enough for anyone", "password_again": "long enough for anyone",
             "signature_credential": junk},
        )  # fmt: skip
        assert response.status_code == 422
        assert b"Nothing was signed" in response.content

    def test_what_was_typed_stays_when_the_proof_fails(self, prescriber):
        client = factories.signed_in(factories.staff(Role.ADMINISTRATOR))
        response = client.post("/staff/add/", {"name": "Typed Name", "email": "typed@example.org"})
        assert response.status_code == 422
        assert b"Typed Name" in response.content


class TestSigning:
    def test_a_signature_prints_name_time_meaning_and_method(self, prescriber):
        at = timezone.now()
        made = actions.sign(
            by=prescriber.viewer,
            meaning="I order this dose",
            content=CONTENT,
            reauth=proof(prescriber, at),
            at=at,
        )
        signed = queries.signature(prescriber.viewer, made.id)
        assert (signed.signer, signed.meaning, signed.at) == ("Dr. Ada Moss", "I order this dose", at)
        assert signed.roles == ("prescriber",)
        assert signed.method == "password+totp"

    def test_the_printed_name_is_the_one_of_then(self, prescriber):
        made = actions.sign(
            by=prescriber.viewer, meaning="m", content=CONTENT, reauth=proof(prescriber), at=timezone.now()
        )
        prescriber.user.name = "Dr. Ada Married"
        prescriber.user.save()
        assert queries.signature(prescriber.viewer, made.id).signer == "Dr. Ada Moss"

    @pytest.mark.parametrize(
        "altered",
        [
            CONTENT | {"dose_mg": Decimal("84.0")},
            CONTENT | {"dose_mg": Decimal("56")},
            CONTENT | {"patient": "q"},
            CONTENT | {"overrides": []},
            CONTENT | {"more": 1},
            {},
        ],
    )
    def test_an_altered_or_copied_record_does_not_match(self, prescriber, altered):
        made = actions.sign(
            by=prescriber.viewer, meaning="m", content=CONTENT, reauth=proof(prescriber), at=timezone.now()
        )
        signed = queries.signature(prescriber.viewer, made.id)
        assert signed.matches(CONTENT)
        assert signed.matches(dict(reversed(CONTENT.items())))
        assert not signed.matches(altered)

    def test_another_persons_proof_is_refused(self, prescriber):
        with pytest.raises(Denied):
            actions.sign(
                by=prescriber.viewer,
                meaning="m",
                content=CONTENT,
                reauth=proof(factories.staff(Role.NURSE)),
                at=timezone.now(),
            )

    @pytest.mark.parametrize("minutes", [-1, 3])
    def test_an_old_proof_is_refused(self, prescriber, minutes):
        now = timezone.now()
        with pytest.raises(Denied, match="run out"):
            actions.sign(
                by=prescriber.viewer,
                meaning="m",
                content=CONTENT,
                reauth=proof(prescriber, now - timedelta(minutes=minutes)),
                at=now,
            )

    def test_signing_is_audited_without_the_content(self, prescriber):
        made = actions.sign(
            by=prescriber.viewer, meaning="m", content=CONTENT, reauth=proof(prescriber), at=timezone.now()
        )
        entry = AuditEntry.objects.get(verb="audit.sign")
        assert entry.subject == f"signature {made.id}"
        assert entry.detail == {
            "meaning": "m",
            "content_sha256": made.content_sha256,
            "method": "password+totp",
        }

    def test_the_same_form_signs_once(self, prescriber):
        key, made_id = uuid4(), None
        for _ in range(2):
            made = actions.sign(
                by=prescriber.viewer,
                meaning="m",
                content=CONTENT,
                reauth=proof(prescriber),
                at=timezone.now(),
                idempotency_key=key,
            )
            assert made_id in (None, made.id)
            made_id = made.id
        assert Signature.objects.count() == 1

    def test_the_same_form_signs_nothing_else(self, prescriber):
        said = {"by": prescriber.viewer, "meaning": "m", "at": timezone.now(), "idempotency_key": uuid4()}
        actions.sign(content=CONTENT, reauth=proof(prescriber, said["at"]), **said)
        with pytest.raises(Denied, match="signed something else"):
            actions.sign(
                content=CONTENT | {"dose_mg": Decimal("84.0")}, reauth=proof(prescriber, said["at"]), **said
            )

    def test_another_clinic_does_not_see_it(self, prescriber):
        made = actions.sign(
            by=prescriber.viewer, meaning="m", content=CONTENT, reauth=proof(prescriber), at=timezone.now()
        )
        stranger = factories.viewer(Role.PRESCRIBER, clinic=factories.clinic("Another"))
        with pytest.raises(NotFound):
            queries.signature(stranger, made.id)


class TestCanonical:
    def test_one_spelling(self):
        from datetime import UTC, datetime
        from zoneinfo import ZoneInfo

        at = datetime(2026, 3, 1, 12, tzinfo=UTC)
        same = [
            {"b": at, "a": (1, None, True)},
            {"a": [1, None, True], "b": at.astimezone(ZoneInfo("Asia/Tokyo"))},
        ]
        assert len({sha256_of(each) for each in same}) == 1
        assert canonical_json(same[0]) == '{"a":[1,null,true],"b":"2026-03-01T12:00:00+00:00"}'

    @pytest.mark.parametrize("value", [0.1, object(), {1, 2}])
    def test_what_has_no_one_spelling_is_refused(self, value):
        with pytest.raises(TypeError):
            canonical_json({"a": value})

    def test_a_time_without_zone_is_refused(self):
        from datetime import datetime

        with pytest.raises(TypeError, match="time zone"):
            canonical_json({"a": datetime(2026, 1, 1)})  # noqa: DTZ001
