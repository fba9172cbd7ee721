"""The cast: about sixty patients, every stage, every arc, and nothing left to chance but the seed."""

from collections import Counter
from datetime import date

from euthymia.clinic.config.demo.cast import draw_person
from euthymia.clinic.config.demo.curves import Arc
from euthymia.clinic.config.demo.stories import TREATED, Stage, stories
from euthymia.protocol import Product


def test_sixty_patients_stand_in_every_stage() -> None:
    counts = Counter(story.part.stage for story in stories("seed"))
    assert sum(counts.values()) == 60
    assert set(counts) == set(Stage)
    assert min(counts.values()) >= 2


def test_both_products_and_all_arcs_are_there() -> None:
    treated = [story.part for story in stories("seed") if story.part.stage in TREATED]
    assert {(part.product, part.arc) for part in treated} == {(p, arc) for p in Product for arc in Arc}


def test_sessions_run_forwards_and_follow_the_referral() -> None:
    for story in stories("seed"):
        assert list(story.session_days) == sorted(set(story.session_days), reverse=True)
        assert len(story.session_days) == story.part.sessions
        if story.session_days:
            assert story.referred_days_ago > story.session_days[0]
            assert story.session_days[-1] >= 1


def test_a_seed_gives_one_clinic() -> None:
    assert stories("seed") == stories("seed")
    assert stories("seed") != stories("another")
    assert draw_person("seed", 7, date(2026, 1, 1)) == draw_person("seed", 7, date(2026, 1, 1))


def test_nobody_shares_a_full_name_or_a_number() -> None:
    people = [draw_person("seed", number, date(2026, 1, 1)) for number in range(1, 61)]
    assert len({(person.given_name, person.family_name) for person in people}) == 60
    assert len({person.medical_record_number for person in people}) == 60
    assert all(person.phone.startswith("555-01") for person in people)
