"""Twelve people from referral to the first dose, each in a file with what the rules must say of them.

What is expected in the files was worked out by hand from the rules' sources, not copied from what the functions say.

A file holds, in this order: the person and the story; history (every question the country's book asks was
asked and is none known, but for ``yes`` and ``not_asked``), earlier treatments, medicines, substances, liver,
body, results; programme, misuse and suicide risk; consent, plan, booked time; the day of the first dose;
later, where it is told. Names are those of the enumerations in small letters, times are local. Then
``[expected]``: for each stage the verdict, the rules that hold its gate, and the findings that matter, each
with why; what is judged and not listed must be satisfied. Then the variants: ``change`` puts another value at
a path, ``remove`` takes one away, and ``expected`` says what follows; one that changes nothing says
``holds``.
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
