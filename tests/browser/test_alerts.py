"""The whole loop in a real browser: a record comes in, the desk handles it by keyboard, a second person closes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from domain.alert_identity import alert_id
from tests.browser.conftest import PATIENCE_MS, Cockpit
from tests.browser.time_steps import until
from tests.conftest import REPO

pytestmark = pytest.mark.browser

CONFIG = f"""
[port]
name_zh = "青岛前湾港"
name_en = "Qingdao Qianwan"
timezone = "Asia/Shanghai"
geo = "{REPO}/assets/geo"
[feeds.doors]
adapter = "csv_drop"
origin = "simulated"
every_seconds = 1
expected_seconds = 600
settle_seconds = 0
dataset = "door_event"
path = "drop"
[feeds.doors.mapping]
container_no = "box"
event_time = "at"
lon = "lon"
lat = "lat"
"""
BOXES = ("CSQU3054383", "MSKU0000010", "TGHU7000007", "OOLU0000008")
GRID = "#alerts-standing-grid"


def drop(home: Path, name: str, boxes: tuple[str, ...]) -> None:
    """Doors that opened just now."""
    at = datetime.now(UTC) - timedelta(seconds=5)
    rows = [f"{box},{at:%Y-%m-%dT%H:%M:%SZ},120.21{n},36.0{n}1" for n, box in enumerate(boxes)]
    made = home / f"{name}.part"
    made.write_text("\n".join(["box,at,lon,lat", *rows, ""]), "utf-8")
    made.rename(home / "drop" / f"{name}.csv")


def address(box: str) -> str:
    """The page of the alert about a box."""
    return f"/alerts/{alert_id(f'door_opened:{box}')}"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("alerts")


@pytest.fixture(scope="module")
def cockpit(home: Path) -> Iterator[Cockpit]:
    """A cockpit where three doors have just been opened."""
    (home / "alerts.toml").write_text(CONFIG, "utf-8")
    (home / "drop").mkdir()
    started = Cockpit(home, home / "alerts.toml")
    try:
        started.start()
        drop(home, "doors", BOXES[1:])
        started.wait(lambda: len(started.get("/api/v1/alerts")["rows"]) == len(BOXES) - 1, 90, "the alerts")
        yield started
    finally:
        started.stop()


@pytest.fixture
def second(cockpit: Cockpit, browser: Browser) -> Iterator[Page]:
    """Another person at this machine."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    context.set_default_timeout(PATIENCE_MS)
    context.add_cookies([{"name": "cockpit_role", "value": "supervisor", "url": cockpit.url}])
    yield context.new_page()
    context.close()


def test_a_door_is_handled_by_keyboard_alone_and_closed_by_another_person(
    cockpit: Cockpit, home: Path, page: Page, second: Page
) -> None:
    page.context.add_cookies([{"name": "cockpit_role", "value": "watch_officer", "url": cockpit.url}])
    page.goto(f"{cockpit.url}/alerts?lang=en&q={BOXES[0]}")
    expect(page.locator(".grid-count")).to_have_text("0 of 3 shown")
    drop(home, "opened", BOXES[:1])  # the record that sets it off, while the desk is looked at
    expect(page.locator("#shell-strip .headline.newest, #shell-strip .headline.worst").last).to_contain_text(BOXES[0])
    expect(page.locator(".grid-count")).to_have_text("1 of 4 shown")
    acknowledge = page.locator('[data-alert-act="acknowledge"]')
    expect(acknowledge).to_be_disabled()
    page.keyboard.press("ArrowDown")
    expect(acknowledge).to_be_enabled()
    assert f"alert=door_opened:{BOXES[0]}" in page.url
    page.keyboard.press("a")
    expect(page.locator("#alerts-answer")).to_contain_text("Acknowledge: done")
    expect(page.locator(f"{GRID} .ag-row").first).to_contain_text("acknowledged")
    expect(page.locator('[data-alert-act="close"]')).to_have_attribute(
        "title", "Confirm it first; then another person closes it"
    )
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{cockpit.url}{address(BOXES[0])}")

    page.locator('[data-alert-step="1"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator('[data-alert-step="1"]')).to_have_attribute("aria-checked", "true")
    page.keyboard.press("c")
    page.keyboard.type("driver called")
    page.keyboard.press("Enter")
    expect(page.locator(".packet-history")).to_contain_text("driver called")
    page.keyboard.press("o")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("stop the truck")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".order")).to_contain_text("stop the truck")
    page.locator('[data-order-act="accept"]').click()
    expect(page.locator(".order-state")).to_have_text("accepted")
    second.goto(f"{cockpit.url}/alerts/orders?lang=en&orders=open")
    second.locator('[data-order-act="arrive"]').click()
    expect(second.locator(".orders-table .order-state")).to_have_text("arrived")
    expect(page.locator(".order-state")).to_have_text("arrived")
    second.locator("#orders-by-agency label", has_text="Customs").click()
    expect(second.locator("#orders-shown")).to_contain_text("No such orders")
    expect(second).to_have_url(f"{cockpit.url}/alerts/orders?lang=en&orders=open&agency=customs")
    page.keyboard.press("f")
    page.keyboard.press("Enter")
    expect(page.locator(".two-person")).to_contain_text("loopback:watch_officer confirmed it")
    expect(page.locator('[data-alert-act="close"]')).to_have_attribute("title", "Another person has to close it")

    second.goto(f"{cockpit.url}{address(BOXES[0])}?lang=en")
    expect(second.locator('[data-alert-act="close"]')).to_be_enabled()
    second.keyboard.press("z")
    expect(second.locator(".two-person")).to_contain_text("closed by loopback:supervisor")
    expect(page.locator(".two-person")).to_contain_text("closed by loopback:supervisor")
    _paper_holds_the_case(page)
    page.emulate_media(media="screen")
    page.goto(f"{cockpit.url}/alerts?lang=en&q={BOXES[0]}")
    expect(page.locator(".grid-count")).to_have_text("0 of 3 shown")
    told = cockpit.get(f"/api/v1{address(BOXES[0])}")
    assert (told["alert"]["level"], told["state"]) == (1, "closed")
    steps = [(step["what"], step["who"].removeprefix("loopback:")) for step in told["history"]]
    assert [steps[0], *steps[-2:]] == [("opened", ""), ("confirm", "watch_officer"), ("close", "supervisor")]


