"""What is known of the hours after a dose, as data: whose, after what, how large, and which of it may be fitted.

``acute/targets.csv`` holds one figure a row, ``acute/arms.toml`` the people and doses that rows name. A row's ``role``
and ``use`` mean what they do in ``trials.csv``: only a ``calibrate`` row may be fitted, and what is not used as its
role allows says why. What is ``context`` there is ``validate`` here, where only these two are told apart. Healthy
volunteers and patients are told apart by their people, never mixed in an arm.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Literal

from euthymia.evidence._loader import Row, Table, read_rows, read_sourced, sources
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
ACUTE_STEP_MIN, ACUTE_UNTIL_MIN = 2.5, 180.0
"""Minutes between the times at which a session's effects are known, and the last of them; ours."""
_AT_A_TIME = ("mean_at", "sd_at", "share_at", "left")
_IN_ONE_SESSION = (*_AT_A_TIME, "time_peak", "attenuation")
_OF_PRESSURE = ("share_largest", "share_largest_placebo", "sd_largest_placebo")
_UNITS = {"time_peak": "min", "left": "1", "attenuation": "1"}
_IN_PERCENT = ("share_at", "share", "share_largest", "share_largest_placebo", "first_of_all")
PRESSURES = ("systolic", "diastolic")


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
            threshold the mean largest without drug, mmHg; 0 where none was read. ``placebo_source``: where it is from.
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
    placebo_source: str
    role: str
    use: str
    reason: str
    n: int | None
    spread: float | None
    spread_kind: str
    tolerance: float
    why_tolerance: str
    value: Sourced[float]

    @property
    def key(self) -> str:
        """What is asked of whom, whatever line it stands on."""
        parts = (self.arm, self.effect, self.statistic, self.session, self.at_min, self.threshold)
        return "/".join(
            "" if part is None else f"{part:g}" if isinstance(part, float) else str(part) for part in parts
        )


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
    found: dict[str, AcuteTarget] = {}
    for line, row in enumerate(rows, start=2):
        target = _target(row, line)
        if target.key in found:
            raise EvidenceError(
                f"acute/targets.csv line {line}: the same is asked as in line {found[target.key].line}."
            )
        found[target.key] = target
    return tuple(found.values())


def acute_targets_hash() -> str:
    """Return the SHA-256 of all targets, fitted and predicted, whatever lines they stand on."""
    told = sorted(str(replace(row, line=0)) for row in acute_targets())
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


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
    target = AcuteTarget(
        line=line,
        arm=keys["arm"],
        effect=keys["effect"],
        statistic=keys["statistic"],
        session=_session(keys["session"], at),
        at_min=_optional(keys["at_min"], at, "at_min"),
        threshold=_optional(keys["threshold"], at, "threshold"),
        placebo=_optional(keys["placebo"], at, "placebo") or 0.0,
        placebo_source=keys["placebo_source"],
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
    if said := _wrong(target):
        raise EvidenceError(f"{at}: {said}")
    return target


def _wrong(row: AcuteTarget) -> str:
    """Return what a row asks that nothing can answer, as a sentence; nothing where it can be answered."""
    statistic, rises = row.statistic, row.effect in PRESSURES
    if row.placebo and row.placebo_source not in sources():
        return f"a placebo figure has its source in 'placebo_source', which '{row.placebo_source}' is not."
    if (statistic in _AT_A_TIME) != (row.at_min is not None):
        return f"at_min goes with {', '.join(_AT_A_TIME)}, and with them only."
    if row.at_min is not None and (row.at_min % ACUTE_STEP_MIN or not 0 <= row.at_min <= ACUTE_UNTIL_MIN):
        return (
            f"at_min is a multiple of {ACUTE_STEP_MIN:g} from 0 to {ACUTE_UNTIL_MIN:g}, not {row.at_min:g}."
        )
    needs = statistic in ("share_at", "share_largest", "share_largest_placebo")
    if (needs or (statistic == "share" and row.effect == "dissociation")) != (row.threshold is not None):
        return f"a threshold goes with {statistic} of {row.effect}, or does not: it is missing or too many."
    if statistic in _OF_PRESSURE and not rises:
        return f"{statistic} is asked of pressure only."
    if rises and statistic in ("share", "share_at", "first_of_all"):
        return f"{statistic} is not asked of pressure, which has no probability: ask for share_largest."
    if statistic.startswith("share_largest") and row.placebo <= 0:
        return f"{statistic} needs in 'placebo' the mean largest rise without drug, above 0."
    if statistic == "attenuation" and row.effect != "dissociation":
        return "attenuation is asked of dissociation only."
    if statistic in _IN_ONE_SESSION and not isinstance(row.session, int):
        return f"{statistic} is asked of one session by its number."
    if row.session == "each" and statistic != "share":
        return "of each session a share is asked, and nothing else."
    own = "%" if row.effect in ("sedation", "deep-sedation", "nausea") else "{score}"
    unit = _UNITS.get(statistic, "%" if statistic in _IN_PERCENT else "mmHg" if rises else own)
    return (
        ""
        if row.value.unit == unit
        else f"the unit of {statistic} of {row.effect} is {unit}, not {row.value.unit}."
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
