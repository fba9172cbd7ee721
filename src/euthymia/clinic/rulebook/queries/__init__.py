"""Reading the clinic's rule book, and what the medical director's desk shows of it."""

from euthymia.clinic.rulebook.queries.desk import Filter as Filter
from euthymia.clinic.rulebook.queries.desk import RuleRow as RuleRow
from euthymia.clinic.rulebook.queries.desk import desk as desk
from euthymia.clinic.rulebook.queries.desk import history_of as history_of
from euthymia.clinic.rulebook.queries.desk import rows_of as rows_of
from euthymia.clinic.rulebook.queries.desk import rule_row as rule_row
from euthymia.clinic.rulebook.queries.desk import signatures as signatures
from euthymia.clinic.rulebook.queries.desk import version_row as version_row
from euthymia.clinic.rulebook.queries.desk import versions as versions
from euthymia.clinic.rulebook.queries.proposed import acting_rule as acting_rule
from euthymia.clinic.rulebook.queries.proposed import elsewhere as elsewhere
from euthymia.clinic.rulebook.queries.proposed import proposed as proposed
from euthymia.clinic.rulebook.queries.standing import book as book
from euthymia.clinic.rulebook.queries.standing import book_of_version as book_of_version
from euthymia.clinic.rulebook.queries.standing import current as current
from euthymia.clinic.rulebook.queries.standing import version as version
