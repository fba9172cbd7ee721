"""What the acute effects give where a target has its figure: smooth in their parameters, for all arms at once."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

from euthymia.evidence import PRESSURES, AcuteTarget, acute_priors, effect_model
from euthymia.pharmacology import _effects as effects
from euthymia.trials._acute_arms import MINUTES, OWN, STEP_MIN, Sessions

MODEL = "acute-2"
_HALF_POINT = 0.5
# Sharpness by which the time of the highest mean is read off: the highest and what is within a hundredth of it.
_SHARP = 400.0
_LEAST = 1e-9  # ng/mL: a power of nothing has no derivative
_LEAST_RISE = 1e-3  # mmHg: likewise its logarithm


@dataclass(frozen=True)
class Tried:
    """The acute effects with the parameters that a fit moves; the others are those of the model at hand."""

    moved: Mapping[str, Array]

    def value(self, group: str, name: str) -> Any:
        """Return a number, in the unit of the model's file."""
        key = f"{group}.{name}"
        return self.moved[key] if key in self.moved else effect_model(MODEL).value(group, name)


def names() -> tuple[str, ...]:
    """Return the parameters that are moved, in order."""
    return tuple(acute_priors().parameters)


def values_at(place: Array) -> dict[str, Array]:
    """Return the parameters at ``place`` (p, …), the unbounded numbers that are sampled: 0 is the prior's centre."""
    found = {}
    for at, prior in enumerate(acute_priors().parameters.values()):
        centre, away = prior.centre.value, prior.spread.value * place[at]
        if prior.scale == "log":
            found[prior.name] = centre * jnp.exp(away)
        else:
            found[prior.name] = jax.nn.sigmoid(math.log(centre / (1 - centre)) + away)
    return found


@dataclass(frozen=True)
class Arm:
    """One arm at one set of parameters: ``acting`` is (2, T, people), in the first session and in each later one."""

    people: Sessions
    model: Tried
    acting: Array

    @property
    def sessions(self) -> int:
        return int(self.people.arm.value("sessions"))

    @cached_property
    def highest(self) -> Array:
        """(2, people): the highest concentration decides the largest of every effect but pressure."""
        return self.acting.max(axis=1)

    def sensitivity(self, effect: str) -> Array:
        healthy = self.people.arm.population == "healthy"
        own = self.people.own[OWN.index(effect)]
        return effects.sensitivity(own, effect, self.model, healthy=healthy)  # type: ignore[no-any-return]

    def attenuated(self, session: int) -> Array | float:
        """Return (people,) how far dissociation is attenuated when a session, counted from 1, begins."""
        if session == 1:
            return 0.0
        gain, half = (
            self.model.value("dissociation", name) for name in ("attenuation_gain", "attenuation_half_life")
        )
        fades = jnp.exp(-math.log(2) * self.people.arm.value("days_apart") / half)
        kept = jnp.exp(-gain * jnp.asarray(self.people.trigger_h))
        second = (1 - kept[0]) * fades
        # Later sessions are alike: each moves it by the same part towards where it stays.
        stays = (1 - kept[1]) * fades / (1 - kept[1] * fades)
        return stays + (second - stays) * (kept[1] * fades) ** (session - 2)

    def dissociates(self, session: int) -> Array:
        """Return (people,) what dissociation is multiplied by in a session."""
        drawn = self.people.by_session
        by_session = effects.session_factor(drawn[min(session, len(drawn)) - 1], self.model)
        return self.sensitivity("dissociation") * by_session  # type: ignore[no-any-return]

    def effect_of(self, acting: Array, effect: str, session: int) -> Array:
        """Return an effect at concentrations (…, people) of a session; not of pressure."""
        if effect == "dissociation":
            own = self.dissociates(session)
            return effects.dissociation(acting, self.attenuated(session), self.model, own)  # type: ignore[no-any-return]
        deep, key = effect == "deep-sedation", effect.removeprefix("deep-")
        return effects.probability(acting, key, self.model, self.sensitivity(key), deep=deep)  # type: ignore[no-any-return]

    def curve(self, effect: str, session: int) -> Array:
        """Return (T, people) the effect in a session, counted from 1."""
        which = 0 if session == 1 else 1
        if effect not in PRESSURES:
            return self.effect_of(self.acting[which], effect, session)
        plasma = jnp.asarray(self.people.noresketamine[which])
        rises = effects.pressure_rise(self.acting[which], plasma, self.model, self.sensitivity("pressure"))
        return rises[effect == "diastolic"]  # type: ignore[no-any-return]

    def largest(self, effect: str, session: int) -> Array:
        """Return (people,) each person's largest in a session."""
        if effect in PRESSURES:
            return self.curve(effect, session).max(axis=0)
        return self.effect_of(self.highest[0 if session == 1 else 1], effect, session)

    def crossings(self, row: AcuteTarget) -> Array:
        """Return (sessions, people) the probability that each of an arm's sessions brings what the row counts."""
        if row.effect == "dissociation":
            every = range(1, self.sessions + 1)
            return _above(jnp.stack([self.largest(row.effect, session) for session in every]), row.threshold)
        first, later = (self.largest(row.effect, session) for session in (1, 2))
        return jnp.stack([first, *[later] * (self.sessions - 1)])


