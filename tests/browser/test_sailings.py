"""From the inspections to the ships they must make, to one declaration, into the past, and to the five warnings."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Page, expect

from tests.browser.conftest import Cockpit


def test_from_a_call_to_its_declaration_now_and_as_of_an_hour_ago(cockpit: Cockpit, page: Page) -> None:
    cockpit.wait(lambda: cockpit.get("/api/v1/inspections/sailings")["rows"], 120, "exports that are judged")
    page.goto(f"{cockpit.url}/inspections?lang=en")
    page.locator('.tabs a[href="/inspections/sailings"]').click()
    tile = page.locator(".tile.sailings")
    expect(tile.locator(".sailing-counts")).to_contain_text("makes it")
    first = tile.locator(".sailing-call").first
    if first.locator("summary").count() and not first.locator("tbody a").first.is_visible():
        first.locator("summary").first.click()
    link = first.locator("tbody a").first
    expect(link).to_have_attribute("href", re.compile(r"^/inspections/\d+$"))
    expect(link).to_be_visible()

    then = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3600))
    page.goto(f"{cockpit.url}/inspections/sailings?lang=en&at={then}")
    expect(page.locator(".tile.sailings .sailing-call").first).to_be_visible()
    assert cockpit.get(f"/api/v1/inspections/sailings?at={then}")["rows"]


def test_the_five_lists_have_a_page_of_their_own(cockpit: Cockpit, page: Page) -> None:
    page.goto(f"{cockpit.url}/inspections/warnings?lang=en")
    expect(page.locator(".warning-list h3 > b")).to_have_text(
        ["Co-inspection mismatch", "Confirmation overdue", "Appointment overdue", "Rejected, not re-booked",
         "Suspended too long"]
    )  # fmt: skip
    expect(page.locator(".tabs .is-here")).to_have_text("Warnings")
