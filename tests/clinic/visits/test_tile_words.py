"""A tile says in two words what is wrong, readable from the door."""

from __future__ import annotations

from tests.protocol.people import BOOKS, NOW

from euthymia.clinic.visits.queries.tile import ALARM_WORDS
from euthymia.protocol import Product
from euthymia.protocol.observation import ObservationFacts, assess


def test_every_alarm_of_every_book_has_its_words() -> None:
    judged = {
        finding.rule
        for book in BOOKS.values()
        for product in Product
        for finding in assess(ObservationFacts(product, None), book, NOW)
    }
    assert "STOP-6" in judged
    assert judged <= set(ALARM_WORDS)
    assert max(map(len, ALARM_WORDS.values())) <= len("Breath or oxygen")
