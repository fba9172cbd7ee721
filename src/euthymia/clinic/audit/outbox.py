"""What must travel upwards between rooms: a lower room publishes, ``config`` wires who listens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Outbox(Generic[T]):
    """One kind of event. Listeners run inside the publisher's transaction: both happen, or neither.

    Publishing to nobody is an error: an event that matters enough to be declared must not vanish because the
    wiring was forgotten.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._listeners: list[Callable[[T], None]] = []

    def subscribe(self, listener: Callable[[T], None]) -> None:
        """Add a listener, once however often it is subscribed."""
        if listener not in self._listeners:
            self._listeners.append(listener)

    def publish(self, event: T) -> None:
        """Hand ``event`` to every listener, in the order they subscribed."""
        if not self._listeners:
            raise RuntimeError(f"Nobody listens to '{self.name}': subscribe to it in config/wiring.py.")
        for listener in self._listeners:
            listener(event)
