"""Reads an event table row by row, and says of every row that cannot be read why, with its line."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from euthymia.evidence import KineticModel, kinetic_model, kinetic_models
from euthymia.pharmacology._events import COLUMNS, RELEASED, EventTable, Observation, Subject, check_format
from euthymia.pharmacology._events_cells import Cells, Fault, limited_in, number_in, whole_in, word_in
from euthymia.pharmacology._prediction import all_routes, check_person
from euthymia.pharmacology._regimen import (
    Administration,
    Ancestry,
    Covariates,
    InvalidRequest,
    Regimen,
    Route,
    SteadyState,
)

_MOST_DOSES = 1_000_000
_SHOWN = 20
_BOLUS, _ESTIMATED = 0.0, -1.0
# A rate and a duration that are both given may differ by as much as rounding in the table makes them.
_SAME = 1e-6
_SECOND = re.compile(r"_duplicated_\d+$")


class TableErrors(InvalidRequest):
    """A table that cannot be read: ``lines`` holds a sentence for each line at fault."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        self.lines = lines
        more = f"\n… and {len(lines) - _SHOWN} more." if len(lines) > _SHOWN else ""
        super().__init__("\n".join(lines[:_SHOWN]) + more)


@dataclass
class _Reading:
    """One person while its rows are read; ``told`` holds what was said of the person, which is said once."""

    id: str
    person: Covariates
    doses: list[Administration] = field(default_factory=list)
    changes: list[tuple[float, Covariates]] = field(default_factory=list)
    resets: list[float] = field(default_factory=list)
    steady: list[SteadyState] = field(default_factory=list)
    seen: list[Observation] = field(default_factory=list)
    now: Covariates = field(default_factory=Covariates)
    time: float = float("-inf")
    begun: bool = False
    told: set[str] = field(default_factory=set)


def read_events(path: Path, model_id: str) -> EventTable:
    """Read an event table for a model, from CSV or Parquet.

    EVID 0 to 4, MDV, RATE (-2 is a length that DUR or the model has), DUR, SS 1 and 2 with II, ADDL, ROUTE, DEVICE,
    ANALYTE, DV with BLQ and LLOQ, and the covariates AGE, WT, ANCESTRY, LIVER, GUT, which hold from the time of
    their row until another value stands; an empty cell carries the last one on. A value that EVID or MDV does not
    say is taken from the rest of the row. Empty is nothing, "." or NA. ROUTE and ANALYTE may be empty, and CMT be 1,
    only where the model has one; a CMT never names either.

    Raises:
        TableErrors: rows cannot be read; each is named by its line (by its row in Parquet).
        InvalidRequest: the file is no table, a column is missing, or there is no such model.
        OSError: the file cannot be read.
    """
    if model_id not in kinetic_models():
        raise InvalidRequest(f"There is no model '{model_id}'. There are: {', '.join(kinetic_models())}.")
    check_format(path)
    model, frame = kinetic_model(model_id), _frame(path)
    first, word = (2, "line") if path.suffix.lower() == ".csv" else (1, "row")
    finished: dict[str, _Reading] = {}
    faults: list[str] = []
    current: _Reading | None = None
    for number, cells in enumerate(frame.iter_rows(named=True), start=first):
        if not any(cell.strip() for cell in cells.values()):
            continue  # a blank line; it is counted, for lines are named by their number
        try:
            current = _reading(cells, current, finished)
            _row(model, cells, current)
        except (Fault, InvalidRequest) as fault:
            faults += [f"{word} {number}: {sentence}" for sentence in fault.args]
    if faults:
        raise TableErrors(tuple(faults))
    if not finished:
        raise InvalidRequest(f"{path.name} has no rows.")
    subjects = tuple(_subject(reading) for reading in finished.values())
    return EventTable(model_id, subjects, tuple(name for name in frame.columns if name not in COLUMNS))


