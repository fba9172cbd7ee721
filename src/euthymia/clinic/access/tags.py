"""What templates may ask about rights. Loaded in every template."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

from euthymia.clinic.access.pages import opens_to

register = template.Library()


@register.simple_tag(takes_context=True)
def opens(context: Any, name: str, *parts: Any) -> str:
    """The address of a page where the viewer's roles open it, else nothing: no link leads to a refusal."""
    url = reverse(name, args=parts)
    request = getattr(context, "request", None)
    if request is None:
        return ""
    asked: dict[str, bool] = request.__dict__.setdefault("opens", {})  # once a page for each kind of address
    if name not in asked:
        asked[name] = opens_to(request.viewer, url)
    return url if asked[name] else ""
