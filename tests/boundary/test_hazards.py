"""The hazard log tells the truth: every control exists where it says, and every test it names is a test."""

from __future__ import annotations

import ast
import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _log() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hazards", ROOT / "docs" / "hazards.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["hazards"] = module
    spec.loader.exec_module(module)
    return module


LOG = _log()
HAZARDS = LOG.read()


@cache
def _tests_of(path: Path) -> frozenset[str]:
    """Names of the tests a file defines, those of classes as ``Class::test``."""
    tree = ast.parse(path.read_text("utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    names = {node.name for node in tree.body if isinstance(node, functions)}
    for group in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        names |= {f"{group.name}::{node.name}" for node in group.body if isinstance(node, functions)}
    return frozenset(name for name in names if name.rpartition("::")[2].startswith("test_"))


@pytest.mark.parametrize("hazard", HAZARDS, ids=lambda hazard: hazard.id)
def test_every_hazard_has_controls_and_every_control_tests(hazard: Any) -> None:
    assert hazard.controls, "A hazard needs at least one control."
    assert all(control.tests for control in hazard.controls), "A control needs at least one test."
    assert hazard.harm
    assert hazard.left


@pytest.mark.parametrize("hazard", HAZARDS, ids=lambda hazard: hazard.id)
def test_every_named_test_exists(hazard: Any) -> None:
    for name in (test for control in hazard.controls for test in control.tests):
        file, _, test = name.partition("::")
        assert (ROOT / file).is_file(), f"{name}: there is no such file."
        assert test in _tests_of(ROOT / file), f"{name}: the file has no such test."


@pytest.mark.parametrize("hazard", HAZARDS, ids=lambda hazard: hazard.id)
def test_every_control_is_where_it_says(hazard: Any) -> None:
    for control in hazard.controls:
        assert (ROOT / "src" / "euthymia" / control.where).exists(), f"{control.where} does not exist."


def test_hazards_are_numbered_once() -> None:
    ids = [hazard.id for hazard in HAZARDS]
    assert ids == [f"H{number:02d}" for number in range(1, len(ids) + 1)]


def test_the_page_is_rendered_from_the_log() -> None:
    assert LOG.PAGE.read_text("utf-8") == LOG.render(HAZARDS), "Run python docs/hazards.py"
