"""Event tables as NONMEM and its kin write them: what one holds, and how a regimen becomes one.

Times are in hours, amounts in mg, rates in mg/h, concentrations in ng/mL. ROUTE names how a dose was given and
ANALYTE what was measured: CMT, a compartment's number elsewhere, says neither here. A nasal dose says in DEVICE
which device of its session it is. Reading is ``_events_read``; rows for an exported model, whose CMT is a
compartment of it, are ``_events_for_text``. docs/how-to/event-tables.md has every column.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from euthymia.pharmacology._regimen import (
    Administration,
    Covariates,
    InvalidRequest,
    Regimen,
    SteadyState,
)

COLUMNS = {
    "ID": pl.String,
    "TIME": pl.Float64,
    "EVID": pl.Int64,
    "MDV": pl.Int64,
    "AMT": pl.Float64,
    "RATE": pl.Float64,
    "DUR": pl.Float64,
    "CMT": pl.Int64,
    "ROUTE": pl.String,
    "DEVICE": pl.Int64,
    "SS": pl.Int64,
    "ADDL": pl.Int64,
    "II": pl.Float64,
    "ANALYTE": pl.String,
    "DV": pl.Float64,
    "BLQ": pl.Int64,
    "LLOQ": pl.Float64,
    "AGE": pl.Float64,
    "WT": pl.Float64,
    "ANCESTRY": pl.String,
    "LIVER": pl.Float64,
    "GUT": pl.Float64,
}
"""Every column, in the order written. ID and TIME must be there; the others where they are needed."""

FORMATS = (".csv", ".parquet")
RELEASED = -2.0
"""RATE of a dose whose length stands elsewhere: in DUR, or in the model as a film's."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One sample, or a time at which a value is wanted.

    Args:
        analyte: one of the model's.
        value_ng_per_ml: what was measured; None where nothing was, or too little.
        below_limit: whether it was too little to be measured.
        limit_ng_per_ml: the least that can be measured, where stated.
    """

    time_h: float
    analyte: str
    value_ng_per_ml: float | None = None
    below_limit: bool = False
    limit_ng_per_ml: float | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """One person of a table: who it is at first, what happens to it, what is seen of it."""

    id: str
    person: Covariates
    regimen: Regimen
    observations: tuple[Observation, ...] = ()

    @property
    def times_h(self) -> tuple[float, ...]:
        """The times at which something is or might be seen, as ``predict`` takes them."""
        return tuple(sorted({seen.time_h for seen in self.observations}))


@dataclass(frozen=True, slots=True)
class EventTable:
    """The people of a table, in its order, and the columns of it that mean nothing here."""

    model: str
    subjects: tuple[Subject, ...]
    ignored: tuple[str, ...] = ()


def check_format(path: Path) -> None:
    """Refuse a path whose ending is no format of a table.

    Raises:
        InvalidRequest: it ends in something else than .csv or .parquet.
    """
    if path.suffix.lower() not in FORMATS:
        raise InvalidRequest(f"A table is {' or '.join(FORMATS)}; '{path.name}' ends in neither.")


def write_events(table: EventTable, path: Path) -> None:
    """Write a table that ``read_events`` reads back as the same people.

    Raises:
        InvalidRequest: the ending is neither .csv nor .parquet, or a steady state is of a kind that no row has.
        OSError: the file cannot be written.
    """
    check_format(path)
    rows = [row for subject in table.subjects for row in _rows(subject)]
    write_frame(pl.DataFrame(rows, schema=COLUMNS), path)


def write_frame(frame: pl.DataFrame, path: Path) -> None:
    """Write a table as its ending says."""
    if path.suffix.lower() == ".csv":
        frame.write_csv(path)
    else:
        frame.write_parquet(path)


def _rows(subject: Subject) -> list[dict[str, object]]:
    """Return one person's rows by time; at one time a reset stands first, then who it is, doses, samples."""
    events = [*_happenings(subject), *_doses(subject.regimen), *_samples(subject.observations)]
    events.sort(key=lambda event: (event[0], event[1]))
    changes = sorted(subject.regimen.changes, key=lambda change: change[0])
    rows = []
    for time, _order, row in events:
        now = [changed for at, changed in changes if at <= time]
        rows.append(
            {"ID": subject.id, "TIME": time, **_covariates(now[-1] if now else subject.person), **row}
        )
    return rows


def _happenings(subject: Subject) -> Iterator[tuple[float, int, dict[str, object]]]:
    for time in subject.regimen.resets_h:
        yield time, 0, {"EVID": 3, "MDV": 1}
    for time, _ in subject.regimen.changes:
        yield time, 1, {"EVID": 2, "MDV": 1}


def _doses(regimen: Regimen) -> Iterator[tuple[float, int, dict[str, object]]]:
    settled = {_key(state): state for state in regimen.steady}
    if len(settled) < len(regimen.steady):
        raise InvalidRequest("Two steady states begin with the same dose at the same time; no row says that.")
    for dose in regimen.administrations:
        state = settled.pop((dose.time_h, *_what(dose)), None)
        row: dict[str, object] = {
            "EVID": 1,
            "MDV": 1,
            "AMT": dose.amount_mg,
            "RATE": dose.amount_mg / dose.duration_h if dose.duration_h else None,
            "DUR": dose.duration_h or None,
            "ROUTE": dose.route.value,
            "DEVICE": dose.device,
        }
        if state is not None:
            row |= {"SS": 2 if state.adds else 1, "II": state.interval_h}
        # What replaces all that was there stands before what adds to it.
        yield dose.time_h, 2 if state is not None and not state.adds else 3, row
    if settled:
        raise InvalidRequest(
            "A steady state is written with the dose it begins with, one dose a set; this is none."
        )


def _key(state: SteadyState) -> tuple[object, ...]:
    if len(state.doses) != 1 or state.doses[0].time_h != 0:
        raise InvalidRequest(
            "A steady state of several doses cannot be written as a row; write the doses out."
        )
    return (state.at_h, *_what(state.doses[0]))


def _what(dose: Administration) -> tuple[object, ...]:
    return (dose.amount_mg, dose.route, dose.duration_h, dose.device)


def _samples(seen: Sequence[Observation]) -> Iterator[tuple[float, int, dict[str, object]]]:
    for one in seen:
        asked = one.value_ng_per_ml is None and not one.below_limit
        yield (
            one.time_h,
            4,
            {
                "EVID": 0,
                "MDV": int(asked),
                "ANALYTE": one.analyte,
                "DV": one.value_ng_per_ml,
                "BLQ": int(one.below_limit),
                "LLOQ": one.limit_ng_per_ml,
            },
        )


def _covariates(person: Covariates) -> dict[str, object]:
    return {
        "AGE": person.age_years,
        "WT": person.weight_kg,
        "ANCESTRY": person.ancestry.value,
        "LIVER": person.liver_clearance,
        "GUT": person.gut_clearance,
    }
