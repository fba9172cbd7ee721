"""A course of treatment in many people: doses to concentrations, receptor, acute effects and mood.

The linear part is a published kinetic model with two compartments more: the effect site, which follows the
S-ketamine of plasma within minutes, and what the session adapts to, which follows the effect site. The slow
part holds the signal, labile and consolidated synapses and the attenuation of dissociation. Score and acute
effects are then read off without solving anything.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TypeAlias

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array
from scipy.special import expit, logit

from euthymia.evidence import EffectModel, effect_model, kinetic_model
from euthymia.pharmacology import _effects as effects
from euthymia.pharmacology._alone import one_at_a_time
from euthymia.pharmacology._calendar import Calendar
from euthymia.pharmacology._characters import draw_characters
from euthymia.pharmacology._draws import normals
from euthymia.pharmacology._engine import Linear, Problem, Slow
from euthymia.pharmacology._modal import NotReversible, cascade
from euthymia.pharmacology._people import People, draw_people
from euthymia.pharmacology._prediction import check_doses
from euthymia.pharmacology._regimen import DAY_H, Administration, InvalidRequest, Route
from euthymia.pharmacology._solve import TOLERANCE, Solved, Solver
from euthymia.pharmacology._step import State
from euthymia.pharmacology._structures import structure

Floats: TypeAlias = npt.NDArray[np.float64]
Table: TypeAlias = Mapping[str, Array]

ACUTE, MOOD = effect_model("acute-1"), effect_model("antidepressant-1")
S_KETAMINE, S_NORKETAMINE = "esketamine", "noresketamine"
STATES = ("signal", "labile", "consolidated", "attenuation")
_PILOT_SEED, _PILOT_PEOPLE = 20260101, 64
# Doses less than this apart belong to one session.
_SESSION_H = 6.0
MOST_DOSES = 1_000
"""Doses of one course; the engine's memory grows with them."""
_LONGEST_DAYS = 3650
MOST_BYTES = 8e9
"""Results of one call, in memory; a larger study is solved in several calls or written by ``simulation``."""
# Rounded down from one busy core; only for telling a duration beforehand.
_PEOPLE_TIMES_PER_S = 2e5


@dataclass(frozen=True)
class Course:
    """What is given, to be solved for people of one kinetic model.

    Args:
        model: the kinetic model; one that knows S-ketamine.
        doses: of the model's own drug, at least one.
        times_h: when results are wanted, sorted, not before the first dose.
        oral_from_h: since when an ordinary antidepressant is taken daily; None for none.
        care: whether a new treatment with care begins at the first dose (the late slow component).
        receptor: source of the occupancy.
    """

    model: str
    doses: tuple[Administration, ...]
    times_h: tuple[float, ...]
    oral_from_h: float | None = None
    care: bool = True
    receptor: str = "shaffer-2014"

    def __post_init__(self) -> None:
        model = kinetic_model(self.model)
        if S_KETAMINE not in {analyte.key for analyte in model.analytes}:
            raise InvalidRequest(f"{self.model} has no S-ketamine, which the effects are driven by.")
        if not self.doses and self.oral_from_h is None:
            raise InvalidRequest(
                "There is nothing to simulate: give at least one dose or an oral antidepressant."
            )
        if len(self.doses) > MOST_DOSES:
            raise InvalidRequest(
                f"A course has up to {MOST_DOSES:,} doses; this one has {len(self.doses):,}. "
                "`predict` answers for a typical person with more."
            )
        check_doses(model, tuple(sorted(self.doses, key=lambda dose: dose.time_h)))
        if self.oral_from_h is not None and not math.isfinite(self.oral_from_h):
            raise InvalidRequest("The oral antidepressant begins at a finite number of hours.")
        times = np.asarray(self.times_h)
        if times.size == 0 or not np.all(np.isfinite(times)) or np.any(np.diff(times) < 0):
            raise InvalidRequest("Give the times of the results in hours, finite and in order.")
        begun = min([*(dose.time_h for dose in self.doses), times[0]])
        if max([*(dose.time_h for dose in self.doses), times[-1]]) - begun > _LONGEST_DAYS * DAY_H:
            raise InvalidRequest(f"A course lasts up to {_LONGEST_DAYS:,} days, its results included.")
        if self.doses and times[0] < min(dose.time_h for dose in self.doses):
            raise InvalidRequest("Results begin with the first dose; no time may lie before it.")
        effects.receptor(self.receptor)

    @property
    def sessions_h(self) -> tuple[float, ...]:
        """When each session begins: doses less than six hours after its first belong to it."""
        begun: list[float] = []
        for time in sorted(dose.time_h for dose in self.doses):
            if not begun or time - begun[-1] >= _SESSION_H:
                begun.append(time)
        return tuple(begun)


