"""The one figure of a consent text: when a medicine may help, and how many of 100 people something happens to.

Dots and not bars: people count people. Filled against empty, so that colour carries nothing alone, and the number
stands beside each block. Plain values in, the house's ``Figure`` out; nothing here is drawn by a script.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from xml.sax.saxutils import escape

from django.utils.safestring import SafeString

from euthymia.clinic.looks import _drawing as draw
from euthymia.clinic.looks.figures import Figure

_COLUMN = 360  # the width of a telephone, and of one of two columns
_GAP = 24
_TEXT, _SMALL = 15, 13
_DOT, _PITCH, _ACROSS = 3.0, 8.0, 20
_BLOCK = 190  # where the block "without" begins
_PEOPLE = 100
_INK, _SOFT, _LINE = "var(--ink)", "var(--ink-soft)", "var(--figure-grid)"
_WITH, _BAND = "var(--series-1)", "var(--series-band)"
_HEADS = {"better": "How many of 100 people it helps", "effect": "How many of 100 people feel this"}


class _Sheet:
    """Marks on one column, from the top down."""

    def __init__(self, left: float = 0) -> None:
        self.left, self.y = left, 0.0
        self.marks: list[str] = []

    def words(
        self, said: str, *, size: int = _TEXT, bold: bool = False, soft: bool = False, at: float = 0
    ) -> None:
        """One line of text at the current height; the height stays."""
        weight = ' font-weight="bold"' if bold else ""
        fill = _SOFT if soft else _INK
        self.marks.append(
            f'<text x="{self.left + at:.1f}" y="{self.y:.1f}" font-size="{size}" fill="{fill}"{weight}>'
            f"{escape(said)}</text>"
        )

    def paragraph(self, said: str, *, size: int = _TEXT, bold: bool = False, soft: bool = False) -> None:
        """Text wrapped to the column."""
        for line in textwrap.wrap(said, int(_COLUMN / (size * 0.53))):
            self.y += size * 1.35
            self.words(line, size=size, bold=bold, soft=soft)

    def add(self, mark: str) -> None:
        """One drawn mark."""
        self.marks.append(mark)


def likelihood(content: Mapping[str, Any]) -> Figure:
    """The figure of a consent text from its frozen ``content``, with a line for each of its sources.

    Raises ``ValueError`` without a source: no figure stands without saying where it comes from.
    """
    if not content["sources"]:
        raise ValueError("A figure needs at least one line of sources.")
    return Figure(
        id="likelihood",
        title=content["title"],
        description=" ".join(f"{line.rstrip('.')}." for line in content["lines"][1:]),
        notes=(content["caution"], *(f"Source: {source}" for source in content["sources"])),
        key=(),
        wide_svg=_drawn(content, columns=2),
        narrow_svg=_drawn(content, columns=1),
        columns=("Of 100 people", "With the medicine", "Without it"),
        rows=tuple(_table_row(row) for row in content["rows"]),
    )


def _table_row(row: Mapping[str, Any]) -> tuple[str, str, str]:
    without = (
        f"{_people(row['without'])} ({row['without_words']})" if row["without"] is not None else "not told"
    )
    return row["label"], f"{_least(row)}{_people(row['with'])} ({row['with_words']})", without


def _drawn(content: Mapping[str, Any], *, columns: int) -> SafeString:
    sheets = [_Sheet((_COLUMN + _GAP) * number) for number in range(columns)]
    if content["spans"]:
        _spans(sheets[0], content["spans"])
    for group in _HEADS:
        # On a wide page what people feel stands beside what it does for them.
        sheet = sheets[-1] if group == "effect" else sheets[0]
        rows = [row for row in content["rows"] if row["group"] == group]
        if rows:
            _rows(sheet, _HEADS[group], rows)
    width, height = (_COLUMN + _GAP) * columns - _GAP, max(sheet.y for sheet in sheets) + 8
    return draw.marks_as_svg((mark for sheet in sheets for mark in sheet.marks), size=(width, round(height)))


def _rows(sheet: _Sheet, heading: str, rows: list[Mapping[str, Any]]) -> None:
    sheet.y += 14
    sheet.paragraph(heading, size=17, bold=True)
    for row in rows:
        sheet.y += 10
        sheet.paragraph(row["label"])
        sheet.y += 19
        sheet.words(f"{_least(row)}{_people(row['with'])} of 100", size=_TEXT, bold=True)
        if row["without"] is not None:
            sheet.words(f"{_people(row['without'])} of 100", size=_TEXT, bold=True, at=_BLOCK)
        else:
            sheet.words("not told", size=_SMALL, soft=True, at=_BLOCK)
        sheet.y += 8
        _dots(sheet, _people(row["with"]), 0)
        if row["without"] is not None:
            _dots(sheet, _people(row["without"]), _BLOCK)
        sheet.y += _PITCH * (_PEOPLE // _ACROSS) + _SMALL
        sheet.words(row["with_words"], size=_SMALL, soft=True)
        sheet.words(row["without_words"] or "without the medicine", size=_SMALL, soft=True, at=_BLOCK)


def _dots(sheet: _Sheet, people: int, at: float) -> None:
    """100 dots in five rows of twenty, the first ``people`` of them filled."""
    for number in range(_PEOPLE):
        x = sheet.left + at + _DOT + 1 + _PITCH * (number % _ACROSS)
        y = sheet.y + _DOT + _PITCH * (number // _ACROSS)
        look = f'fill="{_WITH}"' if number < people else f'fill="none" stroke="{_SOFT}" stroke-width="0.8"'
        sheet.add(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_DOT if number < people else _DOT - 0.4:.1f}" {look}/>'
        )


def _spans(sheet: _Sheet, spans: list[Mapping[str, Any]]) -> None:
    """Bars over days: as tall as the effect is full, and narrowing where it fades."""
    sheet.paragraph("When it may help", size=17, bold=True)
    ends = [float(span["fades_until_d"] or span["full_until_d"]) for span in spans]
    days = 7 * (int(max(ends)) // 7 + 1)
    scale = (_COLUMN - 4) / days
    for span in spans:
        sheet.y += 10
        sheet.paragraph(span["label"])
        sheet.y += 6
        _bar(sheet, span, scale)
        sheet.y += 24
        sheet.paragraph(span["words"], size=_SMALL, soft=True)
    sheet.y += 12
    _axis(sheet, days, scale)


def _bar(sheet: _Sheet, span: Mapping[str, Any], scale: float) -> None:
    height, middle = 18.0, sheet.y + 10
    begins, full = (sheet.left + scale * float(span[key]) for key in ("begins_d", "full_until_d"))
    first = height * float(span["begins_share"] or 100) / 100
    sheet.add(_slope(begins, first, full, height, middle, _WITH))
    if span["fades_until_d"] is not None:
        last = height * (1 - float(span["fades_share"]) / 100)
        sheet.add(
            _slope(full, height, sheet.left + scale * float(span["fades_until_d"]), last, middle, _BAND)
        )


def _slope(x: float, tall: float, to: float, tall_there: float, middle: float, fill: str) -> str:
    bottom = middle + 9
    points = ((x, bottom), (x, bottom - tall), (to, bottom - tall_there), (to, bottom))
    return f'<polygon points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in points)}" fill="{fill}"/>'


def _axis(sheet: _Sheet, days: int, scale: float) -> None:
    sheet.add(
        f'<path d="M{sheet.left:.1f} {sheet.y:.1f}h{days * scale:.1f}" stroke="{_LINE}" stroke-width="1" fill="none"/>'
    )
    weeks = days // 7
    step = 2 if weeks > 5 else 1
    ticks = [(week, f"{week} weeks" if week == step else str(week)) for week in range(0, weeks, step)]
    for week, _ in ticks:
        x = sheet.left + 7 * week * scale
        sheet.add(f'<path d="M{x:.1f} {sheet.y:.1f}v5" stroke="{_SOFT}" stroke-width="1" fill="none"/>')
    sheet.y += 19
    for week, said in ticks:
        sheet.words("first dose" if week == 0 else said, size=_SMALL, soft=True, at=7 * week * scale)


def _least(row: Mapping[str, Any]) -> str:
    return "at least " if row["at_least"] else ""


def _people(share: str) -> int:
    return int(Decimal(share).quantize(Decimal(1), ROUND_HALF_UP))
