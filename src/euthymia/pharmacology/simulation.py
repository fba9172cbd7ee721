"""A regimen file to virtual people, lot by lot, to one Parquet file: what ``euthymia simulate`` runs.

Imported on its own: it brings Polars and Altair. A regimen is TOML::

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
import re
import tempfile
import textwrap
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import polars as pl

from euthymia.evidence import kinetic_model, kinetic_models
from euthymia.pharmacology._characters import Characters, characters_from_table, draw_characters
from euthymia.pharmacology._course import (
    Course,
    Effects,
    models_used,
    solver_for,
    warnings_of,
)
from euthymia.pharmacology._events import check_format
from euthymia.pharmacology._people import Levels, People, draw_people, measured
from euthymia.pharmacology._regimen import (
    DAY_H,
    Administration,
    InvalidRequest,
    Route,
    infusion,
    nasal_session,
)
from euthymia.pharmacology._solve import LOT

USUAL_MODEL, USUAL_RECEPTOR = "perez-ruixo-2021", "shaffer-2014"
MOST_BYTES = 50e9
"""A result larger than this is refused before anything is computed."""

# Rounded down from one busy core and from written files; only for telling a size and a duration beforehand.
_PEOPLE_TIMES_PER_S, _BYTES_PER_VALUE, _COLUMNS = 2e5, 6.0, 12
_SESSION_MINUTES, _SESSION_HOURS, _LETTERS_WIDE = 5, 4, 110
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
    if not 0 < follow <= _LONGEST_DAYS:
        raise InvalidRequest(f"follow_days must lie above 0 and up to {_LONGEST_DAYS}; it was {follow:g}.")
    return Course(
        model,
        doses,
        _times(doses, follow),
        oral_from_h=None if oral is None else DAY_H * _number(oral, "from_day", 0.0),
        care=care,
        receptor=str(given.get("receptor", USUAL_RECEPTOR)),
        visits_differ=visits_differ,
    )


def _check_keys(what: str, given: Mapping[str, Any], known: frozenset[str]) -> None:
    if unknown := sorted(set(given) - known):
        raise InvalidRequest(f"{what} has no key '{unknown[0]}'. It may have: {', '.join(sorted(known))}.")


def _session(model_id: str, given: Mapping[str, Any]) -> list[Administration]:
    days = given.get("days", [given.get("day", 0)])
    if not isinstance(days, list) or not all(isinstance(day, (int, float)) for day in days):
        raise InvalidRequest("A session needs days = [0, 3, …], counted from the first.")
    route = str(given.get("route", ""))
    doses: list[Administration] = []
    if route not in set(Route):
        raise InvalidRequest(f"A session needs route = one of {', '.join(Route)}; it was '{route}'.")
    _check_keys(
        f"A session by the route '{route}'", given, _SESSION_KEYS | _KEYS_OF.get(Route(route), _OTHER_KEYS)
    )
    for day in days:
        start = DAY_H * float(day)
        if route == Route.NASAL:
            doses += _devices(model_id, given, start)
        elif route == Route.IV:
            doses += infusion(_number(given, "amount_mg"), _number(given, "minutes"), start_h=start)
        else:
            doses.append(Administration(start, _number(given, "amount_mg"), Route(route)))
    return doses


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
    daily = first + DAY_H * np.arange(math.floor(follow_days) + 1)
    fine = np.arange(_SESSION_HOURS * 60 // _SESSION_MINUTES + 1) * _SESSION_MINUTES / 60
    begun = {math.floor(dose.time_h / DAY_H): dose.time_h for dose in sorted(doses, key=lambda d: -d.time_h)}
    times = np.concatenate([daily, *(start + fine for start in begun.values())])
    return tuple(np.unique(np.round(times[times <= first + DAY_H * follow_days], 9)).tolist())


def read_people(path: Path) -> Characters:
    """Return the people of a table, .csv or .parquet, with the columns of ``characters_from_table``.

    Raises:
        InvalidRequest: the file cannot be read as a table, or a column or a value of it is none.
    """
    check_format(path)
    try:
        table = (pl.read_csv if path.suffix.lower() == ".csv" else pl.read_parquet)(path)
    except OSError as error:
        raise InvalidRequest(f"{path} could not be read: {error.strerror or error}.") from None
    except pl.exceptions.NoDataError:
        raise InvalidRequest("The table of people has no rows.") from None
    except pl.exceptions.PolarsError as error:
        raise InvalidRequest(
            f"{path.name} is no table that can be read: {str(error).splitlines()[0]}."
        ) from None
    return characters_from_table(table)


def check_size(course: Course, people: int, first: int = 0, *, residual: bool = False) -> None:
    """Refuse what would not fit; ``residual`` as of ``simulate``.

    Raises:
        InvalidRequest: with the time and the size it would take, and what to do.
    """
    if people < 1 or first < 0:
        raise InvalidRequest(f"Ask for at least one person, counted from 0; it was {people} from {first}.")
    columns = _COLUMNS + (len(kinetic_model(course.model).analytes) if residual else 0)
    values = people * len(course.times_h) * columns
    if values * _BYTES_PER_VALUE > MOST_BYTES:
        hours = people * len(course.times_h) * course.visits / _PEOPLE_TIMES_PER_S / 3600
        fits = int(MOST_BYTES / _BYTES_PER_VALUE / columns / len(course.times_h))
        raise InvalidRequest(
            f"{people:,} people at {len(course.times_h):,} times would take about {hours:,.0f} hours on one core and "
            f"{values * _BYTES_PER_VALUE / 1e9:,.0f} GB. Ask for up to {fits:,} people at once, or for fewer days; "
            "person i is the same person in every run of one seed, so several runs with --first make one study."
        )


@dataclass(frozen=True)
class Simulated:
    """What became of a simulation, beside the file.

    Attributes:
        summary: for each quantity the mean, and the 5th, 50th and 95th of 100 people at each time.
        unsolved: how many people could not be solved; their rows hold no values.
    """

    summary: pl.DataFrame
    unsolved: int

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is to be said of it beside the numbers."""
        if not self.unsolved:
            return ()
        who = "1 person" if self.unsolved == 1 else f"{self.unsolved:,} people"
        return (f"{who} could not be solved: those rows hold no values and count nowhere.",)


