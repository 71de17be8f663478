"""The desk in a real browser: a number is found, shown, left again; a table taken out; nothing lost on the way."""

from __future__ import annotations

import contextlib
import csv
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.browser.conftest import Cockpit
from tests.browser.queue_feed import CONFIG
from tests.browser.time_steps import until

# The simulated port confirms its whole queue seven times a day; these declarations wait at any hour.
PAINTED = """() => [...document.querySelectorAll('.port-map .leaflet-container canvas')]
  .some((one) => one.width && one.getBoundingClientRect().width)"""


@pytest.fixture(scope="module")
def cockpit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cockpit]:
    """A cockpit of a queue and nothing else."""
    home = tmp_path_factory.mktemp("desk")
    (home / "desk.toml").write_text(CONFIG, "utf-8")
    (home / "drop").mkdir()
    appointed = [datetime.now(UTC) - timedelta(minutes=20 * n) for n in range(1, 7)]
    rows = [f"42582026100065{4000 + n},P{n % 3},{at:%Y-%m-%dT%H:%M:%SZ}" for n, at in enumerate(appointed)]
    (home / "drop" / "queue.csv").write_text("\n".join(["declaration,platform,appointed", *rows, ""]), "utf-8")
    started = Cockpit(home, home / "desk.toml")
    try:
        started.start()
        yield started
    finally:
        started.stop()


def _waiting(cockpit: Cockpit) -> str:
    """The number of the declaration that came last into the queue: it will not leave it so soon."""
    rows = cockpit.wait(lambda: cockpit.get("/api/v1/inspections/queue")["rows"], 90, "a queue")
    return str(min(rows, key=lambda row: row["waited_minutes"] or 0)["key"])


def _ready(page: Page, name: str) -> None:
    expect(page.locator(f".page-{name}")).to_be_visible()
    expect(page.locator('[data-desk="search"]')).to_be_visible()


def test_the_last_six_digits_lead_to_the_declaration_and_back(cockpit: Cockpit, page: Page) -> None:
    no = _waiting(cockpit)
    page.goto(f"{cockpit.url}/kpis")
    _ready(page, "kpis")
    page.keyboard.press("Control+k")
    expect(page.locator(".desk-input")).to_be_focused()
    page.keyboard.type(no[-6:])
    expect(page.locator('.desk-hit[aria-selected="true"]')).to_contain_text(no)
    page.keyboard.press("Enter")
    expect(page.locator(".declaration-head")).to_contain_text(no)
    assert page.url == f"{cockpit.url}/inspections/{no}"
    page.go_back()
    _ready(page, "kpis")
    assert page.url == f"{cockpit.url}/kpis"


def test_a_declaration_in_the_address_is_selected_and_its_queue_is_taken_out(cockpit: Cockpit, page: Page) -> None:
    no = _waiting(cockpit)
    page.goto(f"{cockpit.url}/inspections?no={no}")
    expect(page.locator("#inspections-one .facts")).to_contain_text(no)
    expect(page.locator(f'tr[data-subject="declaration:{no}"]')).to_have_attribute("aria-current", "true")

    page.locator(".tile.queue [data-export-open]").dispatch_event("click")  # the tile is drawn anew at any time
    with page.expect_download() as download:
        page.locator('[data-export-as="csv"]').dispatch_event("click")
    written = Path(download.value.path()).read_text("utf-8-sig")
    rows = list(csv.reader(written.splitlines()))
    assert [row for row in rows if no in row]
    assert "simulated" in written


