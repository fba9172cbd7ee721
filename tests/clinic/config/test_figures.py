"""Figures: they carry what they show in words and numbers, and fit the page's policy."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from euthymia.clinic.looks import _drawing, figures, lanes

_START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def _trajectory(**change: object) -> figures.Figure:
    given: dict[str, object] = {
        "title": "PHQ-9",
        "instrument": "PHQ-9",
        "recall_days": 14,
        "highest": 27,
        "scores": (
            figures.Score(_START, 20, "before the first dose"),
            figures.Score(_START + timedelta(days=28), 9),
        ),
        "doses": (figures.Dose(_START + timedelta(days=1), "56 mg"),),
        "levels": (figures.Level(4, "remission: 4 or less"),),
    }
    return figures.trajectory(**(given | change))  # type: ignore[arg-type]


def _expected(**change: object) -> figures.Figure:
    given: dict[str, object] = {
        "t0": _START,
        "ends": _START + timedelta(hours=4),
        "predictions": (
            lanes.Prediction(
                "Esketamine predicted in venous plasma, ng/mL",
                tuple((_START + timedelta(minutes=5 * i), 60.0 if i == 6 else 1e-9) for i in range(40)),
            ),
        ),
        "measured": (lanes.Measured("Pressure, mmHg", ((_START, 120, 80),), ()),),
        "given": (lanes.Given(_START, "28 mg"),),
        "now": _START + timedelta(minutes=40),
    }
    return lanes.expected_and_measured(lanes.Scene(**(given | change)))  # type: ignore[arg-type]


@pytest.mark.parametrize("figure", [_trajectory(), _expected()], ids=["trajectory", "expected"])
def test_a_drawing_fits_the_page(figure: figures.Figure) -> None:
    for svg in (figure.wide_svg, figure.narrow_svg):
        assert "style=" not in svg
        assert "<script" not in svg
        assert not re.search(r'"#[0-9a-f]{6}"', svg), "a placeholder colour was left in the drawing"
        assert 'width="' in svg
        assert 'height="' in svg  # keeps the figure's place before it is painted
        assert 'aria-hidden="true"' in svg


def test_two_figures_share_no_id() -> None:
    one, other = _trajectory(), _expected()
    ids = [re.findall(r'\bid="([^"]+)"', svg) for f in (one, other) for svg in (f.wide_svg, f.narrow_svg)]
    flat = [ident for found in ids for ident in found]
    assert len(flat) == len(set(flat))
    assert one.id != other.id


def test_a_trajectory_states_its_recall_window() -> None:
    figure = _trajectory()
    assert any("14 days before it" in note for note in figure.notes)
    assert "14 days" in figure.description
    assert figure.rows[0] == ("2 Mar 2026, 09:30", "20", "16 Feb 2026", "0", "before the first dose")
    assert figure.rows[1][3] == "1"  # one dose before the second score


def test_a_trajectory_of_one_score_can_be_drawn() -> None:
    assert _trajectory(scores=(figures.Score(_START, 20),), doses=(), levels=()).wide_svg


def test_a_trajectory_without_scores_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one score"):
        _trajectory(scores=())


def test_what_is_next_to_nothing_has_no_exponent_in_the_table() -> None:
    told = [row[2] for row in _expected().rows]
    assert "60" in told
    assert set(told) == {"60", "< 0.05"}  # and never as 1e-09


def test_times_are_drawn_in_the_zone_they_carry() -> None:
    there = timezone(timedelta(hours=-7))
    here, away = (_expected(t0=_START.astimezone(zone), now=None) for zone in (UTC, there))
    assert here.rows[0][0] == "09:30"
    assert away.rows[0][0] == "02:30"


def test_a_figure_is_drawn_once_for_the_same_input() -> None:
    assert _trajectory() is _trajectory()


def test_text_of_a_person_is_escaped() -> None:
    figure = _trajectory(levels=(figures.Level(4, "<script>x</script> & more"),))
    assert "<script" not in figure.wide_svg


def test_the_tools_can_be_loaded_ahead() -> None:
    figures.prepare()


class TestMarksOfOurOwn:
    def test_plain_marks_become_a_drawing(self) -> None:
        drawn = _drawing.marks_as_svg(['<text x="1" y="2">5 &lt; 6</text>', '<circle r="1"/>'], size=(10, 20))
        assert drawn.startswith("<svg ")
        assert "5 &lt; 6" in drawn

    @pytest.mark.parametrize(
        "mark",
        [
            "<script>alert(1)</script>",
            '<text onload="alert(1)">a</text>',
            '<text style="fill:red">a</text>',
            "<text>a<script/></text>",
            '<image href="//elsewhere"/>',
            "</svg><p>out</p><svg>",
            "a < b",
        ],
    )
    def test_anything_else_is_refused(self, mark: str) -> None:
        with pytest.raises(ValueError, match="drawing"):
            _drawing.marks_as_svg([mark], size=(10, 20))
