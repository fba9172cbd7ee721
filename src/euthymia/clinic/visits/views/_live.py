"""Parts of a page that ask again and again: what they were drawn from, and whether that still holds."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.http import HttpResponse

_SEEN = re.compile(r"(\d{1,18})-(\d{1,12})-(\d{1,12})")


def seen(last_entry: int, read_at: datetime, good_until: datetime) -> str:
    """What a part was drawn after, when, and until when it holds without a write: goes back with each question."""
    return f"{last_entry}-{int(read_at.timestamp())}-{int(good_until.timestamp())}"


def unchanged(request: Any, last_entry: int) -> HttpResponse | None:
    """An empty 204 where nothing was written since and nothing fell due meanwhile; ``None`` where it is drawn anew."""
    told = _SEEN.fullmatch(request.GET.get("seen", ""))
    if told is None or int(told[1]) != last_entry:
        return None
    now = request.now.timestamp()
    return HttpResponse(status=204) if int(told[2]) <= now < int(told[3]) else None
