"""How strongly each virtual person, and each of their sessions, answers to a concentration."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from euthymia.evidence import EffectModel
from euthymia.pharmacology import _effects as effects
from euthymia.pharmacology._draws import normals
from euthymia.pharmacology._people import People

Floats: TypeAlias = npt.NDArray[np.float64]

_EFFECTS = ("dissociation", "pressure", "sedation", "nausea")


def own_effects(
    people: People,
    times_h: Sequence[float],
    sessions_h: Sequence[float],
    model: EffectModel,
    *,
    healthy: bool = False,
) -> Mapping[str, Floats]:
    """Return by effect what each person's is multiplied by, (people,); of dissociation (times, people).

    Where people are alike (``Levels.between_people`` off) everybody has the typical 1, and where visits are alike so
    have the sessions of one person.

    Args:
        people: whose they are; the same numbers for the same seed and person in any batch.
        times_h: when results are wanted; ``sessions_h``: when each session begins, which a time is counted to.
        model: the acute effects.
        healthy: healthy volunteers and not patients.
    """
    index, apart = np.asarray(people.characters.index), float(people.levels.between_people)
    own = {
        effect: np.asarray(
            effects.sensitivity(
                apart * normals(people.seed, f"acute {effect}", [index]), effect, model, healthy=healthy
            )
        )
        for effect in _EFFECTS
    }
    return own | {"dissociation": own["dissociation"] * _by_session(people, times_h, sessions_h, model)}


def _by_session(
    people: People, times_h: Sequence[float], sessions_h: Sequence[float], model: EffectModel
) -> Floats:
    """Return (times, people): the factor of the session that each time belongs to."""
    index, count = np.asarray(people.characters.index), max(len(sessions_h), 1)
    of = [np.repeat(index, count), np.tile(np.arange(count), len(index))]
    drawn = normals(people.seed, "acute dissociation session", of).reshape(-1, count)
    apart = float(people.levels.between_people and people.levels.between_visits)
    which = np.clip(np.searchsorted(np.asarray(sessions_h), np.asarray(times_h), side="right") - 1, 0, None)
    factors: Floats = np.asarray(effects.session_factor(apart * drawn, model)).T[which]
    return factors
