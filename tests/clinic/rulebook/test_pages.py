"""The medical director's desk through its addresses."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from tests.clinic import factories, patients

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.rulebook import queries
from euthymia.clinic.rulebook.models import BookVersion, RuleSignature
from euthymia.evidence import rules
from euthymia.protocol import Effect, Finding, Outcome, Override

LIST_QUERIES, RULE_QUERIES, SIGN_QUERIES, VERSIONS_QUERIES = 9, 10, 9, 8
LABEL = "US label, version 18 of 13 March 2026"


@pytest.fixture
def director(db: None) -> factories.Staff:
    return factories.staff(Role.MEDICAL_DIRECTOR)


@pytest.fixture
def browser(director: factories.Staff) -> Client:
    return factories.signed_in(director)


def url(name: str, *args: Any, **asked: str) -> str:
    from urllib.parse import urlencode

    return reverse(f"rulebook:{name}", args=args) + (f"?{urlencode(asked)}" if asked else "")


def seen(browser: Client, address: str, status: int = 200) -> str:
    response = browser.get(address)
    assert response.status_code == status
    return response.content.decode()


def hidden(html: str) -> dict[str, Any]:
    """The hidden fields of the page, as a browser sends them back."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', html):
        found.setdefault(name, []).append(value)
    return found | {"idempotency_key": str(uuid4())}


class TestReading:
    def test_every_rule_stands_there_with_what_it_rests_on(self, browser: Client) -> None:
        html = seen(browser, url("rules"))
        for rule in rules("US"):
            assert f'id="rule-{rule}"' in html
        assert html.count("mark-unverified") >= len(rules("US"))
        assert "may only be stricter" in html

    @pytest.mark.parametrize(
        ("asked", "there", "not_there"),
        [
            ({"q": "aneurysmal"}, "CI-1", "MON-1"),
            ({"q": "mon-1"}, "MON-1", "CI-1"),
            ({"effect": "alarm"}, "STOP-1", "CI-1"),
            ({"product": "ketamine-iv"}, "IV-DOSE-1", "CI-1"),
            ({"state": "unverified"}, "CI-1", ""),
            ({"state": "signed"}, "", "CI-1"),
            ({"state": "lapsed"}, "", "CI-1"),
            ({"q": "no such words"}, "", "CI-1"),
        ],
    )
    def test_the_filter(self, browser: Client, asked: dict[str, str], there: str, not_there: str) -> None:
        html = seen(browser, url("rules", **asked))
        assert not there or f'id="rule-{there}"' in html
        assert not not_there or f'id="rule-{not_there}"' not in html

    @pytest.mark.parametrize("role", [Role.NURSE, Role.PRESCRIBER, Role.THERAPIST, Role.ADMINISTRATOR])
    def test_others_read_and_are_offered_nothing_to_sign(self, db: None, role: Role) -> None:
        reader = factories.signed_in(factories.staff(role))
        assert 'type="checkbox"' not in seen(reader, url("rules"))
        assert "Change a threshold" not in seen(reader, url("rule", "PRE-6"))

    def test_a_rule_there_is_not(self, browser: Client) -> None:
        seen(browser, url("rule", "NOT-A-RULE"), 404)
        seen(browser, url("change", "NOT-A-RULE"), 404)

    def test_pages_ask_the_database_little(self, browser: Client, django_assert_max_num_queries: Any) -> None:
        pages = {
            url("rules"): LIST_QUERIES,
            url("rule", "PRE-6"): RULE_QUERIES,
            url("sign", all="1"): SIGN_QUERIES,
            url("versions"): VERSIONS_QUERIES,
        }
        for address, most in pages.items():
            seen(browser, address)
            with django_assert_max_num_queries(most):
                seen(browser, address)


