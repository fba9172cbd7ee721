"""The current rows of a visit, read once each and only when somebody asks for them.

Corrected rows are left out: what stands is what rules and pages read. ``history`` in ``queries`` shows the rest.
"""

from euthymia.clinic.visits.record._many import Record as Record
from euthymia.clinic.visits.record._many import records as records
from euthymia.clinic.visits.record._standing import standing as standing
