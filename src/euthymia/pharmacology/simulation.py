"""A regimen file to virtual people, lot by lot, to one Parquet file: what ``euthymia simulate`` runs.

Imported on its own: it brings Polars and Altair. ``_regimen_file`` reads the regimen.
"""

import re
import secrets
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryFile

import altair as alt
import numpy as np
import polars as pl

from euthymia.evidence import kinetic_model
from euthymia.pharmacology._characters import Characters, characters_from_table, draw_characters
from euthymia.pharmacology._course import (
    Course,
    Effects,
    Floats,
    models_used,
    solver_for,
    warnings_of,
)
from euthymia.pharmacology._events import check_format
from euthymia.pharmacology._people import Levels, People, draw_people, measured
from euthymia.pharmacology._regimen import DAY_H, InvalidRequest
from euthymia.pharmacology._regimen_file import SESSION_HOURS
from euthymia.pharmacology._regimen_file import USUAL_MODEL as USUAL_MODEL
from euthymia.pharmacology._regimen_file import course_of as course_of
from euthymia.pharmacology._regimen_file import read_regimen as read_regimen
from euthymia.pharmacology._solve import LOT
from euthymia.pharmacology._studied import count_outside, people_outside
from euthymia.pharmacology._unfinished import unfinished

MOST_BYTES = 50e9
"""A result larger than this is refused before anything is computed."""

# Rounded down from one busy core and from written files; only for telling a size and a duration beforehand.
_PEOPLE_TIMES_PER_S, _BYTES_PER_VALUE, _COLUMNS = 2e5, 6.0, 12
# Values that a summary holds at once: of one quantity, everybody's at so many times.
_GATHERED = 2**23
_FOUND, _BYTES_TURNED = ("mean", "low", "median", "high"), 8
_LETTERS_WIDE = 110


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
    """Refuse a result that would not fit; ``residual`` as of ``simulate``.

    The size is that of the result alone. Up to twice as much stands on the disk while its parts are put together; what
    a summary needs for a while, eight bytes for each person and time, is less.

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
        unsolved: how many people could not be solved; their rows hold no values.
        outside: a sentence for each covariate by which some people lie outside what the model was studied in.
    """

    unsolved: int
    outside: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is to be said of it beside the numbers."""
        if not self.unsolved:
            return self.outside
        who = "1 person" if self.unsolved == 1 else f"{self.unsolved:,} people"
        return (f"{who} could not be solved: those rows hold no values and count nowhere.", *self.outside)


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
    placed: Callable[[], None] = lambda: None,
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
        placed: called as soon as ``out`` stands, before what is left over is taken away.

    Raises:
        InvalidRequest: ``out`` is no .parquet file or is a folder, it would not fit, or the model does not know what
            is asked of it.
    """
    if out.suffix.lower() != ".parquet":
        raise InvalidRequest(f"The result is written as Parquet: name a .parquet file, not {out.name}.")
    check_size(course, people, first, residual=residual)
    chosen, unsolved, model = levels or Levels(), 0, kinetic_model(course.model)
    outside: Counter[str] = Counter()
    course = replace(course, visits_differ=course.visits_differ and chosen.between_visits)
    _refuse_early(course, seed, characters, chosen, out, residual=residual)
    with unfinished(out.with_name(f".{out.name}.{secrets.token_hex(4)}")) as folder:
        folder.mkdir(mode=0o700)
        solver = solver_for(course)
        parts = []
        for begin in range(0, people, LOT):
            count = min(LOT, people - begin)
            if characters is None:
                who = draw_characters(count, seed=seed, first=first + begin)
            else:
                who = characters.part(begin, begin + count)
            outside.update(count_outside(model, {"age": who.age_years, "weight": who.weight_kg}))
            some = draw_people(course.model, who, seed=seed, levels=chosen, visits=solver.visits)
            parts.append(folder / f"{begin:012d}.parquet")
            found = solver.solve(some)
            unsolved += int(found.unsolved.sum())
            _rows(found, some, residual=residual).write_parquet(parts[-1])
            progress(begin + count)
        whole = folder / "whole.parquet"
        if len(parts) == 1:
            whole = parts[0]
        else:
            pl.scan_parquet(parts).sink_parquet(whole)
        whole.replace(out)
        placed()
    return Simulated(unsolved, people_outside(model, outside, people))


def _refuse_early(
    course: Course, seed: int, characters: Characters | None, levels: Levels, out: Path, *, residual: bool
) -> None:
    """Refuse, before anything is compiled, what the model cannot draw or report of one person, or no file can take."""
    if out.is_dir():
        raise InvalidRequest(f"{out} is a folder: name the file in it that the result is to be.")
    who = draw_characters(1, seed=seed) if characters is None else characters.part(0, 1)
    one = draw_people(course.model, who, seed=seed, levels=levels)
    if residual:
        measured(one, np.zeros((1, 1, len(kinetic_model(course.model).analytes))))


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


