"""The smallest things the ground floor is made of: a value that can say where it comes from."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Known(StrEnum):
    """How we know a value. The word is shown beside the value on screens and in reports."""

    READ = "read"
    """Read in the issuing source itself."""
    SECONDARY = "secondary"
    """Read in a copy, a transcription or an account of the source."""
    RECALLED = "recalled"
    """Remembered and not verified: never to be used as a test's truth."""
    OURS = "ours"
    """A default this project chose; no outside source claims it."""


class EvidenceError(ValueError):
    """A data file breaks the law that no number stands without its source.

    The message is one sentence with the file, the path of the key and what to add.
    """


@dataclass(frozen=True, slots=True)
class Source:
    """A publication, label, standard or repository that values may name.

    ``where`` is what a reader needs to find it: a DOI, a document number, a page or a repository path.
    """

    key: str
    title: str
    where: str


@dataclass(frozen=True, slots=True)
class Sourced(Generic[T]):
    """One value with its unit, its source and how it is known.

    ``unit`` is a key of ``codes/ucum.toml``: ``"1"`` for a dimensionless number. It is ``"text"`` for words.
    ``source`` is a key of ``sources()``.
    """

    value: T
    unit: str
    source: str
    known: Known
    note: str = ""
