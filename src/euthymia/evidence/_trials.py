"""What trials found, as data, and which of it may be fitted.

``trials.csv`` holds one result a row. A row's ``role`` belongs to its patients and was fixed before anything was
fitted: ``calibrate`` rows may be fitted, ``validate`` rows are only predicted and reported, ``context`` rows are
for text, ``unverified`` rows are neither. A row that pools trials names its ``members`` and has their role.
``use`` says what is done with a row, and where that is less than its role allows, ``reason`` says why.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from euthymia.evidence._loader import Row, names, read_rows, read_text
from euthymia.evidence._sourced import EvidenceError, Sourced

ROLES = ("calibrate", "validate", "context", "unverified")
USES = ("fit", "predict", "no")


@dataclass(frozen=True, slots=True)
class TrialResult:
    """One number that a trial reported.

    Attributes:
        line: of ``trials.csv``, for messages.
        members: the trials whose patients a pooled row holds; empty for a trial of its own.
        arm: as the trial's design names it.
        n: people behind the number; None where it was not seen.
        time_h: hours since the first dose; None where it does not apply.
        kind: ``mean_change``, ``mean``, ``responders_pct``, ``remitters_pct``, ``mean_diff_vs_control`` and others.
        estimand: ``LS mean``, ``observed case``, ``raw``, ``LOCF``, or empty where it was not said.
        value: the number, with unit, source and how it is known.
        spread: in the value's unit; ``spread_kind`` says ``SD`` or ``SE``, and is empty without a spread.
    """

    line: int
    trial: str
    members: tuple[str, ...]
    role: str
    use: str
    reason: str
    arm: str
    instrument: str
    n: int | None
    time_h: float | None
    kind: str
    estimand: str
    value: Sourced[float]
    spread: float | None
    spread_kind: str


@cache
def trial_results() -> tuple[TrialResult, ...]:
    """Return every row of ``trials.csv``.

    Raises:
        EvidenceError: a row breaks a rule; the sentence names its line.
    """
    found = tuple(_result(row, line) for line, row in enumerate(read_rows("trials/trials.csv"), start=2))
    check_roles(found)
    return found


@cache
def trial_designs() -> tuple[str, ...]:
    """Return the file names, without ``.toml``, of the designs at hand, sorted."""
    return names("trials")


def trial_design_text(design_id: str) -> str:
    """Return the text of a design's file.

    Raises:
        EvidenceError: there is no such design.
    """
    if design_id not in trial_designs():
        raise EvidenceError(
            f"There is no trial design '{design_id}'. There are: {', '.join(trial_designs())}."
        )
    return read_text(f"trials/{design_id}.toml")


def check_roles(results: Iterable[TrialResult]) -> None:
    """Refuse a trial whose patients are on both sides, alone or within a pool.

    Raises:
        EvidenceError: with the line of the row that crosses.
    """
    rows, sides = tuple(results), dict[str, str]()
    for row in rows:
        sided = row.role in ("calibrate", "validate") and not row.members
        if sided and sides.setdefault(row.trial, row.role) != row.role:
            raise EvidenceError(
                f"trials.csv line {row.line}: {row.trial} is both {row.role} and {sides[row.trial]}; "
                "a role belongs to a trial's patients, not to a row."
            )
    for row in rows:
        for member in row.members:
            theirs = sides.get(member)
            if row.role in ("calibrate", "validate") and theirs not in (None, row.role):
                raise EvidenceError(
                    f"trials.csv line {row.line}: {row.trial} is {row.role} and holds {member}, which is {theirs}; "
                    "a pool has the role of its members."
                )


def _result(row: Row, line: int) -> TrialResult:
    at, keys = f"trials.csv line {line}", row.keys
    role, use, reason = keys["role"], keys["use"], keys["reason"]
    if role not in ROLES or use not in USES:
        raise EvidenceError(
            f"{at}: role is one of {', '.join(ROLES)} and use one of {', '.join(USES)}; "
            f"they were '{role}' and '{use}'."
        )
    if use == "fit" and role != "calibrate":
        raise EvidenceError(f"{at}: only a calibrate row may be fitted; this one is {role}.")
    if use == "predict" and role not in ("calibrate", "validate"):
        raise EvidenceError(f"{at}: a {role} row is neither fitted nor tested.")
    if (use == "no" or (role == "calibrate" and use != "fit")) and not reason:
        raise EvidenceError(f"{at}: a row that is not used as its role allows says why in 'reason'.")
    n = _optional(keys["n"], at, "n")
    spread, spread_kind = _optional(keys["spread"], at, "spread"), keys["spread_kind"]
    if (spread is None) != (spread_kind == "") or spread_kind not in ("", "SD", "SE"):
        raise EvidenceError(f"{at}: a spread says whether it is an SD or an SE, and stands with its number.")
    if n is not None and (n < 1 or n != int(n)):
        raise EvidenceError(f"{at}: n must be a whole number of people; it was {keys['n']}.")
    return TrialResult(
        line=line,
        trial=keys["trial"],
        members=tuple(part for part in keys["members"].split(";") if part),
        role=role,
        use=use,
        reason=reason,
        arm=keys["arm"],
        instrument=keys["instrument"],
        n=None if n is None else int(n),
        time_h=_optional(keys["time_h"], at, "time_h"),
        kind=keys["kind"],
        estimand=keys["estimand"],
        value=row.value,
        spread=spread,
        spread_kind=spread_kind,
    )


def _optional(cell: str, at: str, column: str) -> float | None:
    if cell == "":
        return None
    try:
        return float(cell)
    except ValueError:
        raise EvidenceError(f"{at}: {column} must be a number or empty; it was '{cell}'.") from None
