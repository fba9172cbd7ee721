"""The mood model as a function of its parameters: differentiable, for many arms of people at once.

The same equations as in ``_course``, in which the parameters are constants; here they are arrays, so that a
calibration can move them. Kinetics are not fitted, so what drives the model, the concentration at the effect
site, is given. The signal is then linear and the labile synapses are linear in themselves: both are carried over
a grid by exponentials that are exact for a trigger linear between the nodes and a signal constant between them.
Consolidation is off, as in ``antidepressant-1``.
"""

from collections.abc import Mapping
from typing import TypeAlias

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array, lax

from euthymia.evidence import effect_model

Values: TypeAlias = Mapping[str, Array]
"""Parameters by name, each a number: those of ``usual``."""

Floats: TypeAlias = npt.NDArray[np.float64]

DAY_H = 24.0
MOST = effect_model("antidepressant-1").value("score", "most")

_OF = {
    "half_at": ("trigger", "half_at"),
    "hill": ("trigger", "hill"),
    "gain": ("signal", "gain"),
    "signal_time": ("signal", "time"),
    "filling": ("synapses", "filling"),
    "labile_time": ("synapses", "time"),
    "drug": ("score", "drug"),
    "drug_log_sd": ("score", "drug_log_sd"),
    "pulse": ("context", "pulse"),
    "pulse_time": ("context", "pulse_time"),
    "late": ("context", "late"),
    "late_sd": ("context", "late_sd"),
    "late_time": ("context", "late_time"),
    "late_power": ("context", "late_power"),
    "oral": ("oral", "amplitude"),
    "oral_time": ("oral", "time"),
}


def usual() -> dict[str, float]:
    """Return the parameters of ``antidepressant-1`` by the names used here, in the units of its file."""
    model = effect_model("antidepressant-1")
    return {name: model.value(*where) for name, where in _OF.items()}


def labile(steps_h: Array, site: Array, values: Values) -> Array:
    """Return the labile synapses at every node, 0 to 1.

    Args:
        steps_h: (T - 1, …) hours from each node to the next; 0 repeats a node.
        site: (T, …, people) S-ketamine at the effect site, ng/mL; the first node is before any drug.
        values: of ``usual``.

    Returns:
        (T, …, people).
    """
    ratio = jnp.maximum(site, 1e-9) / values["half_at"]
    raised = jnp.exp(values["hill"] * jnp.log(ratio))
    trigger = raised / (1 + raised)
    lasting, leaving = values["signal_time"], DAY_H * values["labile_time"]

    def onward(
        carried: tuple[Array, Array], at: tuple[Array, Array, Array]
    ) -> tuple[tuple[Array, Array], Array]:
        (signal, filled), (hours, now, then) = carried, at
        hours = hours[..., None]
        length = jnp.where(hours > 0, hours, 1.0)
        fade = jnp.exp(-hours / lasting)
        late = lasting * (1 - (1 - fade) * lasting / length)
        early = lasting * (1 - fade) - late
        after = signal * fade + values["gain"] * (now * early + then * late)
        total = lasting * (values["gain"] * (now + then) / 2 * length - (after - signal))
        filling = values["filling"] * total
        leaves = filling + length / leaving
        reached = filling / leaves
        ended = reached + (filled - reached) * jnp.exp(-leaves)
        moves = hours > 0
        carried = jnp.where(moves, after, signal), jnp.where(moves, ended, filled)
        return carried, carried[1]

    none = jnp.zeros_like(site[0])
    _, along = lax.scan(onward, (none, none), (steps_h, trigger[:-1], trigger[1:]))
    return jnp.concatenate([none[None], along])


def late_part(hours: Array, values: Values, begun_h: Array | float = 0.0) -> Array:
    """Return how much of the slow improvement has come since ``begun_h`` hours after care began: 0 to 1."""

    def reached(since: Array) -> Array:
        days = jnp.maximum(since, 1e-6) / (DAY_H * values["late_time"])
        return 1 - jnp.exp(-(days ** values["late_power"]))

    begun = jnp.asarray(begun_h, dtype=jnp.float64)
    return reached(hours + begun) - jnp.where(begun > 0, reached(begun), 0.0)


def oral_part(hours: Array, values: Values) -> Array:
    """Return what a new oral antidepressant has moved after ``hours``, on the logit."""
    return values["oral"] * (1 - jnp.exp(-hours / (DAY_H * values["oral_time"])))


def fading(since_h: Array, values: Values) -> Array:
    """Return what is left of a session's pulse ``since_h`` hours after its begin: 1 to 0."""
    return jnp.exp(-since_h / values["pulse_time"])


def score(baseline: Array, moved: Array) -> Array:
    """Return the score, 0 to ``MOST`` points, of people ``moved`` on the logit from their ``baseline``."""
    part = jnp.clip(baseline / MOST, 1e-3, 1 - 1e-3)
    return MOST / (1 + jnp.exp(moved - jnp.log(part / (1 - part))))