def summary(path: Path, course: Course) -> pl.DataFrame:
    """Return hour, quantity, mean, and the 5th, 50th and 95th of 100 people, of a result that was written.

    One quantity at a time, each read once, a lot of people at a time: neither memory nor the number of reads grows
    with the people. Meanwhile everybody's values of that quantity stand in a nameless file beside ``path``.

    Raises:
        OSError: there is no room for that file, or the result cannot be read.
    """
    rows, times = pl.scan_parquet(path), len(course.times_h)
    people = rows.select(pl.len()).collect().item() // times
    names = [name for name in rows.collect_schema().names() if name not in ("person", "hour")]
    return pl.concat([_summed_up(rows.select(name), course, people, path.parent) for name in names])


def _summed_up(column: pl.LazyFrame, course: Course, people: int, folder: Path) -> pl.DataFrame:
    """Return the rows of ``summary`` for one quantity."""
    found = np.concatenate([*_by_times(column, len(course.times_h), people, folder)], axis=1)
    return pl.DataFrame(
        {
            "quantity": column.collect_schema().names()[0],
            "hour": course.times_h,
            **dict(zip(_FOUND, found, strict=True)),
        },
        nan_to_null=True,
    )


def _by_times(column: pl.LazyFrame, times: int, people: int, folder: Path) -> Iterator[Floats]:
    """Yield what is found of all people's values at some of the times, and then at the next of them."""
    some = max(_GATHERED // people, 1)
    blocks = [(begin, min(begin + some, times)) for begin in range(0, times, some)]
    lots = [(first, min(first + LOT, people)) for first in range(0, people, LOT)]
    # It has no name, so that nothing of it stays however the process ends.
    with TemporaryFile(dir=folder) as turned:
        for first, last in lots:
            lot = column.slice(first * times, (last - first) * times).collect().to_series().to_numpy()
            for begin, end in blocks:
                turned.seek(_BYTES_TURNED * (begin * people + (end - begin) * first))
                turned.write(lot.reshape(-1, times)[:, begin:end].T.astype(np.float64).tobytes())
        turned.seek(0)
        for begin, end in blocks:
            values = np.empty((end - begin, people))
            for first, last in lots:
                read = turned.read(_BYTES_TURNED * (end - begin) * (last - first))
                values[:, first:last] = np.frombuffer(read).reshape(end - begin, -1)
            yield _found(values)


def _found(values: Floats) -> Floats:
    """Return (4, times), ``_FOUND`` of (times, people); who is not solved has no numbers, nor a part in it."""
    values.sort(axis=1)  # no numbers come last
    solved = int(np.isfinite(values[0]).sum())
    if not solved:
        return np.full((len(_FOUND), len(values)), np.nan)
    low, high = (values[:, int(part * (solved - 1) + 0.5)] for part in (0.05, 0.95))
    median = (values[:, (solved - 1) // 2] + values[:, solved // 2]) / 2
    return np.stack([values[:, :solved].mean(axis=1), low, median, high])


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


def draw(summary: pl.DataFrame, course: Course, asked: str, said: Sequence[str] = ()) -> alt.VConcatChart:
    """Return the figure: the score over days, and the first session's concentration and dissociation.

    ``said`` stands under its title beside the models' warnings.
    """
    begin = course.times_h[0]
    shown = summary.with_columns(
        ((pl.col("hour") - begin) / DAY_H).alias("day"), (pl.col("hour") - begin).alias("h")
    )
    whole_days = shown.filter((pl.col("quantity") == "madrs") & (pl.col("h") % DAY_H == 0))
    session = shown.filter(pl.col("h") <= SESSION_HOURS)
    panels = [_panel(whole_days, "day", "Days after the first dose", "MADRS (points)")]
    for quantity, title in (("esketamine_ng_per_ml", "S-ketamine (ng/mL)"), ("cadss", "CADSS (points)")):
        rows = session.filter(pl.col("quantity") == quantity)
        panels.append(_panel(rows, "h", "Hours after the first dose", title))
    warned = [line for text in (*said, *warnings_of(course)) for line in textwrap.wrap(text, _LETTERS_WIDE)]
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
    with unfinished(path.with_name(f".{path.stem}.part{path.suffix}")) as part:
        if path.suffix.lower() == ".svg":
            chart.save(part, format="svg")
        else:
            page: str = chart.to_html(
                inline=True, embed_options={"actions": False, "renderer": "svg", "ast": True}
            )
            head = f'<html lang="en">\n<head>\n  <title>{title}</title>'
            part.write_text(re.sub(r"<html>\s*<head>", lambda _: head, page, count=1), encoding="utf-8")
        part.replace(path)
