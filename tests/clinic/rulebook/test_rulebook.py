"""The clinic's rule book: which rules act, who signed them, and what stays as it was."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from tests.clinic import factories, patients
from tests.clinic.visits import scenes
from tests.clinic.visits.scenes import NOW, minutes

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Denied, NotFound, Viewer
from euthymia.clinic.audit.canonical import sha256_of
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.courses import queries as courses
from euthymia.clinic.courses.models import EligibilityDecision
from euthymia.clinic.rulebook import actions, content, impact, queries
from euthymia.clinic.rulebook.models import BookVersion, RuleSignature
from euthymia.clinic.visits.models import Visit
from euthymia.clinic.visits.record import Record
from euthymia.evidence import RuleBook, rules
from euthymia.protocol import Effect, Finding, Outcome, Override, Product
from euthymia.protocol.changes import Change

LABEL = "US label, version 18 of 13 March 2026"
FOOD = ("PRE-6", "food_min")  # rests on the label
SEDATION_AGE = ("MON-6", "reading_age_max")  # ours


@pytest.fixture
def director(db: None) -> Viewer:
    return factories.viewer(Role.MEDICAL_DIRECTOR)


def sign(by: Viewer, *ids: str, at: Any = NOW, **more: Any) -> Any:
    book = queries.book(by.clinic_id)
    said = {
        "seen": {each: content.sha256(book[each]) for each in ids},
        "label_version": LABEL,
        "reauth": patients.proof(by, at),
    }
    return actions.sign_rules(by=by, at=at, **(said | more))


def adopt(by: Viewer, target: tuple[str, str], value: Any, at: Any = NOW, **more: Any) -> int:
    said = {
        "changes": [Change(*target, value, "our patients fast longer")],
        "why": "our patients fast longer",
        "seen_number": queries.version(by.clinic_id),
        "reauth": patients.proof(by, at),
    }
    return actions.adopt(by=by, at=at, **(said | more))


def acting(by: Viewer, target: tuple[str, str]) -> Any:
    return queries.book(by.clinic_id)[target[0]].thresholds[target[1]].value


class TestVersions:
    def test_without_a_decision_the_delivered_rules_act_unverified(self, director: Viewer) -> None:
        book = queries.book(director.clinic_id)
        assert dict(book) == dict(rules("US"))
        assert queries.version(director.clinic_id) == 1
        assert not queries.current(director.clinic_id).kept

    def test_what_acts_is_written_down_once(self, director: Viewer) -> None:
        assert [actions.keep_current(by=director, at=NOW) for _ in range(3)] == [1, 1, 1]
        assert BookVersion.objects.filter(clinic_id=director.clinic_id).count() == 1

    def test_a_number_the_clinic_has_not_come_to_is_not_found(self, director: Viewer) -> None:
        actions.keep_current(by=director, at=NOW)
        for number in (0, 2, -1):
            with pytest.raises(NotFound):
                queries.book_of_version(director.clinic_id, number)

    def test_another_clinics_versions_are_not_there(self, director: Viewer) -> None:
        elsewhere = factories.viewer(Role.MEDICAL_DIRECTOR, clinic=factories.clinic("Another Clinic"))
        adopt(elsewhere, FOOD, 180)
        theirs = BookVersion.objects.get(clinic_id=elsewhere.clinic_id, number=2)
        assert acting(director, FOOD) == 120
        assert queries.versions(director) == ()
        with pytest.raises(NotFound):
            queries.book_of_version(director.clinic_id, 2)
        with pytest.raises(NotFound):
            queries.version_row(director, theirs.id)

    def test_what_a_version_says_never_changes(self, director: Viewer) -> None:
        """Seeded changes of several thresholds, back and forth; after each, every version reads as it first did."""
        draw, read = random.Random(20261121), {}
        for step in range(12):
            target, values = draw.choice([(FOOD, (120, 150, 180)), (SEDATION_AGE, (15, 20, 30, 45))])
            value = draw.choice([each for each in values if each != acting(director, target)])
            number = adopt(director, target, value, at=NOW + timedelta(days=step))
            read[number] = _content(queries.book_of_version(director.clinic_id, number))
            if step % 3 == 0:
                sign(director, *draw.sample(sorted(rules("US")), 3), at=NOW + timedelta(days=step))
            for earlier, was in read.items():
                assert _content(queries.book_of_version(director.clinic_id, earlier)) == was
        assert len({str(each) for each in read.values()}) > 3

    def test_a_kept_version_reads_as_the_book_it_was_made_from(self, director: Viewer) -> None:
        actions.keep_current(by=director, at=NOW)
        kept = queries.book_of_version(director.clinic_id, 1)
        assert dict(kept) == dict(rules("US"))

    def test_a_rule_the_program_brings_later_can_be_asked_for_in_an_old_version(
        self, director: Viewer
    ) -> None:
        base = rules("US")
        old = [content.to_json(rule) for rule in base.values() if rule.id != "MON-1"]
        old[0] = {key: value for key, value in old[0].items() if key != "alternatives"}
        found = content.from_json(old, base)
        assert found["MON-1"] == base["MON-1"]
        assert found == dict(base)


def _content(book: RuleBook) -> dict[str, Any]:
    return {key: content.to_json(rule) for key, rule in book.items()}


class TestSigning:
    def test_the_director_signs_several_rules_under_one_signature(self, director: Viewer) -> None:
        sign(director, "CI-1", "MON-1")
        book = queries.book(director.clinic_id)
        assert book["CI-1"].verified_by == f"{director.name}, 20 November 2026"
        assert book["MON-1"].verified_by
        assert book["CI-2"].verified_by is None
        assert len({row.signature_id for row in RuleSignature.objects.all()}) == 1
        assert AuditEntry.objects.filter(verb="rulebook.sign_rules").count() == 1

    @pytest.mark.parametrize("role", [role for role in Role if role is not Role.MEDICAL_DIRECTOR])
    def test_nobody_else_signs_or_changes(self, db: None, role: Role) -> None:
        by = factories.viewer(role)
        with pytest.raises(Denied):
            sign(by, "CI-1")
        with pytest.raises(Denied):
            adopt(by, FOOD, 180)
        with pytest.raises(Denied):
            actions.choose_jurisdiction(
                by=by, at=NOW, jurisdiction="UK", why="x", seen_number=1, reauth=patients.proof(by, NOW)
            )
        assert queries.book(by.clinic_id)["CI-1"].verified_by is None

    def test_a_label_must_be_named_and_a_rule_chosen(self, director: Viewer) -> None:
        with pytest.raises(Refused, match="Name the label"):
            sign(director, "CI-1", label_version="  ")
        with pytest.raises(Refused, match="at least one rule"):
            sign(director)

    def test_what_was_not_shown_as_it_is_cannot_be_signed(self, director: Viewer) -> None:
        with pytest.raises(Refused, match="Changed since this page was opened: PRE-6"):
            sign(director, seen={"PRE-6": "0" * 64})
        with pytest.raises(Refused, match="NOT-A-RULE"):
            sign(director, seen={"NOT-A-RULE": "0" * 64})

    def test_the_same_form_twice_signs_once(self, director: Viewer) -> None:
        key = uuid4()
        assert sign(director, "CI-1", idempotency_key=key) == sign(director, "CI-1", idempotency_key=key)
        assert RuleSignature.objects.count() == 1

    def test_a_rule_that_changes_is_unverified_again_and_verified_when_it_changes_back(
        self, director: Viewer
    ) -> None:
        sign(director, "PRE-6")
        adopt(director, FOOD, 180)
        assert queries.book(director.clinic_id)["PRE-6"].verified_by is None
        (row,) = queries.rows_of(director, ["PRE-6"])
        assert (row.signed, row.lapsed is not None) == (None, True)
        adopt(director, FOOD, 120)
        assert queries.book(director.clinic_id)["PRE-6"].verified_by

    @pytest.mark.parametrize(
        ("changed", "binds"),
        [
            ({"requirement": lambda old: replace(old, value="Something else must hold")}, True),
            ({"effect": lambda old: replace(old, value="notice")}, True),
            ({"override": lambda old: replace(old, value="nobody")}, True),
            ({"label_version": lambda old: "version 19"}, True),
            ({"thresholds": lambda old: {}}, True),
            ({"title": lambda old: "Another heading"}, False),
            ({"requirement": lambda old: replace(old, note="Read again")}, False),
        ],
    )
    def test_what_a_signature_binds(self, changed: dict[str, Callable[[Any], Any]], binds: bool) -> None:
        rule = rules("US")["PRE-6"]
        other = replace(rule, **{name: made(getattr(rule, name)) for name, made in changed.items()})
        assert (content.sha256(other) != content.sha256(rule)) is binds

    def test_a_finding_carries_the_name_and_a_frozen_one_keeps_what_it_was(self, director: Viewer) -> None:
        staff = patients.staff()
        course_id = patients.eligible(staff, timezone.now())
        sign(director, "CI-1", at=timezone.now())
        now = courses.assessment(staff, course_id, timezone.localtime(timezone.now())).findings
        assert {each.rule: bool(each.verified_by) for each in now}["CI-1"]
        frozen = {each["rule"]: each["verified_by"] for each in EligibilityDecision.objects.get().findings}
        assert frozen["CI-1"] is None


class TestAdopting:
    def test_a_label_gate_is_not_loosened_and_a_sentence_says_why(self, director: Viewer) -> None:
        with pytest.raises(Refused, match=r"PRE-6, Food, at least 60: .*label.*by nobody looser"):
            adopt(director, FOOD, 60)
        assert acting(director, FOOD) == 120
        assert not BookVersion.objects.filter(kind="adopted").exists()

    def test_it_is_tightened_and_a_default_of_ours_goes_either_way(self, director: Viewer) -> None:
        assert adopt(director, FOOD, 180) == 2
        assert adopt(director, SEDATION_AGE, 45) == 3
        assert adopt(director, SEDATION_AGE, 20) == 4
        assert (acting(director, FOOD), acting(director, SEDATION_AGE)) == (180, 20)
        assert "180" in queries.book(director.clinic_id)["PRE-6"].wording

    def test_a_reason_is_needed_and_something_must_change(self, director: Viewer) -> None:
        with pytest.raises(Refused, match="Say why"):
            adopt(director, FOOD, 180, why=" ")
        with pytest.raises(Refused, match="act already"):
            adopt(director, FOOD, 120)

    def test_who_looked_at_an_older_version_looks_again(self, director: Viewer) -> None:
        adopt(director, FOOD, 180)
        with pytest.raises(Refused, match="Meanwhile version 2"):
            adopt(director, FOOD, 200, seen_number=1)

    def test_the_same_form_twice_adopts_once(self, director: Viewer) -> None:
        key = uuid4()
        assert adopt(director, FOOD, 180, idempotency_key=key) == 2
        assert adopt(director, FOOD, 180, idempotency_key=key, seen_number=1) == 2
        assert queries.version(director.clinic_id) == 2

    def test_with_the_label_named_the_changed_rule_is_signed_too(self, director: Viewer) -> None:
        adopt(director, FOOD, 180, label_version=LABEL)
        assert queries.book(director.clinic_id)["PRE-6"].verified_by

    def test_what_was_signed_can_be_recomputed_from_the_record(self, director: Viewer) -> None:
        adopt(director, FOOD, 180, label_version=LABEL)
        sign(director, "CI-1", "MON-1")
        version = BookVersion.objects.get(kind="adopted")
        assert version.signature is not None
        assert version.signature.content_sha256 == sha256_of(
            {
                "number": version.number,
                "jurisdiction": version.jurisdiction,
                "content_sha256": version.content_sha256,
                "changed": version.changed,
                "why": version.why,
            }
        )
        book = queries.book_of_version(director.clinic_id, version.number)
        assert content.sha256_of_book(book) == version.content_sha256
        rows = RuleSignature.objects.filter(rule__in=["CI-1", "MON-1"])
        signed = {"rules": {row.rule: row.content_sha256 for row in rows}, "label": LABEL}
        assert {row.signature.content_sha256 for row in rows} == {sha256_of(signed)}

    def test_the_history_says_who_when_why_and_from_what(self, director: Viewer) -> None:
        adopt(director, FOOD, 180)
        ((version, change),) = queries.history_of(director, "PRE-6")
        assert (change.before, change.after, change.unit, change.way) == ("120", "180", "min", "stricter")
        assert (version.signer, version.why, version.effective_at) == (
            director.name,
            "our patients fast longer",
            NOW,
        )
        (limit,) = [each for each in queries.rule_row(director, "PRE-6").limits if each.name == "food_min"]
        assert (limit.is_local, limit.delivered, limit.bound) == (True, "120", True)

    def test_a_course_goes_by_it_at_once_and_a_visit_under_way_does_not(self, director: Viewer) -> None:
        """A stricter criterion turns a course's finding; the visit that began keeps its own, the next one has it."""
        staff, now = patients.staff(), timezone.now()
        course_id = patients.with_history(staff, now, Product.KETAMINE_IV)
        begun = Visit.objects.get(id=scenes.asked(staff, NOW))
        waiting = Visit.objects.get(id=scenes.booked(staff, NOW, chair_id=scenes.chair(staff, "Chair 2").pk))
        assert _outcome(staff, course_id) == "satisfied"
        adopt(director, ("IV-IND-1", "failures_min"), 3, at=now)
        adopt(director, FOOD, 360, at=now)
        assert _outcome(staff, course_id) == "violated"
        begun, waiting = (Visit.objects.get(id=each.id) for each in (begun, waiting))
        assert (begun.book_version, waiting.book_version) == (1, None)
        assert Record(begun).rules["PRE-6"].number("food_min") == 120
        assert Record(waiting).rules["PRE-6"].number("food_min") == 360

    def test_the_preview_names_courses_and_visits_it_touches(self, director: Viewer) -> None:
        staff, now = patients.staff(), timezone.now()
        patients.with_history(staff, now, Product.KETAMINE_IV)
        visit_id = scenes.asked(staff, NOW)
        failures = queries.proposed(director, [Change("IV-IND-1", "failures_min", 3, "stricter")])
        found = impact.of(director, failures.before, failures.after, now)
        (course,) = found.courses.turned
        assert [(each.rule, each.outcome_before, each.outcome_after) for each in course.matters] == [
            ("IV-IND-1", "met", "not met")
        ]
        fasting = queries.proposed(director, [Change(*FOOD, 360, "stricter")])
        under_way = impact.of(director, fasting.before, fasting.after, minutes(1)).visits
        (visit,) = under_way.turned
        assert str(visit_id) in visit.url
        assert [each.tightens for each in visit.differs if each.rule == "PRE-6"] == [True]

    def test_a_restricted_chart_is_counted_and_not_named(self, director: Viewer) -> None:
        from euthymia.clinic.people.models import Patient

        staff, now = patients.staff(), timezone.now()
        patients.with_history(staff, now, Product.KETAMINE_IV)
        Patient.objects.update(restricted=True)
        wanted = queries.proposed(director, [Change("IV-IND-1", "failures_min", 3, "stricter")])
        found = impact.of(director, wanted.before, wanted.after, now).courses
        assert (found.looked_at, found.hidden, found.touched) == (0, 1, ())


