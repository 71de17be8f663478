"""Colours can be read in every palette: contrast by WCAG 2.2, from the tokens themselves."""

from __future__ import annotations

import re

import pytest

from domain.wall import PALETTES
from tests.conftest import REPO

SHEET = (REPO / "assets/screens-1-palettes.css").read_text("utf-8")
SCREEN, PAPER = SHEET.split("@media print", 1)
STYLES = {file.name: file.read_text("utf-8") for file in sorted((REPO / "assets").glob("*.css"))}
LEVELS = ("level-1-text", "level-2-text", "level-3-text", "level-4-text")
GROUNDS = ("ground", "tile", "tile-raised", "trough", "hatch", "hover")
PAST_GROUNDS = ("past-ground", "past-tile", "past-raised", "past-trough")
MAP_GROUNDS = ("map-sea", "map-land", "map-terminal", "map-shallow")


def _tokens(sheet: str) -> dict[str, dict[str, str]]:
    found = {}
    for names, body in re.findall(r"(\[data-palette[^{]*)\{([^}]*)\}", sheet):
        name = re.search(r'data-palette="(\w+)"', names)
        found[name[1] if name else "print"] = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", body))
    return found


TOKENS = _tokens(SCREEN)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def too_faint(palette: str, least: float, inks: tuple[str, ...], grounds: tuple[str, ...]) -> list[str]:
    """Pairs that fall short, with their contrast."""
    told = TOKENS[palette]
    pairs = [(ink, ground, contrast(told[ink], told[ground])) for ink in inks for ground in grounds]
    return [f"{ink} on {ground}: {ratio:.2f}" for ink, ground, ratio in pairs if ratio < least]


def test_the_formula_is_the_standards() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # the well-known pair that just fails


def test_there_are_four_palettes_of_the_same_tokens() -> None:
    assert set(TOKENS) == set(PALETTES)
    for palette in PALETTES:
        assert TOKENS[palette].keys() == TOKENS["dusk"].keys(), palette


@pytest.mark.parametrize("palette", PALETTES)
def test_figures_stand_out_seven_to_one(palette: str) -> None:
    assert too_faint(palette, 7, ("figure",), (*GROUNDS, "data-soft", *PAST_GROUNDS)) == []
    assert too_faint(palette, 7, ("map-text",), MAP_GROUNDS) == []


@pytest.mark.parametrize("palette", PALETTES)
def test_words_stand_out_four_and_a_half_to_one(palette: str) -> None:
    assert too_faint(palette, 4.5, ("text", "text-dim", *LEVELS), (*GROUNDS, *PAST_GROUNDS)) == []
    assert too_faint(palette, 4.5, ("past",), PAST_GROUNDS[:3]) == []
    assert too_faint(palette, 4.5, ("chart-limit",), ("tile", "past-tile")) == []
    assert too_faint(palette, 4.5, ("map-text-dim",), MAP_GROUNDS) == []
    assert too_faint(palette, 4.5, ("on-level",), ("level-2",)) == []
    assert too_faint(palette, 4.5, ("on-loud",), ("loud", "loud-stripe")) == []
    assert too_faint(palette, 4.5, ("on-past",), ("past-band", "past-stripe")) == []


@pytest.mark.parametrize("palette", PALETTES)
def test_shapes_stand_out_three_to_one(palette: str) -> None:
    edges = tuple(f"level-{level}-edge" for level in (1, 2, 3, 4))
    inks = ("data", "well", "chart-line", "chart-data", "chart-limit", *edges)
    assert too_faint(palette, 3, inks, ("ground", "tile", "tile-raised")) == []
    assert too_faint(palette, 3, ("map-vessel", "map-vehicle"), MAP_GROUNDS) == []


def test_paper_is_bright() -> None:
    assert _tokens(PAPER) == {"print": TOKENS["bright"]}


def test_colours_stand_in_the_palettes_and_nowhere_else() -> None:
    loose = {
        name: found
        for name, text in STYLES.items()
        if name.startswith(("screens-", "map")) and name != "screens-1-palettes.css"
        for found in [re.findall(r"#[0-9a-f]{3,8}\b(?=[^{]*\})|rgba?\([^)]*\)", _bare(text))]
        if found
    }
    assert loose == {}


def test_every_token_used_is_told_by_every_palette_or_once_for_all() -> None:
    once = set(re.findall(r"(--[\w-]+):", "".join(text for text in STYLES.values())))
    once |= {
        "--fill",
        "--rows",
        "--share",
        "--shares",
        "--spark",
        "--middle",
        "--long",
        "--map-ui",
        "--map-scale",
    }  # set on elements
    used = set(re.findall(r"var\((--[\w-]+)\)", _bare("".join(STYLES.values()))))
    assert sorted(used - once) == []


def test_only_symbols_flash_and_at_most_twice_a_second() -> None:
    text = _bare("".join(STYLES.values()))
    flashing = re.findall(r"([^{}]*)\{[^{}]*animation: flash ([^;]*);", text)
    assert flashing
    for selector, how in flashing:
        assert selector.strip().endswith((".mark.l1", ".mark")), selector
        assert "var(--flash)" in how
    period = re.search(r"--flash: ([\d.]+)s", text)
    assert period
    assert float(period[1]) >= 0.5


def test_who_wants_no_motion_gets_none() -> None:
    reduced = re.search(r"prefers-reduced-motion: reduce\) \{(.*?)\}", STYLES["screens-1-tokens.css"])
    assert reduced
    assert "animation: none !important" in reduced[1]
    assert "transition: none !important" in reduced[1]


def test_nothing_on_the_screen_comes_from_elsewhere() -> None:
    for name, text in STYLES.items():
        assert not re.search(r"@import|url\(\s*['\"]?(?:https?:)?//", text), name


def _bare(text: str) -> str:
    """Without comments, and without the inks of charts that selectors name."""
    return re.sub(r"/\*.*?\*/|\[style\*=[^\]]*\]", "", text, flags=re.S)
