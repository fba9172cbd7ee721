"""The smallest readings of a parsed TOML file, each with a sentence that names the line when it fails."""

import itertools
import math
from typing import Any

from euthymia.pharmacology import InvalidRequest
from euthymia.trials import _design as parts


class Values:
    """Reads a parsed file and knows the line of each key."""

    def __init__(self, file: str, lines: dict[str, int], given: dict[str, Any]) -> None:
        self.file, self.lines, self.given = file, lines, given

    def refuse(self, path: str, sentence: str) -> InvalidRequest:
        """Return the refusal of what stands at ``path``, or where the nearest table around it begins."""
        while path and path not in self.lines:
            path = path.rpartition(".")[0]
        where = f"{self.file} line {self.lines[path]}" if path else self.file
        return InvalidRequest(f"{where}: {sentence}")

    def known(self, at: str, table: dict[str, Any], keys: tuple[str, ...]) -> None:
        for key in table:
            if key not in keys:
                raise self.refuse(
                    f"{at}.{key}" if at else key, f"'{key}' is not known here; there are {', '.join(keys)}."
                )

    def table(self, at: str, table: dict[str, Any], key: str) -> dict[str, Any]:
        found = table.get(key)
        if not isinstance(found, dict):
            raise self.refuse(f"{at}.{key}" if at else key, f"there is no table '{key}'.")
        return found

    def word(self, at: str, table: dict[str, Any], key: str) -> str:
        found = table.get(key)
        if not isinstance(found, str) or not found.strip():
            raise self.refuse(f"{at}.{key}", f"'{key}' must be words in quotes.")
        return found

    def one_of(
        self, at: str, table: dict[str, Any], key: str, allowed: tuple[str, ...], usual: str | None = None
    ) -> str:
        found = table.get(key, usual)
        if found not in allowed:
            raise self.refuse(f"{at}.{key}", f"{key} is one of {', '.join(allowed)}; it was {found!r}.")
        return str(found)

    def switch(self, at: str, table: dict[str, Any], key: str) -> bool:
        found = table.get(key, False)
        if not isinstance(found, bool):
            raise self.refuse(f"{at}.{key}", f"{key} is true or false.")
        return found

    def number(
        self,
        at: str,
        table: dict[str, Any],
        key: str,
        *,
        low: float = -math.inf,
        high: float = math.inf,
        above: float | None = None,
        usual: float | None = None,
    ) -> float:
        found = table.get(key, usual)
        if found is None:
            raise self.refuse(f"{at}.{key}", f"there is no '{key}', which must be a number.")
        if isinstance(found, bool) or not isinstance(found, (int, float)) or not math.isfinite(found):
            raise self.refuse(f"{at}.{key}", f"{key} must be a number; it was {found!r}.")
        if found < low or found > high or (above is not None and found <= above):
            ends = [f"above {above:g}" if above is not None else f"from {low:g}" if low > -math.inf else ""]
            ends.append(f"up to {high:,.10g}" if high < math.inf else "")
            raise self.refuse(
                f"{at}.{key}", f"{key} lies {' '.join(filter(None, ends))}; it was {found:,.10g}."
            )
        return float(found)

    def whole(
        self, at: str, table: dict[str, Any], key: str, *, low: float, high: float, usual: float | None = None
    ) -> int:
        found = self.number(at, table, key, low=low, high=high, usual=usual)
        if found != int(found):
            raise self.refuse(f"{at}.{key}", f"{key} is a whole number; it was {found:g}.")
        return int(found)

    def numbers(
        self, at: str, table: dict[str, Any], key: str, usual: tuple[float, ...] | None = None
    ) -> tuple[float, ...]:
        found = table.get(key, usual)
        if isinstance(found, (int, float)) and not isinstance(found, bool):
            found = [found]
        if not isinstance(found, (list, tuple)) or not all(
            isinstance(one, (int, float)) and not isinstance(one, bool) and math.isfinite(one)
            for one in found
        ):
            raise self.refuse(f"{at}.{key}", f"{key} must be a list of numbers; it was {found!r}.")
        return tuple(float(one) for one in found)

    def pair(self, at: str, table: dict[str, Any], key: str, low: float, high: float) -> tuple[float, float]:
        found = self.numbers(at, table, key)
        if len(found) != 2 or not low <= found[0] <= high or not 0 <= found[1] <= high:
            raise self.refuse(f"{at}.{key}", f"{key} is [mean, SD], the mean from {low:g} to {high:g}.")
        return found[0], found[1]

    def hours(self, at: str, table: dict[str, Any], key: str) -> tuple[float, ...]:
        found = self.numbers(at, table, key)
        if not found or any(one >= other for one, other in itertools.pairwise(found)):
            raise self.refuse(f"{at}.{key}", f"{key} go upward, and there is at least one.")
        if found[0] <= 0:
            raise self.refuse(
                f"{at}.{key}",
                f"the visit at {found[0]:g} h is not after the first dose; visits count from it.",
            )
        if found[-1] > parts.LONGEST_H:
            raise self.refuse(f"{at}.{key}", f"the visit at {found[-1]:g} h lies beyond ten years.")
        return found
