"""One computation at a time in a process.

XLA runs on a pool with a thread for each core, and two threads that wait for their results at once can fill a
small pool with waiting: on two cores both then wait for ever (jaxlib 0.10.2, within eight tries of four
forecasts each). Computing side by side is for processes.
"""

import threading
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

_Asked = ParamSpec("_Asked")
_Found = TypeVar("_Found")

_HELD = threading.RLock()


def one_at_a_time(compute: Callable[_Asked, _Found]) -> Callable[_Asked, _Found]:
    """Have calls from other threads wait until this one has its result."""

    @wraps(compute)
    def alone(*args: _Asked.args, **kwargs: _Asked.kwargs) -> _Found:
        with _HELD:
            return compute(*args, **kwargs)

    return alone
