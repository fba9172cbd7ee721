"""The house's order holds, and a violation of it is caught: each is planted in a copy and must be named."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Plant:
    """One import added to the house, in a module made for it."""

    name: str
    where: str
    imports: str

    @property
    def sentence(self) -> str:
        """What the linter must say of it."""
        return f"{self.where} -> {self.imports} (l.1)"


PLANTS = (
    Plant("evidence imports a floor above", "euthymia.evidence._planted", "euthymia.pharmacology"),
    Plant("rules know kinetics", "euthymia.protocol._planted", "euthymia.pharmacology"),
    Plant("science knows Django", "euthymia.pharmacology._planted", "django"),
    Plant("science knows the clock", "euthymia.protocol._planted_clock", "time"),
    Plant("science draws at random", "euthymia.pharmacology._planted_random", "random"),
    Plant("neighbours know each other", "euthymia.tailoring._planted", "euthymia.trials"),
    Plant("tailoring knows the rules", "euthymia.tailoring._planted_rules", "euthymia.protocol"),
    Plant("people know courses", "euthymia.clinic.people._planted", "euthymia.clinic.courses"),
    Plant("forecasts know a room", "euthymia.clinic.forecasts._planted", "euthymia.clinic.visits"),
    Plant("audit knows people", "euthymia.clinic.audit._planted", "euthymia.clinic.people"),
    Plant("somebody needs FHIR", "euthymia.clinic.reports._planted", "euthymia.clinic.fhir"),
    Plant("a room knows its wiring", "euthymia.clinic.safety._planted", "euthymia.clinic.config"),
    Plant("a room computes", "euthymia.clinic.visits._planted", "euthymia.pharmacology"),
    Plant("a view reads rows", "euthymia.clinic.people.views._planted", "euthymia.clinic.people.models"),
    Plant(
        "queries call actions", "euthymia.clinic.people.queries._planted", "euthymia.clinic.people.actions"
    ),
)


def _copy(to: Path) -> Path:
    shutil.copytree(ROOT / "src", to / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(ROOT / "pyproject.toml", to)
    return to


def _plant(root: Path, plant: Plant) -> None:
    """Write the line into its module; a plain module on the way becomes a package that keeps its code."""
    *folders, name = plant.where.split(".")
    place = root / "src"
    for folder in folders:
        module = place / f"{folder}.py"
        place = place / folder
        place.mkdir(exist_ok=True)
        if module.exists():
            module.rename(place / "__init__.py")
        (place / "__init__.py").touch()
    (place / f"{name}.py").write_text(f"import {plant.imports}\n" if plant.imports else "")


def _run(root: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(root / "src"), "EUTHYMIA_MODE": "test"}
    return subprocess.run(
        [str(part) for part in command],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def _lint(root: Path) -> subprocess.CompletedProcess[str]:
    return _run(root, Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo")


def test_the_house_stands() -> None:
    done = _lint(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the linter says of a copy with every violation in it."""
    root = _copy(tmp_path_factory.mktemp("planted"))
    for plant in PLANTS:
        _plant(root, plant)
    done = _lint(root)
    assert done.returncode != 0
    return " ".join(done.stdout.split())  # the linter wraps its lines


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_a_planted_violation_is_caught(plant: Plant, planted: str) -> None:
    assert plant.sentence in planted


def test_a_module_with_no_place_in_the_house_is_caught(tmp_path: Path) -> None:
    root = _copy(tmp_path)
    _plant(root, Plant("a shed", "euthymia.clinic.shed._planted", ""))
    assert "shed" in _lint(root).stdout


def _offending_views(clinic: Path) -> list[str]:
    """Views that reach for the ORM where an import contract cannot see it: Django's own names."""
    found = []
    for path in sorted(clinic.glob("*/views*")):
        for module in [path] if path.is_file() else sorted(path.glob("*.py")):
            for node in ast.walk(ast.parse(module.read_text())):
                imported = isinstance(node, ast.ImportFrom) and (node.module or "").startswith("django.db")
                asked = isinstance(node, ast.Attribute) and node.attr in {"objects", "_meta"}
                if imported or asked:
                    found.append(f"{module.relative_to(clinic)}:{node.lineno}")
    return found


def test_views_hold_no_orm(tmp_path: Path) -> None:
    assert _offending_views(ROOT / "src/euthymia/clinic") == []
    (tmp_path / "people").mkdir()
    planted = "from django.db import connection\n\n\ndef page(request):\n    return Patient.objects.all()\n"
    (tmp_path / "people/views.py").write_text(planted)
    assert _offending_views(tmp_path) == ["people/views.py:1", "people/views.py:5"]


def test_foreign_keys_run_down() -> None:
    done = _run(ROOT, sys.executable, ROOT / "tests/boundary/foreign_keys.py")
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_a_planted_foreign_key_is_caught(tmp_path: Path) -> None:
    root = _copy(tmp_path)
    module = root / "src/euthymia/clinic/people/models.py"
    module = module if module.exists() else module.with_suffix("") / "__init__.py"
    module.write_text(
        module.read_text()
        + "\n\nclass Planted(models.Model):\n"
        + '    visit = models.ForeignKey("visits.Visit", on_delete=models.PROTECT)\n'
    )
    done = _run(root, sys.executable, ROOT / "tests/boundary/foreign_keys.py")
    assert "people.Planted.visit points up, to visits.Visit." in done.stdout, done.stderr


def test_the_science_part_loads_no_web_framework() -> None:
    """In an interpreter of its own, since this one has loaded everything."""
    program = (
        "import importlib, pkgutil, sys\n"
        "for name in ('evidence', 'pharmacology', 'protocol', 'trials', 'tailoring'):\n"
        "    package = importlib.import_module('euthymia.' + name)\n"
        "    for found in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        importlib.import_module(found.name)\n"
        "importlib.import_module('euthymia.cli')\n"
        "print(sorted({'django', 'psycopg', 'allauth', 'granian'} & sys.modules.keys()))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr
