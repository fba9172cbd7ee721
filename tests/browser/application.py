"""The application as the browser tests serve it: the real one, with a clock that a file moves.

``EUTHYMIA_TEST_CLOCK`` names a file with the seconds to add to the present. Nothing in the product reads it.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

_OFFSET = Path(os.environ["EUTHYMIA_TEST_CLOCK"])
_present = timezone.now


def _moved() -> datetime:
    return _present() + timedelta(seconds=float(_OFFSET.read_text()))


timezone.now = _moved

from euthymia.clinic.config.wsgi import application  # noqa: E402  # the clock is moved before anything is loaded

__all__ = ["application"]
