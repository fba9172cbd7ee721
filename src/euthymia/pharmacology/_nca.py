"""Non-compartmental analysis: what a curve of concentrations says without a model.

Areas by linear steps while the curve rises and logarithmic ones while it falls; the last slope by the points
after the peak that lie best on a line, three at least.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from euthymia.pharmacology._regimen import InvalidRequest
from euthymia.pharmacology._system import MG_PER_L_IN_NG_PER_ML, Floats

_LEAST_POINTS = 3
# A fit through more points is preferred while its adjusted R squared is lower by no more than this.
_AS_GOOD = 1e-4
# Beyond this part the area to infinity rests on the last slope more than on the curve.
_MUCH = 0.2


@dataclass(frozen=True, slots=True)
class CurveAnalysis:
    """What one curve says. What cannot be said is None, and ``notes`` say why.

    Attributes:
        auc_last_ng_h_per_ml: area from the first time to the last concentration above zero.
        slope_points: how many points the last slope rests on; ``adjusted_r2`` how well they lie on a line.
        extrapolated: the part of the area to infinity that lies after the last concentration.
        clearance_over_f_l_per_h, volume_over_f_l: dose over area, and that over the last slope; for a metabolite
            they hold the part formed as well.
        mean_residence_h: half the length of an infusion is taken off.
    """

    cmax_ng_per_ml: float
    tmax_h: float
    tlast_h: float
    auc_last_ng_h_per_ml: float
    auc_inf_ng_h_per_ml: float | None
    half_life_h: float | None
    slope_points: int
    adjusted_r2: float | None
    extrapolated: float | None
    clearance_over_f_l_per_h: float | None
    volume_over_f_l: float | None
    mean_residence_h: float | None
    notes: tuple[str, ...]


def analyse(
    times_h: npt.ArrayLike,
    concentrations_ng_per_ml: npt.ArrayLike,
    *,
    dose_mg: float,
    infusion_h: float = 0.0,
    injected: bool = False,
) -> CurveAnalysis:
    """Analyse one curve after one dose at time 0.

    Args:
        times_h: rising, from 0 on.
        concentrations_ng_per_ml: one each; NaN is a sample that is missing, 0 one below what can be measured.
        dose_mg: the dose.
        infusion_h: its length, where it was an infusion.
        injected: whether it went into the vein at once; a curve that begins later is then led back to time 0 by
            its first two points, otherwise it begins at 0.

    Raises:
        InvalidRequest: times do not rise, nothing was above zero, or the dose is none.
    """
    times, values, notes = _cleaned(times_h, concentrations_ng_per_ml, dose_mg, infusion_h)
    if times[0] > 0:
        start = _back_to_zero(times, values) if injected else 0.0
        times, values = np.append(0.0, times), np.append(start, values)
    top, last = int(np.argmax(values)), int(np.flatnonzero(values > 0)[-1])
    times, values = times[: last + 1], values[: last + 1]
    area, moment = areas(times, values)
    slope, points, fit = _last_slope(times, values, top if injected else top + 1)
    found = CurveAnalysis(
        cmax_ng_per_ml=float(values[top]),
        tmax_h=float(times[top]),
        tlast_h=float(times[-1]),
        auc_last_ng_h_per_ml=area,
        auc_inf_ng_h_per_ml=None,
        half_life_h=None,
        slope_points=points,
        adjusted_r2=fit,
        extrapolated=None,
        clearance_over_f_l_per_h=None,
        volume_over_f_l=None,
        mean_residence_h=None,
        notes=notes,
    )
    if slope is None:
        more = (
            "No last slope: three points that fall after the peak are needed, so nothing is said of infinity."
        )
        return replace(found, notes=(*notes, more))
    return _to_infinity(found, slope, moment, float(values[-1]), dose_mg, infusion_h)


def _cleaned(
    times_h: npt.ArrayLike, values_ng: npt.ArrayLike, dose_mg: float, infusion_h: float
) -> tuple[Floats, Floats, tuple[str, ...]]:
    times, values = np.asarray(times_h, dtype=np.float64), np.asarray(values_ng, dtype=np.float64)
    if times.ndim != 1 or times.shape != values.shape:
        raise InvalidRequest(
            f"A curve needs as many times as concentrations; {times.shape} and {values.shape}."
        )
    there = np.isfinite(values)
    notes = (f"{int((~there).sum())} missing samples were left out.",) if not there.all() else ()
    times, values = times[there], values[there]
    if not np.all(np.isfinite(times)) or np.any(times < 0) or np.any(np.diff(times) <= 0):
        raise InvalidRequest("The times of a curve rise from 0 on; these do not.")
    if np.any(values < 0) or not np.any(values > 0):
        raise InvalidRequest("A curve has concentrations of at least 0, and one above it.")
    if not (np.isfinite(dose_mg) and dose_mg > 0 and np.isfinite(infusion_h) and infusion_h >= 0):
        raise InvalidRequest(
            f"A dose must be above 0 mg and last 0 h or more; {dose_mg:g} mg, {infusion_h:g} h."
        )
    return times, values, notes


def _back_to_zero(times: Floats, values: Floats) -> float:
    if len(times) < 2 or not values[0] > values[1] > 0:
        return float(values[0])
    slope = np.log(values[0] / values[1]) / (times[1] - times[0])
    return float(values[0] * np.exp(slope * times[0]))


def areas(times: Floats, values: Floats) -> tuple[float, float]:
    """Return the area under the curve and that under time times the curve."""
    step, before, after = np.diff(times), values[:-1], values[1:]
    falls = (after < before) & (after > 0)
    rate = np.log(np.where(falls, before, np.e) / np.where(falls, after, 1.0)) / step
    area = np.where(falls, (before - after) / rate, (before + after) / 2 * step)
    moments = times * values
    by_line = (moments[:-1] + moments[1:]) / 2 * step
    by_log = (moments[:-1] - moments[1:]) / rate + (before - after) / rate**2
    return float(area.sum()), float(np.where(falls, by_log, by_line).sum())


def _last_slope(times: Floats, values: Floats, first: int) -> tuple[float | None, int, float | None]:
    """Return the last slope in 1/h, the number of points it rests on, and their adjusted R squared."""
    best: tuple[float | None, int, float | None] = (None, 0, None)
    usable = np.flatnonzero(values[first:] > 0) + first
    for count in range(_LEAST_POINTS, len(usable) + 1):
        at, logs = times[usable[-count:]], np.log(values[usable[-count:]])
        slope = np.polyfit(at - at.mean(), logs, 1)[0]
        left = logs - logs.mean() - slope * (at - at.mean())
        whole = float(((logs - logs.mean()) ** 2).sum())
        if slope >= 0 or whole == 0:
            continue
        fit = 1 - float((left**2).sum()) / whole * (count - 1) / (count - 2)
        if best[2] is None or fit >= best[2] - _AS_GOOD:
            best = (float(-slope), count, max(fit, best[2] or -np.inf))
    return best


def _to_infinity(
    found: CurveAnalysis, slope: float, moment: float, last: float, dose_mg: float, infusion_h: float
) -> CurveAnalysis:
    tail = last / slope
    area = found.auc_last_ng_h_per_ml + tail
    whole_moment = moment + tail * found.tlast_h + tail / slope
    clearance = dose_mg * MG_PER_L_IN_NG_PER_ML / area
    much = f"{tail / area:.0%} of the area lies after the last sample." if tail > _MUCH * area else ""
    return replace(
        found,
        auc_inf_ng_h_per_ml=area,
        half_life_h=float(np.log(2) / slope),
        extrapolated=tail / area,
        clearance_over_f_l_per_h=clearance,
        volume_over_f_l=clearance / slope,
        mean_residence_h=whole_moment / area - infusion_h / 2,
        notes=(*found.notes, much) if much else found.notes,
    )
