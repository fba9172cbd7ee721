"""One worked example: facts in which a rule comes out one way. Tests judge it and the manual shows it."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.protocol.people import BOOK

from euthymia.evidence import RuleBook
from euthymia.protocol import Finding, Outcome

S, V, U = Outcome.SATISFIED, Outcome.VIOLATED, Outcome.UNKNOWN


@dataclass(frozen=True)
class Example:
    """``judge`` returns all findings of the facts under a rule book; the one of ``rule`` is meant.

    ``boundary`` names the threshold that the example sits on or just beyond.
    """

    rule: str
    title: str
    outcome: Outcome
    judge: Callable[[RuleBook], tuple[Finding, ...]]
    boundary: str = ""
    deviation: bool = False

    def finding(self, book: RuleBook = BOOK) -> Finding:
        """Return the finding that is meant; the last one where a rule is judged at two moments."""
        return [found for found in self.judge(book) if found.rule == self.rule][-1]
