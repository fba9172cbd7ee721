"""Draws the figures of the model cards as plain SVG: ``python docs/model_cards.py`` writes them beside the cards.

Each says in its description which data it was drawn from, so that a test sees when it is old. Figures of kinetic
models are drawn anew by that test; those of effects simulate people and are compared by their data alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

from euthymia.evidence import (
    KineticModel,
    Row,
    effect_model,
    effect_models,
    kinetic_model,
    kinetic_targets,
)
from euthymia.pharmacology import (
    Course,
    nasal_session,
    occupancy,
    predict,
    receptor_sources,
    simulation,
)
from euthymia.pharmacology._course import CourseSolver, draw_people_for
from euthymia.pharmacology._targets import question

FIGURES = Path(__file__).resolve().parent / "model-cards" / "figures"
EFFECT_FIGURES = {
    "acute-2": ("acute-2",),
    "antidepressant-1": ("antidepressant-1",),
    "receptor": tuple(f"receptor-{source}" for source in receptor_sources()),
}

# Blue and orange stay apart in every common colour blindness; dashes tell all apart without colour.
_COLOURS = ("#0b5fa5", "#c2570c", "#5b3a8c", "#1f2933")
_DASHES = ("", "7 4", "2 3", "10 3 2 3")
_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 720, 340, 66, 40, 20, 52
_POINTS, _PEOPLE, _SEED = 241, 200, 7
_LEAST_H, _MOST_H = 4.0, 12.0
_SHOWN = ("observed", "concentration", "cmax")


@dataclass(frozen=True)
class Curve:
    """One line, a band around it if there is one, and points beside it that it is held to."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    points: Sequence[tuple[float, float]] = ()
    low: Sequence[float] = ()
    high: Sequence[float] = ()


def case_of(model: KineticModel) -> tuple[Row, ...]:
    """Return the targets that a model's figure shows: one person and dose, the model's own route, the most points."""
    cases: dict[tuple[str, ...], list[Row]] = {}
    for row in kinetic_targets():
        keys = row.keys
        if keys["model"] == model.id and keys["route"] == model.routes[0] and not keys["beside"]:
            who = tuple(keys[key] for key in ("ancestry", "age_years", "weight_kg", "dose_mg", "minutes"))
            cases.setdefault(who, []).append(row)

    def worth(rows: list[Row]) -> tuple[int, float]:
        shown = [row for row in rows if row.keys["at_h"] or row.keys["quantity"] == "cmax"]
        read = [row for row in shown if row.value.known == "secondary"]
        return 2 * len(read) + len(shown), float(rows[0].keys["dose_mg"])

    found = max(cases.values(), key=worth)
    read = [row for row in found if row.value.known == "secondary" and row.keys["quantity"] in _SHOWN]
    return tuple(read or found)


def caption(model: KineticModel) -> str:
    """Return what the figure of a kinetic model shows, in one sentence."""
    keys = case_of(model)[0].keys
    minutes = f" over {keys['minutes']} minutes" if keys["minutes"] else ""
    age = f", {keys['age_years']} years" if keys["age_years"] else ""
    return (
        f"{keys['dose_mg']} mg {keys['drug']} {keys['route']}{minutes}, {keys['weight_kg']} kg{age}: "
        "the model's curve, and as points the figures given for it"
    )


def draw_kinetic(model_id: str) -> str:
    """Return the figure of a kinetic model."""
    model = kinetic_model(model_id)
    rows = case_of(model)
    _, person, doses = question(rows[0])
    asked = [float(row.keys["at_h"]) for row in rows if row.keys["at_h"]]
    until = min(max([_LEAST_H, *(at * 1.1 for at in asked if at <= _MOST_H)]), _MOST_H)
    times = np.linspace(0, until, _POINTS)
    found = predict(model.id, person, doses, times.tolist(), drug=rows[0].keys["drug"])
    curves = []
    for analyte in found.analytes:
        own = [row for row in rows if row.keys["analyte"] == analyte.key]
        points = [(float(row.keys["at_h"]), row.value.value) for row in own if row.keys["at_h"]]
        points += [(analyte.tmax_h, row.value.value) for row in own if row.keys["quantity"] == "cmax"]
        values = analyte.concentrations_ng_per_ml
        curves.append(Curve(analyte.name, times, values, [point for point in points if point[0] <= until]))
    data = f"Data {model.parameters_hash}."
    return svg(f"{model.title}. {caption(model)}.", data, curves, ("Hours", "Concentration (ng/mL)"))


def data_of(figure: str) -> str:
    """Return the sentence by which a figure of effects says what it was drawn from."""
    return f"Data {' '.join(effect_model(name).parameters_hash for name in EFFECT_FIGURES[figure])}."


def draw_effects(figure: str) -> str:
    """Return the figure of a card of effects."""
    assert set(EFFECT_FIGURES[figure]) <= set(effect_models())
    return {"receptor": _receptor, "acute-2": _acute, "antidepressant-1": _mood}[figure](data_of(figure))


def _receptor(data: str) -> str:
    levels = np.linspace(0, 250, _POINTS)
    curves = [
        Curve(source, levels, 100 * np.asarray(occupancy({"esketamine": levels}, source=source)))
        for source in receptor_sources()
    ]
    title = "NMDA receptors occupied at a concentration of S-ketamine alone, by both sources."
    return svg(title, data, curves, ("S-ketamine (ng/mL)", "Receptors occupied (%)"))


