"""What goes into the log: where something failed and in which request, and nothing that was in a record.

The message of an exception may hold what somebody typed or a row's values ("Key (name)=(…) already exists"),
so it is left out; its kind and the lines it passed through remain. One-time links, and those that a referrer
writes, a patient answers by or takes home, are struck out of paths.
"""

from __future__ import annotations

import logging
import re
import time
import traceback
from types import TracebackType

from euthymia.clinic.audit import origin

_LINK = re.compile(r"(/(?:link|refer/sent|refer|q|home)/)[^/\s]+")


class PlainFormatter(logging.Formatter):
    """UTC time, level, logger, request and message, on one line; then where an exception came from."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)sZ %(levelname)s %(name)s %(request)s%(message)s", "%Y-%m-%dT%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        request_id = origin.current().request_id
        record.request = f"[{request_id}] " if request_id else ""
        record.exc_text = None  # another handler may have kept the usual text here
        text = super().format(record)
        record.exc_text = None
        return _LINK.sub(r"\1…", text)

    def formatException(
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        kind, error, _ = ei
        if kind is None or error is None:
            return ""
        lines = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(ei[2])]
        causes: list[str] = []
        cause = error.__cause__ or error.__context__
        while cause is not None and len(causes) < 5:
            causes.append(type(cause).__name__)
            cause = cause.__cause__ or cause.__context__
        after = f" after {', '.join(causes)}" if causes else ""
        return "\n".join(
            [*(f"  {line}" for line in lines), f"  {kind.__module__}.{kind.__qualname__}{after}"]
        )
