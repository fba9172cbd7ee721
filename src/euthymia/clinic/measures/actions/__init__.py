"""Writing what was asked and measured: questionnaires and ratings, medicines, substances, tests, the body."""

from euthymia.clinic.measures.actions.answers import record_answers as record_answers
from euthymia.clinic.measures.actions.answers import record_mood as record_mood
from euthymia.clinic.measures.actions.health import TakenMedicine as TakenMedicine
from euthymia.clinic.measures.actions.health import Test as Test
from euthymia.clinic.measures.actions.health import Use as Use
from euthymia.clinic.measures.actions.health import record_height as record_height
from euthymia.clinic.measures.actions.health import record_liver as record_liver
from euthymia.clinic.measures.actions.health import record_medicines as record_medicines
from euthymia.clinic.measures.actions.health import record_pressure as record_pressure
from euthymia.clinic.measures.actions.health import record_substances as record_substances
from euthymia.clinic.measures.actions.health import record_tests as record_tests
from euthymia.clinic.measures.actions.scales import record_scale_score as record_scale_score
