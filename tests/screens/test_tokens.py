"""Colours can be read: contrast by WCAG 2.2, from the tokens themselves."""

from __future__ import annotations

import re

import pytest

from tests.conftest import REPO

TOKENS = dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6});", (REPO / "assets/screens-1-tokens.css").read_text("utf-8")))


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two tokens, 1 to 21."""
    dark, light = sorted((_luminance(TOKENS[one]), _luminance(TOKENS[other])))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("ground", ["--ground", "--tile", "--tile-raised", "--trough", "--data-soft"])
def test_figures_stand_out_seven_to_one(ground: str) -> None:
    assert contrast("--figure", ground) >= 7


@pytest.mark.parametrize("ground", ["--ground", "--tile", "--tile-raised"])
@pytest.mark.parametrize("text", ["--text", "--text-dim", "--level-1", "--level-2", "--level-3", "--level-4"])
def test_words_stand_out_four_and_a_half_to_one(text: str, ground: str) -> None:
    assert contrast(text, ground) >= 4.5


@pytest.mark.parametrize("mark", ["--data", "--well"])
def test_shapes_stand_out_three_to_one(mark: str) -> None:
    assert contrast(mark, "--tile") >= 3


@pytest.mark.parametrize("ground", ["--past-ground", "--past-tile", "--past-raised"])
@pytest.mark.parametrize("text", ["--past", "--text", "--text-dim", "--level-1", "--level-2", "--level-3", "--level-4"])
def test_words_stand_out_on_the_ground_of_the_past_too(text: str, ground: str) -> None:
    assert contrast(text, ground) >= 4.5


def test_nothing_on_the_screen_comes_from_elsewhere() -> None:
    for file in sorted((REPO / "assets").glob("*.css")):
        assert not re.search(r"@import|url\(\s*['\"]?(?:https?:)?//", file.read_text("utf-8")), file.name
