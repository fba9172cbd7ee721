"""Sets a letter as a tagged PDF (PDF/UA-1). The fonts are those inside the Typst wheel."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from typing import Any


def pdf(template: str, data: Mapping[str, Any], at: datetime) -> bytes:
    """Set ``letters/<template>.typ`` with ``data``. The same data at the same time give the same bytes."""
    import typst  # 20 MB of compiler: only a letter needs it

    source = (files("euthymia.clinic.reports") / "letters" / f"{template}.typ").read_bytes()
    made: bytes = typst.compile(
        source,
        format="pdf",
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        pdf_standards=["ua-1"],
        ignore_system_fonts=True,
        timestamp=int(at.timestamp()),
    )
    return made
