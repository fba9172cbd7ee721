"""The script at the door: what it says, what it takes from the environment, and what the lock holds."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "run"


@pytest.fixture
def door() -> ModuleType:
    """The script as a module."""
    loader = importlib.machinery.SourceFileLoader("euthymia_run", str(RUN))
    spec = importlib.util.spec_from_loader("euthymia_run", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def _call(*command: str | Path, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_works_from_anywhere_and_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(RUN)
    done = _call(sys.executable, tmp_path / "link", "--help", folder=tmp_path)
    assert done.returncode == 0
    assert "./run demo" in done.stdout


def test_an_unknown_command_gets_the_list(tmp_path: Path) -> None:
    done = _call(sys.executable, RUN, "dmeo", folder=tmp_path)
    assert done.returncode == 2
    assert "there is no command 'dmeo'" in done.stdout


@pytest.mark.parametrize("version", [(3, 8, 10), (3, 13, 1)])
def test_another_python_gets_a_sentence(tmp_path: Path, version: tuple[int, int, int]) -> None:
    """Where no Python 3.11 is on the path; otherwise the script goes on under that."""
    program = (
        f"import runpy, sys; sys.version_info = {version}; runpy.run_path({str(RUN)!r}, run_name='__main__')"
    )
    done = _call(sys.executable, "-c", program, RUN, folder=tmp_path, PATH=str(tmp_path))
    assert done.returncode == 1
    assert (
        f"this is Python {version[0]}.{version[1]}, and Euthymia needs Python 3.11. Install it" in done.stderr
    )


def test_a_folder_that_cannot_be_written_gets_a_sentence(
    door: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    door.TOOLS = tmp_path / "file" / ".tools"
    with pytest.raises(SystemExit), door.alone():
        pass
    assert "Make it writable, or clone to a folder of yours." in capsys.readouterr().err


def test_two_that_start_at_once_install_one_after_the_other(door: ModuleType, tmp_path: Path) -> None:
    door.TOOLS = tmp_path / ".tools"
    order = tmp_path / "order"
    program = (
        "import importlib.machinery, importlib.util, pathlib, sys, time\n"
        f"loader = importlib.machinery.SourceFileLoader('door', {str(RUN)!r})\n"
        "door = importlib.util.module_from_spec(importlib.util.spec_from_loader('door', loader))\n"
        "loader.exec_module(door)\n"
        f"door.TOOLS = pathlib.Path({str(door.TOOLS)!r})\n"
        "with door.alone():\n"
        f"    open({str(order)!r}, 'a').write('in\\n'); time.sleep(0.3)\n"
        f"    open({str(order)!r}, 'a').write('out\\n')\n"
    )
    both = [subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert order.read_text().split() == ["in", "out", "in", "out"]


def test_the_environment_is_rid_of_what_would_change_the_installation(
    door: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "UV_PYTHON",
        "UV_PROJECT",
        "VIRTUAL_ENV",
        "PYTHONPATH",
        "PYTHONHOME",
        "DJANGO_SETTINGS_MODULE",
    ):
        monkeypatch.setenv(name, "noise")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://mirror.example/simple")
    clean = door.clean_environment()
    assert "noise" not in clean.values()
    assert clean["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert clean["EUTHYMIA_HOME"] == str(ROOT)


def test_where_pip_finds_packages_uv_does_too(
    door: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in door.KEPT_UV:
        monkeypatch.delenv(name, raising=False)
    door.TOOLS = tmp_path
    (tmp_path / "bin").mkdir()
    listing = "global.index-url='https://mirror.example/simple'\nglobal.find-links='/a\\n/b'\n"
    (tmp_path / "bin" / "python").write_text("#!/bin/sh\nprintf '%s' \"$LISTING\"\n")
    (tmp_path / "bin" / "python").chmod(0o755)
    monkeypatch.setenv("LISTING", listing)
    assert door.pip_settings() == {
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_FIND_LINKS": "/a,/b",
    }
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://other.example/simple")
    assert door.pip_settings() == {}


def test_the_lock_pins_every_version_by_hash_and_names_no_registry() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"https?://|^-", lock, re.MULTILINE)
    entries = re.split(r"\n(?=\S)", lock.strip())
    assert len(entries) > 50
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+ .*\\\n\s+--hash=sha256:[0-9a-f]{64}", entry), entry


def test_the_lock_is_of_these_requirements() -> None:
    """Every package that pyproject.toml asks for is in the lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
    ]
    locked = set(re.findall(r"^([a-z0-9._-]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    for requirement in asked:
        name = re.match(r"[A-Za-z0-9._-]+", requirement)
        assert name is not None
        assert re.sub(r"[._-]+", "-", name.group().lower()) in locked  # as an index spells it
