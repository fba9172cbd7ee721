"""What templates may ask beyond Django's filters."""

from __future__ import annotations

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.looks import tags
from euthymia.evidence import sources


def test_a_source_is_shown_with_where_to_find_it() -> None:
    source = sources()["perez-ruixo-2021"]
    assert tags.source_of("perez-ruixo-2021") == f"{source.title} ({source.where})"


def test_an_unknown_source_shows_its_key() -> None:
    assert tags.source_of("nobody-1999") == "nobody-1999"


def test_roles_are_shown_in_words_and_in_order() -> None:
    assert tags.in_words(frozenset({Role.NURSE, Role.FRONT_DESK})) == "front desk, nurse"


def test_days_are_shown_as_people_write_them_and_nothing_else_is_changed() -> None:
    sentence = "Born 1975-12-07, 50 on 2026-11-21; 2026-13-01 is no day, nor 12026-11-21."
    assert tags.days_in_words(sentence) == (
        "Born 7 Dec 1975, 50 on 21 Nov 2026; 2026-13-01 is no day, nor 12026-11-21."
    )
