"""Consent texts as data: what a patient is told, each paragraph with what it rests on."""

import hashlib
from dataclasses import dataclass
from functools import cache

from euthymia.evidence._loader import Table, names, read_sourced, sources
from euthymia.evidence._sourced import EvidenceError, Sourced


@dataclass(frozen=True, slots=True)
class ConsentSection:
    """One heading with its paragraphs."""

    heading: str
    paragraphs: tuple[Sourced[str], ...]


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One version of what a patient is told before one product."""

    id: str
    version: str
    jurisdiction: str
    product: str
    title: str
    sections: tuple[ConsentSection, ...]

    @property
    def text(self) -> str:
        """Every word of it in reading order, with the sources at the end: what is frozen with a signature."""
        lines = [self.title]
        for section in self.sections:
            lines += ["", section.heading, *(paragraph.value for paragraph in section.paragraphs)]
        cited = dict.fromkeys(
            paragraph.source for section in self.sections for paragraph in section.paragraphs
        )
        lines += ["", "Where this comes from", *(sources()[key].title for key in cited)]
        return "\n".join(lines)

    @property
    def sha256(self) -> str:
        """The SHA-256 of ``text``, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@cache
def consent_text(version: str) -> ConsentText:
    """Return one version, for example ``consent_text("us-esketamine-1")``.

    Raises:
        EvidenceError: there is none, or its file names another version.
    """
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
def current_consent_text(jurisdiction: str, product: str) -> ConsentText:
    """Return the newest version for a product: the one with the highest number at the end of its name.

    Raises:
        EvidenceError: there is none for it.
    """
    found = [consent_text(name) for name in names("consents")]
    fitting = [text for text in found if (text.jurisdiction, text.product) == (jurisdiction, product)]
    if not fitting:
        raise EvidenceError(f"consents: there is no text for {product} in {jurisdiction}.")
    return max(fitting, key=lambda text: int(text.version.rpartition("-")[2]))


def _section(entry: Table) -> ConsentSection:
    return ConsentSection(
        entry.word("heading"), tuple(paragraph.text("text") for paragraph in entry.tables("paragraph"))
    )
