"""Everything that is read about visits. Each takes the viewer and returns frozen values."""

from euthymia.clinic.visits.queries.board import Board as Board
from euthymia.clinic.visits.queries.board import Tile as Tile
from euthymia.clinic.visits.queries.board import board as board
from euthymia.clinic.visits.queries.page import VisitPage as VisitPage
from euthymia.clinic.visits.queries.page import live as live
from euthymia.clinic.visits.queries.page import visit_page as visit_page
from euthymia.clinic.visits.queries.schedule import Bookable as Bookable
from euthymia.clinic.visits.queries.schedule import Day as Day
from euthymia.clinic.visits.queries.schedule import bookable as bookable
from euthymia.clinic.visits.queries.schedule import chairs as chairs
from euthymia.clinic.visits.queries.schedule import day as day
from euthymia.clinic.visits.queries.schedule import of_course as of_course
from euthymia.clinic.visits.queries.schedule import where as where