@dataclass(frozen=True)
class Effects:
    """What a course does to some people, each array (people, times) unless stated.

    Attributes:
        times_h: (times,).
        concentrations: ng/mL by analyte, as sampled where the kinetic model's people were.
        occupancy: 0 to 1. cadss: points. systolic, diastolic: mmHg over baseline. sedation, nausea: probability.
        labile: part of the synapses, 0 to 1. madrs: points, 0 to 60.
        error: (people,) estimated relative error of the slow states.
    """

    times_h: Floats
    concentrations: Mapping[str, Floats]
    occupancy: Floats
    cadss: Floats
    systolic: Floats
    diastolic: Floats
    sedation: Floats
    nausea: Floats
    labile: Floats
    madrs: Floats
    error: Floats


class CourseSolver:
    """A course made ready: its events, its grid and its compiled code. Make one and solve many people with it."""

    @one_at_a_time
    def __init__(self, course: Course, tolerance: float = TOLERANCE) -> None:
        self.course, self.model = course, kinetic_model(course.model)
        self._pilot = draw_people_for(course.model, _PILOT_PEOPLE, seed=_PILOT_SEED)
        self.names = tuple(self._pilot.parameters)
        self._events = _events(course, self._pilot)
        self.solver = Solver(self._problem(), Calendar(self._events, np.asarray(course.times_h)), tolerance)

    def solve(self, people: People, visit: int = 0) -> Effects:
        """Solve for ``people``, drawn with the course's model."""
        if people.model != self.course.model:
            raise InvalidRequest(f"These people are of {people.model}; the course is of {self.course.model}.")
        self._check_size(len(people))
        return self.read(self.solver.solve(parameters_of(people, self.names, visit)), people)

    def _check_size(self, people: int) -> None:
        """Refuse results that would not fit in memory, with the time and size they would take."""
        times = len(self.course.times_h)
        bytes_each = 8 * times * (len(self.model.analytes) + 2 + len(STATES)) * 2
        if people * bytes_each > MOST_BYTES:
            raise InvalidRequest(
                f"{people:,} people at {times:,} times would take about {people * bytes_each / 1e9:,.0f} GB of memory "
                f"and {people * times / _PEOPLE_TIMES_PER_S / 3600:,.1f} hours on one core. Solve up to "
                f"{int(MOST_BYTES / bytes_each):,} at a time, by `first`, or write them with `simulation.simulate`."
            )

    @cached_property
    def _analytes(self) -> tuple[str, ...]:
        return tuple(analyte.key for analyte in self.model.analytes)

    def _problem(self) -> Problem:
        one = parameters_of(self._pilot, self.names)[:, :1]
        try:
            system = cascade(np.asarray(self._linear(jnp.asarray(one)).rates)[:, :, 0])
        except NotReversible as refused:
            raise InvalidRequest(
                f"{self.course.model} cannot be simulated in many people: {refused}"
            ) from None
        return Problem(
            self.course.model,
            system,
            self._linear,
            _slow,
            _trigger,
            _force,
            lambda: parameters_of(self._pilot, self.names),
        )

    def _linear(self, parameters: Array) -> Linear:
        own = dict(zip(self.names, parameters, strict=True))
        graph = structure(self.model).graph(self.model, own)
        names = (*graph.compartments, "effect site", "adapted")
        at, none = {name: place for place, name in enumerate(names)}, jnp.zeros_like(parameters[0])
        rates = [[none] * len(at) for _ in at]
        for (origin, target), rate in graph.flows.items():
            rates[at[target]][at[origin]] += rate
            rates[at[origin]][at[origin]] -= rate
        for origin, rate in graph.losses.items():
            rates[at[origin]][at[origin]] -= rate
        plasma = dict(zip(self._analytes, graph.observed, strict=True))
        follow, adapt = _effect_site_rates()
        for name, factor in plasma[S_KETAMINE].items():
            rates[at["effect site"]][at[name]] += follow * factor
        rates[at["effect site"]][at["effect site"]] -= follow
        rates[at["adapted"]][at["effect site"]] += adapt
        rates[at["adapted"]][at["adapted"]] -= adapt

        def row(weights: Mapping[str, float | Array]) -> Array:
            return jnp.stack([none + weights.get(name, 0.0) for name in names])

        site = row({"effect site": 1.0})
        readings = [row(weights) for weights in plasma.values()] + [site, row({"adapted": 1.0})]
        bolus, inflow = self._entering(own, names, none)
        matrix = jnp.stack([jnp.stack(line) for line in rates])
        return Linear(matrix, bolus, inflow, site[None], jnp.stack(readings))

    def _entering(self, own: Table, names: Sequence[str], none: Array) -> tuple[Array, Array]:
        """Return what each event adds at once, and what flows from it on: (events, n, people)."""
        # What a milligram of each kind of dose brings, (parts, people), and where and when it comes, in numbers.
        # The lengths of inflows are the same in everybody (``_events`` sees to it).
        amounts: list[Array] = []
        kinds: dict[tuple[Route, int | None], int] = {}
        shared = {key: float(values[0, 0]) for key, values in self._pilot.parameters.items()}
        placed: list[tuple[int, int, int, int, float, float]] = []
        for dose in self.course.doses:
            kind, one = (dose.route, dose.device), replace(dose, amount_mg=1.0)
            lengths = structure(self.model).inflows(self.model, shared, one)
            if kind not in kinds:
                kinds[kind] = len(amounts)
                amounts += [
                    none + part.amount_mg for part in structure(self.model).inflows(self.model, own, one)
                ]
            for place, part in enumerate(lengths, start=kinds[kind]):
                hours = float(part.duration_h)
                first, last = np.searchsorted(
                    self._events, [part.start_h - 1e-9, part.start_h + hours - 1e-9]
                )
                placed.append(
                    (int(first), int(last), names.index(part.compartment), place, dose.amount_mg, hours)
                )
        bolus, inflow = np.zeros((2, len(self._events), len(names), max(len(amounts), 1)))
        for first, last, to, place, amount, hours in placed:
            if first == last:
                bolus[first, to, place] += amount
            inflow[first:last, to, place] += amount / (hours or 1.0)
        each = jnp.stack(amounts or [none])
        return jnp.einsum("enk,kp->enp", bolus, each), jnp.einsum("enk,kp->enp", inflow, each)

    def read(self, solved: Solved, people: People) -> Effects:
        """Turn what was solved for ``people`` into effects."""
        plasma = dict(zip(self._analytes, solved.readings, strict=False))
        site, adapted = solved.readings[-2:]
        acting = np.maximum(site - ACUTE.value("effect_site", "adaptation_part") * adapted, 0.0)
        _, labile, consolidated, attenuated = solved.states
        noresketamine = plasma.get(S_NORKETAMINE, np.zeros_like(site))
        systolic, diastolic = effects.pressure_rise(acting, noresketamine, ACUTE)
        return Effects(
            times_h=np.asarray(self.course.times_h),
            concentrations={key: values.T for key, values in plasma.items()},
            occupancy=effects.occupancy(plasma, source=self.course.receptor).T,
            cadss=effects.dissociation(acting, attenuated, ACUTE).T,
            systolic=systolic.T,
            diastolic=diastolic.T,
            sedation=effects.probability(acting, "sedation", ACUTE).T,
            nausea=effects.probability(acting, "nausea", ACUTE).T,
            labile=labile.T,
            madrs=score(self.course, people, (labile + consolidated).T),
            error=solved.error,
        )