def _outcome(by: Viewer, course_id: Any) -> str:
    found = courses.assessment(by, course_id, timezone.localtime(timezone.now())).findings
    return {each.rule: each.outcome.value for each in found}["IV-IND-1"]


class TestImpact:
    @pytest.mark.parametrize(
        ("before", "after", "matters"),
        [
            ("satisfied", "violated", True),
            ("unknown", "satisfied", True),
            ("violated", None, True),
            (None, "unknown", True),
            ("satisfied", None, False),
            (None, "satisfied", False),
            ("unknown", "unknown", False),
        ],
    )
    def test_what_would_newly_stand_in_the_way_or_no_longer_would(
        self, before: str | None, after: str | None, matters: bool
    ) -> None:
        (found,) = impact.compare(
            *([_said(each, n)] if each else [] for n, each in enumerate((before, after)))
        )
        assert found.matters is matters

    def test_it_is_counted_by_rule_and_by_course(self) -> None:
        (worse,) = impact.compare([_said("satisfied", 0)], [_said("violated", 1)])
        (better,) = impact.compare([_said("unknown", 0)], [])
        courses = [impact.Touched("A B", "spray", "Planned", "/", (each,)) for each in (worse, worse, better)]
        judged = impact.Judged(3, 0, tuple(courses))
        assert judged.by_rule == (("PRE-6", rules("US")["PRE-6"].wording, 2, 1),)
        assert [one.counts for one in judged.turned] == [
            "1 newly in the way",
            "1 newly in the way",
            "1 no longer in the way",
        ]

    def test_who_signed_it_is_no_difference(self) -> None:
        found = _said("satisfied", 0)
        assert impact.compare([found], [replace(found, verified_by="Dr A. Varga")]) == ()