def _paper_holds_the_case(page: Page) -> None:
    """Who printed it and when, and all that counts as evidence; nothing to press, no empty or lying page."""
    page.evaluate("() => { window.print = () => window.dispatchEvent(new Event('beforeprint')); }")
    page.locator("[data-print]").click()
    expect(page.locator(".paper-line")).to_have_text(
        re.compile(r"Printed by loopback:watch_officer at \d{4}-\d\d-\d\d")
    )
    page.emulate_media(media="print")
    for part in (
        ".paper-line",
        ".packet-head",
        '[data-alert-step="1"]',
        ".order",
        ".packet-history",
        ".at-way .way-map",
    ):
        expect(page.locator(part)).to_be_visible()
    for part in (".act-bar", "[data-print]", "footer"):
        expect(page.locator(part)).to_be_hidden()
    sheets = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", page.pdf(prefer_css_page_size=True))
    assert 1 <= len(sheets) <= 2
    assert all(float(width) < float(height) for width, height in sheets)


def test_a_thumb_acknowledges_a_card_and_reads_why_it_cannot_go_on(
    cockpit: Cockpit, browser: Browser, second: Page
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    context.set_default_timeout(PATIENCE_MS)
    context.add_cookies([{"name": "cockpit_role", "value": "watch_officer", "url": cockpit.url}])
    page = context.new_page()
    page.goto(f"{cockpit.url}/m?lang=en#phone-alerts")
    card = page.locator(".alert-card", has_text=BOXES[3])
    acknowledge, dealt_with = card.locator("button").nth(0), card.locator("button").nth(1)
    expect(card.locator(".card-no")).to_have_text("Acknowledge it first")
    size = "it => Math.min(it.getBoundingClientRect().width, it.getBoundingClientRect().height)"
    for button in (acknowledge, dealt_with):  # a card drawn anew while it is asked has none
        until(page, lambda one=button: one.evaluate(size) >= 44, "a button for a thumb")
    acknowledge.tap()
    expect(card).to_contain_text("acknowledged")
    expect(page.locator("#alerts-answer")).to_contain_text("Acknowledge: done")
    dealt_with.tap()
    page.locator(".act-form button").tap()
    expect(dealt_with).to_have_text("Close")
    expect(card.locator(".card-no")).to_have_text("Another person has to close it")
    second.goto(f"{cockpit.url}/m?lang=en#phone-alerts")
    theirs = second.locator(".alert-card", has_text=BOXES[3]).locator("button").nth(1)
    expect(theirs).to_be_enabled()
    page.locator(".alert-card .card-way", has_text=BOXES[3]).tap()
    expect(page).to_have_url(f"{cockpit.url}{address(BOXES[3])}")
    context.close()


def test_several_are_acknowledged_at_once_and_who_is_slower_hears_who_was_faster(
    cockpit: Cockpit, page: Page, second: Page
) -> None:
    page.goto(f"{cockpit.url}/alerts?lang=en&state=new")
    second.goto(f"{cockpit.url}{address(BOXES[1])}?lang=en")
    slow = second.locator('[data-alert-act="take"]')
    expect(slow).to_be_enabled()
    expect(page.locator('.chip[data-code="new"]')).to_have_attribute("aria-pressed", "true")
    rows = page.locator(f"{GRID} .ag-center-cols-container .ag-row")
    expect(rows).to_have_count(2)

    rows.nth(0).click()
    rows.nth(1).click(modifiers=["Shift"])
    bar = page.locator('[data-alert-act="acknowledge"]')
    expect(bar).to_contain_text("(2)")
    expect(page.locator('[data-alert-act="close"]')).to_be_disabled()
    second.route("**/_dash-update-component", lambda route: route.abort())
    page.keyboard.press("a")
    expect(page.locator("#alerts-answer")).to_contain_text("2 done")
    slow.click()
    expect(second.locator("#alerts-answer")).to_contain_text("loopback was faster: acknowledged")


def test_a_moment_before_it_shows_nothing_and_nothing_can_be_done_in_the_past(cockpit: Cockpit, page: Page) -> None:
    before = datetime.now(UTC) - timedelta(hours=1)
    page.goto(f"{cockpit.url}{address(BOXES[2])}?lang=en&at={before:%Y-%m-%dT%H:%M:%SZ}")
    expect(page.locator("#alert-file .empty")).to_contain_text("there was no alert")
    now = datetime.now(UTC)
    page.goto(f"{cockpit.url}{address(BOXES[2])}?lang=en&at={now:%Y-%m-%dT%H:%M:%SZ}")
    expect(page.locator(".packet-head .locked")).to_contain_text("not live")
    expect(page.locator('[data-alert-act="comment"]')).to_be_disabled()
