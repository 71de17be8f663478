"""A palette is chosen, kept and worn by everything, charts drawn long before too."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Cockpit

TOKEN = "([selector, name]) => getComputedStyle(document.querySelector(selector)).getPropertyValue(name).trim()"
LINES = """() => [...document.querySelectorAll('#style-hours-graph .scatterlayer .js-line')]
  .map((line) => getComputedStyle(line).stroke)"""


def rgb(colour: str) -> str:
    """#rrggbb as a browser writes a computed colour."""
    return "rgb({}, {}, {})".format(*(int(colour[i : i + 2], 16) for i in (1, 3, 5)))


def test_a_palette_chosen_is_worn_by_charts_too_and_kept(page: Page, cockpit: Cockpit) -> None:
    page.goto(f"{cockpit.url}/styleguide?lang=en", wait_until="commit")
    expect(page.locator("#style-hours-graph .scatterlayer .js-line").first).to_be_attached(timeout=60_000)
    assert page.evaluate("window.cockpit.palette.worn") == "dusk", "what is worn where nothing was chosen"
    worn = set()
    for name in ("day", "night"):
        page.select_option("nav [data-palette-select]", name)
        inks = {rgb(page.evaluate(TOKEN, ["html", ink])) for ink in ("--chart-data", "--chart-line")}
        assert set(page.evaluate(LINES)) == inks
        worn.add(frozenset(inks))
    assert len(worn) == 2
    assert {c["name"]: c["value"] for c in page.context.cookies()}["cockpit_palette"] == "night"
    page.goto(f"{cockpit.url}/kpis", wait_until="commit")
    expect(page.locator("html")).to_have_attribute("data-palette", "night")


def test_the_address_says_more_than_the_cookie_and_nonsense_says_nothing(page: Page, cockpit: Cockpit) -> None:
    page.goto(f"{cockpit.url}/kpis?palette=bright", wait_until="commit")
    expect(page.locator("html")).to_have_attribute("data-palette", "bright")
    assert page.evaluate("window.cockpit.palette.set('neon')") is False
    expect(page.locator("html")).to_have_attribute("data-palette", "bright")
