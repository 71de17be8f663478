"""A person follows a shared address into the past, looks around, and comes back to live."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Cockpit

pytestmark = pytest.mark.browser

PAST = re.compile("moment|playback")
ALERT = ".act-bar .act"


@pytest.fixture
def then(cockpit: Cockpit) -> datetime:
    """A past moment at which an alert stood."""

    def stood() -> datetime | None:
        at = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=1)
        return at if cockpit.get(f"/api/v1/alerts?at={_iso(at)}")["rows"] else None

    found: datetime = cockpit.wait(stood, 90, "an alert")
    return found


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _asked(page: Page) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(urlsplit(page.url).query).items()}


def test_a_shared_moment_is_unmistakable_locked_kept_and_left(cockpit: Cockpit, page: Page, then: datetime) -> None:
    at = _iso(then)
    page.goto(f"{cockpit.url}/alerts?at={at}&known=then&lang=en")
    expect(page.locator("body")).to_have_attribute("data-time", "moment")

    said = page.locator(".time-said-past")
    expect(said).to_be_visible()
    here = then.astimezone(ZoneInfo("Asia/Shanghai"))
    expect(said).to_contain_text("NOT LIVE")
    expect(said).to_contain_text(f"{here:%Y-%m-%d %H:%M}")
    expect(said).to_contain_text("as known then")
    expect(page.locator("#connection")).to_be_hidden()

    act = page.locator(ALERT).first
    expect(act).to_be_disabled()
    assert "not live" in (act.get_attribute("title") or "")

    page.get_by_role("link", name="Yard", exact=True).click()
    expect(page.locator(".page-yard [data-as-of]").first).to_be_visible()
    assert _asked(page)["at"].startswith(at[:16])
    assert _asked(page)["known"] == "then"
    expect(page.locator("body")).to_have_attribute("data-time", PAST)

    page.keyboard.press("l")
    expect(page.locator("body")).to_have_attribute("data-time", "live")
    assert "at" not in _asked(page)
    expect(said).to_be_hidden()
    page.get_by_role("link", name="Alerts", exact=True).click()
    page.locator(".page-alerts .at-standing .ag-center-cols-container .ag-row").first.click()
    expect(page.locator(ALERT).first).to_be_enabled()


def test_every_screen_says_that_it_is_not_live(cockpit: Cockpit, page: Page) -> None:
    page.goto(f"{cockpit.url}/kpis?at={_iso(datetime.now(UTC) - timedelta(hours=1))}&lang=zh")
    said = page.locator(".time-said-past")
    expect(said).to_contain_text("非实时")
    for width, height in ((3840, 2160), (1920, 1080), (1366, 768), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("() => window.scrollTo(0, 5000)")
        expect(said).to_be_in_viewport(ratio=1)
        expect(page.locator("[data-time-live]")).to_be_in_viewport(ratio=1)
        cut = "(e) => e.scrollWidth > e.clientWidth + 1"
        assert not said.evaluate(cut), f"the words are cut off at {width}"
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    page.locator("[data-time-live]").click()
    expect(page.locator("body")).to_have_attribute("data-time", "live")
