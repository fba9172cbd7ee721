"""Questionnaires as data: wording, licence, answers, scoring."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from euthymia.evidence._codes import Code, codes
from euthymia.evidence._loader import Table, read_sourced
from euthymia.evidence._sourced import EvidenceError, Sourced


@dataclass(frozen=True, slots=True)
class Option:
    """One possible answer. ``score`` is None where the answer is not added to a total."""

    code: Code
    text: str
    score: Sourced[int] | None


@dataclass(frozen=True, slots=True)
class Item:
    """One question; ``id`` is the number printed beside it."""

    id: str
    code: Code
    text: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """A named range of totals, both ends included."""

    name: str
    lowest: Sourced[int]
    highest: Sourced[int]


@dataclass(frozen=True, slots=True)
class Instrument:
    """A questionnaire: ``items`` make the total; ``difficulty`` is asked beside them and never added."""

    id: str
    version: str
    title: str
    licence: str
    credit: str
    text_shippable: bool
    wording_sha256: str
    stem: str
    recall: Sourced[int]
    recall_words: str
    items: tuple[Item, ...]
    difficulty: Item
    bands: tuple[Band, ...]
    panel: Code
    total_code: Code
    missing_rule: str

    def total(self, answers: Mapping[str, int]) -> int | None:
        """Return the total of ``answers`` (item id to score), or None when an item is unanswered.

        Raises:
            ValueError: an answer belongs to no item, or its score is none of the item's options.
        """
        items = {item.id: item for item in self.items}
        for item_id, score in answers.items():
            if item_id not in items:
                raise ValueError(f"{self.title} has no item {item_id}.")
            if score not in {option.score.value for option in items[item_id].options if option.score}:
                raise ValueError(f"{self.title}, item {item_id}: {score} is not one of its scores.")
        if set(items) - set(answers):
            return None
        return sum(answers.values())

    def band(self, total: int) -> Band:
        """Return the band that ``total`` falls in.

        Raises:
            ValueError: no total of this questionnaire can be ``total``.
        """
        for band in self.bands:
            if band.lowest.value <= total <= band.highest.value:
                return band
        raise ValueError(f"{self.title}: no total can be {total}.")


@cache
def instrument(instrument_id: str) -> Instrument:
    """Return a questionnaire by its id, for example ``instrument("phq-9")``.

    Raises:
        EvidenceError: there is none, its wording was changed without its hash, or text stands in the file
            of an instrument whose text may not be shipped.
    """
    table = read_sourced(f"instruments/{instrument_id}.toml")
    options = tuple(_option(entry) for entry in table.tables("option"))
    found = Instrument(
        id=table.word("id"),
        version=table.word("version"),
        title=table.word("title"),
        licence=table.word("licence"),
        credit=table.word("credit"),
        text_shippable=table.switch("text_shippable"),
        wording_sha256=table.word("wording_sha256"),
        stem=table.word("stem"),
        recall=table.table("recall").integer("days"),
        recall_words=table.word("recall_words"),
        items=tuple(
            Item(entry.word("id"), codes()[entry.word("code")], entry.word("text"), options)
            for entry in table.tables("item")
        ),
        difficulty=_difficulty(table.table("difficulty")),
        bands=tuple(
            Band(entry.word("name"), entry.integer("lowest"), entry.integer("highest"))
            for entry in table.tables("band")
        ),
        panel=codes()[table.word("panel")],
        total_code=codes()[table.word("total")],
        missing_rule=table.word("missing"),
    )
    _check(found, table.where)
    return found


def wording_hash(found: Instrument) -> str:
    """Return the SHA-256 of every word a patient reads, in the order read."""
    questions = (*found.items, found.difficulty)
    lines = [found.stem]
    for question in questions:
        lines += [question.text, *(option.text for option in question.options)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _check(found: Instrument, where: str) -> None:
    if not found.text_shippable and any(item.text for item in found.items):
        raise EvidenceError(f"{where}: the licence does not let its text ship, yet text is there; remove it.")
    if (actual := wording_hash(found)) != found.wording_sha256:
        raise EvidenceError(
            f"{where}: the wording was changed; its hash is now {actual}. Give it a new version."
        )


def _option(entry: Table) -> Option:
    score = entry.integer("score") if "score" in entry else None
    return Option(codes()[entry.word("code")], entry.word("text"), score)


def _difficulty(entry: Table) -> Item:
    options = tuple(_option(option) for option in entry.tables("option"))
    return Item("difficulty", codes()[entry.word("code")], entry.word("text"), options)
