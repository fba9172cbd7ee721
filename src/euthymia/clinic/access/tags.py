"""What templates may ask about rights. Loaded in every template."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import template
from django.urls import reverse

from euthymia.clinic.access.pages import opens_to

register = template.Library()

_ANY = UUID(int=0)


@register.simple_tag(takes_context=True)
def opens(context: Any, name: str, *parts: Any) -> str:
    """The address of a page where the viewer's roles open it, else nothing: no link leads to a refusal."""
    request = getattr(context, "request", None)
    if request is None:
        return ""
    if parts and isinstance(parts[-1], UUID):  # the rows of a table differ in their last part alone
        kind = (name, *parts[:-1])
        around = _once(request, kind, (*parts[:-1], _ANY))
        before, found, after = around.rpartition(str(_ANY))
        return f"{before}{parts[-1]}{after}" if found else ""
    return _once(request, (name, *parts), parts)


def _once(request: Any, kind: tuple[Any, ...], parts: tuple[Any, ...]) -> str:
    """The address, made and judged once for a request; nothing where it does not open."""
    asked: dict[tuple[Any, ...], str] = request.__dict__.setdefault("opens", {})
    if kind not in asked:
        url = reverse(kind[0], args=parts)
        asked[kind] = url if opens_to(request.viewer, url) else ""
    return asked[kind]
