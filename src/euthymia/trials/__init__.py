"""Trials in virtual people: designs as data, predictions of what a trial would find, calibration on what trials found.

``read_design`` and ``shipped_design`` return a design; ``euthymia.trials.prediction`` predicts one and
``euthymia.trials.calibration`` fits the mood model to the results that may be fitted. The package may import
pharmacology and evidence, never tailoring, protocol or clinic.
"""

from euthymia.trials._design import Arm as Arm
from euthymia.trials._design import Baseline as Baseline
from euthymia.trials._design import Design as Design
from euthymia.trials._design import Flexible as Flexible
from euthymia.trials._design import Relapse as Relapse
from euthymia.trials._design import Rerandomised as Rerandomised
from euthymia.trials._design import Who as Who
from euthymia.trials._read import parse_design as parse_design
from euthymia.trials._read import read_design as read_design
from euthymia.trials._read import shipped_design as shipped_design
