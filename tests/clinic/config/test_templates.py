"""Templates of all rooms: nothing that the page's policy would refuse, and no comment that shows."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone

import euthymia.clinic

_CLINIC = Path(euthymia.clinic.__file__).parent
_TEMPLATES = sorted(_CLINIC.glob("**/templates/**/*.html"))
_IDS = [str(path.relative_to(_CLINIC)) for path in _TEMPLATES]


@pytest.mark.parametrize("path", _TEMPLATES, ids=_IDS)
def test_a_template_keeps_to_the_policy(path: Path) -> None:
    text = re.sub(r"\{%.*?%\}", "", path.read_text(), flags=re.DOTALL)
    assert not re.search(r"\sstyle\s*=", text), "a style attribute is refused by the page's policy"
    assert not re.search(r"<style\b", text)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text), "an event handler is refused by the page's policy"
    assert not re.search(r"\shx-(on|vals=.?js|headers=.?js)", text), "htmx may not evaluate anything"
    for script in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in script or "application/json" in script
    assert not re.search(r"(?:src|href|action)=[\"'](?:https?:)?//", text), "nothing comes from another host"


@pytest.mark.parametrize("path", _TEMPLATES, ids=_IDS)
def test_a_comment_does_not_show(path: Path) -> None:
    """Django ends ``{# #}`` at the line's end; a longer one would be printed on the page."""
    for line in path.read_text().splitlines():
        assert line.count("{#") == line.count("#}")


@pytest.mark.parametrize("path", _TEMPLATES, ids=_IDS)
def test_a_posting_form_carries_its_token(path: Path) -> None:
    for form in re.findall(r"<form\b[^>]*method=\"post\".*?</form>", path.read_text(), flags=re.DOTALL):
        # A form that waits on the tablet is never posted as it stands: its script sends it, with the page's token.
        assert "csrf_token" in form or "data-offline-form" in form


@pytest.mark.parametrize("path", _TEMPLATES, ids=_IDS)
def test_nothing_typed_is_taken_for_markup(path: Path) -> None:
    """Escaping stays on everywhere: names, reasons and findings hold what somebody typed."""
    text = path.read_text()
    assert not re.search(r"\|\s*safe(seq)?\b", text)
    assert "autoescape" not in text


def test_only_drawings_are_markup_that_a_program_made() -> None:
    """Vega escapes what it writes, templates what the board's tiles hold, the tags of times and signs what they take.

    No other code calls its strings safe.
    """
    calls = re.compile(r"\b(mark_safe|format_html|format_html_join|html_safe|SafeString|SafeText)\s*\(")
    found = {
        str(path.relative_to(_CLINIC)) for path in _CLINIC.glob("**/*.py") if calls.search(path.read_text())
    }
    assert found == {"looks/_drawing.py", "looks/tags.py", "visits/views/_drawn.py"}


def test_a_moment_is_shown_by_the_clinics_clock_and_nothing_where_there_is_none() -> None:
    page = Template(
        "{% moment at %}|{% moment at 'time' %}|{% moment at 'day' %}|{% moment day 'day' %}|{% moment none %}."
    )
    at = datetime(2026, 11, 21, 4, 30, tzinfo=UTC)
    with timezone.override(ZoneInfo("America/New_York")):
        shown = page.render(Context({"at": at, "day": at.date(), "none": None}))
    told = '<time datetime="2026-11-20T23:30:00-05:00">'
    assert shown == (
        f'{told}20 Nov 2026, 23:30</time>|{told}23:30</time>|{told}20 Nov 2026</time>|'
        '<time datetime="2026-11-21">21 Nov 2026</time>|.'
    )  # fmt: skip


def test_a_sign_escapes_its_name() -> None:
    shown = Template("{% icon name %}").render(Context({"name": '"><script>'}))
    assert "<script>" not in shown
    assert shown.startswith('<svg class="icon" aria-hidden="true"')