def _frame(path: Path) -> pl.DataFrame:
    try:
        if path.suffix.lower() == ".csv":
            frame = pl.read_csv(path, infer_schema=False)
        else:
            frame = pl.read_parquet(path).cast(pl.String)
    except pl.exceptions.PolarsError as error:
        if path.suffix.lower() == ".csv":
            _refuse_longer_lines(path)
        raise InvalidRequest(
            f"{path.name} is no table that can be read: {str(error).splitlines()[0]}."
        ) from None
    _distinct(path, frame.columns)
    frame = frame.rename({name: name.strip().upper() for name in frame.columns})
    for needed in ("ID", "TIME"):
        if needed not in frame.columns:
            raise InvalidRequest(f"{path.name} has no column {needed}.")
    return frame.fill_null("")


def _refuse_longer_lines(path: Path) -> None:
    """Say which lines have more cells than there are columns; the CSV reader does not."""
    with path.open(encoding="utf-8", errors="replace", newline="") as text:
        rows = csv.reader(text)
        columns = len(next(rows, ()))
        longer = [(rows.line_num, len(cells)) for cells in rows if len(cells) > columns]
    if longer:
        raise TableErrors(
            tuple(
                f"line {at}: it has {cells} cells, and there are {columns} columns." for at, cells in longer
            )
        )


def _distinct(path: Path, columns: Sequence[str]) -> None:
    """Refuse two columns that are one but for capitals and blanks; the CSV reader gives a second one a suffix."""
    called: dict[str, str] = {}
    for column in columns:
        name = _SECOND.sub("", column) if _SECOND.sub("", column) in columns else column
        if name.strip().upper() in called:
            raise InvalidRequest(
                f"{path.name} has the columns '{called[name.strip().upper()]}' and '{name}', which are one here; "
                "keep one of them."
            )
        called[name.strip().upper()] = name


def _reading(cells: Cells, current: _Reading | None, finished: dict[str, _Reading]) -> _Reading:
    """Return the person a row belongs to, and a new one at its first row."""
    name = word_in(cells, "ID")
    if name is None:
        raise Fault("ID is empty.")
    if current is not None and current.id == name:
        return current
    if name in finished:
        raise Fault(f"ID {name} stood further above already; the rows of one person stand together.")
    finished[name] = _Reading(name, Covariates())
    return finished[name]


def _row(model: KineticModel, cells: Cells, reading: _Reading) -> None:
    first, reading.begun = not reading.begun, True
    time = number_in(cells, "TIME")
    if time is None:
        raise Fault("TIME is empty.")
    if time < reading.time:
        raise Fault(f"TIME {time:g} comes before the {reading.time:g} of a row above; sort each ID by TIME.")
    reading.time = time
    person = _person(cells, reading)
    if first:
        reading.person = person
    elif person != reading.now:
        reading.changes.append((time, person))
    if first or person != reading.now:
        reading.now = person
        _check_person(model, reading)
    evid = _evid(cells)
    if evid in (3, 4):
        reading.resets.append(time)
        reading.doses = [dose for dose in reading.doses if dose.time_h < time]
    if evid in (1, 4):
        _dose(model, cells, reading, time)
    if evid == 0:
        reading.seen.append(_observation(model, cells, time))


def _evid(cells: Cells) -> int:
    evid, amount, mdv = whole_in(cells, "EVID"), number_in(cells, "AMT"), whole_in(cells, "MDV")
    if evid is None:
        evid = 1 if amount else 0
    if evid not in range(5):
        raise Fault(f"EVID is {evid}; it is 0, 1, 2, 3 or 4.")
    if mdv not in (None, 0, 1):
        raise Fault(f"MDV is {mdv}; it is 0 or 1.")
    if evid != 0 and mdv == 0:
        raise Fault("MDV is 0, yet the row is no observation; write 1.")
    if evid in (1, 4) and amount is None:
        raise Fault("AMT is empty; a dose needs one.")
    if evid in (0, 2, 3) and amount:
        raise Fault(f"AMT is {amount:g}, yet EVID {evid} is no dose; write EVID 1 or leave AMT empty.")
    return evid


