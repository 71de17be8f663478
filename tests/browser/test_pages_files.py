"""What a browser fetches for a page, and how it may be kept."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.conftest import Cockpit

MAP, GRID, CHARTS = "dash_leaflet", "dash_ag_grid", "plotly-basic"


@pytest.mark.parametrize(
    ("path", "stands", "used"),
    [
        ("/kpis", ".kpi .figure", set()), ("/feeds/quarantine", ".ag-root", {GRID}),
        ("/forecasts", ".main-svg", {CHARTS}), ("/tracks", ".leaflet-container canvas", {MAP, GRID}),
        ("/m", ".kpi .figure", set()),
    ],
)  # fmt: skip
def test_a_page_fetches_the_libraries_it_shows_and_no_other(
    cockpit: Cockpit, page: Page, path: str, stands: str, used: set[str]
) -> None:
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(cockpit.url + path)
    expect(page.locator(stands).first).to_be_attached()
    page.wait_for_load_state("networkidle")
    fetched = [answer.url for answer in answers]
    assert {name for name in (MAP, GRID, CHARTS) if any(f"{name}" in url and ".js" in url for url in fetched)} == used
    files = [answer for answer in answers if "/static/" in answer.url]
    assert len(files) >= 10
    assert all("immutable" in answer.headers["cache-control"] for answer in files)
    assert not [url for url in fetched if "/_dash-component-suites/" in url or url.endswith("plotly.min.js")]


def test_a_second_visit_fetches_no_file_again(cockpit: Cockpit, page: Page) -> None:
    page.goto(cockpit.url + "/kpis")
    expect(page.locator(".kpi .figure").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.goto(cockpit.url + "/kpis")
    expect(page.locator(".kpi .figure").first).to_be_visible()
    again = page.evaluate(
        "performance.getEntriesByType('resource').filter(r => r.name.includes('/static/') && r.transferSize > 0).length"
    )
    assert again == 0


def test_the_phones_bar_shows_one_part_at_a_time_and_the_back_button_returns(cockpit: Cockpit, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(cockpit.url + "/m")
    expect(page.locator("#phone-kpis")).to_be_visible()
    expect(page.locator("#phone-alerts")).to_be_hidden()
    page.locator(".thumb-alerts").click()
    expect(page.locator("#phone-alerts")).to_be_visible()
    expect(page.locator("#phone-kpis")).to_be_hidden()
    page.evaluate("history.back()")
    expect(page.locator("#phone-kpis")).to_be_visible()
    number = cockpit.get("/api/v1/inspections")["rows"][0]["key"]
    page.locator(".thumb-declaration").click()
    page.locator("#phone-no").fill(number)
    page.keyboard.press("Enter")
    expect(page.locator("#phone-one-declaration .timeline li")).to_have_count(7)
    plate = cockpit.get("/api/v1/vehicles")["rows"][0]["label"]
    page.locator(".thumb-vehicle").click()
    page.locator("#phone-plate").fill(plate[-4:])
    page.keyboard.press("Enter")
    expect(page.locator("#phone-one-vehicle .facts")).to_be_visible()
