"""Renders the hazard log ``docs/hazards.toml`` as ``docs/hazards.md``: ``python docs/hazards.py`` writes it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).resolve().parent
LOG = DOCS / "hazards.toml"
PAGE = DOCS / "hazards.md"

INTRODUCTION = """\
# Hazard log

What could hurt a patient, what holds it off, and which tests prove that it does. Written in the manner of ISO 14971
as a way of working; no conformity is claimed, and no clinician outside the project has reviewed it yet.

This page is rendered from `hazards.toml` by `python docs/hazards.py`. A test fails when the two differ, when a named
test does not exist, and when a hazard has no control or a control no test.
"""


@dataclass(frozen=True, slots=True)
class Control:
    """One measure against a hazard: what it is, where it is built, and the tests that prove it."""

    what: str
    where: str
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hazard:
    """One thing that can go wrong, the harm it can do, and what holds it off. ``left`` is what remains."""

    id: str
    hazard: str
    harm: str
    left: str
    controls: tuple[Control, ...]


def read(path: Path = LOG) -> tuple[Hazard, ...]:
    """Read the log."""
    entries = tomllib.loads(path.read_text("utf-8"))["hazard"]
    return tuple(
        Hazard(
            id=entry["id"],
            hazard=entry["hazard"],
            harm=entry["harm"],
            left=entry["left"],
            controls=tuple(
                Control(control["what"], control["where"], tuple(control["tests"]))
                for control in entry["control"]
            ),
        )
        for entry in entries
    )


def render(hazards: tuple[Hazard, ...]) -> str:
    """The page, as Markdown."""
    parts = [INTRODUCTION]
    for hazard in hazards:
        parts.append(f"## {hazard.id} {hazard.hazard}\n\n**Harm.** {hazard.harm}\n")
        for control in hazard.controls:
            proofs = "\n".join(f"  - `{test}`" for test in control.tests)
            parts.append(f"- {control.what} (`{control.where}`)\n{proofs}")
        parts.append(f"\n**What is left.** {hazard.left}\n")
    return "\n".join(parts).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(render(read()), "utf-8")