def simulate(
    course: Course,
    people: int,
    *,
    seed: int,
    out: Path,
    first: int = 0,
    characters: Characters | None = None,
    levels: Levels | None = None,
    residual: bool = False,
    progress: Callable[[int], None] = lambda done: None,
) -> Simulated:
    """Simulate ``people`` and write (person, hour, …) rows to ``out``, which appears whole or not at all.

    Args:
        course: what is given and when results are wanted.
        seed: of the study; with a person's number it names that person for good.
        first: the number of the first person.
        characters: the people themselves, ``people`` of them; otherwise they are drawn after the usual population.
        levels: which differences are drawn; between people and visits unless stated.
        residual: whether concentrations are added as a laboratory would report them.
        progress: called with the number of people done after each lot.

    Raises:
        InvalidRequest: ``out`` is no .parquet file, or it would not fit.
    """
    if out.suffix.lower() != ".parquet":
        raise InvalidRequest(f"The result is written as Parquet: name a .parquet file, not {out.name}.")
    check_size(course, people, first, residual=residual)
    chosen, unsolved = levels or Levels(), 0
    course = replace(course, visits_differ=course.visits_differ and chosen.between_visits)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as folder:
        solver = solver_for(course)
        parts = []
        for begin in range(0, people, LOT):
            count = min(LOT, people - begin)
            if characters is None:
                who = draw_characters(count, seed=seed, first=first + begin)
            else:
                who = characters.part(begin, begin + count)
            some = draw_people(course.model, who, seed=seed, levels=chosen, visits=solver.visits)
            parts.append(Path(folder) / f"{begin:012d}.parquet")
            found = solver.solve(some)
            unsolved += int(found.unsolved.sum())
            _rows(found, some, residual=residual).write_parquet(parts[-1])
            progress(begin + count)
        whole = Path(folder) / "whole.parquet"
        if len(parts) == 1:
            whole = parts[0]
        else:
            pl.scan_parquet(parts).sink_parquet(whole)
        summary = _summary(whole)
        whole.replace(out)
    return Simulated(summary, unsolved)


def _rows(found: Effects, whose: People, *, residual: bool) -> pl.DataFrame:
    people, times = found.madrs.shape
    columns = {f"{key}_ng_per_ml": values for key, values in found.concentrations.items()}
    if residual:
        reported = measured(whose, np.stack([*found.concentrations.values()], axis=2))
        columns |= {
            f"{key}_measured_ng_per_ml": reported[:, :, place]
            for place, key in enumerate(found.concentrations)
        }
    columns |= {
        "occupancy": found.occupancy,
        "cadss": found.cadss,
        "systolic_rise_mmhg": found.systolic,
        "diastolic_rise_mmhg": found.diastolic,
        "sedation_probability": found.sedation,
        "nausea_probability": found.nausea,
        "labile_synapses": found.labile,
        "madrs": found.madrs,
    }
    rows = pl.DataFrame(
        {"person": np.repeat(whose.characters.index, times), "hour": np.tile(found.times_h, people)}
        | {name: np.ascontiguousarray(values).ravel() for name, values in columns.items()}
    )
    if not found.unsolved.any():
        return rows
    nothing = pl.Series(np.repeat(found.unsolved, times))
    return rows.with_columns(
        pl.when(nothing).then(None).otherwise(pl.col(name)).alias(name) for name in columns
    )


