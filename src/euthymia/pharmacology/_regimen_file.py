"""A regimen file: what is given, written as TOML, to a course.

A regimen is, for example::

    model = "perez-ruixo-2021"       # a kinetic model; this one unless stated
    follow_days = 28                 # how long results are wanted after the first dose
    receptor = "shaffer-2014"        # source of the occupancy; this one unless stated

    care = true                      # whether a new treatment with care begins; as here unless stated

    [[session]]
    days = [0, 3, 7, 10]             # counted from the first; or day = 0
    route = "nasal"                  # with devices = 1, 2 or 3; or iv with amount_mg and minutes; or oral
    devices = 2

    [oral_antidepressant]            # an ordinary one, taken daily; a regimen may be this alone
    from_day = 0
"""

import math
import tomllib
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from euthymia.evidence import kinetic_model, kinetic_models
from euthymia.pharmacology._course import Course
from euthymia.pharmacology._regimen import (
    DAY_H,
    Administration,
    InvalidRequest,
    Route,
    infusion,
    nasal_session,
)

USUAL_MODEL, USUAL_RECEPTOR = "perez-ruixo-2021", "shaffer-2014"
_SESSION_MINUTES = 5
SESSION_HOURS = 4
"""For so long after the first dose of a day results are wanted every few minutes."""
_KEYS = frozenset({"model", "follow_days", "receptor", "care", "session", "oral_antidepressant"})
_SESSION_KEYS = frozenset({"day", "days", "route"})
_KEYS_OF = {Route.NASAL: frozenset({"devices"}), Route.IV: frozenset({"amount_mg", "minutes"})}
_OTHER_KEYS = frozenset({"amount_mg"})
_LONGEST_DAYS = 3650


