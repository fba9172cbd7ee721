"""Consent as it is signed: judged part by part, frozen with its figure, found out when it was changed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import ProgrammingError, connection
from django.urls import reverse
from tests.clinic import factories, patients
from tests.clinic.courses.test_courses import NOW

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.courses import actions, facts, queries
from euthymia.clinic.courses.actions import Ability, Judged, SaidBack
from euthymia.clinic.courses.models import ConsentRecord, Course, Indication
from euthymia.clinic.courses.queries.agreed import _is_intact
from euthymia.evidence import consent_text, rules
from euthymia.protocol import Outcome, consent

pytestmark = pytest.mark.django_db
TEXT = consent_text("us-esketamine-trd-3")


@pytest.fixture
def staff() -> Viewer:
    return factories.viewer(*patients.STAFF)


def sign(by: Viewer, course: queries.CourseView, at: datetime = NOW, **changed: Any) -> UUID:
    return actions.record_consent(
        by=by,
        at=at,
        course_id=course.id,
        consent=patients.consent(course, NOW, **changed),
        reauth=patients.proof(by, at),
    )


def asks_again(by: Viewer, course_id: UUID) -> bool:
    return queries.asks_again(queries.course(by, course_id), queries.consents(by, course_id))


def abilities(**changed: Ability) -> tuple[Ability, ...]:
    found = {each.key: Ability(each.key, True, "Says it back") for each in TEXT.abilities}
    return tuple((found | changed).values())


def answers(**changed: SaidBack) -> tuple[SaidBack, ...]:
    found = {each.key: SaidBack(each.key, "I stay", Judged.UNDERSTOOD) for each in TEXT.questions}
    return tuple((found | changed).values())


def finding(by: Viewer, course_id: UUID, rule: str) -> Any:
    found = consent.assess(facts.consent_facts(by, course_id), rules("US"), NOW)
    return next(each for each in found if each.rule == rule)


def test_what_was_signed_is_kept_with_its_figure_and_its_hash(staff: Viewer) -> None:
    course = queries.course(staff, patients.eligible(staff, NOW))
    sign(staff, course)
    (signed,) = queries.consents(staff, course.id)
    assert signed.intact
    assert signed.frozen == json.loads(json.dumps(TEXT.content))
    assert signed.frozen["figure"]["rows"]
    assert [answer["text"] for answer in signed.answers] == [each.text for each in TEXT.questions]
    assert queries.course(staff, course.id).state == "consented"


def test_a_changed_figure_or_word_no_longer_has_the_hash(staff: Viewer) -> None:
    row = ConsentRecord.objects.get(course=patients.consented(staff, NOW))
    assert _is_intact(row)
    row.frozen["figure"]["rows"][0]["with"] = "99"
    assert not _is_intact(row)
    row.refresh_from_db()
    row.text = row.text.replace("41 of 100", "4 of 100")
    assert not _is_intact(row)


def test_a_consent_to_an_earlier_edition_is_still_read_and_checked_by_its_words(staff: Viewer) -> None:
    row = ConsentRecord.objects.get(course=patients.consented(staff, NOW))
    earlier = consent_text("us-esketamine-2")
    row.frozen, row.text, row.text_sha256 = None, earlier.text, earlier.sha256
    assert _is_intact(row)
    row.text = earlier.text + " "
    assert not _is_intact(row)


def test_a_signed_consent_cannot_be_changed_in_the_database(staff: Viewer) -> None:
    patients.consented(staff, NOW)
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE courses_consentrecord SET frozen = '{}'")


@pytest.mark.parametrize("key", [each.key for each in TEXT.abilities])
def test_without_any_one_ability_it_is_on_record_and_moves_nothing(staff: Viewer, key: str) -> None:
    course = queries.course(staff, patients.eligible(staff, NOW))
    sign(staff, course, abilities=abilities(**{key: Ability(key, False, "Could not")}))
    assert queries.course(staff, course.id).state == "eligible"
    assert ConsentRecord.objects.count() == 1
    assert finding(staff, course.id, "CON-1").outcome is Outcome.VIOLATED


def test_an_answer_not_understood_is_on_record_and_moves_nothing(staff: Viewer) -> None:
    course = queries.course(staff, patients.eligible(staff, NOW))
    wrong = SaidBack("after", "I drive home", Judged.NOT_UNDERSTOOD)
    sign(staff, course, answers=answers(after=wrong))
    assert queries.course(staff, course.id).state == "eligible"
    assert "not understood" in finding(staff, course.id, "CON-1").sentence
    later = NOW + timedelta(minutes=5)
    sign(staff, course, later, answers=answers(after=replace(wrong, judged=Judged.AFTER_EXPLAINING)))
    assert queries.course(staff, course.id).state == "consented"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"patient_name": " "}, "patient_name"),
        ({"abilities": abilities(weigh=Ability("weigh", True, " "))}, "basis_weigh"),
        ({"abilities": ()}, "basis_understand"),
        ({"answers": answers(harm=SaidBack("harm", " ", Judged.UNDERSTOOD))}, "answer_harm"),
        ({"answers": ()}, "answer_course"),
        ({"interpreter": "A. Sy", "language": "Wolof"}, "interpreted_by"),
        ({"interpreter": "A. Sy", "interpreted_by": "telephone"}, "language"),
    ],
)
def test_what_shows_understanding_cannot_be_left_out(
    staff: Viewer, changed: dict[str, Any], field: str
) -> None:
    course = queries.course(staff, patients.eligible(staff, NOW))
    with pytest.raises(Refused) as refused:
        sign(staff, course, **changed)
    assert refused.value.field == field
    assert not ConsentRecord.objects.exists()


def test_a_text_signed_in_an_earlier_version_asks_an_open_course_again(staff: Viewer) -> None:
    course_id = patients.consented(staff, NOW)
    assert not asks_again(staff, course_id)
    Course.objects.filter(id=course_id).update(indication=Indication.MDSI)  # its text is another
    assert asks_again(staff, course_id)
    assert finding(staff, course_id, "CON-2").outcome is Outcome.VIOLATED
    actions.withdraw(by=staff, at=NOW, course_id=course_id, words="", withdrawn_at=NOW)
    assert not asks_again(staff, course_id)


def test_what_is_in_use_nowhere_has_no_text_to_sign(staff: Viewer) -> None:
    course = queries.course(staff, patients.eligible(staff, NOW))
    Course.objects.filter(id=course.id).update(indication=Indication.OCD)
    assert queries.consent_text(staff, course.id) is None
    with pytest.raises(Refused, match="no consent text"):
        sign(staff, course)


def test_the_page_shows_the_text_its_figure_and_the_way_to_the_public_page() -> None:
    nurse = factories.staff(*patients.STAFF)
    course_id = patients.consented(nurse.viewer, datetime.now(UTC))
    browser = factories.signed_in(nurse)
    page = browser.get(reverse("courses:consent", args=[course_id])).content.decode()
    assert "29 of 100" in page
    assert page.count("<circle") > 1000
    assert f"/about/{TEXT.id}/" in page
    signed = queries.consents(nurse.viewer, course_id)[0]
    copy = browser.get(reverse("courses:consent_copy", args=[course_id, signed.id])).content.decode()
    assert signed.text_sha256 in copy
    assert "Source: Johnson &amp; Johnson" in copy
    assert "not what was signed" not in copy
    assert Role.NURSE in nurse.viewer.roles
