"""Figures: they carry what they show in words and numbers, and fit the page's policy."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from euthymia.clinic.looks import _drawing, figures

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


def _concentration(**change: object) -> figures.Figure:
    points = tuple((_START + timedelta(minutes=5 * i), float(i % 30)) for i in range(60))
    given: dict[str, object] = {
        "title": "Predicted",
        "unit": "ng/mL",
        "curves": (figures.Curve("esketamine", points),),
        "doses": (figures.Dose(_START, "28 mg"),),
        "now": _START + timedelta(minutes=40, seconds=12),
        "model": "model-x",
        "population": "twelve healthy adults",
        "sampling_site": "venous plasma",
        "source": "A paper",
    }
    return figures.concentration(**(given | change))  # type: ignore[arg-type]


@pytest.mark.parametrize("figure", [_trajectory(), _concentration()], ids=["trajectory", "concentration"])
def test_a_drawing_fits_the_page(figure: figures.Figure) -> None:
    for svg in (figure.wide_svg, figure.narrow_svg):
        assert "style=" not in svg
        assert "<script" not in svg
        assert not re.search(r'"#[0-9a-f]{6}"', svg), "a placeholder colour was left in the drawing"
        assert 'width="' in svg
        assert 'height="' in svg  # keeps the figure's place before it is painted
        assert 'aria-hidden="true"' in svg


def test_two_figures_share_no_id() -> None:
    one, other = _trajectory(), _concentration()
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


def test_a_forecast_says_what_it_rests_on() -> None:
    text = " ".join(_concentration().notes)
    for part in ("not measured", "model-x", "twelve healthy adults", "venous plasma", "A paper"):
        assert part in text


def test_a_forecast_has_its_peak_in_the_table_and_in_words() -> None:
    figure = _concentration()
    assert any(row[1] == "29" for row in figure.rows)
    assert "peaks at 29 ng/mL at 11:55" in figure.description
    assert figure.rows[0] == ("09:30", "0", "28 mg")


def test_a_forecast_of_zero_can_be_drawn() -> None:
    flat = tuple((_START + timedelta(minutes=i), 0.0) for i in range(3))
    assert _concentration(curves=(figures.Curve("esketamine", flat),), now=None).wide_svg


def test_too_many_curves_are_refused() -> None:
    curve = _START, 1.0
    with pytest.raises(ValueError, match="one to three curves"):
        _concentration(curves=tuple(figures.Curve(str(i), (curve,)) for i in range(4)))


def test_times_are_drawn_in_the_zone_they_carry() -> None:
    there = timezone(timedelta(hours=-7))
    here, away = (_concentration(now=_START.astimezone(zone)) for zone in (UTC, there))
    assert here.key[-1].text == "now, 09:30"
    assert away.key[-1].text == "now, 02:30"


def test_a_figure_is_drawn_once_within_a_minute() -> None:
    first = _concentration(now=_START + timedelta(minutes=40, seconds=1))
    again = _concentration(now=_START + timedelta(minutes=40, seconds=58))
    assert first is again


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
