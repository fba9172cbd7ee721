"""The figure of a treatment history: every treatment, sure and possible time apart, the same words in its table."""

from __future__ import annotations

from datetime import date

import pytest

from euthymia.clinic.looks.histories import Treatment, history_figure

WHOLE = Treatment(
    label="sertraline",
    detail="150 mg a day",
    from_=date(2025, 1, 1),
    sure_from=date(2025, 1, 1),
    sure_until=date(2025, 6, 1),
    until=date(2025, 6, 1),
    kind="satisfied",
    period="2025-01-01 to 2025-06-01",
)
VAGUE = Treatment(
    label="Zoloft & <more>",
    detail="",
    from_=date(2024, 1, 1),
    sure_from=date(2024, 12, 31),
    sure_until=None,
    until=None,
    kind="unknown",
    period="2024 to not known",
    added_to="sertraline",
)


def test_the_earliest_stands_first_and_the_table_says_what_is_drawn() -> None:
    figure = history_figure((WHOLE, VAGUE))
    assert figure.rows == (
        ("Zoloft & <more>", "not known", "2024 to not known", "sertraline", "?"),
        ("sertraline", "150 mg a day", "2025-01-01 to 2025-06-01", "", "✓"),
    )
    assert "2 treatments from 2024 on" in figure.description
    for drawing in (figure.wide_svg, figure.narrow_svg):
        assert "✓ sertraline" in drawing
        assert "? Zoloft &amp; &lt;more&gt;" in drawing


def test_time_that_is_not_sure_is_drawn_pale_alone() -> None:
    bars = [history_figure((each,)).wide_svg.count("var(--series-1)") for each in (VAGUE, WHOLE)]
    assert bars[0] == 1
    assert bars[1] > bars[0]


def test_a_history_of_nothing_is_no_figure() -> None:
    with pytest.raises(ValueError, match="at least one"):
        history_figure(())
