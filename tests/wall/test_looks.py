"""Do the screens still look as they did? Pictures of pages on the busy day made by hand, at every size.

Compared is what the edges of letters do not change: tiles, bars, symbols, charts, colours, figures. Words are made
transparent, what moves with the clock is hidden, and pictures are compared block by block. After a change that is
meant, look at what a failing test left in ``.looks/`` and take it over: ``COCKPIT_LOOKS=take``.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page

from tests.conftest import REPO
from tests.wall.conftest import HallProcess

pytestmark = pytest.mark.browser
KEPT = Path(__file__).parent / "looks"
LEFT = REPO / ".looks"
TAKE = os.environ.get("COCKPIT_LOOKS") == "take"
BLOCKS_WIDE = 160  # a picture is compared as so many blocks across, whatever its size
DIFFERENT = 16  # of 255, in any colour of a block
SHARE = 0.005  # of all blocks may differ
CALM = ("gate_queue", 4, "gate", "g1", 4000.0)
# Words and the clock's doings: fonts and minutes differ, what they stand in does not.
STYLE = """
  * { -webkit-text-fill-color: transparent !important; text-shadow: none !important; }
  .figure, .unit { -webkit-text-fill-color: currentcolor !important; }
  svg text { fill: transparent !important; }
  .wall-dim, .age, .clock, .wall-ring, .xgridlayer, .xaxislayer-above { visibility: hidden !important; }
  *, *::before, *::after { animation: none !important; transition: none !important; }
"""


class Look(NamedTuple):
    """A page at some sizes, each in a palette."""

    name: str
    path: str
    stands: str  # what must be there before the picture is taken
    sizes: tuple[tuple[int, int], ...]
    palettes: tuple[str, ...] = ("day",)


LOOKS = [
    Look("overview", "/", "main .tile .main-svg", ((1366, 768), (1920, 1080), (3840, 2160))),
    Look("wall", "/wall/overview", ".wall-tile .main-svg", ((1920, 1080), (3840, 2160), (6656, 1792), (7680, 2160))),
    Look("kpis", "/kpis", "main .kpi", ((1366, 768),), ("bright", "day", "dusk", "night")),
    Look("yard", "/yard", "main.page-yard .tile", ((1920, 1080),)),
    Look("phone", "/m", "main .kpi", ((390, 844),)),
]


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    asked = ["fc-match", "-f", "%{family}", "Noto Sans CJK SC"]
    if shutil.which(asked[0]) and "Noto Sans CJK" not in subprocess.run(asked, capture_output=True, text=True).stdout:
        pytest.skip("without Noto Sans CJK words are of other widths, and lines break elsewhere")
    made = browser.new_context(locale="zh-CN", reduced_motion="reduce")
    made.set_default_timeout(90_000)
    yield made
    made.close()


def seen(page: Page) -> Image.Image:
    """The picture once two in a row are alike: charts, map and fonts come after the page."""
    before = None
    for _ in range(60):
        shot = Image.open(io.BytesIO(page.screenshot(style=STYLE, animations="disabled"))).convert("RGB")
        small = shot.resize((BLOCKS_WIDE, max(1, round(BLOCKS_WIDE * shot.height / shot.width))), Image.Resampling.BOX)
        if before is not None and different(small, before) == 0:
            return small
        before = small
        page.wait_for_timeout(500)
    raise AssertionError("the page never stands still")


def different(one: Image.Image, other: Image.Image) -> float:
    """Share of blocks that are not of the same colour."""
    if one.size != other.size:
        return 1.0
    apart = np.abs(np.asarray(one, np.int16) - np.asarray(other, np.int16)).max(axis=2)
    return float((apart > DIFFERENT).mean())


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_a_screen_looks_as_it_did(hall: HallProcess, context: BrowserContext, look: Look) -> None:
    hall.alarms(CALM)
    page = context.new_page()
    page.goto(f"{hall.url}{look.path}?palette={look.palettes[0]}")
    page.wait_for_selector(look.stands)
    otherwise = {}
    for palette in look.palettes:
        page.evaluate("(name) => cockpit.palette.set(name)", palette)
        for width, height in look.sizes:
            page.set_viewport_size({"width": width, "height": height})
            file = f"{look.name}-{palette}-{width}x{height}.png"
            now = seen(page)
            if TAKE:
                KEPT.mkdir(exist_ok=True)
                now.save(KEPT / file, optimize=True)
            share = different(now, Image.open(KEPT / file).convert("RGB"))
            if share > SHARE:
                LEFT.mkdir(exist_ok=True)
                now.save(LEFT / file)
                otherwise[file] = f"{share:.1%} of it"
    page.close()
    assert not otherwise, f"looks otherwise; as it looks now: {LEFT.name}/"
