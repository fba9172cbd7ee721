"""Non-compartmental analysis of predictions: of one dose to infinity, and of one interval among many doses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from euthymia.evidence import Analyte, KineticModel, kinetic_model
from euthymia.pharmacology._individual import typical_values
from euthymia.pharmacology._nca import CurveAnalysis, analyse, areas
from euthymia.pharmacology._prediction import Prediction, as_entering
from euthymia.pharmacology._regimen import Administration, Covariates, InvalidRequest, Regimen, Route
from euthymia.pharmacology._structures import structure
from euthymia.pharmacology._system import Floats

_LEAST_TIMES = 3
# Times that are written in hours and minutes of a clock meet to within this.
_SAME_H = 1e-9


@dataclass(frozen=True, slots=True)
class IntervalAnalysis:
    """What one dosing interval of a curve says.

    Attributes:
        begins_h: when the session it belongs to began, on the prediction's clock; ``lasts_h`` to the next one.
        auc_ng_h_per_ml: area under the curve within the interval.
        cmax_ng_per_ml, tmax_h: the highest concentration, and when it is after the interval began.
        cmin_ng_per_ml: the lowest; ``cavg_ng_per_ml`` the area over the length.
    """

    begins_h: float
    lasts_h: float
    auc_ng_h_per_ml: float
    cmax_ng_per_ml: float
    tmax_h: float
    cmin_ng_per_ml: float
    cavg_ng_per_ml: float


def analyse_prediction(
    prediction: Prediction, administrations: Sequence[Administration] | Regimen
) -> Mapping[str, CurveAnalysis]:
    """Analyse every substance of a prediction, the doses taken as one that begins with the first.

    A clearance is that of the dose which entered as the substance's own enantiomer: half of a racemate. Several
    sessions have no mean residence of one dose, and a note says so; ``analyse_interval`` tells of one of them.

    Raises:
        InvalidRequest: the prediction has no numbers, or the regimen empties the body or begins from a steady
            state, so that no dose belongs to the whole curve.
    """
    model, doses = _asked(prediction, administrations)
    if isinstance(administrations, Regimen) and (administrations.resets_h or administrations.steady):
        raise InvalidRequest(
            "A body that is emptied, or in a steady state at first, has no one dose to be analysed with; "
            "analyse a dosing interval."
        )
    first, sessions = doses[0].time_h, _givings(doses)
    times = np.asarray(prediction.times_h) - first
    entering = as_entering(model, prediction.drug, doses)
    at_once = _reached_at_once(model, entering[0]) if len(doses) == 1 else (False,) * len(model.analytes)
    found = {}
    for analyte, known, injected in zip(prediction.analytes, model.analytes, at_once, strict=True):
        one = analyse(
            times[times >= 0],
            np.asarray(analyte.concentrations_ng_per_ml)[times >= 0],
            dose_mg=_part(model, known) * sum(dose.amount_mg for dose in entering),
            infusion_h=doses[0].duration_h if len(doses) == 1 else 0.0,
            injected=injected,
        )
        found[analyte.key] = one if len(sessions) == 1 else _of_several(one, len(sessions))
    return found


def analyse_interval(
    prediction: Prediction,
    administrations: Sequence[Administration] | Regimen,
    *,
    begins_h: float,
    lasts_h: float | None = None,
) -> Mapping[str, IntervalAnalysis]:
    """Analyse one dosing interval of every substance: from one session to the next.

    Args:
        prediction: its times must hold the beginning and the end of the interval, and one between them.
        administrations: what it was predicted from.
        begins_h: when the interval's session begins, on the prediction's clock. The devices of one nasal
            session, and doses given at one time, are one session.
        lasts_h: the interval's length; until the next session unless stated. The last session has no next one.

    Raises:
        InvalidRequest: the prediction has no numbers, no session begins then, another begins within the
            interval, its length is not known, or the times do not cover it.
    """
    model, doses = _asked(prediction, administrations)
    begins_h, ends_h = _interval(_givings(doses), begins_h, lasts_h)
    all_times = np.asarray(prediction.times_h, dtype=np.float64)
    inside = np.flatnonzero((all_times >= begins_h - _SAME_H) & (all_times <= ends_h + _SAME_H))
    times = all_times[inside]
    ends = times.min(initial=np.inf), times.max(initial=-np.inf)
    if len(times) < _LEAST_TIMES or abs(ends[0] - begins_h) > _SAME_H or abs(ends[1] - ends_h) > _SAME_H:
        raise InvalidRequest(
            f"The interval from {begins_h:g} to {ends_h:g} h is not covered: predict at both, and at times between."
        )
    order = np.argsort(times, kind="stable")
    if np.any(np.diff(times[order]) <= 0):
        raise InvalidRequest("The times within the interval are not all different.")
    next_ones = [dose for dose in doses if abs(dose.time_h - ends_h) <= _SAME_H]
    jumps = np.zeros(len(model.analytes), dtype=bool)
    for dose in as_entering(model, prediction.drug, tuple(next_ones)):
        jumps |= np.asarray(_reached_at_once(model, dose))
    return {
        analyte.key: _one_interval(
            times[order] - begins_h,
            np.asarray(analyte.concentrations_ng_per_ml)[inside][order],
            begins_h,
            jump,
        )
        for analyte, jump in zip(prediction.analytes, jumps.tolist(), strict=True)
    }


def _asked(
    prediction: Prediction, administrations: Sequence[Administration] | Regimen
) -> tuple[KineticModel, tuple[Administration, ...]]:
    """Return the model and the doses by time."""
    if not prediction.analytes:
        raise InvalidRequest(f"There is nothing to analyse. {prediction.outcome.sentence}")
    given = administrations.administrations if isinstance(administrations, Regimen) else administrations
    if not given:
        raise InvalidRequest("There is nothing to analyse: give the doses that were predicted.")
    return kinetic_model(prediction.model), tuple(sorted(given, key=lambda dose: dose.time_h))


def _part(model: KineticModel, analyte: Analyte) -> float:
    """Return the part of a dose, as it enters the model, that is of the analyte's own handedness."""
    own = next((known.enantiomer for known in model.analytes if known.key == model.drugs[0]), "")
    part = model.constant("racemate", "part")
    if analyte.enantiomer == own or part is None:
        return 1.0
    return part if analyte.enantiomer == "S" else 1.0 - part


