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
    ``kind`` is ``"label"``, ``"law"`` or ``"programme"`` where the source binds a clinic, or tells what such a
    source says; it is ``""`` for a study, a consensus or a default, which bind nobody.
    """

    key: str
    title: str
    where: str
    kind: str = ""

    @property
    def binds(self) -> bool:
        """Whether a clinic may not loosen what rests on this source."""
        return self.kind in BINDING_KINDS


BINDING_KINDS = frozenset({"label", "law", "programme"})
"""The kinds of source that no clinic can set aside."""


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
