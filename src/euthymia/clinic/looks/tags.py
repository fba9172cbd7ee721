"""What templates may ask beyond Django's own filters. Loaded in every template."""

from __future__ import annotations

import re
from calendar import month_abbr
from collections.abc import Iterable
from uuid import uuid4

from django import template

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
def fresh_key() -> str:
    """A new idempotency key, for a form that is one button among many on a page."""
    return str(uuid4())
