"""A long computation keeps the memory that it has used, instead of having its pages cleared anew each time."""

import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from euthymia import _ensemble_commands
from euthymia.cli import app

_ROUNDS, _ARRAY_BYTES = 40, 2 * 2**20
_SCRIPT = """
import ctypes, resource, sys, threading
from euthymia._memory import keep_memory

if sys.argv[1] == "keep":
    keep_memory()
libc, (rounds, size) = ctypes.CDLL(None), map(int, sys.argv[2:])
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]

def use():
    for _ in range(rounds):
        held = libc.malloc(size)
        ctypes.memset(held, 1, size)
        libc.free(held)

thread = threading.Thread(target=use)
thread.start()
thread.join()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""


def _page_faults(way: str, rounds: int) -> int:
    asked = [sys.executable, "-c", _SCRIPT, way, str(rounds), str(_ARRAY_BYTES)]
    # A threshold below the arrays', which glibc would otherwise raise to their size after the first.
    usual = {**os.environ, "MALLOC_MMAP_THRESHOLD_": str(_ARRAY_BYTES // 2)}
    done = subprocess.run(asked, capture_output=True, text=True, check=True, env=usual)
    return int(done.stdout)


@pytest.mark.skipif("CS_GNU_LIBC_VERSION" not in os.confstr_names, reason="the C library is not glibc")
def test_an_array_freed_by_a_thread_is_there_for_the_next():
    pages = _ARRAY_BYTES // os.sysconf("SC_PAGE_SIZE")

    def more(way: str) -> int:
        return _page_faults(way, 1 + _ROUNDS) - _page_faults(way, 1)

    assert more("leave") > _ROUNDS * pages / 2  # or the measure would find nothing to mend
    assert more("keep") < pages


def test_a_calibration_keeps_its_memory_from_its_beginning(monkeypatch, tmp_path):
    told = []
    monkeypatch.setattr(_ensemble_commands, "keep_memory", lambda: told.append("kept"))
    monkeypatch.setattr(
        _ensemble_commands, "ends_in_a_sentence", lambda **words: told.append("begun") or 1 / 0
    )
    found = CliRunner().invoke(app, ["calibrate", str(tmp_path)])
    assert isinstance(found.exception, ZeroDivisionError)
    assert told == ["kept", "begun"]
