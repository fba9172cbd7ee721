"""The science part is installed by itself, as a researcher would, and passes its tests without Django."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

_LONGEST_S = 900
_TESTS = ("evidence", "pharmacology", "protocol", "trials", "cli")
# These compute for minutes and need nothing that the others do not: they run once, outside.
_LONG = (
    "pharmacology/test_effects.py",
    "pharmacology/test_exact.py",
    "pharmacology/test_modal.py",
    "pharmacology/test_model_cards.py",
    "pharmacology/test_timeline.py",
    "protocol/test_examples.py",
    "protocol/test_properties.py",
    "trials/test_acute.py",
    "trials/test_calibration.py",
    "trials/test_outlook.py",
    "trials/test_prediction.py",
    "trials/test_scorecard.py",
    "trials/test_sensitivity.py",
)
_IMPORT_ALL = """
import importlib, pkgutil, euthymia.evidence, euthymia.pharmacology, euthymia.protocol, euthymia.trials
for part in (euthymia.evidence, euthymia.pharmacology, euthymia.protocol, euthymia.trials):
    for module in pkgutil.walk_packages(part.__path__, part.__name__ + "."):
        importlib.import_module(module.name)
from euthymia.trials.ensembles import shipped_ensemble
assert len(shipped_ensemble().places) > 1
from euthymia.evidence import kept_outlook, kept_sensitivity
from euthymia.trials.outlook import outlook_design
assert kept_outlook().ensemble_sha256 == kept_sensitivity().ensemble_sha256
assert outlook_design().arms
"""


def _run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=_LONGEST_S,
    )


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tests, the pages they hold, and a Python that has the science part in the lock's versions and no more."""
    folder = tmp_path_factory.mktemp("laboratory")
    unwanted = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in ("src", "tests", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=unwanted)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, folder)
    uv, python = Path(sys.executable).with_name("uv"), folder / "alone" / "bin" / "python"
    made = _run(uv, "venv", "--python", sys.executable, "alone", folder=folder)
    assert made.returncode == 0, made.stderr
    science = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    install = [uv, "pip", "install", "--python", python]
    wanted = ["--constraints", ROOT / "requirements.lock", "setuptools", "pytest", "hypothesis", *science]
    if (
        _run(*install, "--offline", *wanted, folder=folder).returncode != 0
    ):  # what ./run fetched is kept by uv
        fetched = _run(*install, *wanted, folder=folder)
        if fetched.returncode != 0:
            pytest.skip(f"The science part's packages are neither kept by uv nor to be had: {fetched.stderr}")
    built = _run(*install, "--no-deps", "--no-build-isolation", folder, folder=folder)
    assert built.returncode == 0, built.stderr
    shutil.rmtree(folder / "src")  # what was installed is tested, not what lies beside the tests
    return folder


def test_django_is_not_there(laboratory: Path) -> None:
    done = _run(laboratory / "alone/bin/python", "-c", "import django", folder=laboratory)
    assert "No module named 'django'" in done.stderr


def test_each_of_its_modules_can_be_imported(laboratory: Path) -> None:
    done = _run(laboratory / "alone/bin/python", "-c", _IMPORT_ALL, folder=laboratory)
    assert done.returncode == 0, done.stderr


@pytest.mark.long
@pytest.mark.parametrize("part", _TESTS)
def test_its_tests_pass(laboratory: Path, part: str) -> None:
    (laboratory / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    python = laboratory / "alone/bin/python"
    without = [f"--ignore=tests/{name}" for name in _LONG]
    asked = ["-c", "pytest.ini", "-q", "--import-mode=importlib", *without, f"tests/{part}"]
    done = _run(python, "-m", "pytest", *asked, folder=laboratory)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_its_command_answers(laboratory: Path) -> None:
    done = _run(laboratory / "alone/bin/euthymia", "--help", folder=laboratory)
    assert done.returncode == 0, done.stderr
