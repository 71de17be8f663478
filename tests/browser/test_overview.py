"""What a person in the duty room relies on, seen in a real browser on the real cockpit."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Cockpit

pytestmark = pytest.mark.browser

WATCH = """(topic) => { window.__seen = {};
  window.cockpit.subscribe(topic, (s) => { for (let i = 0; i < s.n; i++) { if (!s.ids[i]) continue;
    (window.__seen[s.ids[i]] = window.__seen[s.ids[i]] || []).push([s.lon[i], s.lat[i]]); } }); }"""
TRAVELLED = """() => Math.max(0, ...Object.values(window.__seen).map((p) =>
  Math.hypot((p[p.length-1][0]-p[0][0])*90000, (p[p.length-1][1]-p[0][1])*111000)))"""


def _act(cockpit: Cockpit, feed: str, act: str) -> None:
    request = urllib.request.Request(
        f"{cockpit.url}/api/v1/feeds/{feed}/acts", json.dumps({"act": act}).encode(), method="POST"
    )
    urllib.request.urlopen(request, timeout=10).close()


def _wait(page: Page, there: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Wait by asking again: the page's policy forbids evaluating text inside it."""
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        page.wait_for_timeout(250)


def test_vessels_and_vehicles_move_without_reload(cockpit: Cockpit, page: Page) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(cockpit.url)
    page.wait_for_selector("body[data-connection=live]")
    for topic in ("vehicles", "vessels"):
        page.evaluate(WATCH, topic)
        _wait(page, lambda: page.evaluate(TRAVELLED) > 20, f"{topic} that travel")
    hosts = {urlparse(url).hostname for url in requests if not url.startswith(("data:", "blob:"))}
    assert hosts == {"127.0.0.1"}, "a request left the machine"


def test_the_map_is_painted_anew_as_things_move(cockpit: Cockpit, page: Page) -> None:
    page.goto(cockpit.url)
    page.wait_for_selector("body[data-connection=live]")
    page.wait_for_timeout(3000)
    canvases = "() => [...document.querySelectorAll('.leaflet-container canvas')].map((c) => c.toDataURL()).join('')"
    before = page.evaluate(canvases)
    for _ in range(20):  # on a busy machine the map rests between paintings
        page.wait_for_timeout(1500)
        if page.evaluate(canvases) != before:
            return
    pytest.fail("nothing moved on the map within 30 s")


def test_a_tile_turns_late_when_its_feed_stops_and_fresh_again(cockpit: Cockpit, page: Page) -> None:
    page.goto(cockpit.url)
    tile = page.locator("[data-view=overview-gates] [data-as-of]").first
    tile.wait_for()
    where = "[data-view=overview-gates] [data-as-of]"
    page.locator(where + ".fresh").first.wait_for()
    aged = page.locator('.port-map-age[data-kind="vehicles"]')
    for feed in ("gates", "vehicles"):
        _act(cockpit, feed, "pause")
    try:
        page.locator(where + ".late").first.wait_for()
        expect(aged.locator(".cause")).not_to_be_empty()  # the map says whose positions are old, and why
        figures = tile.inner_text()
        assert any(character.isdigit() for character in figures), "a late tile keeps its figures"
    finally:
        for feed in ("gates", "vehicles"):
            _act(cockpit, feed, "resume")
    page.locator(where + ".fresh").first.wait_for()
    expect(aged).to_be_hidden()


def test_the_screen_says_that_the_data_are_simulated(cockpit: Cockpit, page: Page) -> None:
    page.goto(cockpit.url)
    page.get_by_text("模拟", exact=False).first.wait_for()
    page.goto(cockpit.url + "/?lang=en")
    page.get_by_text("simulated", exact=False).first.wait_for()


@pytest.mark.parametrize("path", ["/yard", "/inspections", "/tracks", "/alerts", "/forecasts", "/kpis", "/feeds"])
@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_every_page_lives_in_both_languages(cockpit: Cockpit, page: Page, path: str, language: str) -> None:
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    page.goto(f"{cockpit.url}{path}?lang={language}")
    page.wait_for_selector("body[data-connection=live]")
    page.wait_for_selector("[data-view]")
    page.wait_for_timeout(1500)
    assert not troubles
    assert not page.locator("[data-view-error]").count(), "a view could not be drawn"


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (3840, 2160)])
def test_the_overview_fits_the_wall_without_scrolling(cockpit: Cockpit, page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.goto(cockpit.url)
    page.wait_for_selector("[data-view=overview-kpis] [data-as-of]")
    page.wait_for_timeout(1500)
    size: Any = page.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert size[0] <= width
    assert size[1] <= height


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1920, 1080), (3840, 2160)])
@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_every_feeds_lamp_is_in_sight(cockpit: Cockpit, page: Page, width: int, height: int, language: str) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{cockpit.url}/kpis?lang={language}")
    page.wait_for_selector("#shell-lamps .feed")
    hidden: Any = page.evaluate("""() => {
      const room = document.querySelector('.lamps').getBoundingClientRect();
      return [...document.querySelectorAll('.lamps .feed')].filter((lamp) => {
        const box = lamp.getBoundingClientRect();
        return !box.width || box.left < room.left - 1 || box.right > room.right + 1 || box.bottom > room.bottom + 1;
      }).map((lamp) => lamp.textContent);
    }""")
    assert hidden == []


def test_the_page_says_when_the_connection_is_lost_and_comes_back(cockpit: Cockpit, page: Page) -> None:
    page.goto(cockpit.url)
    page.wait_for_selector("body[data-connection=live]")
    page.context.set_offline(True)
    page.wait_for_selector("body:not([data-connection=live])")
    page.context.set_offline(False)
    page.wait_for_selector("body[data-connection=live]")
