"""What makes a view a page: the permission it needs, stated beside it. A view without one is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.urls import resolve

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer

View = Callable[..., HttpResponseBase]


def page(permission: Permission, *, before_second_factor: bool = False) -> Callable[[View], View]:
    """Mark a view as needing a signed-in person, with a second factor, who holds ``permission``.

    ``before_second_factor`` opens it to somebody who has yet to set one up: only the pages that do so.
    The check itself is made by ``euthymia.clinic.config.middleware``, which also refuses every view that
    carries neither this mark nor ``public``.
    """

    def mark(view: View) -> View:
        _set(view, permission)
        view.euthymia_before_second_factor = before_second_factor  # type: ignore[attr-defined]
        return view

    return mark


def public(view: View) -> View:
    """Mark a view as open to anybody: the sign-in pages and what they need."""
    _set(view, "public")
    return view


def cacheable(view: View) -> View:
    """Mark a public view whose answer is the same for everybody and holds nothing of the clinic's."""
    view.euthymia_cacheable = True  # type: ignore[attr-defined]
    return view


def is_cacheable(view: Any) -> bool:
    """Whether a browser or a proxy may keep what the view answers."""
    return getattr(view, "euthymia_cacheable", False) and required_permission(view) == "public"


def required_permission(view: Any) -> Permission | str | None:
    """The mark of a view: a permission, ``"public"``, or ``None`` when it has none."""
    return getattr(view, "euthymia_permission", None)


def opens_to(viewer: Viewer | None, url: str) -> bool:
    """Whether an address of ours opens to somebody: asked before a link is drawn, so that none leads to a refusal."""
    wanted = required_permission(resolve(url).func)
    return wanted == "public" or (
        viewer is not None and isinstance(wanted, Permission) and viewer.may(wanted)
    )


def opens_before_second_factor(view: Any) -> bool:
    """Whether somebody without a second factor may open the view."""
    return getattr(view, "euthymia_before_second_factor", False)


def sent(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: the posted data, empty or not; None for a page only looked at."""
    return request.POST if request.method == "POST" else None


def _set(view: Any, mark: Permission | str) -> None:
    view.euthymia_permission = mark
