"""What makes a view a page: the permission it needs, stated beside it. A view without one is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponseBase

from euthymia.clinic.access.permissions import Permission

View = Callable[..., HttpResponseBase]


def page(permission: Permission) -> Callable[[View], View]:
    """Mark a view as needing a signed-in person, with a second factor, who holds ``permission``.

    The check itself is made by ``euthymia.clinic.config.middleware``, which also refuses every view that
    carries neither this mark nor ``public``.
    """

    def mark(view: View) -> View:
        _set(view, permission)
        return view

    return mark


def public(view: View) -> View:
    """Mark a view as open to anybody: the sign-in pages and what they need."""
    _set(view, "public")
    return view


def required_permission(view: Any) -> Permission | str | None:
    """The mark of a view: a permission, ``"public"``, or ``None`` when it has none."""
    return getattr(view, "euthymia_permission", None)


def _set(view: Any, mark: Permission | str) -> None:
    view.euthymia_permission = mark
