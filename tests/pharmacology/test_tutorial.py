"""The tutorial's blocks run, one after the other, and what they claim holds."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial" / "concentrations.md"


def test_every_block_of_the_tutorial_holds(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 6
    scope = {}
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), scope)
    assert (tmp_path / "otto.cpp").read_text().startswith("$PROB")
