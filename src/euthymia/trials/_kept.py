"""Answers that are kept as data beside the ensemble they are of."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def keep(answer: Mapping[str, Any], path: Path) -> None:
    """Write ``answer`` as JSON; whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(json.dumps(answer, indent=2) + "\n", "utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
