"""The table of inspections in a real browser: found by the keyboard, opened by the keyboard, and alive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Cockpit
from tests.browser.queue_feed import CONFIG

COLUMNS = """
bill_of_lading = "bill"
hold = "hold"
"""


def drop(home: Path, name: str, numbers: range, hold: str = "") -> None:
    """Lay a file of declarations into the feed's folder."""
    at = datetime.now(UTC) - timedelta(minutes=30)
    rows = [f"42582026100065{n:04d},P{n % 3},QDGS{n:04d},{hold},{at:%Y-%m-%dT%H:%M:%SZ}" for n in numbers]
    made = home / f"{name}.part"
    made.write_text("\n".join(["declaration,platform,bill,hold,appointed", *rows, ""]), "utf-8")
    made.rename(home / "drop" / f"{name}.csv")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the cockpit lives."""
    return tmp_path_factory.mktemp("inspections")


@pytest.fixture(scope="module")
def cockpit(home: Path) -> Iterator[Cockpit]:
    """A cockpit of forty declarations that wait, three that are held, and nothing else."""
    (home / "inspections.toml").write_text(CONFIG + COLUMNS, "utf-8")
    (home / "drop").mkdir()
    drop(home, "waiting", range(40))
    drop(home, "held", range(40, 43), "suspended")
    started = Cockpit(home, home / "inspections.toml")
    try:
        started.start()
        started.wait(lambda: len(started.get("/api/v1/inspections")["rows"]) == 43, 90, "the declarations")
        yield started
    finally:
        started.stop()


def test_a_bill_is_found_and_its_declaration_opened_without_a_mouse(cockpit: Cockpit, page: Page) -> None:
    page.goto(f"{cockpit.url}/inspections?lang=en")
    count = page.locator(".grid-count")
    expect(count).to_have_text("43 of 43 shown")
    page.locator("#inspections-grid-search").focus()
    page.keyboard.type("QDGS0007")
    expect(count).to_have_text("1 of 43 shown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#inspections-grid .ag-cell-focus")).to_have_text("425820261000650007")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{cockpit.url}/inspections/425820261000650007")


def test_a_filter_stays_in_the_address_while_rows_come_by_themselves(cockpit: Cockpit, page: Page, home: Path) -> None:
    page.goto(f"{cockpit.url}/inspections?lang=en&group=held")
    count, held = page.locator(".grid-count"), page.locator('.chip[data-code="held"]')
    expect(held).to_have_attribute("aria-pressed", "true")
    expect(count).to_have_text("3 of 43 shown")
    drop(home, "more", range(43, 45), "rejected")
    expect(count).to_have_text("5 of 45 shown")
    expect(page.locator(".held-table tbody tr")).to_have_count(5)
    expect(page.locator('#inspections-grid [row-id="425820261000650044"]').first).to_contain_text("425820261000650044")
    held.click()
    expect(count).to_have_text("45 of 45 shown")
    assert "group=" not in page.url
