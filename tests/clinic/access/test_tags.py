"""Links are drawn to pages that open, each row's to its own."""

from __future__ import annotations

from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from django.urls import reverse
from tests.clinic import factories

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.tags import opens


def context(*roles: Role) -> SimpleNamespace:
    return SimpleNamespace(request=SimpleNamespace(viewer=factories.viewer(*roles)))


@pytest.mark.django_db
def test_each_row_of_a_table_is_led_to_by_its_own_address() -> None:
    page, visits, rows = context(Role.NURSE), [uuid4(), UUID(int=0)], [uuid4(), UUID(int=0), uuid4()]
    for visit in visits:
        for row in rows:
            args = (visit, row)
            assert opens(page, "visits:correct_observation", *args) == reverse(
                "visits:correct_observation", args=args
            )
    assert opens(page, "visits:visit", visits[0]) == reverse("visits:visit", args=(visits[0],))
    assert opens(page, "visits:board") == reverse("visits:board")


@pytest.mark.django_db
def test_no_link_leads_to_a_refusal() -> None:
    page = context(Role.FRONT_DESK)
    assert opens(page, "visits:correct_observation", uuid4(), uuid4()) == ""
    assert opens(SimpleNamespace(), "visits:board") == ""
