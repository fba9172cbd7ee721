"""Two nurses on one visit: each pair of its forms, opened by both before either saves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.clinic import factories, patients
from tests.clinic.visits import scenes

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.visits import models

AT_CHECK_IN = (
    "pressure", "weight", "fasting", "nasal-product", "medicines", "pressure-risk", "pregnancy", "programme",
    "phq-9", "risk", "escort", "instructions", "withhold", "emergency", "against_advice", "transfer",
)  # fmt: skip
AFTER_DOSE = (
    "observe", "acknowledge", "judge_stability", "escort_here", "risk", "device", "emergency", "transfer",
    "against_advice", "death",
)  # fmt: skip
ADDS = {"pressure", "observe", "emergency"}
"""What two people may both enter: each stands beside the other."""
_NUMBERS = {
    "systolic": "124", "diastolic": "78", "heart_rate": "70", "spo2": "98", "respiratory_rate": "14",
    "weight_kg": "70.0", "anxiety": "1", "pain": "0",
}  # fmt: skip
_ALONE = {
    "asked": "none",
    "used": "no",
    "changed": "no",
    "thoughts_found": "no",
    "level": "low",
    "number": None,
    "new": "no",
}


_ASKED_BY_ANSWER = ("basis", "name")
"""Free words that are asked for by what was chosen before them."""


def filled(form: forms.Form, who: str) -> dict[str, Any]:
    """Something that can be saved in every field of the form, with ``who`` in the free words."""
    data: dict[str, Any] = {}
    for name, field in form.fields.items():
        if name[-2:] in ("_0", "_1", "_2", "_3"):  # the lines of the list of medicines: none is new
            continue
        if isinstance(field.widget, forms.HiddenInput) or name in ("number", "alarm_ids"):
            value = form.get_initial_for_field(field, name)
        elif name == "done":  # what was done about an alarm: one of several
            value = next(str(choice) for choice, _ in field.choices)  # type: ignore[attr-defined]
        elif name in _NUMBERS or name in _ALONE:
            value = _NUMBERS.get(name) or _ALONE.get(name)
        elif not field.required and not isinstance(field, forms.ChoiceField) and name not in _ASKED_BY_ANSWER:
            continue
        else:
            value = _value(field, who)
        if value is not None:
            data[name] = value
    return data


def _value(field: forms.Field, who: str) -> Any:
    if isinstance(field, forms.MultipleChoiceField):
        return None
    if isinstance(field, forms.ChoiceField):
        return next(str(value) for value, _ in field.choices if value != "")  # type: ignore[attr-defined]
    now = timezone.localtime(timezone=ZoneInfo(factories.clinic().time_zone))
    if isinstance(field, forms.DateTimeField):
        return (now - timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M")
    if isinstance(field, forms.TimeField):
        return (now - timedelta(minutes=1)).strftime("%H:%M")
    if isinstance(field, forms.DateField):
        return (now + timedelta(days=90)).strftime("%Y-%m-%d")
    return "1" if isinstance(field, forms.IntegerField | forms.DecimalField) else f"as {who} saw it"


def send(client: Client, url: str, data: dict[str, Any]) -> Any:
    """Press save; and once more where the page asks whether an unusual thing is meant."""
    answer = client.post(url, data)
    if answer.status_code == 422:
        answer = client.post(url, answer.context["form"].data)
    return answer


def page(client: Client, visit_id: UUID, name: str) -> tuple[str, forms.Form]:
    url = reverse(f"visits:{name}", args=[visit_id])
    return url, client.get(url).context["form"]


@pytest.fixture(params=["check-in", "after the dose"])
def room(request: pytest.FixtureRequest, db: None) -> tuple[UUID, Client, Client, tuple[str, ...]]:
    clinic = factories.by_day()
    staff = factories.viewer(*patients.STAFF, clinic=clinic)
    begun = timezone.now() - timedelta(minutes=40)
    ada, bo = (
        factories.signed_in(factories.staff(Role.NURSE, Role.PRESCRIBER, clinic=clinic, name=name))
        for name in ("Ada Nurse", "Bo Nurse")
    )
    if request.param == "check-in":
        return scenes.checking_in(staff, begun), ada, bo, AT_CHECK_IN
    visit_id = scenes.monitored(staff, begun)
    scenes.pressure(staff, begun + timedelta(minutes=38), visit_id, 189, 112)
    return visit_id, ada, bo, AFTER_DOSE


def test_no_pair_of_forms_loses_what_either_nurse_entered(
    room: tuple[UUID, Client, Client, tuple[str, ...]],
) -> None:
    visit_id, ada, bo, names = room
    hers = {name: page(ada, visit_id, name) for name in names}
    his = {name: page(bo, visit_id, name) for name in names}
    for first in names:
        with transaction.atomic():
            saved = send(ada, hers[first][0], filled(hers[first][1], "Ada"))
            assert saved.status_code == 303, (first, saved.context and saved.context["form"].errors)
            facts = audited(visit_id)
            for second in names:
                with transaction.atomic():
                    bo_saves(bo, his[second], visit_id, facts, (first, second))
                    transaction.set_rollback(True)
            transaction.set_rollback(True)


def bo_saves(
    bo: Client, his: tuple[str, forms.Form], visit_id: UUID, facts: set[int], pair: tuple[str, str]
) -> None:
    typed = filled(his[1], "Bo")
    answer = send(bo, his[0], typed)
    assert answer.status_code in (303, 409, 422), pair
    assert facts <= audited(visit_id), pair
    if answer.status_code != 303:
        kept_beside_what_changed(answer, typed)
    elif pair[0] == pair[1] and pair[0] not in ADDS:
        pytest.fail(f"{pair[0]}: took the place of what Ada had entered, unseen")


def audited(visit_id: UUID) -> set[int]:
    return set(AuditEntry.objects.filter(subject=f"visit {visit_id}").values_list("seq", flat=True))


def kept_beside_what_changed(answer: Any, typed: dict[str, Any]) -> None:
    html = answer.content.decode()
    assert "Ada Nurse" in html
    bound = answer.context["form"].data
    assert all(
        str(bound.get(name)) == str(value)
        for name, value in typed.items()
        if name not in ("read_up_to", "version")
    )


def test_what_was_shown_may_be_saved_again_and_both_stay(db: None) -> None:
    clinic = factories.by_day()
    staff = factories.viewer(*patients.STAFF, clinic=clinic)
    visit_id = scenes.checking_in(staff, timezone.now() - timedelta(minutes=5))
    ada, bo = (
        factories.signed_in(factories.staff(Role.NURSE, clinic=clinic, name=name))
        for name in ("Ada Nurse", "Bo Nurse")
    )
    (url, hers), (_, his) = page(ada, visit_id, "escort"), page(bo, visit_id, "escort")
    assert send(ada, url, filled(hers, "Ada")).status_code == 303
    answer = bo.post(url, filled(his, "Bo"))
    assert answer.status_code == 409
    assert "as Ada saw it" in answer.content.decode()
    assert "as Bo saw it" in answer.content.decode()
    assert models.EscortPlan.objects.filter(visit=visit_id).count() == 1
    again = bo.post(url, answer.context["form"].data)
    assert again.status_code == 303
    assert [row.name for row in models.EscortPlan.objects.filter(visit=visit_id).order_by("recorded_at")] == [
        "as Ada saw it",
        "as Bo saw it",
    ]


def test_after_saving_one_hears_what_the_other_did(db: None) -> None:
    clinic = factories.by_day()
    staff = factories.viewer(*patients.STAFF, clinic=clinic)
    visit_id = scenes.checking_in(staff, timezone.now() - timedelta(minutes=5))
    ada, bo = (
        factories.signed_in(factories.staff(Role.NURSE, clinic=clinic, name=name))
        for name in ("Ada Nurse", "Bo Nurse")
    )
    url, his = page(bo, visit_id, "weight")
    other, hers = page(ada, visit_id, "fasting")
    send(ada, other, filled(hers, "Ada"))
    assert send(bo, url, filled(his, "Bo")).status_code == 303
    told = bo.get(reverse("visits:visit", args=[visit_id])).content.decode()
    assert "Meanwhile Ada Nurse recorded last food and drink" in told
