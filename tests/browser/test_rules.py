"""A threshold from the form to the history: drafted, published, refused to who came second, switched off, read only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Cockpit

FEED = """
[feeds.gates]
adapter = "simulation"
origin = "simulated"
dataset = "gates"
trucks = 20
vessels = 4
"""


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cockpit]:
    """A cockpit with hardly a port: rules are changed without one."""
    folder: Path = tmp_path_factory.mktemp("rules")
    (folder / "cockpit.toml").write_text(FEED, "utf-8")
    started = Cockpit(folder / "home", folder / "cockpit.toml")
    try:
        started.start()
        yield started
    finally:
        started.stop()


def _wait(page: Page) -> Locator:
    return page.get_by_label("Longest wait")


def test_a_threshold_is_drafted_published_and_kept_from_who_comes_second(ruled: Cockpit, page: Page) -> None:
    page.goto(f"{ruled.url}/alerts/rules?lang=en")
    page.get_by_role("link", name="Gate queue").click()
    expect(_wait(page)).to_have_value("30")
    answer, history = page.locator("#rule-answer"), page.locator("#rule-history")
    late = page.context.new_page()
    late.goto(f"{ruled.url}/alerts/rules?rule=gate_queue&lang=en")
    expect(_wait(late)).to_have_value("30")

    _wait(page).fill("900")
    page.click("#rule-draft")
    expect(answer).to_contain_text("Longest wait: must be 1 to 600 min")
    _wait(page).fill("40")
    page.click("#rule-draft")
    expect(answer).to_contain_text("Draft saved (version 1)")
    expect(page.locator("#rule-publish")).to_be_visible()
    page.click("#rule-publish")
    expect(answer).to_contain_text("say why")
    page.fill("#rule-note", "road works")
    page.click("#rule-publish")
    expect(answer).to_contain_text("Published (version 2)")
    expect(history).to_contain_text("Longest wait: 30 min → 40 min")
    expect(history).to_contain_text("road works")

    _wait(late).fill("50")
    late.click("#rule-draft")
    expect(late.locator("#rule-answer")).to_contain_text("was changed by loopback meanwhile (version 2, published")
    expect(late.locator("#rule-answer")).to_contain_text("Longest wait: 30 min → 40 min")
    expect(_wait(late)).to_have_value("50")
    late.get_by_role("button", name="Discard and read anew").click()
    expect(_wait(late)).to_have_value("40")

    page.locator("#backtest-days").get_by_text("90 days").click()
    _wait(page).fill("20")
    page.get_by_role("button", name="Test", exact=True).click()
    ruled.hold("backtest")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator(".backtest-ask")).to_contain_text("Stopped", timeout=60_000)
    page.locator("#backtest-days").get_by_text("7 days", exact=True).click()
    page.get_by_role("button", name="Test", exact=True).click()
    answered = page.locator("#rule-backtest")
    expect(answered).to_contain_text("Longest wait: 40 min → 20 min", timeout=60_000)
    expect(answered.locator("thead").first).to_have_text("FigureFormPublishedDifferenceLimit")
    expect(answered.locator("tbody tr").first).to_contain_text("Alerts")
    expect(page.locator(".backtest-ask")).to_contain_text("as it runs now (")
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator("#rules-list")).to_be_visible()

    page.fill("#rule-new", "night")
    page.click("#rule-add")
    expect(page.locator("#rule-form")).to_contain_text("Gate queue · night")
    page.locator("#rule-form").get_by_label("on", exact=True).uncheck()
    page.click("#rule-draft")
    expect(answer).to_contain_text("Draft saved (version 1): Gate queue · night")
    expect(page.locator("#rules-list")).to_contain_text("draft only")

    page.get_by_role("button", name="Watch officer").click()
    page.goto(f"{ruled.url}/alerts/rules?rule=gate_queue&lang=en")
    expect(page.locator("#rule-form")).to_contain_text("Read only")
    expect(page.get_by_role("button", name="Test", exact=True)).to_have_count(0)
    expect(_wait(page)).to_be_disabled()
    expect(history).to_contain_text("road works")
