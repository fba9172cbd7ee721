"""Dose to concentration: published kinetic models solved exactly.

Importing this package switches JAX to 64-bit numbers for the whole process (``jax_enable_x64``). The
kinetics need it: in 32 bits a metabolite loses its digits to cancellation. A program that wants JAX in
32 bits elsewhere has to run it in another process.

``predict`` is the entry: a model, a person and what was given, to concentrations over time.
"""

import jax

jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]

# Below the switch on purpose: these modules make arrays when they are imported.
from euthymia.pharmacology._band import Band as Band  # noqa: E402
from euthymia.pharmacology._band import between_people as between_people  # noqa: E402
from euthymia.pharmacology._characters import Characters as Characters  # noqa: E402
from euthymia.pharmacology._characters import characters_from_table as characters_from_table  # noqa: E402
from euthymia.pharmacology._characters import draw_characters as draw_characters  # noqa: E402
from euthymia.pharmacology._course import Course as Course  # noqa: E402
from euthymia.pharmacology._course import CourseSolver as CourseSolver  # noqa: E402
from euthymia.pharmacology._course import Effects as Effects  # noqa: E402
from euthymia.pharmacology._course import draw_people_for as draw_people_for  # noqa: E402
from euthymia.pharmacology._course import relapse_h as relapse_h  # noqa: E402
from euthymia.pharmacology._effects import occupancy as occupancy  # noqa: E402
from euthymia.pharmacology._effects import receptor_sources as receptor_sources  # noqa: E402
from euthymia.pharmacology._events import EventTable as EventTable  # noqa: E402
from euthymia.pharmacology._events import Observation as Observation  # noqa: E402
from euthymia.pharmacology._events import Subject as Subject  # noqa: E402
from euthymia.pharmacology._events import write_events as write_events  # noqa: E402
from euthymia.pharmacology._events_for_text import write_events_for_text as write_events_for_text  # noqa: E402
from euthymia.pharmacology._events_read import TableErrors as TableErrors  # noqa: E402
from euthymia.pharmacology._events_read import read_events as read_events  # noqa: E402
from euthymia.pharmacology._export import to_mrgsolve as to_mrgsolve  # noqa: E402
from euthymia.pharmacology._export import to_rxode2 as to_rxode2  # noqa: E402
from euthymia.pharmacology._inhibition import Inhibition as Inhibition  # noqa: E402
from euthymia.pharmacology._inhibition import inhibition as inhibition  # noqa: E402
from euthymia.pharmacology._inhibition import while_taken as while_taken  # noqa: E402
from euthymia.pharmacology._interactions import under as under  # noqa: E402
from euthymia.pharmacology._nca import CurveAnalysis as CurveAnalysis  # noqa: E402
from euthymia.pharmacology._nca import analyse as analyse  # noqa: E402
from euthymia.pharmacology._nca_predicted import IntervalAnalysis as IntervalAnalysis  # noqa: E402
from euthymia.pharmacology._nca_predicted import analyse_interval as analyse_interval  # noqa: E402
from euthymia.pharmacology._nca_predicted import analyse_prediction as analyse_prediction  # noqa: E402
from euthymia.pharmacology._people import Levels as Levels  # noqa: E402
from euthymia.pharmacology._people import People as People  # noqa: E402
from euthymia.pharmacology._people import draw_people as draw_people  # noqa: E402
from euthymia.pharmacology._people import how_people_differ_is_known as how_people_differ_is_known  # noqa: E402
from euthymia.pharmacology._people import measured as measured  # noqa: E402
from euthymia.pharmacology._prediction import AnalytePrediction as AnalytePrediction  # noqa: E402
from euthymia.pharmacology._prediction import Outcome as Outcome  # noqa: E402
from euthymia.pharmacology._prediction import Prediction as Prediction  # noqa: E402
from euthymia.pharmacology._prediction import needs as needs  # noqa: E402
from euthymia.pharmacology._prediction import predict as predict  # noqa: E402
from euthymia.pharmacology._regimen import Administration as Administration  # noqa: E402
from euthymia.pharmacology._regimen import Ancestry as Ancestry  # noqa: E402
from euthymia.pharmacology._regimen import Covariates as Covariates  # noqa: E402
from euthymia.pharmacology._regimen import InvalidRequest as InvalidRequest  # noqa: E402
from euthymia.pharmacology._regimen import Regimen as Regimen  # noqa: E402
from euthymia.pharmacology._regimen import Route as Route  # noqa: E402
from euthymia.pharmacology._regimen import SteadyState as SteadyState  # noqa: E402
from euthymia.pharmacology._regimen import infusion as infusion  # noqa: E402
from euthymia.pharmacology._regimen import nasal_session as nasal_session  # noqa: E402
