"""Tables of Markdown, for every generated page."""

from __future__ import annotations

from collections.abc import Sequence


def table_of(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a table: its head, and a line for each row."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
