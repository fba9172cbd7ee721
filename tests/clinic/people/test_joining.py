"""Two records of one person: signed, seen from both, closed to orders on one side, and undone."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone
from tests.clinic import factories, patients

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Denied, NotFound
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.courses import actions as courses
from euthymia.clinic.people import actions as people
from euthymia.clinic.people import duplicates, joining, queries
from euthymia.clinic.people.models import Patient, SamePerson
from euthymia.clinic.visits import actions as visits
from euthymia.protocol import Product

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def prescriber(viewer_of):
    return viewer_of(Role.PRESCRIBER)


def pair(by) -> tuple:
    same = {"given_name": "Mia", "birth_date": date(1980, 5, 31)}
    old = patients.patient(by, family_name="Łoś", medical_record_number="OLD", **same)
    return old, patients.patient(by, family_name="Los", medical_record_number="NEW", **same)


def join(by, retired_id, surviving_id):
    return joining.join(
        by=by,
        at=NOW,
        retired_id=retired_id,
        surviving_id=surviving_id,
        why="Identity card",
        reauth=patients.proof(by, NOW),
    )


def undo(by, joined_id, patient_id):
    joining.undo(
        by=by,
        at=NOW,
        joined_id=joined_id,
        patient_id=patient_id,
        why="A twin",
        reauth=patients.proof(by, NOW),
    )


def refer(by, patient_id):
    return courses.refer(
        by=by,
        at=NOW,
        patient_id=patient_id,
        product=Product.KETAMINE_IV,
        referred_by="Dr Q",
        referred_on=date(2026, 1, 5),
        referral_reason="Depression",
    )


def test_the_retired_record_takes_no_orders_until_it_is_undone(prescriber):
    old, new = pair(prescriber)
    joined_id = join(prescriber, old, new)
    with pytest.raises(Refused, match="chart is NEW"):
        refer(prescriber, old)
    refer(prescriber, new)
    undo(prescriber, joined_id, old)
    refer(prescriber, old)


def test_a_course_that_was_going_on_is_neither_planned_nor_booked(prescriber):
    course_id = patients.planned(prescriber, NOW)
    old = courses_patient(course_id)
    new = patients.patient(prescriber, medical_record_number="NEW")
    join(prescriber, old, new)
    with pytest.raises(Refused, match="chart is NEW"):
        visits.book(by=prescriber, at=NOW, course_id=course_id, chair_id=1, scheduled_at=NOW, minutes=150)


def courses_patient(course_id):
    from euthymia.clinic.courses.models import Course

    return Course.objects.get(pk=course_id).patient_id


def test_what_happened_is_recorded_on_a_retired_record_all_the_same(prescriber):
    old, new = pair(prescriber)
    join(prescriber, old, new)
    people.record_allergies(by=prescriber, at=NOW, patient_id=old, allergies="Penicillin")
    alerts = queries.banner(prescriber, new, NOW).alerts
    assert "Allergies on record OLD: Penicillin" in alerts
    assert "Retired record: this person’s chart is NEW" in queries.banner(prescriber, old, NOW).alerts
    Patient.objects.filter(pk=old).update(restricted=True)
    alerts = queries.banner(prescriber, new, NOW).alerts
    assert "Allergies on record OLD: restricted, open it to read them" in alerts
    assert "Penicillin" not in " ".join(alerts)


def test_both_charts_point_to_each_other_and_the_facts_of_each_stay(prescriber, client_of):
    old, new = pair(prescriber)
    people.record_trial(by=prescriber, at=NOW, patient_id=old, trial=patients.failed_trial())
    join(prescriber, old, new)
    assert queries.count_trials(prescriber, old) == 1
    assert queries.count_trials(prescriber, new) == 0
    client = client_of(Role.NURSE)
    assert "This record is retired." in client.get(reverse("people:chart", args=[old])).content.decode()
    shown = client.get(reverse("people:chart", args=[new])).content.decode()
    assert reverse("people:chart", args=[old]) in shown


def test_a_record_is_retired_once_and_not_into_a_retired_one(prescriber):
    old, new = pair(prescriber)
    third = patients.patient(prescriber)
    join(prescriber, old, new)
    for retired_id, surviving_id in ((old, third), (third, old), (new, old)):
        with pytest.raises(Refused, match="retired already"):
            join(prescriber, retired_id, surviving_id)
    with pytest.raises(Refused, match="one record"):
        join(prescriber, third, third)


def test_undoing_is_signed_once_and_stays_on_record(prescriber):
    old, new = pair(prescriber)
    joined_id = join(prescriber, old, new)
    undo(prescriber, joined_id, new)
    with pytest.raises(Refused, match="already"):
        undo(prescriber, joined_id, new)
    (seen,) = duplicates.joined(prescriber, new)
    assert (seen.why, seen.undone_why, seen.undone_by) == ("Identity card", "A twin", prescriber.name)
    join(prescriber, new, old)  # the other way round, now that nothing stands


def test_a_nurse_signs_none_and_nobody_joins_across_clinics(prescriber, viewer_of):
    old, new = pair(prescriber)
    with pytest.raises(Denied):
        join(viewer_of(Role.NURSE), old, new)
    elsewhere = viewer_of(Role.PRESCRIBER, clinic=factories.clinic("Elsewhere"))
    theirs = patients.patient(elsewhere)
    for retired_id, surviving_id in ((old, theirs), (theirs, old)):
        with pytest.raises(NotFound):
            join(prescriber, retired_id, surviving_id)


def test_the_page_finds_compares_and_signs(staff_of):
    person = staff_of(Role.PRESCRIBER)
    old, new = pair(person.viewer)
    client = factories.signed_in(person)
    page = reverse("people:join", args=[new])
    assert "?record=OLD" in client.get(page).content.decode()
    beside = client.get(page, {"record": "OLD"})
    assert "the same birth date and the same name" in beside.content.decode()
    unsigned = client.post(f"{page}?record=OLD", {"stands": "this", "why": "Identity card"})
    assert unsigned.status_code == 422
    assert SamePerson.objects.count() == 0
    sent = {"stands": "this", "why": "Identity card"} | factories.signing(person)
    assert client.post(f"{page}?record=OLD", sent).status_code == 303
    fact = SamePerson.objects.get()
    assert (fact.retired_id, fact.surviving_id) == (old, new)


def test_the_database_lets_nobody_change_a_joining(prescriber):
    join(prescriber, *pair(prescriber))
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE people_sameperson SET why = 'nothing'")


def test_the_record_that_stands_is_found_where_only_the_retired_one_looks_alike(prescriber):
    old = patients.patient(
        prescriber, given_name="Mia", family_name="Before", birth_date=date(1980, 5, 31), phone=""
    )
    new = patients.patient(
        prescriber, given_name="Mia", family_name="Afterwards", birth_date=date(1980, 1, 1), phone=""
    )
    join(prescriber, old, new)
    asked = duplicates.Described("Mia", "Before", date(1980, 5, 31))
    found = duplicates.candidates(prescriber, asked)
    assert [(each.id, each.retired) for each in found] == [(new, False), (old, True)]


def test_why_two_records_are_one_is_told_to_those_who_may_see_charts(prescriber, viewer_of, client_of):
    old, new = pair(prescriber)
    join(prescriber, old, new)
    assert duplicates.joined(prescriber, new)[0].why == "Identity card"
    assert duplicates.joined(viewer_of(Role.FRONT_DESK), new)[0].why == ""
    page = client_of(Role.FRONT_DESK).get(reverse("people:details", args=[new])).content.decode()
    assert "OLD" in page
    assert "Identity card" not in page
