"""Steps the tests of time in the browser share: open a page, set a moment, wait for its pictures."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

ALWAYS_LIVE = ("clock", "notices", "screens", "view:shell-sound@")  # alerts sound whatever the screen shows
MAPPED = "() => !document.querySelector('.tile.map') || cockpit.topics.includes('vehicles')"
STATES = """() => cockpit.topics.filter((topic) => cockpit.state(topic) !== null)
  .map((topic) => [topic, cockpit.state(topic).source || 'live', cockpit.state(topic).at || 0])"""


def opened(page: Page, address: str) -> Page:
    """The page, connected and with its map's positions."""
    page.goto(address)
    page.wait_for_selector("body[data-connection=live]")
    until(page, lambda: page.evaluate(MAPPED), "the map, which comes after the rest")
    return page


def until(page: Page, there: Callable[[], Any], what: str, seconds: float = 90) -> Any:
    """Wait by asking again: the page's policy forbids evaluating text inside it."""
    end = time.monotonic() + seconds
    while not (found := there()):
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        page.wait_for_timeout(100)
    return found


def ago(page: Page, seconds: float) -> int:
    """Epoch ms so long before the server's now, in whole seconds."""
    return int(page.evaluate("(s) => Math.floor(cockpit.serverNow() / 1000 - s) * 1000", seconds))


def set_moment(page: Page, at: int, known: str = "corrected") -> None:
    """Set a moment and wait until every topic on the page shows it."""
    assert page.evaluate("([at, known]) => cockpit.time.set(at, { known })", [at, known])
    arrived(page, at)


def arrived(page: Page, at: int) -> None:
    """Every topic of the page that follows the time is of the moment."""
    whole = "() => cockpit.topics.every((topic) => cockpit.state(topic) !== null)"  # also what the map asked for last
    until(page, lambda: len(told := others(page)) > 5 and all(s[1:] == ["moment", at] for s in told), "the moment")
    until(page, lambda: page.evaluate(whole), "every picture of the moment")


def others(page: Page) -> list[Any]:
    """[topic, source, at] of everything that follows the time on screen."""
    return [state for state in page.evaluate(STATES) if not state[0].startswith(ALWAYS_LIVE)]


def is_live(page: Page) -> bool:
    """Everything on the page is live again."""
    return all(state[1] == "live" for state in others(page))


def mode(page: Page) -> str:
    """What the body says."""
    return str(page.get_attribute("body", "data-time"))
