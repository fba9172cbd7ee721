"""How the process keeps memory that it has used, for long computations."""

import ctypes

_ARENA_MAX, _MMAP_THRESHOLD, _TRIM_THRESHOLD = -8, -3, -1
"""Names of glibc's ``mallopt``."""
_NEVER = 2**31 - 1


def keep_memory() -> None:
    """Have the process keep what it frees, for the next array of the kind; without glibc nothing is done.

    XLA takes its temporary arrays anew at every call. Given back to the system each time, their pages are cleared and
    mapped again each time, which costs a gradient of the mood model's posterior as much time as computing it. Call this
    before the first thread begins: an arena that a thread already has is kept by it, and gives back as before.
    """
    try:
        adjust = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library, or none that can be asked
        return
    adjust(_ARENA_MAX, 1)
    adjust(_MMAP_THRESHOLD, _NEVER)
    adjust(_TRIM_THRESHOLD, _NEVER)
