"""An edition of the consent texts: paragraphs chosen for one course, with their figures put in."""

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from types import MappingProxyType
from typing import Any

from euthymia.evidence._loader import Table, read_sourced, root, sources
from euthymia.evidence._sourced import EvidenceError, Known, Sourced

EDITION = 3
"""The edition in force. The ones before stay: somebody signed them."""

SHORT: Mapping[str, str] = MappingProxyType(
    {
        "treatment-resistant-depression": "trd",
        "depression-with-acute-suicidal-ideation": "mdsi",
        "post-traumatic-stress-disorder": "ptsd",
        "obsessive-compulsive-disorder": "ocd",
        "anxiety-disorder": "anxiety",
        "chronic-pain": "pain",
    }
)
"""What is treated, as the version of a text names it."""

_WORDS = MappingProxyType({33: "a third", 50: "half"})
"""Shares that people know by a word."""

_KNOWN = MappingProxyType(
    {
        Known.READ: "read in the source",
        Known.SECONDARY: "read in an account or a copy of it",
        Known.RECALLED: "recalled, not checked",
        Known.OURS: "our own words",
    }
)

_PRODUCTS = MappingProxyType({"esketamine-nasal": "esketamine", "ketamine-iv": "ketamine-iv"})


@dataclass(frozen=True, slots=True)
class Course:
    """Whom one text is for: where, with what, against what."""

    jurisdiction: str
    product: str
    indication: str
    edition: int = EDITION

    @property
    def version(self) -> str:
        """For example ``us-esketamine-trd-3``."""
        parts = (self.jurisdiction.lower(), _PRODUCTS[self.product], SHORT[self.indication], self.edition)
        return "-".join(str(part) for part in parts)


