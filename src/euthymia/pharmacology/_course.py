"""A course of treatment in many people: doses to concentrations, receptor, acute effects and mood.

The linear part is a published kinetic model with two compartments more: the effect site, which follows the
S-ketamine of plasma within minutes, and what the session adapts to, which follows the effect site. The slow
part holds the signal, labile and consolidated synapses and the attenuation of dissociation. Score and acute
effects are then read off without solving anything.
"""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from euthymia.pharmacology._dosing import Dosing
from euthymia.pharmacology._draws import normals
from euthymia.pharmacology._engine import Problem, Slow
from euthymia.pharmacology._linear_part import LinearPart
from euthymia.pharmacology._modal import NotReversible, cascade
from euthymia.pharmacology._people import Levels, People, draw_people, how_people_differ_is_known
from euthymia.pharmacology._people import draw_people_for as draw_people_for
from euthymia.pharmacology._prediction import check_doses
from euthymia.pharmacology._regimen import DAY_H, Administration, InvalidRequest
from euthymia.pharmacology._sensitivities import own_effects
from euthymia.pharmacology._solve import TOLERANCE, UNSOLVED, Solved, Solver
from euthymia.pharmacology._step import State
from euthymia.pharmacology._studied import doses_outside

Floats: TypeAlias = npt.NDArray[np.float64]

ACUTE, MOOD = effect_model("acute-2"), effect_model("antidepressant-1")
S_KETAMINE, S_NORKETAMINE = "esketamine", "noresketamine"
STATES = ("signal", "labile", "consolidated", "attenuation")
_PILOT_SEED, _PILOT_PEOPLE = 20260101, 64
# Doses less than this apart belong to one session: ours; a film and an infusion six hours after it were one visit.
_SESSION_H = 12.0
MOST_DOSES = 1_000
"""Doses of one course; the engine's memory grows with them."""
MOST_VISITS = 32
"""Sessions of a course in a model whose visits differ; the engine's memory grows with their square."""
_LONGEST_DAYS, _SAME_H = 3650, 1e-6
MOST_BYTES = 8e9
"""Results of one call, in memory; a larger study is solved in several calls or written by ``simulation``."""
_PEOPLE_TIMES_PER_S = 2e5  # rounded down from one busy core; only for telling a duration beforehand


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
        visits_differ: whether each session goes by parameters of its own, where the kinetic model knows how the visits
            of one person differ; it takes as many times longer.
        healthy: healthy volunteers and not patients, who differ in dissociation and pressure.
    """

    model: str
    doses: tuple[Administration, ...]
    times_h: tuple[float, ...]
    oral_from_h: float | None = None
    care: bool = True
    receptor: str = "shaffer-2014"
    visits_differ: bool = True
    healthy: bool = False

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
        if self.visits > MOST_VISITS:
            raise InvalidRequest(
                f"In {self.model} the visits of one person differ, and a course of it has up to {MOST_VISITS} "
                f"sessions; this one has {self.visits}. Simulate it with visits that are alike: "
                "`visits_differ=False`, or --no-between-visits on the command line."
            )
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
        """When each session begins: doses less than twelve hours after its first belong to it."""
        begun: list[float] = []
        for time in sorted(dose.time_h for dose in self.doses):
            if not begun or time - begun[-1] >= _SESSION_H:
                begun.append(time)
        return tuple(begun)

    @property
    def visits(self) -> int:
        """How many sets of parameters each person needs: one, or one for each session where its visits differ."""
        differ = self.visits_differ and kinetic_model(self.model).occasions
        return max(len(self.sessions_h), 1) if differ else 1

    def visit_of(self, dose: Administration) -> int:
        """By which of these sets a dose goes."""
        return bisect_right(self.sessions_h, dose.time_h) - 1 if self.visits > 1 else 0


@dataclass(frozen=True)
class Effects:
    """What a course does to some people, each array (people, times) unless stated.

    Attributes:
        times_h: (times,).
        concentrations: ng/mL by analyte, as sampled where the kinetic model's people were.
        occupancy: 0 to 1. cadss: points. systolic, diastolic: mmHg over baseline. sedation, nausea: probability.
        labile: part of the synapses, 0 to 1. madrs: points, 0 to 60.
        error: (people,) estimated relative error of the slow states.
        unsolved: (people,) whom no way solved; their values are not numbers.
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
    unsolved: npt.NDArray[np.bool_]