def _reached_at_once(model: KineticModel, dose: Administration) -> tuple[bool, ...]:
    """Return for each analyte whether ``dose`` is an injection that its concentration rises by at once."""
    if dose.route is not Route.IV or dose.duration_h:
        return (False,) * len(model.analytes)
    typical = {key: number.value for key, number in model.typical.items()}
    someone = Covariates(typical.get("age"), typical.get("weight"))
    equations = structure(model)
    own = equations.adapt(model, someone, typical_values(model))
    into = {inflow.compartment for inflow in equations.inflows(model, own, dose)}
    return tuple(not into.isdisjoint(row) for row in equations.graph(model, own).observed)


def _givings(doses: Sequence[Administration]) -> tuple[float, ...]:
    """Return when something is given anew: later devices of one spray, and doses at one time, belong together."""
    begun: list[float] = []
    for dose in doses:
        if not begun or ((dose.device or 1) == 1 and dose.time_h > begun[-1] + _SAME_H):
            begun.append(dose.time_h)
    return tuple(begun)


def _of_several(one: CurveAnalysis, sessions: int) -> CurveAnalysis:
    note = f"{sessions} sessions are taken as one dose: peak and areas are of all together."
    return replace(one, mean_residence_h=None, notes=(*one.notes, note))


def _interval(sessions: tuple[float, ...], begins_h: float, lasts_h: float | None) -> tuple[float, float]:
    begun = next((at for at in sessions if abs(at - begins_h) <= _SAME_H), None)
    if begun is None:
        raise InvalidRequest(
            f"No session begins at {begins_h:g} h; they begin at {', '.join(f'{at:g}' for at in sessions)} h."
        )
    following = next((at for at in sessions if at > begun), None)
    if lasts_h is None:
        if following is None:
            raise InvalidRequest(
                f"No session follows the one at {begins_h:g} h; say how long its interval lasts."
            )
        return begun, following
    if not (np.isfinite(lasts_h) and lasts_h > 0):
        raise InvalidRequest(f"An interval lasts more than 0 h; {lasts_h:g} h do not.")
    if following is not None and begun + lasts_h > following + _SAME_H:
        raise InvalidRequest(
            f"The next session begins at {following:g} h, within the {lasts_h:g} h from {begins_h:g} h on."
        )
    return begun, begun + lasts_h


def _one_interval(times: Floats, values: Floats, begins_h: float, jumps: bool) -> IntervalAnalysis:
    """Return what one curve says; ``jumps`` where its last value holds the next session's injection already."""
    if jumps:
        values = np.append(values[:-1], _onward(times, values))
    top, area = int(np.argmax(values)), areas(times, values)[0]
    return IntervalAnalysis(
        begins_h=begins_h,
        lasts_h=float(times[-1]),
        auc_ng_h_per_ml=area,
        cmax_ng_per_ml=float(values[top]),
        tmax_h=float(times[top]),
        cmin_ng_per_ml=float(values.min()),
        cavg_ng_per_ml=area / float(times[-1]),
    )


def _onward(times: Floats, values: Floats) -> float:
    """Return the value at the last time by the line through the logarithms of the two before it."""
    before, last = values[-3], values[-2]
    if not before > last > 0:
        return float(last)
    slope = np.log(before / last) / (times[-2] - times[-3])
    return float(last * np.exp(-slope * (times[-1] - times[-2])))
