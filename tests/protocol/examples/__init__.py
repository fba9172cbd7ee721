"""The worked examples of every rule: the test of the rules, and the body of docs/reference/rules.md."""

from tests.protocol.examples import after, arrival, course, dose, planning, suicide
from tests.protocol.examples._example import Example

EXAMPLES: tuple[Example, ...] = (
    *course.EXAMPLES,
    *arrival.EXAMPLES,
    *dose.EXAMPLES,
    *after.EXAMPLES,
    *planning.EXAMPLES,
    *suicide.EXAMPLES,
)
