"""A prediction as a figure that can leave the screen: it carries model, person, site and warnings with it.

Imported on its own, because drawing is slow to load and most predictions are not drawn.
"""

import re
import textwrap
from pathlib import Path

import altair as alt

from euthymia.pharmacology._prediction import Prediction
from euthymia.pharmacology._regimen import Administration, InvalidRequest

FORMATS = (".svg", ".html")

# Blue and orange stay apart in every common colour blindness; dashes tell all apart without colour.
_COLOURS = ("#0b5fa5", "#c2570c", "#5b3a8c", "#1f2933")
_DASHES = ([1, 0], [6, 3], [2, 2], [10, 3, 2, 3])
_INK, _FAINT = "#1f2933", "#e4e7eb"
_LINE_LENGTH = 120


def check_format(path: Path) -> None:
    """Refuse a path whose ending is no format we draw.

    Raises:
        InvalidRequest: it ends in something else than .svg or .html.
    """
    if path.suffix.lower() not in FORMATS:
        raise InvalidRequest(f"A figure is written as {' or '.join(FORMATS)}; '{path.name}' ends in neither.")


def draw(prediction: Prediction, doses: tuple[Administration, ...], asked: str) -> alt.LayerChart:
    """Return the chart of a prediction made at closely spaced times.

    Args:
        prediction: one whose outcome is ``COMPUTED`` and whose ``times_h`` are dense enough to draw.
        doses: what was given, drawn as marks on the time axis.
        asked: a short description of dose and person for the subtitle.
    """
    curves = [
        {"h": time, "ng_per_ml": value, "analyte": analyte.name}
        for analyte in prediction.analytes
        for time, value in zip(prediction.times_h, analyte.concentrations_ng_per_ml, strict=True)
    ]
    names = [analyte.name for analyte in prediction.analytes]
    line = (
        alt.Chart(alt.InlineData(values=curves))
        .mark_line(strokeWidth=2.5)
        .encode(
            x=alt.X(
                "h:Q", title="Hours after the first dose began", axis=alt.Axis(tickMinStep=1, format="d")
            ),
            y=alt.Y("ng_per_ml:Q", title="Concentration (ng/mL)"),
            color=alt.Color(
                "analyte:N", title=None, scale=alt.Scale(domain=names, range=_COLOURS[: len(names)])
            ),
            strokeDash=alt.StrokeDash(
                "analyte:N", title=None, scale=alt.Scale(domain=names, range=_DASHES[: len(names)])
            ),
            tooltip=[
                alt.Tooltip("analyte:N", title="Substance"),
                alt.Tooltip("h:Q", title="Hours", format=".2f"),
                alt.Tooltip("ng_per_ml:Q", title="ng/mL", format=".1f"),
            ],
        )
    )
    chart: alt.LayerChart = (
        alt.layer(line, _dose_marks(doses))
        .properties(width=720, height=340, title=_title(prediction, asked))
        .properties(description=_description(prediction, asked), background="white", padding=12)
        .configure_axis(
            labelColor=_INK, titleColor=_INK, gridColor=_FAINT, labelFontSize=12, titleFontSize=13
        )
        .configure_view(stroke=None)
        .configure_legend(
            orient="top-right", labelFontSize=13, labelColor=_INK, symbolSize=400, symbolStrokeWidth=2.5
        )
    )
    return chart


def save(chart: alt.LayerChart, path: Path) -> None:
    """Write ``chart`` as .svg or as one .html file that carries its scripts and loads nothing.

    Raises:
        InvalidRequest: the ending is neither.
        OSError: the file cannot be written.
    """
    check_format(path)
    if path.suffix.lower() == ".svg":
        chart.save(path, format="svg")
        return
    page: str = chart.to_html(inline=True, embed_options={"actions": False, "renderer": "svg", "ast": True})
    head = '<html lang="en">\n<head>\n  <title>Predicted plasma concentration</title>'
    path.write_text(re.sub(r"<html>\s*<head>", lambda _: head, page, count=1), encoding="utf-8")


def _dose_marks(doses: tuple[Administration, ...]) -> alt.Chart:
    """Draw an infusion as a bar and anything else as a tick, on the time axis."""
    first = min(dose.time_h for dose in doses)
    marks = [
        {
            "from": dose.time_h - first,
            "to": dose.time_h - first + max(dose.duration_h, 0.02),
            "dose": _dose(dose),
        }
        for dose in doses
    ]
    bars: alt.Chart = (
        alt.Chart(alt.InlineData(values=marks))
        .mark_bar(height=9, color=_INK, opacity=0.85)
        .encode(x="from:Q", x2="to:Q", y=alt.value(336), tooltip=alt.Tooltip("dose:N", title="Dose"))
    )
    return bars


def _dose(dose: Administration) -> str:
    return f"{dose.amount_mg:g} mg" if dose.device is None else f"Device {dose.device}, {dose.amount_mg:g} mg"


def _title(prediction: Prediction, asked: str) -> alt.TitleParams:
    basis = f"{asked}. Typical person, model {prediction.model}; dark marks are doses."
    lines = [line for text in (basis, *prediction.warnings) for line in textwrap.wrap(text, _LINE_LENGTH)]
    return alt.TitleParams(
        _heading(prediction),
        subtitle=lines,
        anchor="start",
        color=_INK,
        subtitleColor=_INK,
        fontSize=17,
        subtitleFontSize=12,
        offset=14,
    )


def _description(prediction: Prediction, asked: str) -> str:
    peaks = "; ".join(
        f"{analyte.name} peaks at {analyte.cmax_ng_per_ml:.1f} ng/mL after {analyte.tmax_h:.2f} h"
        for analyte in prediction.analytes
    )
    return f"{_heading(prediction)}. {asked}. {peaks}."


def _heading(prediction: Prediction) -> str:
    if prediction.sampling_site in ("venous", "arterial"):
        return f"Predicted {prediction.sampling_site} plasma concentration"
    return "Predicted plasma concentration, sampling site not stated"
