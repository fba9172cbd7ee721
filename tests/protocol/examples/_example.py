"""One worked example: facts in which a rule comes out one way. Tests judge it and the manual shows it."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.protocol.people import BOOKS

from euthymia.evidence import RuleBook
from euthymia.protocol import Finding, Outcome

S, V, U = Outcome.SATISFIED, Outcome.VIOLATED, Outcome.UNKNOWN


@dataclass(frozen=True)
class Example:
    """``judge`` returns all findings of the facts under a rule book; the one of ``rule`` is meant.

    ``boundary`` names the threshold that the example sits on or just beyond. It holds in every book that has the
    rule, or in those of them that ``jurisdictions`` names.
    """

    rule: str
    title: str
    outcome: Outcome
    judge: Callable[[RuleBook], tuple[Finding, ...]]
    boundary: str = ""
    deviation: bool = False
    jurisdictions: tuple[str, ...] = ()

    def holds_in(self, book: RuleBook) -> bool:
        """Whether the example is one of this book's."""
        return self.rule in book and (not self.jurisdictions or book.jurisdiction in self.jurisdictions)

    def finding(self, book: RuleBook | None = None) -> Finding:
        """Return the finding that is meant; the last one where a rule is judged at two moments."""
        book = book or next(one for one in BOOKS.values() if self.holds_in(one))
        return [found for found in self.judge(book) if found.rule == self.rule][-1]