def _said(outcome: str, number: int) -> Finding:
    """A finding of PRE-6 whose sentence differs by ``number``."""
    rule = rules("US")["PRE-6"]
    return Finding(
        rule=rule.id,
        outcome=Outcome(outcome),
        effect=Effect.GATE,
        override=Override.PRESCRIBER,
        sentence=f"Judged by book {number}.",
        requirement=rule.wording,
        inputs=(),
        source=rule.requirement.source,
        known=rule.requirement.known,
        label_version=rule.label_version,
    )


class TestJurisdiction:
    def test_another_one_is_a_new_version_without_the_clinics_own_thresholds(self, director: Viewer) -> None:
        adopt(director, FOOD, 180)
        sign(director, "CI-1")
        number = actions.choose_jurisdiction(
            by=director, at=NOW, jurisdiction="UK", why="the clinic moved", seen_number=2,
            reauth=patients.proof(director, NOW),
        )  # fmt: skip
        book = queries.book(director.clinic_id)
        assert (number, book.jurisdiction, queries.version(director.clinic_id)) == (3, "UK", 3)
        assert {key: rule.wording for key, rule in book.items()} == {
            key: rule.wording for key, rule in rules("UK").items()
        }
        assert queries.book_of_version(director.clinic_id, 2)["PRE-6"].number("food_min") == 180
        assert queries.versions(director)[0].why == "the clinic moved"

    @pytest.mark.parametrize(
        ("wanted", "why", "sentence"), [("US", "x", "already"), ("XX", "x", "listed"), ("UK", "", "Say why")]
    )
    def test_what_is_refused(self, director: Viewer, wanted: str, why: str, sentence: str) -> None:
        with pytest.raises(Refused, match=sentence):
            actions.choose_jurisdiction(
                by=director,
                at=NOW,
                jurisdiction=wanted,
                why=why,
                seen_number=1,
                reauth=patients.proof(director, NOW),
            )
        assert queries.book(director.clinic_id).jurisdiction == "US"
