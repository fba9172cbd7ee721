"""Consent texts as data: what a patient is told, each paragraph and each figure with what it rests on.

Versions 1 and 2 are one file each. From edition 3 on an edition is a folder: its paragraphs are chosen by product,
jurisdiction and indication, and every number in them is a reference to a sourced value of the edition.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from euthymia.evidence._consent_editions import (
    EDITION,
    Chosen,
    ConsentFigure,
    Course,
    Question,
    cited,
    documents,
    frozen_hash,
)
from euthymia.evidence._consent_editions import compose as _compose
from euthymia.evidence._loader import Table, read_sourced, sources
from euthymia.evidence._sourced import EvidenceError, Known, Sourced


@dataclass(frozen=True, slots=True)
class ConsentParagraph:
    """One paragraph as a patient reads it, what it rests on, and the sourced figures that stand in it."""

    value: str
    source: str
    known: Known
    note: str = ""
    figures: tuple[Sourced[object], ...] = ()

    @property
    def rests_on(self) -> tuple[tuple[str, Known], ...]:
        """Each source with how what it says is known, once."""
        own = [] if self.figures and self.source == "euthymia" else [(self.source, self.known)]
        return tuple(dict.fromkeys([*own, *((figure.source, figure.known) for figure in self.figures)]))


@dataclass(frozen=True, slots=True)
class ConsentSection:
    """One heading with its paragraphs."""

    heading: str
    paragraphs: tuple[ConsentParagraph, ...]


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One version of what a patient is told before one product, for what it is to treat."""

    id: str
    version: str
    jurisdiction: str
    product: str
    title: str
    sections: tuple[ConsentSection, ...]
    indication: str = "treatment-resistant-depression"
    figure: ConsentFigure | None = None
    questions: tuple[Question, ...] = ()
    abilities: tuple[Question, ...] = ()

    @property
    def text(self) -> str:
        """Every word and figure of it in reading order, the sources at the end."""
        return consent_words(self.content)

    @property
    def content(self) -> dict[str, Any]:
        """All of it as plain values: what is frozen with a signature. ``consent_words`` reads it back as words."""
        return {
            "title": self.title,
            "sections": [
                {"heading": section.heading, "paragraphs": [each.value for each in section.paragraphs]}
                for section in self.sections
            ],
            "figure": self.figure.content if self.figure else None,
            "sources": list(self._cited()),
        }

    @property
    def sha256(self) -> str:
        """The SHA-256 of what is frozen: of the words in versions 1 and 2, with the figure's data from 3 on."""
        return consent_content_sha256(self.content)

    @property
    def sources(self) -> tuple[tuple[str, Known], ...]:
        """Every source of the text and its figure, once, with how it is known."""
        found = [pair for section in self.sections for each in section.paragraphs for pair in each.rests_on]
        return tuple(dict.fromkeys([*found, *(self.figure.rests_on if self.figure else ())]))

    def _cited(self) -> Iterable[str]:
        if self.figure is None:  # as versions 1 and 2 were signed
            return (sources()[key].title for key in dict.fromkeys(key for key, _ in self.sources))
        return (cited(key, known) for key, known in self.sources)


@cache
def consent_text(version: str) -> ConsentText:
    """Return one version, for example ``consent_text("us-esketamine-trd-3")``.

    Raises:
        EvidenceError: there is none, its file names another version, or a word of it was changed in place.
    """
    edition = version.rpartition("-")[2]
    if edition.isdigit() and int(edition) > 2:
        course = next((each for each in documents(int(edition)) if each.version == version), None)
        if course is None:
            raise EvidenceError(f"consents: there is no text {version}.")
        return _checked(_of_edition(course))
    table = read_sourced(f"consents/{version}.toml")
    if table.word("version") != version:
        raise EvidenceError(f"{table.where}: it holds version {table.word('version')}, not its own name.")
    return ConsentText(
        id=table.word("id"),
        version=version,
        jurisdiction=table.word("jurisdiction"),
        product=table.word("product"),
        title=table.word("title"),
        sections=tuple(_section(entry) for entry in table.tables("section")),
    )


@cache
def current_consent_text(
    jurisdiction: str, product: str, indication: str = "treatment-resistant-depression"
) -> ConsentText:
    """Return the text in force for a product and what it is to treat.

    Raises:
        EvidenceError: there is none for it.
    """
    for each in documents(EDITION):
        if (each.jurisdiction, each.product, each.indication) == (jurisdiction, product, indication):
            return consent_text(each.version)
    raise EvidenceError(f"consents: there is no text for {product} in {jurisdiction} for {indication}.")


def current_consent_texts(jurisdiction: str) -> tuple[ConsentText, ...]:
    """Every text in force in a jurisdiction, in the order of the edition; empty for one that has none."""
    return tuple(
        consent_text(each.version) for each in documents(EDITION) if each.jurisdiction == jurisdiction
    )


def consent_words(content: Mapping[str, Any]) -> str:
    """The words of a frozen text in reading order, those of its figure after them, its sources at the end."""
    lines = [content["title"]]
    for section in content["sections"]:
        lines += ["", section["heading"], *section["paragraphs"]]
    if content["figure"]:
        lines += ["", *content["figure"]["lines"]]
    return "\n".join([*lines, "", "Where this comes from", *content["sources"]])


def consent_content_sha256(content: Mapping[str, Any]) -> str:
    """The SHA-256 of a frozen text, in hexadecimal; a text without a figure is hashed by its words alone."""
    frozen = consent_words(content)
    if content["figure"]:
        frozen = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(frozen.encode()).hexdigest()


def compose(course: Course) -> ConsentText:
    """Put one text together without comparing it with its frozen hash: to freeze a new edition."""
    return _of_edition(course)


def _of_edition(course: Course) -> ConsentText:
    made = _compose(course)
    return ConsentText(
        id=course.version.rpartition("-")[0],
        version=course.version,
        jurisdiction=course.jurisdiction,
        product=course.product,
        indication=course.indication,
        title=made.title,
        sections=tuple(
            ConsentSection(heading, tuple(_paragraph(each) for each in chosen))
            for heading, chosen in made.sections
        ),
        figure=made.figure,
        questions=made.questions,
        abilities=made.abilities,
    )


def _paragraph(chosen: Chosen) -> ConsentParagraph:
    words = chosen.words
    return ConsentParagraph(words.value, words.source, words.known, words.note, chosen.figures)


def _checked(text: ConsentText) -> ConsentText:
    if text.sha256 != frozen_hash(text.version):
        raise EvidenceError(
            f"consents: a word or a figure of {text.version} was changed; write a new edition beside it."
        )
    return text


def _section(entry: Table) -> ConsentSection:
    found = [paragraph.text("text") for paragraph in entry.tables("paragraph")]
    return ConsentSection(
        entry.word("heading"),
        tuple(ConsentParagraph(each.value, each.source, each.known, each.note) for each in found),
    )
