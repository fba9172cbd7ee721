"""Drawings as SVG that fits the page's policy and follows its theme: Altair's charts, and marks of our own.

Charts are drawn in placeholder colours which become the page's colour tokens, so that one drawing serves
both themes. Vega writes no style attribute and no script; its ids are made unique, because two drawings with
the same clip path on one page would cut each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from xml.etree import ElementTree

from django.utils.safestring import SafeString, mark_safe

# Placeholder colour -> token of static/euthymia/css/tokens.css. Vega needs colours it can parse.
INK, SOFT, GRID = "#000001", "#000002", "#000003"
SERIES = ("#000011", "#000012", "#000013")
BAND, WARN, GROUND = "#000014", "#000015", "#000016"
_TOKENS = {
    INK: "--ink",
    SOFT: "--ink-soft",
    GRID: "--figure-grid",
    SERIES[0]: "--series-1",
    SERIES[1]: "--series-2",
    SERIES[2]: "--series-3",
    BAND: "--series-band",
    WARN: "--warn-line",
    GROUND: "--surface",
}

WIDE = (640, 320)
NARROW = (372, 300)

# All that a mark of our own may be made of. Neither a script nor an address nor a style is among it.
_MARKS = {"text", "circle", "polygon", "path"}
_ATTRIBUTES = {
    "x",
    "y",
    "cx",
    "cy",
    "r",
    "d",
    "points",
    "fill",
    "stroke",
    "stroke-width",
    "font-size",
    "font-weight",
    "text-anchor",
    "stroke-dasharray",
    "fill-opacity",
}


def svg(chart: Any, *, size: tuple[int, int], prefix: str) -> SafeString:
    """Draw ``chart`` at ``size`` (pixels, axes and labels included) as inline SVG."""
    import vl_convert  # 40 ms to load, and only pages with a figure need it

    sized = chart.properties(
        width=size[0], height=size[1], autosize={"type": "fit", "contains": "padding"}, padding=4
    ).configure(**_LOOK)
    drawn = vl_convert.vegalite_to_svg(sized.to_dict())
    return mark_safe(_fit_to_page(drawn, prefix))  # noqa: S308 - Vega escapes every text it writes


def marks_as_svg(marks: Iterable[str], *, size: tuple[int, int]) -> SafeString:
    """Our own ``marks`` as inline SVG of ``size`` (pixels). Raises ``ValueError`` for one that is no plain mark.

    Words in a mark come escaped. One that does not would hold other elements, and is refused here rather
    than shown.
    """
    drawn = "".join(marks)
    try:
        root = ElementTree.fromstring(f"<svg>{drawn}</svg>")  # noqa: S314 - no entity can be declared inside
    except ElementTree.ParseError as error:
        raise ValueError("A mark of a drawing is no well-formed XML.") from error
    for mark in root.iter():
        if mark is not root and (mark.tag not in _MARKS or set(mark.attrib) - _ATTRIBUTES or len(mark)):
            raise ValueError(f"A drawing may not hold {mark.tag} with {', '.join(sorted(mark.attrib))}.")
    return mark_safe(  # noqa: S308 - only plain marks passed
        f'<svg aria-hidden="true" focusable="false" xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="0 0 {size[0]} {size[1]}" width="{size[0]}" height="{size[1]}">{drawn}</svg>'
    )


def _fit_to_page(drawn: str, prefix: str) -> str:
    for placeholder, token in _TOKENS.items():
        drawn = drawn.replace(f'"{placeholder}"', f'"var({token})"')
    # The wrapper carries the description; the parts of the drawing would only be noise to a screen reader.
    drawn = re.sub(r' (?:role|aria-[a-z]+|font-family|xmlns:xlink|class)="[^"]*"', "", drawn)
    drawn = re.sub(r'(id="|url\(#)(\w+)', rf"\g<1>{prefix}-\g<2>", drawn)
    return drawn.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)


_LOOK: dict[str, Any] = {
    "background": "transparent",
    "view": {"stroke": None},
    "font": "sans-serif",
    "axis": {
        "domainColor": SOFT,
        "gridColor": GRID,
        "labelColor": SOFT,
        "tickColor": GRID,
        "titleColor": SOFT,
        "labelFontSize": 14,
        "titleFontSize": 14,
        "titleFontWeight": "normal",
        "labelPadding": 6,
        "titlePadding": 8,
        "domain": False,
        "ticks": False,
    },
    "axisX": {"grid": False, "domain": True, "ticks": True},
    "text": {"fontSize": 14, "color": INK},
}
