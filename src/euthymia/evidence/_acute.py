"""What is known of the hours after a dose, as data: whose, after what, how large, and which of it may be fitted.

``acute/targets.csv`` holds one figure a row, ``acute/arms.toml`` the people and doses that rows name. A row's ``role``
and ``use`` are those of ``trials.csv``: only a ``calibrate`` row may be fitted, and what is not used as its role allows
says why. Healthy volunteers and patients are told apart by their people, never mixed in an arm.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Literal

from euthymia.evidence._loader import Row, Table, read_rows, read_sourced
from euthymia.evidence._sourced import EvidenceError, Sourced

ACUTE_EFFECTS = ("dissociation", "systolic", "diastolic", "sedation", "deep-sedation", "nausea")
ACUTE_STATISTICS = MappingProxyType(
    {
        "mean_at": "mean",
        "sd_at": "SD",
        "share_at": "share above a threshold",
        "mean_largest": "mean of each person's largest",
        "sd_largest": "SD of each person's largest",
        "sd_largest_placebo": "SD of each person's largest, without drug",
        "share": "share of people",
        "share_largest": "share whose largest reaches a threshold",
        "share_largest_placebo": "share whose largest reaches a threshold, without drug",
        "time_peak": "time of the highest mean",
        "left": "part of the highest mean that is left",
        "attenuation": "highest mean over that of the first session",
        "first_of_all": "part of all events that falls on the first session",
    }
)
_ROLES, _USES = ("calibrate", "validate"), ("fit", "predict")
_POPULATIONS = ("patients", "healthy")


@dataclass(frozen=True)
class AcuteArm:
    """Who was given what.

    Attributes:
        population: ``patients`` or ``healthy``.
        product: ``esketamine-nasal`` or ``ketamine-iv``.
        numbers: by name, those of the arm and of its people, with their sources: ``dose_mg``, ``raised_mg``,
            ``raised_share``, ``dose_mg_per_kg``, ``minutes``, ``then_mg_per_kg``, ``then_minutes``, ``sessions``,
            ``days_apart``, and ``age_years``, ``age_sd``, ``weight_kg``, ``weight_sd``, ``asian``, ``japanese``.
    """

    id: str
    title: str
    population: str
    product: str
    numbers: MappingProxyType[str, Sourced[float]]

    def value(self, name: str, default: float | None = None) -> float:
        """Return a number in the unit of its name; EvidenceError where there is none and no default."""
        found = self.numbers.get(name)
        if found is None and default is None:
            raise EvidenceError(f"The arm {self.id} has no '{name}'.")
        return default if found is None else found.value  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class AcuteTarget:
    """One figure that the acute effects are held to.

    Attributes:
        line: of ``targets.csv``, for messages.
        effect: one of ``ACUTE_EFFECTS``; ``statistic`` one of ``ACUTE_STATISTICS``.
        session: which one, counted from 1, or ``any`` or ``each`` of an arm's sessions.
        at_min: minutes since the session began; ``threshold`` in the effect's unit; None where they do not apply.
        placebo: the same figure without drug, in the value's unit; of a share of people whose largest reaches a
            threshold the mean largest without drug, mmHg; 0 where none was read.
        n: people behind it; None where it was not seen. ``spread`` and ``spread_kind``: as reported.
        tolerance: how far off is still met, in the value's unit; ``why_tolerance`` says where it is from.
    """

    line: int
    arm: str
    effect: str
    statistic: str
    session: int | Literal["any", "each"]
    at_min: float | None
    threshold: float | None
    placebo: float
    role: str
    use: str
    reason: str
    n: int | None
    spread: float | None
    spread_kind: str
    tolerance: float
    why_tolerance: str
    value: Sourced[float]


@cache
def acute_arms() -> MappingProxyType[str, AcuteArm]:
    """Return the arms by id.

    Raises:
        EvidenceError: the file breaks a rule.
    """
    whole = read_sourced("acute/arms.toml")
    people, arms = whole.table("people"), whole.table("arm")
    return MappingProxyType({key: _arm(key, arms.table(key), people) for key in arms})


@cache
def acute_targets() -> tuple[AcuteTarget, ...]:
    """Return every row of ``targets.csv``.

    Raises:
        EvidenceError: a row breaks a rule; the sentence names its line.
    """
    return parse_acute_targets(read_rows("acute/targets.csv"))


def parse_acute_targets(rows: Iterable[Row]) -> tuple[AcuteTarget, ...]:
    """Return sourced rows as targets; EvidenceError with the line of the first that breaks a rule."""
    return tuple(_target(row, line) for line, row in enumerate(rows, start=2))


def _arm(key: str, entry: Table, people: Table) -> AcuteArm:
    who, words = people.table(entry.word("people")), ("title", "people", "product", "population")
    if who.word("population") not in _POPULATIONS:
        raise EvidenceError(f"{who.where}: a population is one of {', '.join(_POPULATIONS)}.")
    found = {name: table.number(name) for table in (who, entry) for name in table if name not in words}
    return AcuteArm(
        key, entry.word("title"), who.word("population"), entry.word("product"), MappingProxyType(found)
    )


def _target(row: Row, line: int) -> AcuteTarget:
    keys, at = row.keys, f"acute/targets.csv line {line}"
    for name, allowed in (
        ("arm", tuple(acute_arms())),
        ("effect", ACUTE_EFFECTS),
        ("statistic", tuple(ACUTE_STATISTICS)),
        ("role", _ROLES),
        ("use", _USES),
    ):
        if keys[name] not in allowed:
            raise EvidenceError(f"{at}: {name} is '{keys[name]}'; it is one of {', '.join(allowed)}.")
    if keys["use"] == "fit" and keys["role"] != "calibrate":
        raise EvidenceError(f"{at}: only a calibrate row may be fitted; this one is {keys['role']}.")
    if keys["role"] == "calibrate" and keys["use"] != "fit" and not keys["reason"]:
        raise EvidenceError(f"{at}: a row that is not used as its role allows says why in 'reason'.")
    tolerance = _optional(keys["tolerance"], at, "tolerance")
    if tolerance is None or tolerance <= 0 or not keys["why_tolerance"]:
        raise EvidenceError(f"{at}: a target has a tolerance above 0, and says in 'why_tolerance' why.")
    n = _optional(keys["n"], at, "n")
    return AcuteTarget(
        line=line,
        arm=keys["arm"],
        effect=keys["effect"],
        statistic=keys["statistic"],
        session=_session(keys["session"], at),
        at_min=_optional(keys["at_min"], at, "at_min"),
        threshold=_optional(keys["threshold"], at, "threshold"),
        placebo=_optional(keys["placebo"], at, "placebo") or 0.0,
        role=keys["role"],
        use=keys["use"],
        reason=keys["reason"],
        n=None if n is None else int(n),
        spread=_optional(keys["spread"], at, "spread"),
        spread_kind=keys["spread_kind"],
        tolerance=tolerance,
        why_tolerance=keys["why_tolerance"],
        value=row.value,
    )


def _session(cell: str, at: str) -> int | Literal["any", "each"]:
    if cell == "any":
        return "any"
    if cell == "each":
        return "each"
    if not cell.isdigit() or int(cell) < 1:
        raise EvidenceError(f"{at}: session is '{cell}'; it is a number from 1 on, any or each.")
    return int(cell)


def _optional(cell: str, at: str, name: str) -> float | None:
    try:
        return float(cell) if cell else None
    except ValueError:
        raise EvidenceError(f"{at}: {name} is '{cell}', which is no number.") from None
