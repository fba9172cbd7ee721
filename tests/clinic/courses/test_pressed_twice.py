"""A form's key writes nothing for another clinic or person, and a button pressed twice at once writes once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.utils import timezone
from tests.clinic import factories, patients

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.courses.actions import referral_links
from euthymia.clinic.people import actions as people
from euthymia.clinic.people import joining
from euthymia.clinic.people.models import Patient
from euthymia.clinic.visits.actions import house

NOW = timezone.now()
STAFF = (*patients.STAFF, Role.MEDICAL_DIRECTOR)


def _register(by: Viewer, key: UUID) -> Any:
    new = patients.details(medical_record_number="K-1")
    return people.register(by=by, at=NOW, details=new, idempotency_key=key)


def _close(by: Viewer, key: UUID) -> Any:
    day = date(2030, 1, 1)
    return house.close_house(by=by, at=NOW, starts_on=day, ends_on=day, why="painters", idempotency_key=key)


def _link(by: Viewer, key: UUID) -> Any:
    new = referral_links.NewLink(referrer_name="Q", days=1, uses=1)
    return referral_links.make_link(by=by, at=NOW, new=new, idempotency_key=key)


def test_one_clinics_key_writes_nothing_in_another(db: None):
    """It met the key's uniqueness in the database, and the page was one of an error on our side."""
    here, there = factories.viewer(*STAFF), factories.viewer(*STAFF, clinic=factories.clinic("Elsewhere"))
    for act in (_register, _close):
        key = uuid4()
        assert act(here, key) == act(here, key)
        with pytest.raises(Refused, match="used before"):
            act(there, key)


def test_one_persons_key_signs_nothing_in_anothers_name(db: None):
    one, other = factories.viewer(*STAFF), factories.viewer(*STAFF)
    pair = {"retired_id": patients.patient(one), "surviving_id": patients.patient(one)}
    said: dict[str, Any] = {"at": NOW, "why": "Identity card", "idempotency_key": uuid4(), **pair}
    first = joining.join(by=one, reauth=patients.proof(one, NOW), **said)
    assert joining.join(by=one, reauth=patients.proof(one, NOW), **said) == first
    with pytest.raises(Refused, match="used before"):
        joining.join(by=other, reauth=patients.proof(other, NOW), **said)


def test_a_button_pressed_twice_is_one_write_and_no_error(transactional_db: None):
    """Both presses come at the same instant, and the browser shows the second one's answer."""
    by = factories.viewer(*STAFF)
    for act in (_register, _close, _link):
        answers = _twice_at_once(act, by)
        odd = [each for each in answers if isinstance(each, Exception) and not isinstance(each, Refused)]
        assert odd == [], act.__name__
        assert any(not isinstance(each, Exception) for each in answers)
    assert Patient.objects.count() == 1


def _twice_at_once(act: Callable[[Viewer, UUID], Any], by: Viewer) -> list[Any]:
    key, answers, together = uuid4(), [], threading.Barrier(2)

    def press() -> None:
        together.wait(timeout=30)
        try:
            answers.append(act(by, key))
        except Exception as problem:
            answers.append(problem)
        finally:
            connection.close()

    presses = [threading.Thread(target=press) for _ in range(2)]
    for each in presses:
        each.start()
    for each in presses:
        each.join()
    return answers
