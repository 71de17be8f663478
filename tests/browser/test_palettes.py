"""A palette is chosen, worn and kept."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Cockpit

TOKEN = "([selector, name]) => getComputedStyle(document.querySelector(selector)).getPropertyValue(name).trim()"


def rgb(colour: str) -> str:
    """#rrggbb as a browser writes a computed colour."""
    return "rgb({}, {}, {})".format(*(int(colour[i : i + 2], 16) for i in (1, 3, 5)))


def test_a_palette_chosen_is_worn_and_kept(page: Page, cockpit: Cockpit) -> None:
    page.goto(f"{cockpit.url}/kpis", wait_until="commit")
    tile = page.locator("main .tile").first
    expect(tile).to_be_attached(timeout=60_000)
    assert page.evaluate("window.cockpit.palette.worn") == "dusk", "what is worn where nothing was chosen"
    for name in ("day", "night"):
        page.select_option("nav [data-palette-select]", name)
        expect(tile).to_have_css("background-color", rgb(page.evaluate(TOKEN, ["html", "--tile"])))
    assert {c["name"]: c["value"] for c in page.context.cookies()}["cockpit_palette"] == "night"
    page.reload(wait_until="commit")
    expect(page.locator("html")).to_have_attribute("data-palette", "night")


def test_the_address_says_more_than_the_cookie_and_nonsense_says_nothing(page: Page, cockpit: Cockpit) -> None:
    page.goto(f"{cockpit.url}/kpis?palette=bright", wait_until="commit")
    expect(page.locator("html")).to_have_attribute("data-palette", "bright")
    assert page.evaluate("window.cockpit.palette.set('neon')") is False
    expect(page.locator("html")).to_have_attribute("data-palette", "bright")