def _dose(model: KineticModel, cells: Cells, reading: _Reading, time: float) -> None:
    amount, route = number_in(cells, "AMT") or 0.0, _route(model, cells)
    if amount <= 0:
        raise Fault(f"AMT is {amount:g}; a dose is above 0 mg.")
    duration = _duration(cells, route, amount)
    device = whole_in(cells, "DEVICE")
    if route is Route.NASAL and device is None:
        raise Fault("DEVICE is empty; a nasal dose says which device of its session it is (1, 2, 3).")
    dose = Administration(time, amount, route, duration, device if route is Route.NASAL else None)
    steady, more, interval = (
        whole_in(cells, "SS") or 0,
        whole_in(cells, "ADDL") or 0,
        number_in(cells, "II") or 0.0,
    )
    if steady not in (0, 1, 2):
        raise Fault(f"SS is {steady}; it is 0, 1 or 2.")
    if more < 0:
        raise Fault(f"ADDL is {more}; it is 0 or more.")
    if (steady or more) and interval <= 0:
        raise Fault("II is empty; SS and ADDL need the hours from one dose to the next.")
    if len(reading.doses) + more + 1 > _MOST_DOSES:
        raise Fault(f"ADDL would make more than {_MOST_DOSES:,} doses of ID {reading.id}.")
    if steady:
        reading.steady.append(SteadyState(time, interval, (replace(dose, time_h=0.0),), adds=steady == 2))
    if steady == 1:
        reading.doses = [earlier for earlier in reading.doses if earlier.time_h < time]
    reading.doses += [replace(dose, time_h=time + number * interval) for number in range(more + 1)]


def _route(model: KineticModel, cells: Cells) -> Route:
    word = word_in(cells, "ROUTE")
    if word is None:
        return Route(_only(cells, "ROUTE", "a dose", model.id, model.routes))
    if word.lower() not in set(Route):
        raise Fault(f"ROUTE is '{word}'; it is one of {', '.join(Route)}.")
    route = Route(word.lower())
    if route not in all_routes():
        raise Fault(f"There is no model for doses given {route}: no source with its parameters was found.")
    if route not in model.routes:
        raise Fault(f"{model.id} knows doses given {' or '.join(model.routes)}; it cannot predict {route}.")
    return route


def _analyte(model: KineticModel, cells: Cells) -> str:
    word, keys = word_in(cells, "ANALYTE"), tuple(analyte.key for analyte in model.analytes)
    if word is None:
        return _only(cells, "ANALYTE", "an observation", model.id, keys)
    if word.lower() not in keys:
        raise Fault(f"ANALYTE is '{word}'; an observation of {model.id} has one of {', '.join(keys)}.")
    return word.lower()


def _only(cells: Cells, column: str, what: str, model_id: str, known: Sequence[str]) -> str:
    """Return the one that there is where its column is empty; CMT, where it stands, is its compartment's number."""
    place = whole_in(cells, "CMT")
    if len(known) == 1 and place in (None, 1):
        return known[0]
    number = (
        ""
        if place is None
        else f" CMT {place} does not say it: a compartment's number is another in each program."
    )
    raise Fault(f"{column} is empty; {what} of {model_id} has one of {', '.join(known)}.{number}")


