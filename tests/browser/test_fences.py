"""A fence from the first click to the last version: drawn, refused, dragged, taken out of force."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Cockpit

FEED = """
[feeds.gates]
adapter = "simulation"
origin = "simulated"
dataset = "gates"
trucks = 20
vessels = 4
"""
CROSSING = "120.200 36.000\n120.202 36.002\n120.202 36.000\n120.200 36.002"


@pytest.fixture(scope="module")
def drawn_on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cockpit]:
    """A cockpit with hardly a port: fences need the map alone."""
    folder: Path = tmp_path_factory.mktemp("fences")
    (folder / "cockpit.toml").write_text(FEED, "utf-8")
    started = Cockpit(folder / "home", folder / "cockpit.toml")
    try:
        started.start()
        yield started
    finally:
        started.stop()


def test_a_fence_is_drawn_refused_changed_and_taken_out_of_force(drawn_on: Cockpit, page: Page) -> None:
    page.goto(f"{drawn_on.url}/alerts/fences?lang=en")
    expect(page.locator("#fences-map .leaflet-control-zoom")).to_be_visible()
    corners, answer, listed = page.locator("#fence-corners"), page.locator("#fence-answer"), page.locator("#fence-list")
    box = page.locator("#fences-map").bounding_box()
    assert box is not None
    for number, (x, y) in enumerate(((-60, -40), (60, -40), (60, 40)), start=1):
        page.mouse.click(box["x"] + box["width"] / 2 + x, box["y"] + box["height"] / 2 + y)
        expect(page.locator(".fence-corner")).to_have_count(number)
    page.fill("#fence-name", "Tank farm")
    page.click("#fence-save")
    expect(answer).to_contain_text("Saved: Tank farm (version 1)")
    expect(listed).to_contain_text("Closed area")

    before = corners.input_value()
    at = page.locator(".fence-corner").first.bounding_box()
    assert at is not None
    page.mouse.move(at["x"] + 7, at["y"] + 7)
    page.mouse.down()
    page.mouse.move(at["x"] - 40, at["y"] - 20, steps=4)
    page.mouse.up()
    expect(corners).not_to_have_value(before)
    page.click("#fence-save")
    expect(answer).to_contain_text("version 2")
    expect(page.locator("#fence-history tbody tr")).to_have_count(2)

    corners.fill(CROSSING)
    page.click("#fence-save")
    expect(answer).to_contain_text("crosses itself")
    page.locator(".fence-pick").click()
    expect(page.locator(".fence-corner")).to_have_count(3)
    page.click("#fence-retire")
    expect(answer).to_contain_text("Taken out of force: Tank farm")
    expect(listed).to_contain_text("No fence has been drawn")
