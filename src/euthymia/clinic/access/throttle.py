"""Counts what comes from one place in a window of time, in the cache that all server processes share."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.cache import cache
from django.utils.crypto import salted_hmac


def count(what: str, whose: str, *, now: datetime, window: timedelta, add: int = 1) -> int:
    """How often ``what`` happened to ``whose`` in this window, after adding ``add``. Zero only looks.

    The place is kept as a keyed hash. Two requests at the same instant may be counted as one: this slows a
    flood down and is no exact limit.
    """
    number = int(now.timestamp() // window.total_seconds())
    place = salted_hmac("euthymia.access.throttle", whose, algorithm="sha256").hexdigest()
    key = f"throttle:{what}:{number}:{place}"
    so_far = int(cache.get(key) or 0) + add
    if add:
        cache.set(key, so_far, timeout=int(window.total_seconds()))
    return so_far