def _duration(cells: Cells, route: Route, amount: float) -> float:
    """Return the length of an infusion; other routes have theirs from the model."""
    rate, given = number_in(cells, "RATE") or _BOLUS, number_in(cells, "DUR")
    if given is not None and given < 0:
        raise Fault(f"DUR is {given:g}; it is 0 h or more.")
    if rate == _ESTIMATED:
        raise Fault("RATE is -1, a rate that the model estimates; no model here does. Give the rate, or DUR.")
    if rate < 0 and rate != RELEASED:
        raise Fault(f"RATE is {rate:g}; it is 0, above 0, or -2.")
    if route is not Route.IV:
        if rate > 0 or given:
            raise Fault(
                f"Only an intravenous dose has RATE or DUR; this one is {route}. Leave them, or write -2."
            )
        return 0.0
    if rate == RELEASED and not given:
        raise Fault("RATE is -2 and DUR is empty; no model here has a length of its own for a vein.")
    if rate <= 0:
        return given or 0.0
    if given and abs(amount / rate - given) > _SAME * given:
        raise Fault(f"RATE {rate:g} makes {amount / rate:g} h of AMT {amount:g}, and DUR is {given:g}.")
    return given or amount / rate


def _observation(model: KineticModel, cells: Cells, time: float) -> Observation:
    value, limit = number_in(cells, "DV"), number_in(cells, "LLOQ")
    below, left_out = whole_in(cells, "BLQ") or 0, whole_in(cells, "MDV") == 1
    if below not in (0, 1):
        raise Fault(f"BLQ is {below}; it is 0 or 1.")
    if (value is not None and value < 0) or (limit is not None and limit <= 0):
        raise Fault("DV is 0 or more, and LLOQ above 0.")
    if value is None and not (below or left_out):
        raise Fault("DV is empty; write MDV 1 for a time without a sample, BLQ 1 for too little to measure.")
    return Observation(time, _analyte(model, cells), None if below or left_out else value, bool(below), limit)


def _person(cells: Cells, reading: _Reading) -> Covariates:
    """Return who the person is from this row on: an empty cell carries the last value on.

    A cell that cannot be read is told of once, and carries the last value on in every later row that repeats it.
    """
    found: dict[str, Any] = {}
    faults: list[str] = []
    for name, read in _OF_A_PERSON.values():
        try:
            value: Any = read(cells)
            if value is not None:
                Covariates(**{name: value})
                found[name] = value
        except (Fault, InvalidRequest) as fault:
            faults.append(str(fault))
    _tell_once(reading, faults)
    return replace(reading.now, **found)


def _check_person(model: KineticModel, reading: _Reading) -> None:
    if reading.told:
        return  # what is missing or wrong may be so only for what was told already
    try:
        check_person(model, reading.now)
    except InvalidRequest as fault:
        _tell_once(reading, [str(fault)])


def _tell_once(reading: _Reading, faults: Sequence[str]) -> None:
    new = [sentence for sentence in faults if sentence not in reading.told]
    reading.told.update(new)
    if new:
        raise Fault(*new)


def _ancestry(cells: Cells) -> Ancestry | None:
    word = word_in(cells, "ANCESTRY")
    if word is not None and word.lower() not in set(Ancestry):
        raise Fault(f"ANCESTRY is '{word}'; it is one of {', '.join(Ancestry)}.")
    return None if word is None else Ancestry(word.lower())


_OF_A_PERSON: Mapping[str, tuple[str, Callable[[Cells], float | Ancestry | None]]] = {
    "AGE": ("age_years", lambda cells: limited_in(cells, "AGE", "age")),
    "WT": ("weight_kg", lambda cells: limited_in(cells, "WT", "weight")),
    "ANCESTRY": ("ancestry", _ancestry),
    "LIVER": ("liver_clearance", lambda cells: number_in(cells, "LIVER")),
    "GUT": ("gut_clearance", lambda cells: number_in(cells, "GUT")),
}


def _subject(reading: _Reading) -> Subject:
    regimen = Regimen(
        tuple(sorted(reading.doses, key=lambda dose: dose.time_h)),
        tuple(_last_of_each(reading.changes)),
        tuple(reading.resets),
        tuple(reading.steady),
    )
    return Subject(reading.id, reading.person, regimen, tuple(reading.seen))


def _last_of_each(changes: list[tuple[float, Covariates]]) -> Iterator[tuple[float, Covariates]]:
    """Yield the changes, of two at one time the later row."""
    yield from {time: (time, person) for time, person in changes}.values()