class CourseSolver:
    """A course made ready: its events, its grid and its compiled code. Make one and solve many people with it."""

    @one_at_a_time
    def __init__(self, course: Course, tolerance: float = TOLERANCE) -> None:
        self.course, self.model = course, kinetic_model(course.model)
        self.visits = course.visits
        # Where it is not known how people differ, those by whom the grid is placed are alike.
        levels = Levels(between_people=how_people_differ_is_known(self.model))
        whose = draw_characters(_PILOT_PEOPLE, seed=_PILOT_SEED)
        self._pilot = draw_people(course.model, whose, seed=_PILOT_SEED, levels=levels, visits=self.visits)
        self.names = tuple(self._pilot.parameters)
        banks = [course.visit_of(dose) for dose in course.doses]
        dosing = Dosing(self.model, course.doses, self._pilot.parameters, course.times_h[0], banks)
        typical = {key: float(values[0, 0]) for key, values in self._pilot.parameters.items()}
        linear = LinearPart(self.model, self.names, typical, dosing, _effect_site_rates(), S_KETAMINE)
        calendar = Calendar(dosing.events, np.asarray(course.times_h))
        self.solver = Solver(self._problem(linear), calendar, tolerance)

    def solve(self, people: People) -> Effects:
        """Solve for ``people``, drawn with the course's model and, where its visits differ, for so many ``visits``.

        Returns:
            What the course does to them, arrays (people, times).

        Raises:
            InvalidRequest: they are of another model, make too few visits, or their results would not fit in memory.
        """
        self._check_people(people)
        self._check_size(len(people))
        return self.read(self.solver.solve(parameters_of(people, self.names, self.visits)), people)

    def effect_site(self, people: People) -> Floats:
        """Return (people, times) S-ketamine at the effect site, ng/mL: what the mood model is driven by."""
        return self.effect_site_and_noresketamine(people)[0]

    def effect_site_and_noresketamine(self, people: People) -> tuple[Floats, Floats]:
        """Return (people, times) S-ketamine at the effect site, and S-norketamine in plasma, ng/mL."""
        self._check_people(people)
        found = self.solver.solve(parameters_of(people, self.names, self.visits)).readings
        site, plasma = found[-2], dict(zip(self._analytes, found, strict=False))
        return site.T, plasma.get(S_NORKETAMINE, np.zeros_like(site)).T

    def _check_people(self, people: People) -> None:
        if people.model != self.course.model:
            raise InvalidRequest(f"These people are of {people.model}; the course is of {self.course.model}.")
        if people.visits < self.visits:
            raise InvalidRequest(
                f"This course has {self.visits} sessions, and in {people.model} the visits of one person differ: "
                f"draw these people with visits={self.visits}, not {people.visits}."
            )

    def _check_size(self, people: int) -> None:
        """Refuse results that would not fit in memory, with the time and size they would take."""
        times = len(self.course.times_h)
        bytes_each = 8 * times * (len(self.model.analytes) + 2 + len(STATES)) * 2
        if people * bytes_each > MOST_BYTES:
            raise InvalidRequest(
                f"{people:,} people at {times:,} times would take about {people * bytes_each / 1e9:,.0f} GB of memory "
                f"and {people * times * self.visits / _PEOPLE_TIMES_PER_S / 3600:,.1f} hours on one core. Solve up to "
                f"{int(MOST_BYTES / bytes_each):,} at a time, by `first`, or write them with `simulation.simulate`."
            )

    @cached_property
    def _analytes(self) -> tuple[str, ...]:
        return tuple(analyte.key for analyte in self.model.analytes)

    def _problem(self, linear: LinearPart) -> Problem:
        everybody = parameters_of(self._pilot, self.names, self.visits)
        try:
            system = cascade(np.asarray(linear(jnp.asarray(everybody[:, :1])).rates)[0, :, :, 0])
        except NotReversible as refused:
            raise InvalidRequest(
                f"{self.course.model} cannot be simulated in many people: {refused}"
            ) from None
        return Problem(self.course.model, system, linear, _slow, _trigger, _force, lambda: everybody)

    def read(self, solved: Solved, people: People) -> Effects:
        """Turn what was solved for ``people`` into effects."""
        plasma = dict(zip(self._analytes, solved.readings, strict=False))
        site, adapted = solved.readings[-2:]
        acting = np.maximum(site - ACUTE.value("effect_site", "adaptation_part") * adapted, 0.0)
        _, labile, consolidated, attenuated = solved.states
        noresketamine = plasma.get(S_NORKETAMINE, np.zeros_like(site))
        own = own_effects(
            people, self.course.times_h, self.course.sessions_h, ACUTE, healthy=self.course.healthy
        )
        systolic, diastolic = effects.pressure_rise(acting, noresketamine, ACUTE, own["pressure"])
        return Effects(
            times_h=np.asarray(self.course.times_h),
            concentrations={key: values.T for key, values in plasma.items()},
            occupancy=effects.occupancy(plasma, source=self.course.receptor).T,
            cadss=effects.dissociation(acting, attenuated, ACUTE, own["dissociation"]).T,
            systolic=systolic.T,
            diastolic=diastolic.T,
            sedation=effects.probability(acting, "sedation", ACUTE, own["sedation"]).T,
            nausea=effects.probability(acting, "nausea", ACUTE, own["nausea"]).T,
            labile=labile.T,
            madrs=score(self.course, people, (labile + consolidated).T),
            error=solved.error,
            unsolved=solved.way == UNSOLVED,
        )


