"""How long inspections take, and what deserves a look: choices stand in the address, and lead to a declaration."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.browser.conftest import Cockpit


def test_choices_of_the_turnaround_stand_in_the_address(cockpit: Cockpit, page: Page) -> None:
    cockpit.wait(lambda: cockpit.get("/api/v1/inspections/sailings")["rows"], 120, "a history to compare with")
    page.goto(f"{cockpit.url}/inspections/turnaround?lang=en")
    expect(page.locator(".process-box").first).to_be_visible()
    page.locator('[data-chosen="kind"] label', has_text="Farm").first.click()
    expect(page).to_have_url(re.compile("kind=farm"))
    day = (datetime.now(UTC) - timedelta(days=20)).date().isoformat()
    page.locator("#turnaround-day").fill(day)
    page.locator("#turnaround-day").press("Enter")
    expect(page).to_have_url(re.compile(f"day={day}"))
    expect(page.locator(".at-turnaround-compare .turnaround-verdict")).not_to_be_empty()

    page.reload()  # what a colleague sees who is sent the link
    expect(page.locator('[data-chosen="kind"] input[value="farm"]')).to_be_checked()
    expect(page.locator("#turnaround-day")).to_have_value(day)
    expect(page.locator(".at-turnaround-compare .turnaround-verdict")).not_to_be_empty()
    page.locator(".turnaround-table tbody button").nth(1).click()
    expect(page.locator(".turnaround-table tr.is-chosen")).to_have_count(1)

    page.locator("#turnaround-day").fill("yesterday")
    page.locator("#turnaround-day").press("Enter")
    expect(page.locator(".at-turnaround-compare .empty")).to_be_visible()


def test_the_integrity_watch_leads_to_the_declaration(cockpit: Cockpit, page: Page) -> None:
    page.goto(f"{cockpit.url}/inspections/integrity?lang=en&days=60")
    expect(page.locator('[data-chosen="days"] input[value="60"]')).to_be_checked()
    page.locator('[data-chosen="by"] label', has_text="latform").first.click()
    expect(page).to_have_url(re.compile("by=platform"))
    link = page.locator(".at-jumps tbody a").first
    expect(link).to_have_attribute("href", re.compile(r"/\d+$"))
    number = link.evaluate("a => { a.click(); return a.href; }").rpartition("/")[2]  # the list may be drawn anew
    expect(page.locator("main h2").first).to_contain_text(number)
