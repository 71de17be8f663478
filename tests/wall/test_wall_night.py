"""A wall loads itself anew at its minute of the night: once, and only for a server that answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.wall.conftest import HallProcess
from tests.wall.test_wall_browser import go, until

pytestmark = pytest.mark.browser
LOOKS_MS = 31_000  # a wall looks at the hour every 15 s
NOW_IS_THE_MINUTE = """() => {
  const { wall } = cockpit.parts;
  const asked = { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: wall.told.zone };
  const [hour, minute] = new Intl.DateTimeFormat("sv-SE", asked).format(cockpit.serverNow()).split(":").map(Number);
  wall.told.refresh = (hour % 24) * 60 + minute;
}"""


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A tab whose clock can be moved."""
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
    context.set_default_timeout(90_000)
    page = context.new_page()
    page.clock.install()
    yield page
    context.close()


@pytest.fixture
def loads(tab: Page) -> Callable[[], int]:
    """How often the tab was loaded."""
    seen: list[str] = []
    tab.on("domcontentloaded", lambda page: seen.append(page.url))
    return lambda: len(seen)


def planned(tab: Page) -> None:
    """The minute planned is now, and the wall looks at the hour."""
    tab.evaluate(NOW_IS_THE_MINUTE)
    tab.clock.run_for(LOOKS_MS)


def shows_its_tiles(tab: Page) -> bool:
    """There is a picture, be it an old one."""
    return tab.locator(".wall-tile:not([hidden]) .tile").count() > 3


def test_a_wall_loads_anew_at_its_minute_once_a_night(hall: HallProcess, tab: Page, loads: Callable[[], int]) -> None:
    go(tab, hall, "/wall/overview?screen=night-1")
    planned(tab)
    tab.wait_for_timeout(3000)
    assert loads() == 1  # it has only just begun
    tab.clock.fast_forward("05:00:00")
    tab.evaluate("() => { cockpit.parts.wall.told.refresh = (cockpit.parts.wall.told.refresh + 720) % 1440; }")
    tab.clock.run_for(LOOKS_MS)
    tab.wait_for_timeout(3000)
    assert loads() == 1  # old enough, but it is not the minute
    planned(tab)
    until(tab, lambda: loads() == 2, "loaded anew")
    until(tab, lambda: tab.evaluate("() => cockpit.connection") == "live" and shows_its_tiles(tab), "the new page")
    for _ in range(3):
        planned(tab)
        tab.wait_for_timeout(2000)
    assert loads() == 2  # the minute has not passed, but this night's load has


def test_a_wall_keeps_its_picture_while_no_server_answers(
    hall: HallProcess, tab: Page, loads: Callable[[], int]
) -> None:
    go(tab, hall, "/wall/overview?screen=night-2")
    until(tab, lambda: shows_its_tiles(tab), "the wall")
    tab.clock.fast_forward("05:00:00")
    hall.stop()
    try:
        planned(tab)
        planned(tab)
        tab.wait_for_timeout(6000)
        assert loads() == 1
        assert shows_its_tiles(tab)
        until(tab, lambda: tab.evaluate("() => document.body.dataset.connection") == "lost", "the line's end")
    finally:
        hall.start()
    until(tab, lambda: loads() == 2, "loaded anew when the server was back")
    until(tab, lambda: tab.evaluate("() => cockpit.connection") == "live" and shows_its_tiles(tab), "the new page")
    tab.wait_for_timeout(3000)
    assert loads() == 2
