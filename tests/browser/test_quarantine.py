"""The way of a row that could not be used: found, read, its mapping mended, tried again, gone."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Cockpit

CONFIG = """
[feeds.gates]
adapter = "csv_drop"
title_zh = "闸口日志"
title_en = "Gate log"
path = "moves.csv"
settle_seconds = 0
every_seconds = 1
dataset = "gate_move"
mapping.move_id = "id"
mapping.gate_id = "gate"
mapping.event_time = "at"
mapping.direction = { column = "way", values = { I = "in" MORE } }
"""
ROWS = "".join(
    f"{n},G1,{'?' if n % 5 == 4 else 'O'},2026-03-02 08:{n % 60:02d}:00\n" for n in range(500)
)  # 100 stay odd, 400 do not


@pytest.fixture
def house(tmp_path: Path) -> Iterator[tuple[Cockpit, Path]]:
    config = tmp_path / "cockpit.toml"
    config.write_text(CONFIG.replace("MORE", ""))
    (tmp_path / "moves.csv").write_text("id,gate,way,at\n" + ROWS)
    started = Cockpit(tmp_path / "home", config)
    try:
        started.start()
        started.wait(lambda: started.get("/api/v1/quarantine")["total"] == 500, 60, "rows set aside")
        yield started, config
    finally:
        started.stop()


def test_from_the_card_to_the_row_and_out_of_quarantine(house: tuple[Cockpit, Path], page: Page) -> None:
    cockpit, config = house
    page.goto(f"{cockpit.url}/feeds?lang=en")
    page.locator('.feed-card[data-feed="gates"] .reason-way').click()
    pager, rows = page.locator("#quarantine-pager"), page.locator("#quarantine-grid .ag-center-cols-container .ag-row")
    expect(pager).to_have_text("1–200 of 500")
    page.locator("#quarantine-older").click()
    expect(pager).to_have_text("201–400 of 500")
    page.locator("#quarantine-text").fill('"id":"4')
    page.keyboard.press("Enter")
    expect(pager).to_have_text("1–111 of 111")
    rows.first.click()
    expect(page.locator(".raw")).to_contain_text('"id": "4')

    config.write_text(CONFIG.replace("MORE", ', O = "out"'))
    page.wait_for_timeout(6_000)  # what was counted is kept every five seconds; it is not what is tried here
    cockpit.kill()
    cockpit.start()
    page.goto(f"{cockpit.url}/feeds/quarantine?feed=gates&lang=en")
    expect(pager).to_have_text("1–200 of 500")
    rows.nth(1).click()
    expect(page.locator(".raw")).to_contain_text('"O"')
    page.locator('.quarantine-one [data-pick="quarantine-act"]').click()
    expect(page.locator("#quarantine-answer")).to_contain_text("1 tried, 1 taken in")
    expect(pager).to_have_text("1–200 of 499")
    expect(page.locator("#quarantine-one .empty")).to_be_visible()
    page.locator("#quarantine-all").click()
    expect(page.locator("#quarantine-answer")).to_contain_text("499 tried, 399 taken in")
    expect(page.locator("#quarantine-answer")).to_contain_text("Unknown value: 100")
    expect(pager).to_have_text("1–100 of 100")
    expect(page.locator(".quarantine-beside")).to_contain_text("400 rows were tried again and taken in")
    with page.expect_download() as file:
        page.locator('[data-quarantine-export="csv"]').click()
    assert Path(file.value.path()).read_text("utf-8-sig").count("Unknown value") == 100
    counted = cockpit.get("/api/v1/feeds")["rows"][0]
    assert (counted["quarantined"], counted["accepted"]) == (500, 0)  # each was counted when it came


def test_a_feed_is_paused_and_resumed_after_a_question(house: tuple[Cockpit, Path], page: Page) -> None:
    cockpit, _ = house
    page.goto(f"{cockpit.url}/feeds?lang=en")
    card = page.locator('.feed-card[data-feed="gates"]')
    expect(card).to_have_css("order", "0")
    page.goto(f"{cockpit.url}/feeds?lang=en&feed=gates")  # a link to one feed brings it to the front
    expect(card).to_have_css("order", "-1")
    card.get_by_role("button", name="Pause").click()
    expect(page.locator("#feeds-question")).to_contain_text("Gate log")
    page.locator("#feeds-no").click()
    expect(page.locator("#feeds-ask")).to_be_hidden()
    card.get_by_role("button", name="Pause").click()
    page.locator("#feeds-yes").click()
    expect(card.get_by_role("button", name="Resume")).to_be_visible()
    expect(card).to_contain_text("paused by hand")
    card.get_by_role("button", name="Resume").click()
    page.locator("#feeds-yes").click()
    expect(card.get_by_role("button", name="Poll now")).to_be_visible()
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(urllib.request.Request(f"{cockpit.url}/api/v1/feeds/gates/acts", b'{"act": "burn"}'))