@lru_cache(maxsize=8)
def solver_for(course: Course) -> CourseSolver:
    """Return the solver of a course at the shipped tolerance, the same one when asked again."""
    return CourseSolver(course)


def draw_people_for(model_id: str, count: int, *, seed: int, first: int = 0) -> People:
    """Draw people from the usual population with the parameters of a kinetic model."""
    return draw_people(model_id, draw_characters(count, seed=seed, first=first), seed=seed)


def parameters_of(people: People, names: Sequence[str], visit: int = 0) -> Floats:
    """Return (p, people), contiguous, in the order of ``names``."""
    return np.ascontiguousarray([people.parameters[name][:, visit] for name in names])


def score(course: Course, people: People, synapses: Floats) -> Floats:
    """Return MADRS (people, times): a logit, so that people can also worsen and never leave the scale."""
    most, index = MOOD.value("score", "most"), np.asarray(people.characters.index)
    baseline = np.where(
        np.isfinite(people.characters.baseline_madrs),
        people.characters.baseline_madrs,
        MOOD.value("score", "baseline"),
    )
    drug = MOOD.value("score", "drug") * np.exp(
        MOOD.value("score", "drug_log_sd") * normals(people.seed, "mood drug", [index])
    )
    late = MOOD.value("context", "late") + MOOD.value("context", "late_sd") * normals(
        people.seed, "mood late", [index]
    )
    times = np.asarray(course.times_h)
    begun = course.sessions_h[0] if course.sessions_h else float(times[0])
    weeks = np.clip(times - begun, 0.0, None) / (DAY_H * MOOD.value("context", "late_time"))
    slow = (
        (1 - np.exp(-(weeks ** MOOD.value("context", "late_power")))) if course.care else np.zeros_like(times)
    )
    moved = drug[:, None] * synapses + late[:, None] * slow + _pulses(course, times) + _oral(course, times)
    part = np.clip(baseline / most, 1e-3, 1 - 1e-3)[:, None]
    result: Floats = most * expit(logit(part) - moved)
    return result


