"""Where a request came from, kept for the audit entries written while it is answered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Origin:
    """The request's id, which the page of an error also shows, and the address it came from."""

    request_id: UUID | None = None
    ip: str | None = None


_NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("audit_origin", default=_NOWHERE)


def current() -> Origin:
    """The origin of what runs now; empty outside a request."""
    return _origin.get()


@contextmanager
def of(origin: Origin) -> Iterator[None]:
    """Let everything inside count as coming from ``origin``."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)