def test_a_declaration_has_a_page_that_follows_time_and_language_and_is_printed(cockpit: Cockpit, page: Page) -> None:
    no = _waiting(cockpit)
    then = (datetime.now(UTC) - timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    page.goto(f"{cockpit.url}/inspections/{no}?at={then}")
    expect(page.locator(".declaration-unknown")).to_contain_text(no)
    page.keyboard.press("l")
    expect(page.locator(".declaration-clock tbody tr")).to_have_count(9)
    expect(page.locator(".declaration-head")).to_contain_text("P")  # its place on a platform of the queue
    page.locator("[data-set-language]").click()
    expect(page.locator(".declaration-head")).to_contain_text("Waits for")
    assert page.url.split("?")[0] == f"{cockpit.url}/inspections/{no}"
    page.evaluate("() => { window.print = () => (window.printed = true); }")
    page.locator("[data-print]").click()
    until(page, lambda: page.evaluate("() => window.printed === true"), "the browser's own printing")
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    page.goto(f"{cockpit.url}/inspections/nobodys")
    expect(page.locator(".declaration-unknown")).to_contain_text("nobodys")
    page.locator(".declaration-unknown a").click()
    _ready(page, "inspections")
    page.context.clear_cookies()


def test_charts_and_maps_become_pictures_of_a_reports_shape(cockpit: Cockpit, page: Page) -> None:
    page.goto(f"{cockpit.url}/styleguide")
    expect(page.locator(".style-charts .js-plotly-plot .main-svg").first).to_be_attached()
    name, width, height = _picture(page, ".style-charts .tile:has(.js-plotly-plot) [data-export-open]")
    assert name.startswith("堆场堆存率预测")
    assert (width, height > 2 * 432) == (2 * (960 + 32), True)  # twice the pixels, with words above and below
    expect(page.locator(".style-map .port-map canvas").first).to_be_attached()
    expect(page.locator(".style-map .port-map .export-open")).to_be_attached()
    until(page, lambda: page.evaluate(PAINTED), "a map that is laid out")
    box = page.locator(".style-map .port-map").bounding_box()
    name, width, height = _picture(page, ".style-map .port-map .export-open")
    assert box is not None
    assert name == "车船态势图.png"
    assert width == pytest.approx(2 * (box["width"] + 32), abs=2)
    assert height > 2 * (box["height"] + 100)  # title, legend, counts, moment and origin, attribution


def _picture(page: Page, button: str) -> tuple[str, int, int]:
    """Name, width and height in pixels of the PNG a button brings."""

    def pressed() -> Any:
        """The file, or None: what is drawn anew while it is pressed is pressed again, as a person would."""
        page.locator(button).first.dispatch_event("click")
        with contextlib.suppress(PlaywrightTimeout), page.expect_download(timeout=30_000) as download:
            page.locator('[data-export-as="png"]').dispatch_event("click")
            return download.value
        return None

    download = until(page, pressed, "a picture", 100)
    head = Path(download.path()).read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    return download.suggested_filename, *struct.unpack(">II", head[16:24])


def test_a_selection_survives_the_language_and_back_returns_to_the_one_before(cockpit: Cockpit, page: Page) -> None:
    no = _waiting(cockpit)
    page.goto(f"{cockpit.url}/inspections")
    row = page.locator(f'tr[data-subject="declaration:{no}"]').first
    row.dispatch_event("click")
    expect(page.locator("#inspections-one .facts")).to_contain_text(no)
    page.locator("[data-set-language]").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#inspections-one .facts")).to_contain_text(no)
    page.go_back()
    expect(page.locator("#inspections-one .facts")).to_have_count(0)
    page.context.clear_cookies()


def test_linked_windows_select_together_and_only_while_linked(cockpit: Cockpit, page: Page) -> None:
    no = _waiting(cockpit)
    other = page.context.new_page()
    for tab, path in ((page, "/inspections"), (other, "/inspections")):
        tab.goto(cockpit.url + path)
        expect(tab.locator(f'tr[data-subject="declaration:{no}"]').first).to_be_visible()
    page.locator('[data-desk="link"]').click()
    expect(other.locator('[data-desk="link"]')).to_have_attribute("aria-pressed", "true")
    page.locator(f'tr[data-subject="declaration:{no}"]').first.dispatch_event("click")
    expect(other.locator("#inspections-one .facts")).to_contain_text(no)
    other.locator('[data-desk="link"]').click()
    expect(other.locator('[data-desk="link"]')).to_have_attribute("aria-pressed", "false")
    expect(page.locator('[data-desk="link"]')).to_have_attribute("aria-pressed", "true")


def _leave_dialog(page: Page) -> None:
    """Escape, and see it gone: the browser closes a dialog a moment after the key, and until then keys are its own."""
    page.keyboard.press("Escape")
    expect(page.locator("dialog.desk[open]")).to_have_count(0)


def test_keys_open_help_and_pages_and_a_view_is_kept(cockpit: Cockpit, page: Page) -> None:
    page.goto(f"{cockpit.url}/kpis")
    _ready(page, "kpis")
    page.keyboard.press("?")
    expect(page.locator("dialog.desk-help kbd").first).to_be_visible()
    _leave_dialog(page)
    page.keyboard.press("g")
    page.keyboard.press("y")
    _ready(page, "yard")
    page.keyboard.press("v")
    page.locator(".desk-save input").fill("test view")
    page.keyboard.press("Enter")
    expect(page.locator(".desk-kept")).to_contain_text("test view")
    assert cockpit.get("/api/v1/kept")["views"][0]["path"] == "/yard"
    _leave_dialog(page)
    page.keyboard.press("g")
    page.keyboard.press("k")
    _ready(page, "kpis")
    page.keyboard.press("Control+k")
    expect(page.locator(".desk-input")).to_be_focused()
    page.keyboard.type("test view")
    expect(page.locator('.desk-hit[aria-selected="true"]')).to_contain_text("test view")
    page.keyboard.press("Enter")
    _ready(page, "yard")


def test_paper_gets_every_row_of_a_table_and_bright_colours(cockpit: Cockpit, page: Page) -> None:
    page.goto(f"{cockpit.url}/inspections")
    _ready(page, "inspections")
    page.evaluate("() => { window.print = () => (window.printed = true); }")
    expect(page.locator("#inspections-grid .ag-row").first).to_be_visible()
    worn = page.get_attribute("html", "data-palette")
    page.keyboard.press("Control+p")
    expect(page.locator("#inspections-grid .ag-layout-print").first).to_be_attached()
    expect(page.locator("html")).to_have_attribute("data-palette", "bright")
    until(page, lambda: page.evaluate("() => window.printed === true"), "the browser's own printing")
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    expect(page.locator("#inspections-grid .ag-layout-normal").first).to_be_attached()
    assert page.get_attribute("html", "data-palette") == worn


REDRAW = """() => {
  const { createElement } = window.React, { createRoot, flushSync } = window.ReactDOM;
  const place = document.body.appendChild(document.createElement('div'));
  const root = createRoot(place);
  const row = (key) => ['tr', { key, tabIndex: 0 }, [['td', {}, key]]];
  const draw = (keys) => flushSync(() => root.render(createElement(window.cockpit_parts.Still,
    { tree: ['table', {}, [['tbody', {}, keys.map(row)]]] })));
  draw(['a', 'b']);
  place.querySelectorAll('tr')[1].focus();
  draw(['new', 'a', 'b']);
  const found = [document.activeElement.textContent, place.textContent];
  root.unmount();
  place.remove();
  return found;
}"""


def test_the_row_in_hand_stays_in_hand_when_one_comes_above_it(cockpit: Cockpit, page: Page) -> None:
    page.goto(f"{cockpit.url}/kpis")
    _ready(page, "kpis")
    assert page.evaluate(REDRAW) == ["b", "newab"]


def test_a_role_at_one_click_changes_what_is_offered(cockpit: Cockpit, page: Page) -> None:
    page.goto(f"{cockpit.url}/alerts", wait_until="commit")
    standing = page.locator("main .at-standing .act-bar")
    expect(standing).to_be_visible()
    expect(page.locator("nav a[href='/screens']")).to_be_visible()
    page.click("[data-set-role=leader]")
    expect(page.locator("[data-set-role=leader]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("nav a.nav-link[href='/alerts']")).to_be_visible()
    expect(page.locator("nav a[href='/screens']")).to_have_count(0)
    expect(page.locator(".act-bar")).to_have_count(0)
    page.click("[data-set-role=auditor]")
    expect(page.locator("main.page-refused")).to_be_visible()
    expect(page.locator("footer .strip")).to_have_count(0)
    page.click("[data-set-role=all]")
    expect(standing).to_be_visible()


def test_the_menu_of_administration_opens_and_shuts_by_keyboard(cockpit: Cockpit, page: Page) -> None:
    page.goto(f"{cockpit.url}/feeds")
    menu, audit = page.locator(".nav-more summary"), page.locator("nav a[href='/admin/audit']")
    expect(menu).to_be_visible()
    expect(audit).to_be_hidden()
    menu.focus()
    page.keyboard.press("Enter")
    expect(audit).to_be_visible()
    page.keyboard.press("Escape")
    expect(audit).to_be_hidden()
    expect(menu).to_be_focused()
    menu.click()
    audit.click()
    expect(page.locator("main.page-audit")).to_be_visible()
    expect(audit).to_be_hidden()
