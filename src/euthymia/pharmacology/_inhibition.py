"""Ticlopidine over time: how much of CYP2B6 is left while it is taken, and how that comes back afterwards.

The published mechanism (Ashraf 2018): the inhibitor at the enzyme is the unbound ticlopidine of the portal vein and,
while it is taken, what the gut brings after a dose. Ticlopidine comes by four transits, gut wall, portal vein and
liver, and is solved by matrix exponentials: its organs drain in a ring.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import expm

from euthymia.evidence import KineticModel, interactions, kinetic_model
from euthymia.pharmacology._compartments import Floats
from euthymia.pharmacology._interactions import check_condition
from euthymia.pharmacology._prediction import check_person
from euthymia.pharmacology._regimen import Covariates, InvalidRequest, Regimen
from euthymia.pharmacology._structures import structure

# The person is changed anew once the liver clears this part more or less than at the last change, looked at so often.
_NOTICED, _LOOK_H = 0.005, 0.25
# After the last dose the enzyme is followed until it is back to this part of itself, and no longer than so many days.
_BACK, _LONGEST_DAYS = 0.995, 30
_MOST_DOSES = 1_000


@dataclass(frozen=True)
class Inhibition:
    """What is left of an enzyme and of the liver's clearance, each (times,), as parts of what they are without.

    Attributes:
        times_h: on the clock of the doses.
        portal_mg_per_l: the inhibitor in the portal vein.
        enzyme: 0 to 1.
        liver_clearance: 0 to 1; the enzyme does only a part of the clearing.
    """

    times_h: Floats
    portal_mg_per_l: Floats
    enzyme: Floats
    liver_clearance: Floats


def inhibition(
    model_id: str,
    person: Covariates,
    condition: str,
    taken_h: Sequence[float],
    times_h: Sequence[float] | Floats,
) -> Inhibition:
    """Return what a drug that was taken at ``taken_h`` leaves of an enzyme at ``times_h``.

    Args:
        model_id: a model that knows the mechanism, such as ``ashraf-2018``.
        person: whose blood flow carries the drug.
        condition: ``ticlopidine``; others are known by their ratios alone (``under``).
        taken_h: when each dose was taken, in hours.
        times_h: when the answer is wanted.

    Raises:
        InvalidRequest: the mechanism is not known, a time is no number, or nothing was taken.
    """
    model, taken = _checked(model_id, person, condition, taken_h)
    times = np.asarray(times_h, dtype=np.float64)
    if not np.all(np.isfinite(times)):
        raise InvalidRequest("The times to predict at must be finite numbers of hours.")
    drug, enzyme = _group(model, condition), _group(model, "cyp2b6")
    flow = float(structure(model).individual(model, person)["QH"])
    portal = _portal(model, drug, flow, taken, times)
    since = times - taken[np.maximum(np.searchsorted(taken, times, side="right") - 1, 0)]
    taking = (since >= 0) & (since < drug["interval"])
    at_enzyme = drug["fu"] / drug["BP"] * (portal + taking * drug["ka"] * drug["dose"] / flow)
    reversible = 1 / (1 + at_enzyme / drug["reversible"])
    inactivated = drug["inactivation"] * at_enzyme / (drug["half_inactivation"] + at_enzyme)
    left = reversible * enzyme["degradation"] / (enzyme["degradation"] + inactivated)
    return Inhibition(times, portal, left, 1 - enzyme["part"] * (1 - left))


def while_taken(
    model_id: str, person: Covariates, condition: str, taken_h: Sequence[float], regimen: Regimen
) -> Regimen:
    """Return ``regimen`` with a person whose liver clears less while a drug is taken, and more again afterwards.

    The liver's clearance is kept between changes and changed by half a per cent at a time.

    Args:
        model_id: a model that knows the mechanism, such as ``ashraf-2018``.
        person: who it is before the first change of the regimen.
        condition: ``ticlopidine``.
        taken_h: when each dose of it was taken, in hours on the regimen's clock.
        regimen: what else is given; its own changes of the person are kept.
    """
    model, taken = _checked(model_id, person, condition, taken_h)
    end = float(taken[-1]) + 24 * _LONGEST_DAYS
    looks = np.arange(float(taken[0]), end, _LOOK_H)
    found = inhibition(model_id, person, condition, taken_h, looks + _LOOK_H / 2)
    own = sorted(regimen.changes, key=lambda change: change[0])
    moves: list[tuple[float, float]] = []
    last = 1.0
    for at, left, back in zip(
        looks.tolist(), found.liver_clearance.tolist(), found.enzyme.tolist(), strict=True
    ):
        over = at > taken[-1] + _group(model, condition)["interval"] and back > _BACK
        if abs(left / last - 1) > _NOTICED or over:
            last = 1.0 if over else left
            moves.append((at, last))
        if over:
            break

    def who(at: float) -> Covariates:
        return next((changed for time, changed in reversed(own) if time <= at), person)

    def part(at: float) -> float:
        return next((left for time, left in reversed(moves) if time <= at), 1.0)

    times = sorted({at for at, _ in moves} | {at for at, _ in own})
    changes = ((at, replace(who(at), liver_clearance=who(at).liver_clearance * part(at))) for at in times)
    return replace(regimen, changes=tuple(changes))


def _checked(
    model_id: str, person: Covariates, condition: str, taken_h: Sequence[float]
) -> tuple[KineticModel, Floats]:
    check_condition(model_id, condition)
    if not interactions()[condition].models[model_id].mechanism:
        raise InvalidRequest(
            f"What {condition} does in {model_id} is known by a ratio, not over time; use `under` for it."
        )
    check_person(kinetic_model(model_id), person)
    taken = np.sort(np.asarray(taken_h, dtype=np.float64))
    if taken.size == 0 or not np.all(np.isfinite(taken)):
        raise InvalidRequest(f"Say when {condition} was taken: at least one time, in hours.")
    if taken.size > _MOST_DOSES or taken[-1] - taken[0] > 24 * 365:
        raise InvalidRequest(f"{condition} can be followed for up to {_MOST_DOSES:,} doses within a year.")
    return kinetic_model(model_id), taken


def _group(model: KineticModel, name: str) -> Mapping[str, float]:
    return {key: number.value for (group, key), number in model.constants.items() if group == name}


def _portal(
    model: KineticModel, drug: Mapping[str, float], flow: float, taken: Floats, times: Floats
) -> Floats:
    """Return mg/L in the portal vein at ``times``: carried exactly from one time that matters to the next."""
    body = _group(model, "physiology")
    rates = _rates(drug, body, flow)
    portal = int(drug["transits"]) + 2
    moves: dict[float, Floats] = {}
    found, amounts = np.zeros(len(times)), np.zeros(len(rates))
    now = float(taken[0])
    for at in np.unique(np.concatenate([taken, times[times >= now]])).tolist():
        hours = round(at - now, 9)
        if hours > 0 and hours not in moves:
            moves[hours] = np.asarray(expm(rates * hours))  # type: ignore[no-untyped-call]
        amounts = moves[hours] @ amounts if hours > 0 else amounts
        amounts[0] += drug["dose"] * np.count_nonzero(taken == at)
        found[times == at] = amounts[portal] / body["organ_volume"]
        now = at
    return found


def _rates(drug: Mapping[str, float], body: Mapping[str, float], flow: float) -> Floats:
    """Return the rates among depot, transits, gut wall, portal vein, liver, central and peripheral compartment."""
    transits = int(drug["transits"])
    gut, portal, liver, central, peripheral = range(transits + 1, transits + 6)
    volume = body["organ_volume"]
    villous = flow * math.prod(body[part] for part in ("intestinal_part", "mucosal_part", "villous_part"))
    by_portal, extracted = body["portal_part"] * flow, drug["CLint_H"] * drug["fu"] / drug["BP"]
    passes = flow / (flow + extracted)
    flows = [(place, place + 1, drug["ka"]) for place in range(transits + 1)]
    flows += [
        (gut, portal, villous / volume),
        (portal, liver, by_portal / volume),
        (liver, central, passes * flow / volume),
        (central, portal, by_portal / drug["Vc"]),
        (central, liver, (flow - by_portal) / drug["Vc"]),
        (central, peripheral, drug["Q1"] / drug["Vc"]),
        (peripheral, central, drug["Q1"] / drug["Vp1"]),
    ]
    rates = np.zeros((transits + 6, transits + 6))
    for origin, to, rate in flows:
        rates[to, origin] += rate
        rates[origin, origin] -= rate
    rates[liver, liver] -= (1 - passes) * flow / volume
    return rates