def _summary(path: Path) -> pl.DataFrame:
    """Return hour, quantity, mean and percentiles over the people."""
    rows = pl.scan_parquet(path)
    names = [name for name in rows.collect_schema().names() if name not in ("person", "hour")]
    by_hour = rows.group_by("hour").agg(
        *(pl.col(name).mean().alias(f"{name}|mean") for name in names),
        *(
            pl.col(name).quantile(part).alias(f"{name}|{part}")
            for name in names
            for part in (0.05, 0.5, 0.95)
        ),
    )
    long = by_hour.sort("hour").collect().unpivot(index="hour")
    split = long.with_columns(
        pl.col("variable").str.split_exact("|", 1).struct.rename_fields(["quantity", "what"])
    )
    wide = split.unnest("variable").pivot(on="what", index=["quantity", "hour"], values="value")
    return wide.rename({"0.05": "low", "0.5": "median", "0.95": "high"})


def statements(
    course: Course, characters: Characters | None = None, levels: Levels | None = None
) -> tuple[str, ...]:
    """Return the sentences that go with any result of this course: warnings, then limits, then assumptions."""
    one = draw_characters(1, seed=0) if characters is None else characters.part(0, 1)
    assumed = draw_people(course.model, one, seed=0, levels=levels).assumptions
    if characters is not None:  # conditions may be anybody's, not the first one's
        more = characters.remembered(course.model)
        assumed = (*assumed, *(sentence for sentence in more if sentence not in assumed))
    if course.visits > 1 and (levels or Levels()).between_visits:
        assumed = (
            *assumed,
            "Each session goes by its own visit's parameters until its drug is gone, also after the next has begun.",
        )
    kinetics, used = kinetic_model(course.model), models_used(course)
    limits = (*kinetics.limits, *(text for model in used for text in model.limits))
    return (*warnings_of(course), *limits, *assumed)


def draw(summary: pl.DataFrame, course: Course, asked: str) -> alt.VConcatChart:
    """Return the figure: the score over days, and the first session's concentration and dissociation."""
    begin = course.times_h[0]
    shown = summary.with_columns(
        ((pl.col("hour") - begin) / DAY_H).alias("day"), (pl.col("hour") - begin).alias("h")
    )
    whole_days = shown.filter((pl.col("quantity") == "madrs") & (pl.col("h") % DAY_H == 0))
    session = shown.filter(pl.col("h") <= _SESSION_HOURS)
    panels = [_panel(whole_days, "day", "Days after the first dose", "MADRS (points)")]
    for quantity, title in (("esketamine_ng_per_ml", "S-ketamine (ng/mL)"), ("cadss", "CADSS (points)")):
        rows = session.filter(pl.col("quantity") == quantity)
        panels.append(_panel(rows, "h", "Hours after the first dose", title))
    warned = [line for said in warnings_of(course) for line in textwrap.wrap(said, _LETTERS_WIDE)]
    chart: alt.VConcatChart = alt.vconcat(*panels).properties(
        title=alt.TitleParams(
            "Simulated in virtual people: median and 90 of 100",
            subtitle=[asked, *warned],
            anchor="start",
        ),
        description=f"Median and 90 per cent range of score, concentration and dissociation. {asked}.",
    )
    return chart


def _panel(rows: pl.DataFrame, x: str, x_title: str, y_title: str) -> alt.LayerChart:
    base = alt.Chart(alt.InlineData(values=rows.to_dicts())).encode(x=alt.X(f"{x}:Q", title=x_title))
    band = base.mark_area(opacity=0.25, color="#0b5fa5").encode(y=alt.Y("low:Q", title=y_title), y2="high:Q")
    line = base.mark_line(color="#0b5fa5").encode(y="median:Q")
    return alt.LayerChart(layer=[band, line], width=640, height=180)


def save(chart: alt.VConcatChart, path: Path, *, title: str = "Simulated course") -> None:
    """Write the figure as .svg or as one .html file that loads nothing; whole or not at all."""
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        if path.suffix.lower() == ".svg":
            chart.save(part, format="svg")
        else:
            page: str = chart.to_html(
                inline=True, embed_options={"actions": False, "renderer": "svg", "ast": True}
            )
            head = f'<html lang="en">\n<head>\n  <title>{title}</title>'
            part.write_text(re.sub(r"<html>\s*<head>", lambda _: head, page, count=1), encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