def relapse_h(times_h: Floats, madrs: Floats) -> Floats:
    """Return (people,) when each relapsed, NaN for never: at the second high score in a row of (people, times)."""
    high = madrs >= MOOD.value("relapse", "score")
    twice = high[:, 1:] & high[:, :-1]
    return np.where(twice.any(axis=1), np.asarray(times_h)[1:][twice.argmax(axis=1)], np.nan)


def _pulses(course: Course, times: Floats) -> Floats:
    """Expectancy: a pulse at the start of each session that fades; the last one counts, they do not add up."""
    if not course.sessions_h:
        return np.zeros_like(times)
    since = np.asarray(course.sessions_h)[np.searchsorted(course.sessions_h, times, side="right") - 1]
    fading: Floats = np.exp(-(times - since) / MOOD.value("context", "pulse_time"))
    return MOOD.value("context", "pulse") * fading


def _oral(course: Course, times: Floats) -> Floats:
    if course.oral_from_h is None:
        return np.zeros_like(times)
    days = np.clip(times - course.oral_from_h, 0.0, None) / DAY_H
    reached: Floats = 1 - np.exp(-days / MOOD.value("oral", "time"))
    return MOOD.value("oral", "amplitude") * reached


def _effect_site_rates() -> tuple[float, float]:
    return (
        ACUTE.value("effect_site", "rate") * 60,
        math.log(2) / ACUTE.value("effect_site", "adaptation_half_life"),
    )


def _events(course: Course, people: People) -> Floats:
    """Return the times at which something begins or ends to flow, the same for everybody."""
    own = people.parameters
    times: set[float] = set()
    for dose in course.doses:
        for part in structure(kinetic_model(course.model)).inflows(kinetic_model(course.model), own, dose):
            lengths = np.unique(np.asarray(part.duration_h))
            if len(lengths) > 1:
                raise InvalidRequest(
                    f"In {course.model} the length of an inflow differs between people; the engine shares one "
                    "calendar. Ask about its typical person with `predict`."
                )
            times |= {part.start_h, part.start_h + float(lengths[0])}
    return np.asarray(sorted(times) if times else [course.times_h[0]])


def _slow(parameters: Array) -> Slow:
    none = jnp.zeros_like(parameters[0])
    lasting_h = (
        MOOD.value("signal", "time"),
        DAY_H * MOOD.value("synapses", "time"),
        DAY_H * MOOD.value("synapses", "consolidated_time"),
        DAY_H * ACUTE.value("dissociation", "attenuation_half_life") / math.log(2),
    )
    return Slow(jnp.stack([none] * len(STATES)), jnp.stack([none + 1 / hours for hours in lasting_h]))


def _trigger(drives: Array, parameters: Array) -> Array:
    """Return U, which saturates in the concentration at the effect site."""
    ratio = jnp.maximum(drives, 1e-30) / MOOD.value("trigger", "half_at")
    raised = jnp.exp(MOOD.value("trigger", "hill") * jnp.log(ratio))
    return raised / (1 + raised)


def _force(state: State, signals: Array, parameters: Array) -> State:
    """Return what fills each state; what empties it is its relaxation. Labile and consolidated share a ceiling."""
    signal, labile, consolidated, attenuated = state
    kept = MOOD.value("synapses", "consolidation") * labile
    return (
        MOOD.value("signal", "gain") * signals[0],
        MOOD.value("synapses", "filling") * signal * (1 - labile - consolidated) - kept,
        kept,
        ACUTE.value("dissociation", "attenuation_gain") * signals[0] * (1 - attenuated),
    )


def models_used(course: Course) -> tuple[EffectModel, ...]:
    """Return the effect models behind a course, for their warnings and limits."""
    return ACUTE, MOOD, effects.receptor(course.receptor)