def _above(points: Array, threshold: float | None) -> Array:
    """Return how sure a CADSS is above a whole number of points: crossed over half a point."""
    return jax.nn.sigmoid((points - (threshold or 0.0) - _HALF_POINT) / (_HALF_POINT / 2))


def adapted(site: Array, half_life_h: Array) -> Array:
    """Return what follows ``site`` (T, …) with a half-life, from nothing: exact where the site is straight in steps."""
    ratio = math.log(2) / half_life_h * STEP_MIN / 60
    fade = jnp.exp(-ratio)
    early = (1 - fade) / ratio - fade
    late = 1 - (1 - fade) / ratio

    def onward(before: Array, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        after = before * fade + ends[0] * early + ends[1] * late
        return after, after

    _, along = lax.scan(onward, jnp.zeros_like(site[0]), (site[:-1], site[1:]))
    return jnp.concatenate([jnp.zeros_like(site[:1]), along])


def figures(place: Array, arms: Sequence[Sessions], rows: Sequence[AcuteTarget]) -> Array:
    """Return (m,) what the model at ``place`` gives for each row, in the row's unit."""
    ready = read(Tried(values_at(place)), arms)
    return jnp.stack([_STATISTICS[row.statistic](ready[row.arm], row) for row in rows])


def at_hand() -> Tried:
    """Return the numbers of the model at hand, as a course has them."""
    return Tried({})


def read(model: Tried, arms: Sequence[Sessions]) -> dict[str, Arm]:
    """Return the arms by id, at one set of numbers."""
    sites = jnp.concatenate([jnp.asarray(arm.site) for arm in arms])  # (2·arms, T, people)
    half_life = jnp.asarray(model.value("effect_site", "adaptation_half_life"))
    along = jnp.moveaxis(adapted(jnp.moveaxis(sites, 1, 0), half_life), 0, 1)
    acting = jnp.maximum(sites - model.value("effect_site", "adaptation_part") * along, _LEAST)
    return {people.arm.id: Arm(people, model, acting[2 * at : 2 * at + 2]) for at, people in enumerate(arms)}


def _at(curve: Array, minute: float | None) -> Array:
    """Return a curve (T, …) at one of ``MINUTES``."""
    return curve[round((minute or 0.0) / STEP_MIN)]  # a target is read at one of MINUTES, or refused


def _first(row: AcuteTarget) -> int:
    return row.session if isinstance(row.session, int) else 1


def _last(arm: Arm, row: AcuteTarget) -> int:
    """The session that a largest over any of them is read in: of pressure all are alike but for a raised dose."""
    return row.session if isinstance(row.session, int) else arm.sessions


def _mean_at(arm: Arm, row: AcuteTarget) -> Array:
    return _at(arm.curve(row.effect, _first(row)), row.at_min).mean() + row.placebo


def _sd_at(arm: Arm, row: AcuteTarget) -> Array:
    return _at(arm.curve(row.effect, _first(row)), row.at_min).std()


def _share_at(arm: Arm, row: AcuteTarget) -> Array:
    return _percent(_above(_at(arm.curve(row.effect, _first(row)), row.at_min), row.threshold).mean(), row)


def _largest(arm: Arm, row: AcuteTarget) -> Array:
    return arm.largest(row.effect, _last(arm, row))


def _mean_largest(arm: Arm, row: AcuteTarget) -> Array:
    return _largest(arm, row).mean() + row.placebo


def _sd_largest(arm: Arm, row: AcuteTarget) -> Array:
    variance = _largest(arm, row).var()
    if row.effect in PRESSURES:
        variance = variance + arm.model.value("pressure", f"{row.effect}_noise") ** 2
    return jnp.sqrt(variance)


def _sd_without(arm: Arm, row: AcuteTarget) -> Array:
    return jnp.asarray(arm.model.value("pressure", f"{row.effect}_noise"))


def _reaching(arm: Arm, row: AcuteTarget, drug: Array | float) -> Array:
    """The largest without drug is log-normal: never negative, with a longer tail than a normal of its width."""
    noise = arm.model.value("pressure", f"{row.effect}_noise")
    variance = jnp.log1p((noise / row.placebo) ** 2)
    missing = jnp.maximum((row.threshold or 0.0) - drug, _LEAST_RISE)
    away = (math.log(row.placebo) - variance / 2 - jnp.log(missing)) / jnp.sqrt(variance)
    return 100 * jnp.mean(jax.scipy.stats.norm.cdf(away))


def _share(arm: Arm, row: AcuteTarget) -> Array:
    crossed = arm.crossings(row)
    return _percent(crossed.mean() if row.session == "each" else (1 - (1 - crossed).prod(axis=0)).mean(), row)


def _percent(part: Array, row: AcuteTarget) -> Array:
    """With what comes without drug, independently."""
    return row.placebo + (100 - row.placebo) * part


def _time_peak(arm: Arm, row: AcuteTarget) -> Array:
    mean = arm.curve(row.effect, _first(row)).mean(axis=1)
    weights = jax.nn.softmax(_SHARP * mean / mean.max())
    return jnp.sum(weights * MINUTES)


def _left(arm: Arm, row: AcuteTarget) -> Array:
    mean = arm.curve(row.effect, _first(row)).mean(axis=1)
    return _at(mean, row.at_min) / mean.max()


def _attenuation(arm: Arm, row: AcuteTarget) -> Array:
    """Drawn alike in both sessions, which is then the ratio of the means."""
    acting, own = arm.acting[1], arm.sensitivity("dissociation")
    first, now = (
        effects.dissociation(acting, arm.attenuated(session), arm.model, own).mean(axis=1).max()
        for session in (1, _first(row))
    )
    return jnp.asarray(now / first)


def _first_of_all(arm: Arm, row: AcuteTarget) -> Array:
    crossed = arm.crossings(row)
    return 100 * crossed[0].mean() / crossed.sum(axis=0).mean()


_STATISTICS: Mapping[str, Callable[[Arm, AcuteTarget], Array]] = {
    "mean_at": _mean_at,
    "sd_at": _sd_at,
    "share_at": _share_at,
    "mean_largest": _mean_largest,
    "sd_largest": _sd_largest,
    "sd_largest_placebo": _sd_without,
    "share": _share,
    "share_largest": lambda arm, row: _reaching(arm, row, _largest(arm, row)),
    "share_largest_placebo": lambda arm, row: _reaching(arm, row, 0.0),
    "time_peak": _time_peak,
    "left": _left,
    "attenuation": _attenuation,
    "first_of_all": _first_of_all,
}