@lru_cache(maxsize=8)
def solver_for(course: Course) -> CourseSolver:
    """Return the solver of a course at the shipped tolerance, the same one when asked again."""
    return CourseSolver(course)


def parameters_of(people: People, names: Sequence[str], visits: int = 1) -> Floats:
    """Return (visits·p, people), contiguous: the parameters of each visit in the order of ``names``."""
    rows = [people.parameters[name][:, visit] for visit in range(visits) for name in names]
    return np.ascontiguousarray(rows)


def score(course: Course, people: People, synapses: Floats) -> Floats:
    """Return MADRS (people, times): a logit, so that people can also worsen and never leave the scale."""
    most, index = MOOD.value("score", "most"), np.asarray(people.characters.index)
    baseline = np.where(
        np.isfinite(people.characters.baseline_madrs),
        people.characters.baseline_madrs,
        MOOD.value("score", "baseline"),
    )
    apart = float(people.levels.between_people)
    drug = MOOD.value("score", "drug") * np.exp(
        apart * MOOD.value("score", "drug_log_sd") * normals(people.seed, "mood drug", [index])
    )
    late = MOOD.value("context", "late") + apart * MOOD.value("context", "late_sd") * normals(
        people.seed, "mood late", [index]
    )
    times = np.asarray(course.times_h)
    begun = course.sessions_h[0] if course.sessions_h else float(times[0])
    weeks = np.clip(times - begun, 0.0, None) / (DAY_H * MOOD.value("context", "late_time"))
    slow = float(course.care) * (1 - np.exp(-(weeks ** MOOD.value("context", "late_power"))))
    moved = drug[:, None] * synapses + late[:, None] * slow + _pulses(course, times) + _oral(course, times)
    part = np.clip(baseline / most, 1e-3, 1 - 1e-3)[:, None]
    result: Floats = most * expit(logit(part) - moved)
    return result


def relapse_h(times_h: Floats, madrs: Floats, *, from_h: float = 0.0, every_h: float = 7 * DAY_H) -> Floats:
    """Return (people,) when each relapsed, NaN for never.

    Somebody is assessed at ``from_h`` and every ``every_h`` from then on. Relapse is the second high score in a row
    (``antidepressant-1``, relapse) of somebody whose score was below that at an earlier assessment.

    Args:
        times_h: (times,) hours.
        madrs: (people, times).
        from_h: the first assessment, such as the end of induction.
        every_h: hours between assessments; weekly unless stated (ours).

    Raises:
        InvalidRequest: fewer than three of these assessments are among the times, or a score is not a number.
    """
    asked = np.arange(from_h, times_h[-1] + _SAME_H, every_h)
    at = np.searchsorted(times_h, asked - _SAME_H)
    at = at[np.isclose(np.asarray(times_h)[at], asked, atol=_SAME_H)]
    if len(at) < 3:
        raise InvalidRequest(
            f"Relapse is read off at least three assessments; of those every {every_h:g} h from {from_h:g} h on, "
            f"{len(at)} are among the times of the result."
        )
    if not np.isfinite(madrs[:, at]).all():
        raise InvalidRequest("Somebody's scores are not numbers: leave out whom `unsolved` marks.")
    high = madrs[:, at] >= MOOD.value("relapse", "score")
    # A second high score of somebody who was never below it is no relapse.
    was_well = np.logical_or.accumulate(~high, axis=1)[:, :-1]
    twice = high[:, 1:] & high[:, :-1] & was_well
    return np.where(twice.any(axis=1), np.asarray(times_h)[at[1:]][twice.argmax(axis=1)], np.nan)


def _pulses(course: Course, times: Floats) -> Floats:
    """Expectancy: a pulse at the start of each session that fades; the last one counts, they do not add up.

    A score at the hour of a session is taken before it, as in trials: the first one is the baseline.
    """
    begun = np.asarray([-np.inf, *course.sessions_h])
    since = times - begun[np.searchsorted(begun, times - _SAME_H) - 1]
    return np.asarray(MOOD.value("context", "pulse") * np.exp(-since / MOOD.value("context", "pulse_time")))


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


def warnings_of(course: Course) -> tuple[str, ...]:
    """Return every warning of the models behind a course, and of its doses; its figures leave none out."""
    model, said = kinetic_model(course.model), [text for each in models_used(course) for text in each.warns]
    return (*model.warns, *said, *doses_outside(model, course.doses))
