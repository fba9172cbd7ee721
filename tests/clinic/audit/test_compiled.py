"""Queries that are put into words once answer as the querysets they were made of."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.models import Count
from django.db.models.functions import Upper
from django.db.transaction import TransactionManagementError
from tests.clinic import factories, patients
from tests.clinic.visits import scenes

from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.audit.compiled import Compiled
from euthymia.clinic.people import queries as people
from euthymia.clinic.people.models import Patient
from euthymia.clinic.visits import models, rows
from euthymia.clinic.visits.models.visit import VisitFact
from euthymia.clinic.visits.record import _standing


@pytest.fixture
def staff(db: None) -> Viewer:
    return factories.viewer(*patients.STAFF)


def everything(row: Any) -> dict[str, Any]:
    """What was read of a row, and of the rows that came with it."""
    beside = {name: other and _own(other) for name, other in row._state.fields_cache.items()}
    return _own(row) | {"beside": beside, "db": row._state.db, "adding": row._state.adding}


def _own(row: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if name != "_state"}


def with_glass(viewer: Viewer, glass: frozenset[UUID]) -> Viewer:
    """The same person while emergency access to these charts runs."""
    return replace(viewer, break_glass=glass)


def facts() -> list[type[VisitFact]]:
    """Every table of facts about a visit."""
    models_of_room = apps.get_app_config("visits").get_models()
    return [model for model in models_of_room if issubclass(model, VisitFact)]


def test_the_rows_of_a_visit_are_those_of_the_queryset(staff: Viewer) -> None:
    visit_id = scenes.recovered(staff)
    other = scenes.monitored(staff, chair_id=scenes.chair(staff, "Chair 2").pk)
    filled = set()
    for model in facts():
        related = [
            f.name for f in model._meta.fields if f.is_relation and f.name not in ("visit", "corrects")
        ]
        for beside in ((), tuple(related)):
            kept = _standing.of_one_visit(model, beside)
            for each in (visit_id, other, uuid4()):
                found = kept(visit=each)
                asked = list(_standing.standing_rows(model, [each], *beside))
                assert [everything(row) for row in found] == [everything(row) for row in asked]
                filled |= {model} if found else set()
    assert len(filled) > 15, filled  # or nothing would have been compared


def test_it_asks_as_often_and_keeps_no_answer(staff: Viewer, django_assert_num_queries: Any) -> None:
    visit_id = scenes.booked(staff)
    rows.visit(staff, visit_id)
    with django_assert_num_queries(1):
        before = rows.visit(staff, visit_id)
    models.Visit.objects.filter(pk=visit_id).update(scheduled_at=before.scheduled_at + timedelta(hours=1))
    assert rows.visit(staff, visit_id).scheduled_at == before.scheduled_at + timedelta(hours=1)


@pytest.mark.parametrize("opened", [False, True])
def test_a_restricted_chart_is_shut_either_way(staff: Viewer, opened: bool) -> None:
    visit_id = scenes.booked(staff)
    patient = Patient.objects.get(courses__visits=visit_id)
    elsewhere = factories.viewer(*patients.STAFF, clinic=factories.clinic("Elm Clinic"))
    glass = frozenset({uuid4()}) if opened else frozenset()  # somebody else's chart
    for hold in (False, True):
        assert rows.visit(with_glass(staff, glass), visit_id, hold=hold).pk == visit_id
        with pytest.raises(NotFound):
            rows.visit(with_glass(elsewhere, glass), visit_id, hold=hold)
    Patient.objects.filter(pk=patient.pk).update(restricted=True)
    shut = with_glass(staff, glass)
    for ask in (lambda: rows.visit(shut, visit_id), lambda: people.row(shut, patient.pk)):
        with pytest.raises(NotFound):
            ask()
    through = with_glass(staff, glass | {patient.pk})
    assert rows.visit(through, visit_id).pk == visit_id
    assert people.row(through, patient.pk).pk == patient.pk


def test_what_it_cannot_do_is_refused(staff: Viewer) -> None:
    by_id = Compiled(lambda patient: Patient.objects.filter(pk=patient), "patient")
    for wrong in ({}, {"patient": "x"}, {"patient": uuid4(), "more": uuid4()}):
        with pytest.raises(TypeError, match="takes a UUID for each of"):
            by_id(**wrong)
    someone = patients.patient(staff)
    assert by_id(patient=str(someone)) == by_id(patient=someone) != []
    with pytest.raises(TypeError, match="does not ask for"):
        Compiled(lambda patient: Patient.objects.all(), "patient")(patient=uuid4())
    with pytest.raises(TypeError, match="cannot annotate"):
        Compiled(lambda patient: Patient.objects.filter(pk=patient).annotate(n=Count("courses")), "patient")(
            patient=uuid4()
        )
    with pytest.raises(TypeError, match="cannot annotate"):
        Compiled(
            lambda patient: Patient.objects.filter(pk=patient).annotate(n=Upper("given_name")), "patient"
        )(patient=uuid4())


@pytest.mark.django_db(transaction=True)
def test_nothing_is_held_outside_of_a_transaction() -> None:
    held = Compiled(lambda patient: Patient.objects.select_for_update().filter(pk=patient), "patient")
    with pytest.raises(TransactionManagementError):
        held(patient=uuid4())
    with transaction.atomic():
        assert held(patient=uuid4()) == []
    assert connection.get_autocommit()
    with pytest.raises(TransactionManagementError):
        held(patient=uuid4())
