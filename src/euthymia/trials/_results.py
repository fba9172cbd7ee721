"""Reads a user's results of a trial: one number a row, refused by its line where it is none."""

import csv
import math
from pathlib import Path

from euthymia.evidence import Known, Sourced, TrialResult
from euthymia.pharmacology import InvalidRequest
from euthymia.trials._design import Design
from euthymia.trials._summaries import KINDS

_NEEDED, _MORE = ("arm", "time_h", "kind", "value"), ("spread", "spread_kind", "n")


def read_results(path: Path, design: Design) -> tuple[TrialResult, ...]:
    """Return the results in a CSV file: arm, time_h, kind, value and, if wanted, spread, spread_kind, n.

    Raises:
        InvalidRequest: the file cannot be read, or a row does not fit the design; the sentence names the line.
    """
    try:
        # A spreadsheet begins its file with a mark of the encoding.
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns = tuple(reader.fieldnames or ())
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidRequest(f"{path} could not be read as CSV: {error}.") from None
    if missing := [name for name in _NEEDED if name not in columns]:
        raise InvalidRequest(f"{path.name} line 1: there is no column '{missing[0]}'.")
    if unknown := [name for name in columns if name not in (*_NEEDED, *_MORE)]:
        raise InvalidRequest(f"{path.name} line 1: the column '{unknown[0]}' is not known.")
    return tuple(_row(row, f"{path.name} line {line}", line, design) for line, row in rows)


def _row(row: dict[str, str | None], at: str, line: int, design: Design) -> TrialResult:
    arms = [arm.name for arm in design.arms]
    arm, kind = row["arm"] or "", row["kind"] or ""
    if arm not in arms:
        raise InvalidRequest(f"{at}: there is no arm '{arm}'; there are {', '.join(arms)}.")
    if kind not in KINDS:
        raise InvalidRequest(f"{at}: kind is one of {', '.join(KINDS)}; it was '{kind}'.")
    time = _number(row["time_h"], at, "time_h")
    if time not in design.visits_h:
        visits = ", ".join(f"{visit:g}" for visit in design.visits_h)
        raise InvalidRequest(f"{at}: the design has no visit at {time:g} h; it has {visits}.")
    spread_kind = row.get("spread_kind") or ""
    spread = _number(row["spread"], at, "spread") if row.get("spread") else None
    if (spread is None) != (spread_kind == "") or spread_kind not in ("", "SD", "SE"):
        raise InvalidRequest(f"{at}: a spread says in spread_kind whether it is an SD or an SE.")
    n = _number(row["n"], at, "n") if row.get("n") else None
    if n is not None and (n < 1 or n != int(n)):
        raise InvalidRequest(f"{at}: n is a whole number of people above 0; it was {n:g}.")
    unit = "%" if kind.endswith("_pct") else "{score}"
    value = _number(row["value"], at, "value")
    if unit == "%" and not 0 <= value <= 100:
        raise InvalidRequest(f"{at}: a share lies from 0 to 100 %; it was {value:g}.")
    return TrialResult(
        line=line,
        trial=design.name,
        members=(),
        role="context",
        use="no",
        reason="given by the user",
        arm=arm,
        instrument=design.instrument,
        n=None if n is None else int(n),
        time_h=time,
        kind=kind,
        estimand="",
        value=Sourced(value, unit, "given", Known.SECONDARY),
        spread=spread,
        spread_kind=spread_kind,
    )


def _number(cell: str | None, at: str, column: str) -> float:
    try:
        found = float(cell or "")
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise InvalidRequest(f"{at}: {column} must be a number; it was '{cell}'.")
    return found
