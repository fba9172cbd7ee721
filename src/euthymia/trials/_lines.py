"""Where a key stands in a TOML file, because the standard parser does not tell."""

import re

_HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\"' -]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_-]+|\"[^\"]*\")\s*=")


def lines_of(text: str) -> dict[str, int]:
    """Return the line, counted from 1, of each table and key: ``trial``, ``trial.name``, ``arm[1].dose_mg``.

    Keys inside an inline table or a list have no entry of their own: they stand where theirs begins.
    """
    found: dict[str, int] = {}
    seen: dict[str, int] = {}
    within = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            name = header[2].strip().strip("\"'")
            if header[1] == "[[":
                seen[name] = seen.get(name, -1) + 1
                name = f"{name}[{seen[name]}]"
            within = name
            found.setdefault(name, number)
        elif key := _KEY.match(line):
            path = key[1].strip('"')
            found.setdefault(f"{within}.{path}" if within else path, number)
    return found
