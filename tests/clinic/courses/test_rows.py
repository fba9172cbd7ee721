"""What the database itself holds: facts stay, states leave their history, whoever writes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from tests.clinic import patients

from euthymia.clinic.audit.bases import Fact
from euthymia.clinic.courses.models import Course
from euthymia.clinic.people.models import Patient
from euthymia.clinic.safety.models import Task

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
FACTS = [
    model
    for room in ("people", "measures", "safety", "courses")
    for model in apps.get_app_config(room).get_models()
    if issubclass(model, Fact)
]


@pytest.mark.parametrize("model", FACTS, ids=lambda model: model.__name__)
@pytest.mark.parametrize("statement", ["UPDATE {} SET reason = 'x'", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_no_fact_can_be_changed_or_removed(db: None, model: type[Fact], statement: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(model._meta.db_table))


@pytest.mark.parametrize("model", [Patient, Course, Task], ids=lambda model: model.__name__)
def test_no_state_can_be_removed(db: None, model: type) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {model._meta.db_table}")  # type: ignore[attr-defined]


def test_a_bulk_write_leaves_its_history(db: None) -> None:
    staff = patients.staff()
    course = patients.referred(staff, NOW)
    Course.objects.filter(pk=course).update(referral_reason="Changed in bulk")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE courses_course SET referral_reason = 'Changed by hand' WHERE id = %s", [course]
        )
    history = Course.pgh_event_model.objects.filter(pgh_obj_id=course).order_by("pgh_id")  # type: ignore[attr-defined]
    assert [row.referral_reason for row in history] == [
        "Depression that did not respond",
        "Changed in bulk",
        "Changed by hand",
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE people_patient SET sex = 'robot'",
        "UPDATE courses_course SET state = 'cured'",
        "UPDATE courses_course SET product = 'psilocybin'",
    ],
)
def test_the_database_refuses_words_it_does_not_know(db: None, statement: str) -> None:
    patients.referred(patients.staff(), NOW)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
