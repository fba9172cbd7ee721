"""Drug against control: what a trial found of each drug arm beside its control at each visit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from euthymia.evidence import TrialResult
from euthymia.trials._design import Arm, Design


@dataclass(frozen=True)
class Comparison:
    """One drug arm against its control at one visit, in points of mean change.

    Attributes:
        difference: the drug arm's mean change less the control's.
        own_se, control_se: standard errors of the two changes, where they can be known.
        se: of the difference.
        given: whether the control's own change was found, and may be known beforehand.
    """

    design: Design
    arm: Arm
    control: Arm
    visit_h: float
    difference: float
    own_se: float | None
    control_se: float | None
    se: float | None
    given: bool


def comparisons(design: Design, rows: Sequence[TrialResult]) -> tuple[Comparison, ...]:
    """Return every comparison that ``rows`` of this trial allow, by arm and visit.

    Changes of both arms are taken where both are there; else the difference as it was reported. A trial that reports
    scores and no changes is taken by the score less the arm's mean at entry.
    """
    if not design.controls:
        return ()
    found = []
    for arm in design.arms:
        if not arm.active or arm.control:
            continue
        control = control_of(arm, design)
        for visit in design.visits_h:
            one = _compared(design, arm, control, visit, rows)
            if one is not None:
                found.append(one)
    return tuple(found)


def control_of(arm: Arm, design: Design) -> Arm:
    """Return the control of the same stratum where a trial has several: the one whose name ends most like the arm's."""

    def alike(control: Arm) -> int:
        pairs = zip(reversed(arm.name), reversed(control.name), strict=False)
        same = 0
        for ours, theirs in pairs:
            if ours != theirs:
                break
            same += 1
        return same

    return max(design.controls, key=alike)


def _compared(
    design: Design, arm: Arm, control: Arm, visit: float, rows: Sequence[TrialResult]
) -> Comparison | None:
    at = [row for row in rows if row.time_h == visit]
    reported = next((row for row in at if row.arm == arm.name and row.kind == "mean_diff_vs_control"), None)
    own, theirs = change_of(arm, visit, rows), change_of(control, visit, rows)
    told = None if reported is None or reported.spread_kind != "SE" else reported.spread
    if own is not None and theirs is not None:
        (change, own_se), (other, control_se) = own, theirs
        both = own_se is not None and control_se is not None and not design.same_people
        se = math.hypot(own_se or 0.0, control_se or 0.0) if both else told
        return Comparison(design, arm, control, visit, change - other, own_se, control_se, se, given=True)
    if reported is not None:
        value = reported.value.value
        return Comparison(design, arm, control, visit, value, None, None, told, given=False)
    return None


def change_of(arm: Arm, visit: float, rows: Sequence[TrialResult]) -> tuple[float, float | None] | None:
    """Return an arm's mean change at a visit and its standard error; a score counts less the arm's mean at entry."""
    for kind, less in (("mean_change", 0.0), ("mean", arm.baseline.mean)):
        for row in rows:
            if (row.arm, row.time_h, row.kind) == (arm.name, visit, kind):
                return row.value.value - less, _se(row, arm)
    return None


def _se(row: TrialResult, arm: Arm) -> float | None:
    if row.spread is None:
        return None
    return row.spread if row.spread_kind == "SE" else row.spread / math.sqrt(row.n or arm.n)