class TestSigning:
    def test_several_at_once_with_password_and_code(self, browser: Client, director: factories.Staff) -> None:
        address = url("sign") + "?rule=CI-1&rule=MON-1"
        form = hidden(seen(browser, address)) | {"label_version": LABEL}
        assert browser.post(address, form).status_code == 422  # nobody proved who they are
        assert not RuleSignature.objects.exists()
        answer = browser.post(address, form | factories.signing(director))
        assert answer.status_code == 303
        assert {row.rule for row in RuleSignature.objects.all()} == {"CI-1", "MON-1"}
        html = seen(browser, url("rules", state="signed"))
        assert 'id="rule-CI-1"' in html
        assert director.user.name in html

    def test_all_that_the_filter_shows(self, browser: Client) -> None:
        html = seen(browser, url("sign", all="1", q="aneurysmal"))
        assert "CI-1=" in html
        assert "MON-1=" not in html

    def test_a_wrong_password_signs_nothing_and_keeps_what_was_typed(
        self, browser: Client, director: factories.Staff
    ) -> None:
        address = url("sign", rule="CI-1")
        form = hidden(seen(browser, address)) | {"label_version": LABEL} | factories.signing(director)
        answer = browser.post(address, form | {"signature_password": "wrong"})
        assert answer.status_code == 422
        assert LABEL in answer.content.decode()
        assert not RuleSignature.objects.exists()


class TestChanging:
    def test_look_then_sign(self, browser: Client, director: factories.Staff) -> None:
        patients.treated(patients.staff(), factories.timezone.now(), 2)
        address = url("change", "PRE-6", t_food_min="180", reason="our patients fast longer")
        html = seen(browser, address)
        assert "120 to 180 min" in html
        assert "of 1 course would be judged otherwise" in html
        answer = browser.post(address, hidden(html) | factories.signing(director))
        assert answer.status_code == 303
        version = BookVersion.objects.get(kind="adopted")
        assert queries.book(director.viewer.clinic_id)["PRE-6"].number("food_min") == 180
        assert "our patients fast longer" in seen(browser, url("version", version.id))
        assert "120 to 180 min" in seen(browser, url("rule", "PRE-6"))
        assert "Changed here" in seen(browser, url("rules", state="changed"))
        assert 'id="rule-PRE-6"' not in seen(browser, url("rules", state="lapsed"))  # it was never signed

    def test_a_looser_label_gate_offers_no_signature(
        self, browser: Client, director: factories.Staff
    ) -> None:
        address = url("change", "PRE-6", t_food_min="60", reason="shorter is nicer")
        html = seen(browser, address)
        assert "by nobody looser" in html
        assert "Sign and adopt" not in html
        answer = browser.post(address, hidden(html) | {"seen_number": "1"} | factories.signing(director))
        assert answer.status_code == 422
        assert not BookVersion.objects.filter(kind="adopted").exists()

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            ("two hours", "whole number"),
            ("12.5", "whole number"),
            ("", "at least one threshold"),
            ("120", "act already"),
        ],
    )
    def test_what_cannot_be_read_is_said(self, browser: Client, typed: str, sentence: str) -> None:
        assert sentence in seen(browser, url("change", "PRE-6", t_food_min=typed, reason="because"))

    def test_another_jurisdiction(self, browser: Client, director: factories.Staff) -> None:
        address = url("jurisdiction", jurisdiction="UK", reason="the clinic moved")
        html = seen(browser, address)
        assert "Rules that no longer act" in html
        assert browser.post(address, hidden(html) | factories.signing(director)).status_code == 303
        assert "United Kingdom" in seen(browser, url("rules"))


class TestTheMark:
    """“unverified” stands wherever a finding is shown, also where it is shown in brief."""

    @pytest.mark.parametrize("part", ["finding", "finding in brief", "gate", "deviation"])
    def test_it_stands_until_the_rule_is_signed(self, part: str) -> None:
        template, of = _PARTS[part]
        for name, marked in ((None, True), ("Dr A. Varga, 3 March 2026", False)):
            html = render_to_string(f"components/{template}.html", of(_finding(name)))
            assert ("mark-unverified" in html) is marked


def _finding(verified_by: str | None) -> Finding:
    rule = replace(rules("US")["PRE-6"], verified_by=verified_by)
    return Finding(
        rule=rule.id,
        outcome=Outcome.UNKNOWN,
        effect=Effect.GATE,
        override=Override.PRESCRIBER,
        sentence="Nobody asked.",
        requirement=rule.wording,
        inputs=(),
        source=rule.requirement.source,
        known=rule.requirement.known,
        label_version=rule.label_version,
        verified_by=rule.verified_by,
    )


_PARTS: dict[str, tuple[str, Callable[[Finding], dict[str, Any]]]] = {
    "finding": ("finding", lambda found: {"finding": found}),
    "finding in brief": ("finding", lambda found: {"finding": found, "brief": True}),
    "gate": ("gate", lambda found: {"title": "Dose", "needed": [found]}),
    "deviation": ("unverified", lambda found: {"of": found}),
}
