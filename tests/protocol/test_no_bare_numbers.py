"""No clinical number is written into the rules: each one is read from the evidence."""

import ast
from pathlib import Path

import pytest

import euthymia.protocol

FILES = sorted(Path(euthymia.protocol.__file__).parent.glob("*.py"))
COUNTING = {0, 1, 2}
"""Indices, "at least one", "the reading before"."""
ARITHMETIC = {
    "_judge.py": {60},  # minutes in an hour
    "_dose_by_counting.py": {
        3,
        10,
        60,
        100,
        3600,
    },  # decimals of a milligram, the base of digits, seconds of a minute, hundredths, an hour
    "_infusion.py": {60, 100},  # minutes in an hour, per cent
    "_partial_dates.py": {7, 12},  # days in a week, months in a year
    "_recovery.py": {100},  # per cent
    "administration.py": {100},  # per cent
    "pump.py": {60, 100, 86400},  # seconds of a minute and of a day, per cent
    "response.py": {12, 100},  # months in a year, per cent
    "units.py": {60, 1000},  # digits that arithmetic keeps, micrograms in a milligram
    "staging.py": {12},  # months in a year
    "weight_basis.py": {100},  # centimetres in a metre
    "observation.py": {3},  # how many readings an input list shows
}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_only_numbers_in_the_rules_count_or_convert(file):
    found = {
        node.value
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and type(node.value) in (int, float)
    }
    assert found <= COUNTING | ARITHMETIC.get(file.name, set())