@dataclass(frozen=True, slots=True)
class Chosen:
    """One paragraph with its figures put in, and those figures."""

    words: Sourced[str]
    figures: tuple[Sourced[object], ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What the patient is asked to say back, or an ability that capacity rests on; ``expects`` is for staff."""

    key: str
    text: str
    expects: str


@dataclass(frozen=True, slots=True)
class Likelihood:
    """How many of 100 people, with the medicine and without it. ``group`` is "better" or "effect"."""

    group: str
    label: str
    with_words: str
    with_medicine: Sourced[float]
    without_words: str
    without: Sourced[float] | None
    at_least: bool

    @property
    def line(self) -> str:
        """The row in words."""
        least = "at least " if self.at_least else ""
        told = f"{self.label}: {least}{rounded(self.with_medicine)} of 100 ({self.with_words})"
        if self.without is None:
            return f"{told}; without the medicine: not told."
        return f"{told}; {rounded(self.without)} of 100 ({self.without_words})."


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when something may help, in days.

    ``begins_share`` is how much of the effect is there when it begins, where less than all of it; at
    ``fades_until_d`` the share ``fades_share`` of the people had lost it.
    """

    label: str
    words: str
    begins_d: Sourced[float]
    full_until_d: Sourced[float]
    fades_until_d: Sourced[float] | None
    begins_share: Sourced[float] | None
    fades_share: Sourced[float] | None


@dataclass(frozen=True, slots=True)
class ConsentFigure:
    """When the medicine may help, how many it helps, and how likely the common effects are."""

    title: str
    caution: str
    spans: tuple[Span, ...]
    rows: tuple[Likelihood, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """The figure in words: what is read aloud, printed under it, and frozen with the text."""
        return (
            self.title,
            *(f"{span.label}: {span.words}" for span in self.spans),
            *(row.line for row in self.rows),
            self.caution,
        )

    @property
    def values(self) -> tuple[Sourced[float], ...]:
        """Every number drawn."""
        spans = (
            each
            for s in self.spans
            for each in (s.begins_d, s.full_until_d, s.fades_until_d, s.begins_share, s.fades_share)
        )
        rows = (each for row in self.rows for each in (row.with_medicine, row.without))
        return tuple(each for each in (*spans, *rows) if each is not None)

    @property
    def content(self) -> dict[str, Any]:
        """Everything that is drawn, as plain values: what is frozen with a signature and drawn again from it."""
        return {
            "title": self.title,
            "caution": self.caution,
            "spans": [
                {
                    "label": span.label,
                    "words": span.words,
                    "begins_d": _written(span.begins_d),
                    "full_until_d": _written(span.full_until_d),
                    "fades_until_d": _written(span.fades_until_d),
                    "begins_share": _written(span.begins_share),
                    "fades_share": _written(span.fades_share),
                }
                for span in self.spans
            ],
            "rows": [
                {
                    "group": row.group,
                    "label": row.label,
                    "with_words": row.with_words,
                    "with": _written(row.with_medicine),
                    "without_words": row.without_words,
                    "without": _written(row.without),
                    "at_least": row.at_least,
                    "line": row.line,
                }
                for row in self.rows
            ],
            "lines": list(self.lines),
            "sources": [cited(key, known) for key, known in self.rests_on],
        }

    @property
    def rests_on(self) -> tuple[tuple[str, Known], ...]:
        """Each source of a number drawn, once, with how it is known."""
        return tuple(dict.fromkeys((each.source, each.known) for each in self.values))


@dataclass(frozen=True, slots=True)
class Composed:
    """The parts of one text."""

    title: str
    sections: tuple[tuple[str, tuple[Chosen, ...]], ...]
    figure: ConsentFigure
    questions: tuple[Question, ...]
    abilities: tuple[Question, ...]


@cache
def documents(edition: int) -> tuple[Course, ...]:
    """Every text of an edition: ``documents.toml`` lists them."""
    return tuple(
        Course(jurisdiction, entry.word("product"), indication, edition)
        for entry in _file(edition, "documents").tables("document")
        for jurisdiction in entry.words("jurisdictions")
        for indication in entry.words("indications")
    )


@cache
def frozen_hash(version: str) -> str:
    """The SHA-256 a text had when its edition was released; empty when it has none yet."""
    edition = int(version.rpartition("-")[2])
    lines = (root() / f"consents/edition-{edition}/hashes.csv").read_text("utf-8").splitlines()[1:]
    return dict(line.split(",") for line in lines).get(version, "")


def compose(course: Course) -> Composed:
    """Put the text of one course together.

    Raises:
        EvidenceError: a paragraph names a figure that the edition does not have, or an unknown selector.
    """
    figures, table = _figures(course.edition), _file(course.edition, "text")
    sections = []
    for entry in _fitting(table.tables("section"), course):
        chosen = tuple(
            _put(each.text("text"), figures) for each in _fitting(entry.tables("paragraph"), course)
        )
        if chosen:
            sections.append((entry.word("heading"), chosen))
    asked = _file(course.edition, "questions")
    return Composed(
        title=next(_fitting(table.tables("title"), course)).word("text"),
        sections=tuple(sections),
        figure=_figure(course, figures),
        questions=tuple(_question(each) for each in _fitting(asked.tables("question"), course)),
        abilities=tuple(_question(each) for each in asked.tables("ability")),
    )


def cited(source: str, known: Known) -> str:
    """A source as a patient reads it: its title, and how what it says is known."""
    return f"{sources()[source].title} ({_KNOWN[known]})"


def _written(value: Sourced[float] | None) -> str | None:
    """A number as the file shows it: a float has no one spelling to hash."""
    return None if value is None else f"{Decimal(str(value.value)):f}"


def rounded(value: Sourced[float]) -> str:
    """A share as a whole number of people of 100, halves up; below one as it is written."""
    number = Decimal(str(value.value))
    if 0 < number < 1:
        return f"{number:f}"
    return str(number.quantize(Decimal(1), ROUND_HALF_UP))


@cache
def _figures(edition: int) -> Mapping[str, Sourced[Any]]:
    table = _file(edition, "figures")
    return MappingProxyType({key: table.sourced(key) for key in table})


def _file(edition: int, name: str) -> Table:
    return read_sourced(f"consents/edition-{edition}/{name}.toml")


def _fitting(entries: tuple[Table, ...], course: Course) -> Iterator[Table]:
    """The entries that are for this course; one without a selector is for every course."""
    own = {
        "jurisdictions": course.jurisdiction,
        "products": course.product,
        "indications": SHORT[course.indication],
    }
    for entry in entries:
        if all(key not in entry or value in entry.words(key) for key, value in own.items()):
            yield entry


def _put(words: Sourced[str], figures: Mapping[str, Sourced[Any]]) -> Chosen:
    made, used = "", []
    for literal, name, spec, _ in string.Formatter().parse(words.value):
        made += literal
        if name is None:
            continue
        if name not in figures:
            raise EvidenceError(f"consents: the paragraph “{words.value[:40]}…” names no figure {name}.")
        used.append(figures[name])
        made += _shown(figures[name], spec or "")
    return Chosen(Sourced(made, words.unit, words.source, words.known, words.note), tuple(used))


def _shown(value: Sourced[Any], spec: str) -> str:
    """A figure as a reader reads it: ``of`` is "41 of 100", ``of1000`` "3 of 1000", ``per1000`` "3"."""
    if isinstance(value.value, str):
        return value.value
    number = Decimal(str(value.value))
    if spec in ("of1000", "per1000"):
        return f"{(number * 10).normalize():f}" + (" of 1000" if spec == "of1000" else "")
    if spec == "of":
        return f"{rounded(value)} of 100"
    if spec == "word":
        return _WORDS[int(number)]
    return rounded(value) if spec == "round" else f"{number:f}"


def _figure(course: Course, figures: Mapping[str, Sourced[Any]]) -> ConsentFigure:
    table = _file(course.edition, "drawing")
    return ConsentFigure(
        title=table.word("title"),
        caution=_put(next(_fitting(table.tables("caution"), course)).text("text"), figures).words.value,
        spans=tuple(_span(each, figures) for each in _fitting(table.tables("span"), course)),
        rows=tuple(_row(each, figures) for each in _fitting(table.tables("row"), course)),
    )


def _span(entry: Table, figures: Mapping[str, Sourced[Any]]) -> Span:
    return Span(
        label=entry.word("label"),
        words=_put(entry.text("text"), figures).words.value,
        begins_d=figures[entry.word("begins")],
        full_until_d=figures[entry.word("full_until")],
        fades_until_d=_maybe(entry, "fades_until", figures),
        begins_share=_maybe(entry, "begins_share", figures),
        fades_share=_maybe(entry, "fades_share", figures),
    )


def _maybe(entry: Table, key: str, figures: Mapping[str, Sourced[Any]]) -> Sourced[float] | None:
    return figures[entry.word(key)] if key in entry else None


def _row(entry: Table, figures: Mapping[str, Sourced[Any]]) -> Likelihood:
    return Likelihood(
        group=entry.word("group"),
        label=_put(_plain(entry.word("label")), figures).words.value,
        with_words=entry.word("with_words"),
        with_medicine=figures[entry.word("with")],
        without_words=entry.word("without_words", ""),
        without=_maybe(entry, "without", figures),
        at_least="at_least" in entry and entry.switch("at_least"),
    )


def _plain(words: str) -> Sourced[str]:
    return Sourced(words, "text", "euthymia", Known.OURS)


def _question(entry: Table) -> Question:
    return Question(entry.word("key"), entry.word("text"), entry.word("expects"))
