"""What templates may ask beyond Django's own filters. Loaded in every template."""

from __future__ import annotations

from collections.abc import Iterable

from django import template

from euthymia.evidence import sources

register = template.Library()


@register.filter
def source_of(key: str) -> str:
    """A source in words, with where to find it; the key itself when it names no source on file."""
    source = sources().get(key)
    return f"{source.title} ({source.where})" if source else key


@register.filter
def in_words(names: Iterable[str]) -> str:
    """Names as they stand in code, as words in a fixed order: "front desk, nurse"."""
    return ", ".join(sorted(name.replace("_", " ") for name in names))