def _acute(data: str) -> str:
    times = np.linspace(0, 3, 73)
    doses = nasal_session(3, device_mg=28, interval_h=5 / 60)
    course = Course(simulation.USUAL_MODEL, doses, tuple(times))
    found = CourseSolver(course).solve(draw_people_for(course.model, _PEOPLE, seed=_SEED))
    shown = {
        "CADSS (points)": found.cadss,
        "Systolic (mmHg)": found.systolic,
        "Diastolic (mmHg)": found.diastolic,
        "Sedated (of ten)": 10 * found.sedation,
    }
    curves = [Curve(name, times, values.mean(axis=0)) for name, values in shown.items()]
    title = f"Three devices: means of {_PEOPLE} virtual people."
    return svg(title, data, curves, ("Hours after the first device", "Points, mmHg, people in ten"))


def _mood(data: str) -> str:
    days = np.arange(0, 85, 1.0)
    begun = [24.0 * day for day in (0, 3, 7, 10, 14, 17, 21, 24)]
    doses = tuple(
        dose for start in begun for dose in nasal_session(2, device_mg=28, interval_h=5 / 60, start_h=start)
    )
    given = {
        "Eight sessions of two devices": Course(simulation.USUAL_MODEL, doses, tuple(24 * days)),
        "An oral antidepressant": Course(simulation.USUAL_MODEL, (), tuple(24 * days), oral_from_h=0.0),
    }
    curves = []
    for name, course in given.items():
        scores = CourseSolver(course).solve(draw_people_for(course.model, _PEOPLE, seed=_SEED)).madrs
        low, middle, high = np.percentile(scores, [10, 50, 90], axis=0)
        curves.append(Curve(name, days, middle, low=low, high=high))
    title = f"Median and 80 of 100 of {_PEOPLE} virtual people; sizes are ours and not calibrated."
    return svg(title, data, curves, ("Days", "MADRS (points)"))


def svg(title: str, data: str, curves: Sequence[Curve], axes: tuple[str, str]) -> str:
    """Return lines, bands and points on two axes that begin at zero, as SVG text."""
    heights = [value for c in curves for value in (*c.y, *c.high, *(point[1] for point in c.points))]
    right, top, bottom = max(float(c.x[-1]) for c in curves), max(heights), min(0.0, *heights)
    across, up = _ticks(right), _ticks(top)
    top = max(top * 1.05, up[-1])

    def x(value: float) -> str:
        return f"{_LEFT + (_WIDTH - _LEFT - _RIGHT) * value / right:.1f}"

    def y(value: float) -> str:
        return f"{_HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * (value - bottom) / (top - bottom):.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}" role="img" font-family="sans-serif" font-size="13" fill="#1f2933">',
        f"<title>{escape(title)}</title><desc>{escape(data)}</desc>",
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for value in up:
        parts.append(f'<path d="M{x(0)} {y(value)}H{x(right)}" stroke="#e4e7eb"/>')
        parts.append(
            f'<text x="{_LEFT - 8}" y="{float(y(value)) + 4:.1f}" text-anchor="end">{value:g}</text>'
        )
    foot = f'y="{_HEIGHT - _BOTTOM + 20}" text-anchor="middle"'
    parts += [f'<text x="{x(value)}" {foot}>{value:g}</text>' for value in across]
    middle = (_HEIGHT - _BOTTOM + _TOP) / 2
    parts.append(f'<text x="{x(right / 2)}" y="{_HEIGHT - 10}" text-anchor="middle">{escape(axes[0])}</text>')
    parts.append(
        f'<text transform="translate(16 {middle:.0f}) rotate(-90)" text-anchor="middle">{escape(axes[1])}</text>'
    )
    for place, (curve, colour, dash) in enumerate(zip(curves, _COLOURS, _DASHES, strict=False)):
        style = f'stroke="{colour}" stroke-width="2.5" fill="none" stroke-dasharray="{dash or "none"}"'
        if len(curve.low):
            there = " ".join(f"{x(at)},{y(value)}" for at, value in zip(curve.x, curve.high, strict=True))
            back = [f"{x(at)},{y(value)}" for at, value in zip(curve.x, curve.low, strict=True)]
            parts.append(f'<polygon points="{there} {" ".join(back[::-1])}" fill="{colour}" opacity="0.15"/>')
        line = " ".join(f"{x(at)},{y(value)}" for at, value in zip(curve.x, curve.y, strict=True))
        parts.append(f'<polyline points="{line}" {style}/>')
        parts += [
            f'<circle cx="{x(at)}" cy="{y(value)}" r="4" fill="{colour}"/>' for at, value in curve.points
        ]
        left = _LEFT + 6 + sum(64 + 6 * len(before.name) for before in curves[:place])
        above = _TOP - 18
        parts.append(f'<path d="M{left} {above}h28" {style}/>')
        parts.append(f'<text x="{left + 34}" y="{above + 4}" font-size="11">{escape(curve.name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _ticks(most: float) -> list[float]:
    """Return round numbers from zero up to ``most``: four to nine of them."""
    for exponent in range(-6, 7):
        for step in (1, 2, 5):
            apart = step * 10.0**exponent
            if most / apart <= 8:
                return [round(apart * count, 9) for count in range(int(most / apart + 1e-9) + 1)]
    return [0.0, most]
