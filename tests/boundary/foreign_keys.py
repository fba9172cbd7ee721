"""Foreign keys between rooms run down only. A string like "visits.Visit" hides from the import contracts.

Run as a program it judges whatever ``euthymia`` it finds and prints each offence: the tests plant one.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db import models

_PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def floors() -> dict[str, int]:
    """Each room's height, as the import contract says it: 0 is the ground."""
    contracts = tomllib.loads(_PYPROJECT.read_text())["tool"]["importlinter"]["contracts"]
    (rooms,) = [contract["layers"] for contract in contracts if contract["id"] == "rooms"]
    return {
        room.strip(): height
        for height, layer in enumerate(reversed(rooms))
        for room in layer.replace("|", ":").split(":")
    }


def offences(models: Iterable[type[models.Model]]) -> list[str]:
    """A sentence for each key from a room to one that stands above it or beside it."""
    heights = floors()
    found = []
    for model in models:
        here = model._meta.app_label
        for field in model._meta.get_fields():
            if not (field.concrete and field.is_relation and field.related_model):
                continue
            there = field.related_model._meta.app_label
            if here == there or not {here, there} <= heights.keys() or {here, there} == {"access", "audit"}:
                continue  # Django's and other people's tables stand outside the house
            if heights[there] >= heights[here]:
                found.append(
                    f"{model._meta.label}.{field.name} points up, to {field.related_model._meta.label}."
                )
    return sorted(found)


if __name__ == "__main__":
    import django
    from django.apps import apps

    os.environ["DJANGO_SETTINGS_MODULE"] = "euthymia.clinic.config.settings"
    django.setup()
    print("\n".join(offences(apps.get_models(include_auto_created=True))))
