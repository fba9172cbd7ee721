"""A real process that is stopped: one signal, one sentence, the right exit status, nothing half written."""

import signal
import subprocess
import sys
import textwrap

import pytest

REGIMEN = 'follow_days = 1\n[[session]]\ndays = [0]\nroute = "nasal"\ndevices = 2\n'


def as_at_a_terminal():
    """A test runner in the background may have interrupts ignored, and its children with it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def begun(*command, at):
    return subprocess.Popen(
        [sys.executable, *map(str, command)],
        cwd=at,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=as_at_a_terminal,
    )


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_simulation_leaves_nothing_and_says_so(tmp_path, number, status):
    (tmp_path / "regimen.toml").write_text(REGIMEN)
    # More than could be done before the signal comes; the hidden folder shows that it has begun.
    asked = ("-m", "euthymia", "simulate", "regimen.toml", "--people", 1_000_000, "--out", "out.parquet")
    run = begun(*asked, at=tmp_path)
    while not any(path.name.startswith(".out") for path in tmp_path.iterdir()):
        assert run.poll() is None, run.communicate()
    run.send_signal(number)
    _, said = run.communicate(timeout=60)
    assert run.returncode == status
    assert said.strip().splitlines()[-1] == "Stopped; nothing was written."
    assert [path.name for path in tmp_path.iterdir()] == ["regimen.toml"]


def test_an_interrupt_within_a_callback_that_swallows_exceptions_ends_the_process_too(tmp_path):
    """As within the compiler's own callback of the garbage collector, where an interrupt was lost."""
    script = """
    import gc, os, signal
    from euthymia._commands import stops_at_once
    from euthymia.pharmacology._unfinished import unfinished
    from pathlib import Path

    with stops_at_once(lambda: "Stopped."), unfinished(Path(".half")) as half:
        half.mkdir()
        (half / "part").write_text("some")
        gc.callbacks.append(lambda *_: os.kill(os.getpid(), signal.SIGINT))
        gc.collect()
    print("went on")
    """
    run = begun("-c", textwrap.dedent(script), at=tmp_path)
    printed, said = run.communicate(timeout=60)
    assert (run.returncode, printed, said) == (130, "", "Stopped.\n")
    assert list(tmp_path.iterdir()) == []
