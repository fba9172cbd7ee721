"""What templates may ask beyond Django's own filters. Loaded in every template."""

from __future__ import annotations

import re
from calendar import month_abbr
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from uuid import uuid4

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from euthymia.evidence import sources

register = template.Library()

_ISO_DAY = re.compile(r"\b(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\b")


@register.filter
def source_of(key: str) -> str:
    """A source in words, with where to find it; the key itself when it names no source on file."""
    source = sources().get(key)
    return f"{source.title} ({source.where})" if source else key


@register.filter
def in_words(names: Iterable[str]) -> str:
    """Names as they stand in code, as words in a fixed order: "front desk, nurse"."""
    return ", ".join(sorted(name.replace("_", " ") for name in names))


@register.filter
def days_in_words(sentence: str) -> str:
    """A rule's sentence with its days as people write them: "17 Nov 2026" for "2026-11-17"."""
    return _ISO_DAY.sub(lambda day: f"{int(day[3])} {month_abbr[int(day[2])]} {day[1]}", sentence)


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """A drawing of the sprite; a page may hold a hundred, so each is put together once."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("euthymia/icons.svg"),
        name,
    )


@register.simple_tag
def moment(at: datetime | date | None, style: str = "stamp") -> SafeString | str:
    """A time as the clinic's clocks show it: the hour (``time``), the ``day``, or both (``stamp``)."""
    if not at:
        return ""
    shown = localtime(at) if isinstance(at, datetime) else at
    day, hour = f"{shown.day} {month_abbr[shown.month]} {shown.year}", f"{shown:%H:%M}"
    words = {"time": hour, "day": day}.get(style, f"{day}, {hour}")
    return format_html('<time datetime="{}">{}</time>', shown.isoformat(), words)


@register.simple_tag
def fresh_key() -> str:
    """A new idempotency key, for a form that is one button among many on a page."""
    return str(uuid4())
