"""Totals of scales whose text is not shipped."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.urls import reverse
from tests.clinic import factories, patients

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Denied, NotFound, Viewer
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.courses import facts
from euthymia.clinic.courses.models import Course, Indication
from euthymia.clinic.measures import actions, queries
from euthymia.evidence import scale, scales, sources
from euthymia.evidence._loader import root
from euthymia.protocol import Product

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@pytest.fixture
def nurse(db: None) -> Viewer:
    return factories.viewer(Role.NURSE)


@pytest.fixture
def patient(nurse: Viewer) -> UUID:
    return patients.patient(nurse, NOW)


def score(by: Viewer, patient: UUID, **changed: object) -> UUID:
    said: dict[str, object] = {
        "scale": "y-bocs",
        "total": Decimal(24),
        "scored_at": NOW,
        "scored_by": "Dr Lind, interview",
    }
    return actions.record_scale_score(by=by, at=NOW, patient_id=patient, **(said | changed))  # type: ignore[arg-type]


def test_each_indication_has_a_scale_with_a_licence_and_a_source() -> None:
    assert {each for found in scales() for each in found.indications} == set(Indication.values)
    for found in scales():
        assert found.licence.value
        assert found.licence.source in sources()
        assert found.lowest.value < found.highest.value


def test_no_item_of_any_scale_stands_in_its_file() -> None:
    known = {"id", "title", "indications", "text_may_ship", "licence", "lowest", "highest"}
    for entry in tomllib.loads((root() / "scales/scales.toml").read_text("utf-8"))["scale"]:
        assert set(entry) == known


@pytest.mark.parametrize(("total", "taken"), [(0, True), (40, True), (-1, False), (Decimal("40.1"), False)])
def test_a_total_lies_in_the_scales_range(nurse: Viewer, patient: UUID, total: Decimal, taken: bool) -> None:
    assert scale("y-bocs").highest.value == 40
    if taken:
        score(nurse, patient, total=total)
        assert queries.scale_scores(nurse, patient)[0].total == total
        return
    with pytest.raises(Refused) as refused:
        score(nurse, patient, total=total)
    assert refused.value.field == "total"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"scored_by": " "}, "scored_by"),
        ({"scale": "ham-d"}, "scale"),
        ({"scored_at": NOW + timedelta(1)}, "scored_at"),
    ],
)
def test_what_cannot_be_is_refused(
    nurse: Viewer, patient: UUID, changed: dict[str, object], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        score(nurse, patient, **changed)
    assert refused.value.field == field


def test_a_correction_keeps_the_earlier_total(nurse: Viewer, patient: UUID) -> None:
    first = score(nurse, patient)
    score(nurse, patient, total=Decimal(21), corrects=first, reason="Added up wrongly")
    (found,) = queries.scale_scores(nurse, patient)
    assert (found.total, found.replaces, found.reason) == (Decimal(21), Decimal(24), "Added up wrongly")


def test_the_front_desk_neither_records_nor_reads_it(nurse: Viewer, patient: UUID) -> None:
    desk = factories.viewer(Role.FRONT_DESK)
    with pytest.raises(Denied):
        score(desk, patient)
    with pytest.raises(Denied):
        queries.scale_scores(desk, patient)
    with pytest.raises(NotFound):
        score(factories.viewer(Role.NURSE, clinic=factories.clinic("Elsewhere")), patient)


def test_the_rule_of_an_indication_reads_its_own_scale(nurse: Viewer) -> None:
    prescriber = factories.viewer(*patients.STAFF)
    course_id = patients.referred(prescriber, NOW, Product.KETAMINE_IV)
    Course.objects.filter(id=course_id).update(indication=Indication.OCD)
    patient = Course.objects.get(id=course_id).patient_id
    score(prescriber, patient, scale="gad-7", total=Decimal(9))
    assert facts.eligibility_facts(prescriber, course_id).score is None
    score(prescriber, patient)
    found = facts.eligibility_facts(prescriber, course_id).score
    assert found is not None
    assert found.value.total == 24


def test_the_pages_record_and_show_a_total(db: None) -> None:
    nurse = factories.staff(Role.NURSE)
    patient = patients.patient(nurse.viewer, NOW)
    browser = factories.signed_in(nurse)
    form = {"scale": "pain-0-10", "total": "7", "scored_by": "The patient", "scored_at": "2026-01-02T10:00"}
    address = reverse("measures:add_score", args=[patient])
    assert browser.post(address, form | {"total": "11"}).status_code == 422
    assert browser.post(address, form).status_code == 303
    shown = browser.get(reverse("measures:scores", args=[patient])).content.decode()
    assert "of 10 · Pain from 0 (none)" in shown
    assert "What each licence says" in shown
