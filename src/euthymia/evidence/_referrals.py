"""What arriving referrals are held to: words that speak of suicide, a referrer's page, crisis lines."""

from typing import cast

from euthymia.evidence._loader import Table, read_sourced
from euthymia.evidence._sourced import Sourced


def speaks_of_suicide(text: str, codes: tuple[str, ...] = ()) -> bool:
    """Whether a text, or a code beside it, speaks of suicide at all, a denial included. It judges no risk."""
    table = _table().table("suicidal")
    words, begin = (cast(tuple[str, ...], table.sourced(key).value) for key in ("words", "codes"))
    lowered = text.casefold()
    return any(word in lowered for word in words) or any(code.upper().startswith(begin) for code in codes)


def referral_limit(group: str, name: str) -> int:
    """Return one limit of the pages for referrals, for example ``referral_limit("link", "most_days")``."""
    return _table().table(group).integer(name).value


def crisis_line(jurisdiction: str) -> Sourced[str] | None:
    """Return whom to call in danger, or None where no line is known for the jurisdiction."""
    lines = _table().table("crisis_line")
    return lines.table(jurisdiction).text("text") if jurisdiction in lines else None


def _table() -> Table:
    return read_sourced("referrals/arriving.toml")
