"""The colour tokens: readable in both themes, dim enough for a dark room. Computed from the file itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import euthymia.clinic.config

_CSS = Path(euthymia.clinic.config.__file__).parent / "static" / "euthymia" / "css"
_TEXT, _PART = 4.5, 3.0  # WCAG 2.2: 1.4.3 for text, 1.4.11 for what must be seen to be used


def _tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"(--[\w-]+):\s*(#[0-9a-f]{6});", block))


def _blocks() -> dict[str, dict[str, str]]:
    css = (_CSS / "tokens.css").read_text()
    light, by_device, by_choice = re.findall(r":root[^{,]*\{(.*?--scrim.*?)\}", css, flags=re.DOTALL)
    return {"light": _tokens(light), "dim": _tokens(by_choice), "device": _tokens(by_device)}


def _luminance(colour: str) -> float:
    """Relative luminance of an sRGB colour, 0 to 1, as WCAG defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


_GROUNDS = ("--ground", "--surface", "--sunk")
_STATES = ("ok", "stop", "warn", "info")
_TEXT_PAIRS = [
    *(
        (ink, ground)
        for ink in ("--ink", "--ink-soft", "--accent")
        for ground in (*_GROUNDS, "--accent-soft")
    ),
    *(
        (f"--{state}-ink", ground)
        for state in _STATES
        for ground in (f"--{state}-soft", "--surface", "--ground")
    ),
    ("--accent-fill-ink", "--accent-fill"),
    ("--accent-fill-ink", "--accent-fill-hover"),
    ("--danger-fill-ink", "--danger-fill"),
    ("--surface", "--accent"),  # the number of the current step
]
_PART_PAIRS = [
    *((line, ground) for line in ("--line-strong", "--focus") for ground in _GROUNDS),
    *((f"--{state}-line", "--surface") for state in _STATES),
    *((f"--series-{index}", "--surface") for index in (1, 2, 3)),
    ("--series-band", "--surface"),
    ("--focus", "--accent-soft"),
    ("--focus", "--stop-soft"),
]


@pytest.mark.parametrize("theme", ["light", "dim"])
@pytest.mark.parametrize(("ink", "ground"), _TEXT_PAIRS)
def test_text_can_be_read(theme: str, ink: str, ground: str) -> None:
    tokens = _blocks()[theme]
    assert _contrast(tokens[ink], tokens[ground]) >= _TEXT


@pytest.mark.parametrize("theme", ["light", "dim"])
@pytest.mark.parametrize(("part", "ground"), _PART_PAIRS)
def test_what_must_be_seen_can_be_seen(theme: str, part: str, ground: str) -> None:
    tokens = _blocks()[theme]
    assert _contrast(tokens[part], tokens[ground]) >= _PART


def test_the_device_and_the_person_get_the_same_dim() -> None:
    blocks = _blocks()
    assert blocks["device"] == blocks["dim"]


def test_both_themes_name_the_same_colours() -> None:
    blocks = _blocks()
    assert blocks["light"].keys() == blocks["dim"].keys()


@pytest.mark.parametrize("token", [*_GROUNDS, "--accent-soft", *(f"--{state}-soft" for state in _STATES)])
def test_no_area_of_the_dim_theme_lights_the_room(token: str) -> None:
    assert _luminance(_blocks()["dim"][token]) < 0.015


@pytest.mark.parametrize("token", ["--accent-fill", "--accent-fill-hover", "--danger-fill"])
def test_buttons_of_the_dim_theme_stay_dark(token: str) -> None:
    assert _luminance(_blocks()["dim"][token]) < 0.1


def test_the_dim_theme_has_no_pure_white() -> None:
    assert all(_luminance(colour) < 0.85 for colour in _blocks()["dim"].values())


def test_colours_stand_in_the_tokens_alone() -> None:
    """A raw colour would not follow the theme. Paper and the ground of a QR code are no theme's."""
    for file in sorted(_CSS.glob("*.css")):
        if file.name in ("tokens.css", "print.css"):
            continue
        rules = file.read_text().replace(".qr { background: #fff;", "")
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?![\w-]*\s*\{)", rules), file.name
