"""What the pages of several steps are given beside their form."""

from __future__ import annotations

from typing import Any

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer

P = Permission
Shown = dict[str, Any]


def viewer_of(request: Any) -> Viewer:
    """Who asks; set by the middleware."""
    viewer: Viewer = request.viewer
    return viewer
