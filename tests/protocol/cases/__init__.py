"""Twelve people from referral to the first dose, each in a file with what the rules must say of them.

What is expected in the files was worked out by hand from the rules' sources, not copied from what the functions say.
"""

from tests.protocol.cases._case import FOLDER, Case, Variant, cases, parse, read, variants
from tests.protocol.cases._expected import Expected, ExpectedFinding, ExpectedStage, Stage, Verdict
from tests.protocol.cases._fields import CaseError

__all__ = [
    "FOLDER",
    "Case",
    "CaseError",
    "Expected",
    "ExpectedFinding",
    "ExpectedStage",
    "Stage",
    "Variant",
    "Verdict",
    "cases",
    "parse",
    "read",
    "variants",
]
