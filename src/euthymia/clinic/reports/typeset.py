"""Sets a letter, or the downtime pack, as a tagged PDF (PDF/UA-1). The fonts are those inside the Typst wheel."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from typing import Any

from django.conf import settings

_NO_GLYPH = re.compile(r'the text `"(.+?)"` could not be displayed')


class Unprintable(Exception):
    """The letter's fonts lack a character of the data; ``text`` is where it stands. An empty box in a name or
    a dose would be worse than no letter."""

    def __init__(self, text: str) -> None:
        super().__init__("A character cannot be printed.")
        self.text = text


def pdf(template: str, data: Mapping[str, Any], at: datetime) -> bytes:
    """Set ``letters/<template>.typ`` with ``data``. The same data at the same time give the same bytes.

    Raises:
        Unprintable: the data hold a character that no font of the letter has.
    """
    import typst  # 20 MB of compiler: only a letter needs it

    source = (files("euthymia.clinic.reports") / "letters" / f"{template}.typ").read_bytes()
    try:
        made: bytes = typst.compile(
            source,
            format="pdf",
            sys_inputs={"data": json.dumps(data, ensure_ascii=False), "notice": notice()},
            pdf_standards=["ua-1"],
            ignore_system_fonts=True,
            timestamp=int(at.timestamp()),
        )
    except typst.TypstError as error:
        if lacking := _NO_GLYPH.search(str(error)):
            raise Unprintable(lacking[1]) from None
        raise
    return made


def notice() -> str:
    """What every sheet says at its head, as every page does; empty once there is nothing to say."""
    said = []
    if settings.NOT_FOR_PATIENT_CARE:
        said.append("Not for patient care: the clinical rules are not complete.")
    if settings.MODE == "demo":
        said.append("Demo: every person and measurement here is synthetic.")
    return " ".join(said)