def read_regimen(path: Path, *, visits_differ: bool = True) -> Course:
    """Return the course that a regimen file describes; ``visits_differ`` as of ``Course``.

    Raises:
        InvalidRequest: the file cannot be read, is no TOML, or asks for something that makes no sense.
    """
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InvalidRequest(f"{path} could not be read: {error.strerror or error}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"{path.name} is not valid TOML: {error}.") from None
    return course_of(given, visits_differ=visits_differ)


def course_of(given: Mapping[str, Any], *, visits_differ: bool = True) -> Course:
    """Return the course of a parsed regimen; see the module for its keys."""
    _check_keys("A regimen", given, _KEYS)
    model = str(given.get("model", USUAL_MODEL))
    if model not in kinetic_models():
        raise InvalidRequest(f"There is no model '{model}'. There are: {', '.join(kinetic_models())}.")
    sessions, oral, care = given.get("session", []), given.get("oral_antidepressant"), given.get("care", True)
    if not isinstance(sessions, list) or not all(isinstance(session, dict) for session in sessions):
        raise InvalidRequest("Sessions are tables in a list: write [[session]], with two brackets.")
    if oral is not None and not isinstance(oral, dict):
        raise InvalidRequest("An oral antidepressant is a table: [oral_antidepressant] with from_day = 0.")
    if oral is not None:
        _check_keys("[oral_antidepressant]", oral, frozenset({"from_day"}))
    if not isinstance(care, bool):
        raise InvalidRequest(f"care is true or false; it was {care!r}.")
    doses = tuple(dose for session in sessions for dose in _session(model, session))
    follow = _number(given, "follow_days", 28.0)
    if not 0 < follow <= _LONGEST_DAYS or follow != int(follow):
        raise InvalidRequest(
            f"follow_days must be a whole number from 1 to {_LONGEST_DAYS}; it was {follow:g}."
        )
    _check_followed(doses, follow)
    _check_apart(doses)
    from_day = None if oral is None else _number(oral, "from_day", 0.0)
    if from_day is not None:
        _check_oral(from_day, doses, follow)
    return Course(
        model,
        doses,
        _times(doses, follow),
        oral_from_h=None if from_day is None else DAY_H * from_day,
        care=care,
        receptor=str(given.get("receptor", USUAL_RECEPTOR)),
        visits_differ=visits_differ,
    )


def _check_keys(what: str, given: Mapping[str, Any], known: frozenset[str]) -> None:
    if unknown := sorted(set(given) - known):
        raise InvalidRequest(f"{what} has no key '{unknown[0]}'. It may have: {', '.join(sorted(known))}.")


def _session(model_id: str, given: Mapping[str, Any]) -> list[Administration]:
    days = _days(given)
    route = str(given.get("route", ""))
    doses: list[Administration] = []
    if route not in set(Route):
        raise InvalidRequest(f"A session needs route = one of {', '.join(Route)}; it was '{route}'.")
    _check_keys(
        f"A session by the route '{route}'", given, _SESSION_KEYS | _KEYS_OF.get(Route(route), _OTHER_KEYS)
    )
    for day in days:
        start = DAY_H * day
        if route == Route.NASAL:
            doses += _devices(model_id, given, start)
        elif route == Route.IV:
            doses += infusion(_number(given, "amount_mg"), _number(given, "minutes"), start_h=start)
        else:
            doses.append(Administration(start, _number(given, "amount_mg"), Route(route)))
    return doses


def _days(given: Mapping[str, Any]) -> list[float]:
    if "day" in given and "days" in given:
        raise InvalidRequest("A session has either day = 0 or days = [0, 3, …]; this one has both.")
    if isinstance(given.get("day"), list):
        raise InvalidRequest("day is a single one, such as day = 0; for several write days = [0, 3, …].")
    days = given.get("days", [given.get("day", 0)])
    if not isinstance(days, list) or not days:
        raise InvalidRequest("A session needs days = [0, 3, …], counted from the first, or day = 0.")
    found = [_number({"day": day}, "day") for day in days]
    if min(found) < 0:
        raise InvalidRequest(f"Days are counted from the first, which is 0; one was {min(found):g}.")
    if twice := [day for day, times in Counter(found).items() if times > 1]:
        raise InvalidRequest(f"Day {twice[0]:g} stands twice in a session's days; write it once.")
    return found


def _check_followed(doses: tuple[Administration, ...], follow_days: float) -> None:
    if not doses:
        return
    given = [dose.time_h for dose in doses]
    if max(given) - min(given) > DAY_H * follow_days:
        last = (max(given) - min(given)) / DAY_H
        raise InvalidRequest(
            f"The last dose is given {last:g} days after the first, and results end after {follow_days:g}: "
            f"{_longer(last)}fewer sessions."
        )


def _check_oral(from_day: float, doses: tuple[Administration, ...], follow_days: float) -> None:
    first = min((dose.time_h for dose in doses), default=0.0) / DAY_H
    if from_day < 0:
        begin = f"with the first dose, on day {first:g}" if doses else "on day 0"
        raise InvalidRequest(
            f"from_day is counted as the days of sessions are, from 0, and results begin {begin}; it was {from_day:g}."
        )
    if from_day >= first + follow_days:
        raise InvalidRequest(
            f"The oral antidepressant begins on day {from_day:g}, and results end on day {first + follow_days:g}: "
            f"{_longer(math.floor(from_day - first) + 1)}an earlier from_day."
        )


def _longer(days: float) -> str:
    """Say for how long results would have to be wanted, where that is possible."""
    return f"write follow_days = {math.ceil(days)} or more, or " if days <= _LONGEST_DAYS else "write "


def _check_apart(doses: tuple[Administration, ...]) -> None:
    """Refuse nasal sessions of which one begins before the devices of another are given."""
    sessions: list[list[float]] = []
    for dose in doses:  # as written, not by time: a session's devices stand together
        if dose.device == 1:
            sessions.append([])
        if dose.device is not None:
            sessions[-1].append(dose.time_h)
    for earlier, later in pairwise(sorted(sessions)):
        if later[0] <= earlier[-1]:
            days = [f"day {times[0] / DAY_H:g}" for times in (earlier, later)]
            raise InvalidRequest(
                f"The nasal session on {days[1]} begins before the last device of the one on {days[0]} is given: "
                "write one session with more devices, or a later day."
            )


def _devices(model_id: str, given: Mapping[str, Any], start_h: float) -> tuple[Administration, ...]:
    model, count = kinetic_model(model_id), _number(given, "devices")
    holds, apart = model.constant("device", "amount"), model.constant("device", "interval")
    if holds is None or apart is None:
        raise InvalidRequest(f"{model_id} knows doses given {' or '.join(model.routes)}, not nasal devices.")
    if count != int(count):
        raise InvalidRequest(f"devices must be a whole number; it was {count:g}.")
    return nasal_session(int(count), device_mg=holds, interval_h=apart / 60, start_h=start_h)


def _number(given: Mapping[str, Any], key: str, usual: float | None = None) -> float:
    value = given.get(key, usual)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise InvalidRequest(f"'{key}' must be a number; it was {value!r}.")
    return float(value)


def _times(doses: tuple[Administration, ...], follow_days: float) -> tuple[float, ...]:
    """Every day, and every five minutes for four hours from the first dose of each day that has one."""
    first = min((dose.time_h for dose in doses), default=0.0)
    daily = first + DAY_H * np.arange(int(follow_days) + 1)
    fine = np.arange(SESSION_HOURS * 60 // _SESSION_MINUTES + 1) * _SESSION_MINUTES / 60
    begun = {math.floor(dose.time_h / DAY_H): dose.time_h for dose in sorted(doses, key=lambda d: -d.time_h)}
    times = np.concatenate([daily, *(start + fine for start in begun.values())])
    asked = np.unique(np.round(times[times <= first + DAY_H * follow_days], 9))
    return tuple(np.maximum(asked, first).tolist())  # rounding may have put the first before its dose
