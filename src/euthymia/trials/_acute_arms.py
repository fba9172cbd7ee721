"""The virtual people of an arm of acute targets: what reaches them in a session, and all random numbers drawn.

Kinetics are not fitted, so one session is solved once for each dose; what a fit moves is a smooth function of these
arrays.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

import jax
import numpy as np
import numpy.typing as npt

from euthymia.evidence import ACUTE_STEP_MIN, ACUTE_UNTIL_MIN, AcuteArm, effect_model
from euthymia.pharmacology import (
    Administration,
    Course,
    CourseSolver,
    InvalidRequest,
    draw_people,
    infusion,
    nasal_session,
)
from euthymia.trials._cohort import evenly
from euthymia.trials._design import Who
from euthymia.trials._exposure import DEVICE_MG, DEVICES_APART_H, KINETICS, people_of

Floats: TypeAlias = npt.NDArray[np.float64]

STEP_MIN = ACUTE_STEP_MIN
MINUTES = np.arange(0, ACUTE_UNTIL_MIN + STEP_MIN / 2, STEP_MIN)
"""Minutes since a session began at which its effects are computed."""
# On from there, only for how much a session attenuates the next ones.
_LATER_H = np.asarray([3.5, 4, 5, 6, 8, 10, 12, 16, 20, 24, 36, 48])
_TIMES_H = np.concatenate([MINUTES / 60, _LATER_H])
_NASAL = "esketamine-nasal"
_ANY_SEX, _ANY_FAILED = 0.5, (2, 2)  # act on no effect and on no parameter of these models
_APART = 7919  # a prime, so that the seeds of two arms are far apart
OWN = ("dissociation", "pressure", "sedation", "nausea")
"""Of what each person has a standard normal number."""
MOST_SESSIONS_DRAWN = 8


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Sessions:
    """An arm's people in its first session and in each later one: for JAX a tree.

    Attributes:
        arm: whose they are.
        site, noresketamine: (2, T, people) ng/mL at the effect site and in plasma, at ``MINUTES``: first, later.
        trigger_h: (2, people) hours that the mood model's trigger is full for, which attenuate.
        own: (4, people) standard normal numbers, in the order of ``OWN``.
        by_session: (sessions, people) standard normal numbers, for up to ``MOST_SESSIONS_DRAWN`` sessions.
    """

    arm: AcuteArm = field(metadata={"static": True})
    site: Floats
    noresketamine: Floats
    trigger_h: Floats
    own: Floats
    by_session: Floats


def sessions_of(arm: AcuteArm, *, people: int, seed: int) -> Sessions:
    """Return ``people`` virtual people of an arm; the same people for the same seed.

    Raises:
        InvalidRequest: a nasal dose is no whole number of devices.
    """
    value = arm.value
    asian, japanese = value("asian"), value("japanese")
    who = Who(
        (value("age_years"), value("age_sd")),
        (value("weight_kg"), value("weight_sd")),
        _ANY_SEX,
        (("japanese", japanese), ("asian", asian), ("other", 1 - asian - japanese)),
        _ANY_FAILED,
    )

    def reached(dose: float) -> tuple[Floats, Floats]:
        by_nose = arm.product == _NASAL
        how = _Given(
            arm.product,
            _devices(arm, dose) if by_nose else 0,
            value("minutes", 0.0),
            0.0 if by_nose else value("then_mg_per_kg", 0.0) / dose,
            value("then_minutes", 0.0),
        )
        site, plasma, weight_kg = _reached(how, who, people, seed)
        scale = 1.0 if by_nose else dose * weight_kg
        return scale * site, scale * plasma

    usual = reached(arm.numbers["dose_mg" if "dose_mg" in arm.numbers else "dose_mg_per_kg"].value)
    later = usual
    if "raised_mg" in arm.numbers:
        goes_up = (np.arange(people) + 0.5) / people < value("raised_share")
        raised = reached(value("raised_mg"))
        later = (np.where(goes_up, raised[0], usual[0]), np.where(goes_up, raised[1], usual[1]))
    count = len(MINUTES)
    sessions = min(int(value("sessions")), MOST_SESSIONS_DRAWN)
    numbers = evenly(len(OWN) + sessions, people, seed + _APART * (1 + sum(arm.id.encode())))
    return Sessions(
        arm,
        np.stack([usual[0][:count], later[0][:count]]),
        np.stack([usual[1][:count], later[1][:count]]),
        np.stack([trigger_h(usual[0]), trigger_h(later[0])]),
        numbers[: len(OWN)],
        numbers[len(OWN) :],
    )


def _devices(arm: AcuteArm, dose_mg: float) -> int:
    if dose_mg < DEVICE_MG or dose_mg % DEVICE_MG:
        raise InvalidRequest(
            f"{arm.title}: {dose_mg:g} mg is no whole number of devices of {DEVICE_MG:g} mg."
        )
    return int(dose_mg // DEVICE_MG)


@dataclass(frozen=True)
class _Given:
    """One session: so many devices, or 1 mg over ``minutes`` and then ``then`` mg over ``then_minutes``."""

    product: str
    devices: int
    minutes: float
    then: float
    then_minutes: float

    @property
    def doses(self) -> tuple[Administration, ...]:
        if self.devices:
            return nasal_session(self.devices, device_mg=DEVICE_MG, interval_h=DEVICES_APART_H)
        after = infusion(self.then, self.then_minutes, start_h=self.minutes / 60) if self.then else ()
        return (*infusion(1.0, self.minutes), *after)


@lru_cache(maxsize=8)
def _solver(given: _Given) -> CourseSolver:
    return CourseSolver(Course(KINETICS[given.product], given.doses, tuple(_TIMES_H.tolist())))


@lru_cache(maxsize=32)
def _reached(given: _Given, who: Who, people: int, seed: int) -> tuple[Floats, Floats, Floats]:
    """Return (T, people) S-ketamine at the effect site and S-norketamine in plasma, ng/mL, and (people,) kilograms."""
    drawn = draw_people(KINETICS[given.product], people_of(who, people, seed), seed=seed)
    solver = _solver(given)
    site, plasma = solver.effect_site_and_noresketamine(drawn)
    return site.T, plasma.T, drawn.characters.weight_kg


def trigger_h(site: Floats, times_h: Floats = _TIMES_H) -> Floats:
    """Return (people,) the area under the mood model's trigger after one session, hours, from ``site`` (T, people)."""
    mood = effect_model("antidepressant-1")
    raised = (np.maximum(site, 0.0) / mood.value("trigger", "half_at")) ** mood.value("trigger", "hill")
    trigger = raised / (1 + raised)
    areas: Floats = (np.diff(times_h)[:, None] * (trigger[1:] + trigger[:-1]) / 2).sum(axis=0)
    return areas
