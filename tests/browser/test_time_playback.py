"""A range played back: it moves, steps, stops at its end, obeys keys, and rests while nobody looks."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Cockpit
from tests.browser.time_steps import ago, arrived, mode, opened, set_moment, until

pytestmark = pytest.mark.browser

PLAY = "([since, until, speed]) => cockpit.time.play({ since, until, speed })"
AT = "() => cockpit.time.at"
PLACES = """() => { const s = cockpit.state('vehicles'); return !s || s.source !== 'playback' ? null
  : Object.fromEntries(s.ids.map((id, i) => [id, [s.lon[i], s.lat[i]]]).filter(([id]) => id)); }"""
SLOW = """() => { const ask = window.fetch; window.fetch = (...asked) => String(asked[0]).startsWith('/api/v1/moment?')
  ? new Promise((go) => setTimeout(go, 2500)).then(() => ask(...asked)) : ask(...asked); }"""
YARD = "() => (cockpit.state('yard') || {}).at || 0"
HIDE = """(how) => { Object.defineProperty(document, 'visibilityState', { value: how, configurable: true });
  document.dispatchEvent(new Event('visibilitychange')); }"""


def test_playback_moves_everything_and_steps(cockpit: Cockpit, page: Page) -> None:
    opened(page, cockpit.url)
    since, end = ago(page, 3000), ago(page, 60)
    page.evaluate(PLAY, [since, end, 20])  # two minutes of ours, should the pictures be slow to come
    assert mode(page) == "playback"
    first = until(page, lambda: page.evaluate(PLACES), "positions from tracks")
    asked = page.evaluate(AT)
    until(page, lambda: page.evaluate(AT) > asked + 60_000, "a minute of then")
    later = page.evaluate(PLACES)
    moved = [key for key in first.keys() & later.keys() if first[key] != later[key]]
    assert len(moved) > len(later) / 4, "vehicles are between their fixes"
    before = until(page, lambda: page.evaluate(YARD), "the yard of then")
    until(page, lambda: page.evaluate(YARD) > before, "the other pictures follow")
    before = page.evaluate(AT)
    page.evaluate("() => cockpit.time.step(600)")
    assert page.evaluate(AT) >= before // 1000 * 1000 + 600_000, "a step lands on a whole second"
    assert mode(page) == "playback"
    assert "speed=20" in page.url
    assert "since=" in page.url


def test_pictures_follow_though_each_takes_longer_than_the_next_is_asked(cockpit: Cockpit, page: Page) -> None:
    opened(page, cockpit.url)
    page.evaluate(SLOW)
    page.evaluate(PLAY, [ago(page, 3000), ago(page, 60), 20])
    before = until(page, lambda: page.evaluate(YARD), "a slow picture of then")
    until(page, lambda: page.evaluate(YARD) > before, "the next")
    page.evaluate("() => cockpit.time.set(cockpit.time.since + 1_200_000)")  # what people ask for is not put off
    jumped = page.evaluate(AT)
    until(page, lambda: page.evaluate(YARD) >= jumped // 1000 * 1000, "the picture of the jump")


def test_keys_play_pause_step_and_return(cockpit: Cockpit, page: Page) -> None:
    opened(page, cockpit.url)
    at = ago(page, 1800)
    set_moment(page, at)
    page.keyboard.press("Space")
    until(page, lambda: mode(page) == "playback" and page.evaluate(AT) > at, "playing")
    page.keyboard.press("Space")
    assert mode(page) == "moment"
    stopped = page.evaluate(AT)
    assert page.evaluate("() => cockpit.time.until - cockpit.time.since") > 0, "the range stays"
    arrived(page, stopped)
    page.locator("[data-time-bar] [data-time-step]").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate(AT) == stopped + 60_000
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(AT) == stopped
    page.keyboard.press("l")
    assert mode(page) == "live"


def test_playback_ends_at_the_end_and_rests_while_hidden(cockpit: Cockpit, page: Page) -> None:
    opened(page, cockpit.url)
    since = ago(page, 1800)
    page.evaluate(PLAY, [since, since + 240_000, 60])
    until(page, lambda: page.evaluate(AT) > since, "playing")
    page.evaluate(HIDE, "hidden")
    page.wait_for_timeout(100)
    stood = page.evaluate(AT)
    page.wait_for_timeout(800)
    assert page.evaluate(AT) == stood
    page.evaluate(HIDE, "visible")
    until(page, lambda: mode(page) == "moment", "the end")
    assert page.evaluate(AT) == since + 240_000
    arrived(page, since + 240_000)
    for _ in range(4):  # whatever is due in the frame that reaches the end
        page.evaluate(PLAY, [since, since + 30_000, 60])
        until(page, lambda: mode(page) == "moment" and page.evaluate(AT) == since + 30_000, "the end of a short range")


def test_the_controls_of_the_bar_do_what_they_say(cockpit: Cockpit, page: Page) -> None:
    opened(page, cockpit.url)
    page.click("[data-time-open]")
    page.click('[data-time-range="3600"]')
    assert page.evaluate("() => cockpit.time.until - cockpit.time.at") == 3_600_000
    page.locator("input[data-time-scrub]").evaluate(
        "(i) => { i.value = 1800; i.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    until(
        page,
        lambda: page.evaluate("() => cockpit.time.until - cockpit.time.at") == 1_800_000,
        "the middle of the range",
    )
    page.select_option("select[data-time-known]", "then")
    assert page.evaluate("() => cockpit.time.known") == "then"
    there = datetime.fromtimestamp(ago(page, 86_400) / 1000, ZoneInfo("Asia/Shanghai")).replace(hour=3, minute=30)
    page.fill("input[data-time-at]", f"{there:%Y-%m-%dT%H:%M:%S}")
    page.locator("input[data-time-at]").evaluate("(i) => i.dispatchEvent(new Event('change', { bubbles: true }))")
    assert page.evaluate(AT) == there.timestamp() * 1000, "in the port's zone"
    assert f"{there:%Y-%m-%d %H:%M:%S}" in (page.text_content("[data-time-text]") or "")
    page.select_option("select[data-time-speed]", "300")
    page.click("[data-time-play]")
    assert page.evaluate("() => [cockpit.time.mode, cockpit.time.speed]") == ["playback", 300]
    page.click(".time-live")
    assert mode(page) == "live"
