"""The worked examples of every rule: the test of the rules, and the body of the manuals in docs/reference."""

from tests.protocol.examples import (
    after,
    arrival,
    course,
    dose,
    europe,
    giving,
    licence,
    missed,
    misuse,
    planning,
    programme,
    record,
    response,
    suicide,
    suitability,
    visit_medicine,
)
from tests.protocol.examples._example import Example

EXAMPLES: tuple[Example, ...] = (
    *course.EXAMPLES,
    *arrival.EXAMPLES,
    *dose.EXAMPLES,
    *after.EXAMPLES,
    *planning.EXAMPLES,
    *suicide.EXAMPLES,
    *suitability.EXAMPLES,
    *missed.EXAMPLES,
    *response.EXAMPLES,
    *misuse.EXAMPLES,
    *programme.EXAMPLES,
    *licence.EXAMPLES,
    *europe.EXAMPLES,
    *record.EXAMPLES,
    *giving.EXAMPLES,
    *visit_medicine.EXAMPLES,
)
