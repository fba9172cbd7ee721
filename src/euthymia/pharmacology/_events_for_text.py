"""Event tables for an exported model: each dose as the rows that the text of mrgsolve or rxode2 asks for.

A text is of one person, its compartments have numbers of their own, and one dose may enter several of them.
docs/how-to/event-tables.md has every column.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from euthymia.evidence import KineticModel, kinetic_model
from euthymia.pharmacology._events import EventTable, Subject, check_format, write_frame
from euthymia.pharmacology._export import records
from euthymia.pharmacology._prediction import check_doses, check_person
from euthymia.pharmacology._regimen import Covariates, InvalidRequest, Route
from euthymia.pharmacology._structures import structure

COLUMNS_FOR_TEXT = {
    "ID": pl.Int64,
    "TIME": pl.Float64,
    "EVID": pl.Int64,
    "MDV": pl.Int64,
    "AMT": pl.Float64,
    "RATE": pl.Float64,
    "CMT": pl.Int64,
    "DEVICE": pl.Int64,
    "DV": pl.Float64,
    "BLQ": pl.Int64,
    "LLOQ": pl.Float64,
    "COMPARTMENT": pl.String,
    "ANALYTE": pl.String,
    "SUBJECT": pl.String,
}
"""Every column, in the order written; DEVICE only for a model with a nasal route."""


def write_events_for_text(table: EventTable, person: Covariates, path: Path) -> None:
    """Write a table for the text that ``to_mrgsolve`` or ``to_rxode2`` makes of its model for ``person``.

    Each dose is a row for each compartment it enters, with the whole amount, and RATE -2 where the text has the
    duration. ``read_events`` is not made to read it back: there CMT says no route.

    Raises:
        InvalidRequest: the ending is neither .csv nor .parquet, the text for ``person`` is not one for somebody
            of the table, somebody changes, or a regimen begins from a steady state.
        OSError: the file cannot be written.
    """
    check_format(path)
    model = kinetic_model(table.model)
    check_person(model, person)
    rows = [
        {"ID": number, "SUBJECT": subject.id, **row}
        for number, subject in enumerate(table.subjects, start=1)
        for row in _rows(model, person, subject)
    ]
    frame = pl.DataFrame(rows, schema=COLUMNS_FOR_TEXT)
    write_frame(frame if Route.NASAL in model.routes else frame.drop("DEVICE"), path)


def _rows(model: KineticModel, person: Covariates, subject: Subject) -> list[dict[str, object]]:
    """Return one person's rows by time; at one time a reset stands first, then doses, then samples."""
    _check(model, person, subject)
    events = [*_happenings(model, person, subject), *_samples(subject)]
    events.sort(key=lambda event: (event[0], event[1]))
    nothing: Mapping[str, object] = {"AMT": 0.0, "RATE": 0.0, "CMT": 0, "DEVICE": 1}
    return [{**nothing, "TIME": time, **row} for time, _order, row in events]


def _check(model: KineticModel, person: Covariates, subject: Subject) -> None:
    if subject.regimen.changes:
        raise InvalidRequest(
            f"{subject.id} changes on the way; the text is of one person as it is throughout."
        )
    if subject.regimen.steady:
        raise InvalidRequest(
            f"{subject.id} begins from a steady state; write its doses out for an exported text."
        )
    check_person(model, subject.person)
    check_doses(model, tuple(sorted(subject.regimen.administrations, key=lambda dose: dose.time_h)))
    own, whose = (structure(model).individual(model, one) for one in (subject.person, person))
    if own != whose:
        raise InvalidRequest(
            f"The text is of somebody else than {subject.id}: export the model, and a table, for each person."
        )


def _happenings(
    model: KineticModel, person: Covariates, subject: Subject
) -> Iterator[tuple[float, int, dict[str, object]]]:
    for time in subject.regimen.resets_h:
        yield time, 0, {"EVID": 3, "MDV": 1}
    for dose in subject.regimen.administrations:
        for record in records(model, person, dose):
            row: dict[str, object] = {
                "EVID": 1,
                "MDV": 1,
                "AMT": record.amount_mg,
                "RATE": record.rate,
                "CMT": record.place,
                "COMPARTMENT": record.compartment,
                "DEVICE": dose.device or 1,
            }
            yield record.time_h, 1, row


def _samples(subject: Subject) -> Iterator[tuple[float, int, dict[str, object]]]:
    for one in subject.observations:
        wanted = one.value_ng_per_ml is None and not one.below_limit
        row: dict[str, object] = {
            "EVID": 0,
            "MDV": int(wanted),
            "ANALYTE": one.analyte,
            "DV": one.value_ng_per_ml,
            "BLQ": int(one.below_limit),
            "LLOQ": one.limit_ng_per_ml,
        }
        yield one.time_h, 2, row
