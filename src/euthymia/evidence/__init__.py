"""The ground floor: every published number as data, with its unit, its source and how it is known.

The files are TOML and CSV in this package; this module is the door to them. It imports nothing else of ours.
"""

from euthymia.evidence._codes import LOINC as LOINC
from euthymia.evidence._codes import NOT_UNITS as NOT_UNITS
from euthymia.evidence._codes import UCUM as UCUM
from euthymia.evidence._codes import Code as Code
from euthymia.evidence._codes import Unit as Unit
from euthymia.evidence._codes import codes as codes
from euthymia.evidence._codes import has_check_digit as has_check_digit
from euthymia.evidence._codes import units as units
from euthymia.evidence._instruments import Band as Band
from euthymia.evidence._instruments import Instrument as Instrument
from euthymia.evidence._instruments import Item as Item
from euthymia.evidence._instruments import Option as Option
from euthymia.evidence._instruments import instrument as instrument
from euthymia.evidence._instruments import wording_hash as wording_hash
from euthymia.evidence._kinetics import Analyte as Analyte
from euthymia.evidence._kinetics import KineticModel as KineticModel
from euthymia.evidence._kinetics import Spread as Spread
from euthymia.evidence._kinetics import Studied as Studied
from euthymia.evidence._kinetics import kinetic_model as kinetic_model
from euthymia.evidence._kinetics import kinetic_models as kinetic_models
from euthymia.evidence._kinetics import kinetic_targets as kinetic_targets
from euthymia.evidence._limits import EntryLimit as EntryLimit
from euthymia.evidence._limits import entry_limit as entry_limit
from euthymia.evidence._limits import task_delay as task_delay
from euthymia.evidence._loader import Row as Row
from euthymia.evidence._loader import Table as Table
from euthymia.evidence._loader import content_hash as content_hash
from euthymia.evidence._loader import names as names
from euthymia.evidence._loader import parse_rows as parse_rows
from euthymia.evidence._loader import parse_sourced as parse_sourced
from euthymia.evidence._loader import read_rows as read_rows
from euthymia.evidence._loader import read_sourced as read_sourced
from euthymia.evidence._loader import sources as sources
from euthymia.evidence._outcomes import OutcomeDefinition as OutcomeDefinition
from euthymia.evidence._outcomes import outcome_definition as outcome_definition
from euthymia.evidence._protocols import Rule as Rule
from euthymia.evidence._protocols import RuleBook as RuleBook
from euthymia.evidence._protocols import Stricter as Stricter
from euthymia.evidence._protocols import parse_rules as parse_rules
from euthymia.evidence._protocols import rules as rules
from euthymia.evidence._protocols import stricter as stricter
from euthymia.evidence._sourced import EvidenceError as EvidenceError
from euthymia.evidence._sourced import Known as Known
from euthymia.evidence._sourced import Source as Source
from euthymia.evidence._sourced import Sourced as Sourced
