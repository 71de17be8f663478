"""Walls in a real Chromium."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from domain.wall import Night, brightness_at, brightness_points
from domain.wall_plan import Plan, Slot, due
from tests.conftest import REPO
from tests.wall.conftest import HallProcess

pytestmark = pytest.mark.browser
CALM = ("gate_queue", 4, "gate", "g1", 4000.0)
OFF_ROUTE = ("gate_queue", 1, "gate", "g3", 1.0)
SHOWN = "() => (window.cockpit && cockpit.parts.wall && cockpit.parts.wall.scene) || ''"
TILES = "() => [...document.querySelectorAll('.wall-tile:not([hidden])')].map(t => t.dataset.tile || 'alarm').sort()"


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
    made.set_default_timeout(90_000)
    yield made
    made.close()


@pytest.fixture
def tab(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    page.close()
    assert not errors, errors


def until(page: Page, told: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    for _ in range(int(seconds * 5)):
        with contextlib.suppress(Error):  # the page is being loaded anew
            if answer := told():
                return answer
        page.wait_for_timeout(200)
    raise AssertionError(f"{what}: not within {seconds} s; now {told()!r}")


def go(page: Page, hall: HallProcess, path: str) -> None:
    page.goto(hall.url + path)
    page.wait_for_selector(".wall-tile:not([hidden]) .tile")
    until(page, lambda: page.evaluate("() => cockpit.connection") == "live", "the line")


def test_the_arithmetic_of_the_browser_is_that_of_the_server(browser: Browser) -> None:
    """Turns, dimming and layouts agree with Python's; parts cover a wall without a gap; steps go round."""
    dice = random.Random(82)
    page = browser.new_page()
    page.add_script_tag(path=REPO / "assets" / "wall_geometry.js")
    plans = [
        Plan([Slot(f"s{n}", dice.uniform(5, 90)) for n in range(dice.randint(1, 6))], dice.choice([0, 1.79e9]))
        for _ in range(200)
    ]
    asked = [([{"scene": s.scene, "seconds": s.seconds} for s in p.slots], p.since, 1.8e9 + n * 13.7)
             for n, p in enumerate(plans)]  # fmt: skip
    told = page.evaluate("a => a.map(([slots, since, now]) => cockpitWall.due({slots, since}, now))", asked)
    for p, (_, _, now), found in zip(plans, asked, told, strict=True):
        scene, past = due(p, now)
        assert (found["scene"], found["past"]) == (scene, pytest.approx(past, abs=1e-5))

    points = brightness_points(Night())
    minutes = [n * 7.3 for n in range(197)]
    light = page.evaluate("([p, m]) => m.map((n) => cockpitWall.brightness(p, n))", [points, minutes])
    assert light == pytest.approx([brightness_at(points, n) for n in minutes])

    for columns, rows, bezel in ((1, 1, 0), (3, 1, 0), (2, 2, 40), (4, 1, 10)):
        windows = [[c, r, columns, rows] for r in range(rows) for c in range(columns)]
        script = "([w, b]) => w.map((x) => cockpitWall.canvas({width: 1920, height: 1080, ratio: 1}, x, b, null))"
        cuts = page.evaluate(script, [windows, bezel])
        assert {c["width"] for c in cuts} == {1920 * columns + bezel * (columns - 1)}
        assert [c["x"] for c in cuts[:columns]] == [n * (1920 + bezel) for n in range(columns)]
        assert max(c["y"] for c in cuts) == (rows - 1) * (1080 + bezel)
        assert {c["scale"] for c in cuts} == {1}
    scale = page.evaluate(
        "() => cockpitWall.canvas({width: 1920, height: 1080, ratio: 1}, [0, 0, 1, 1], 0, [7680, 2160])"
    )
    assert (scale["width"], scale["height"], scale["scale"]) == (7680, 2160, 0.25)

    order = ["a", "b", "c"]
    assert page.evaluate("(o) => o.map((s) => cockpitWall.step(o, s, 1))", order) == ["b", "c", "a"]
    assert page.evaluate("(o) => o.map((s) => cockpitWall.step(o, s, -1))", order) == ["c", "a", "b"]
    assert page.evaluate("(o) => [1, -1].map((by) => cockpitWall.step(o, 'gone', by))", order) == ["a", "c"]
    turns = "([n, room, alarmed, page]) => cockpitWall.turns([...Array(n).keys()].map(String), room, alarmed, page)"
    one = page.evaluate(turns, [7, [20, 30], False, 5])
    assert (one["pages"], one["page"], list(one["tiles"])) == (4, 1, ["2", "3"])
    assert page.evaluate(turns, [7, [40, 30], True, 0])["alarm"] == [0, 0, 1, 0.5]
    assert page.evaluate(turns, [7, [20, 15], True, 3])["tiles"] == {}  # room for one: the alarm
    needs = "([w, h, least]) => [cockpitWall.small(w, h, least), cockpitWall.unit(w, h, least)]"
    assert page.evaluate(needs, [300, 600, 20]) == [True, 14]
    assert page.evaluate(needs, [1366, 768, 20])[0] is False

    moved = page.evaluate("() => [...Array(200).keys()].map((n) => cockpitWall.drift(n * 90, 2))")
    assert max(abs(n) for pair in moved for n in pair) == 2
    assert page.evaluate("() => cockpitWall.drift(900, 0)") == [0, 0]
    page.close()


MEASURE = """() => {
  const shell = document.querySelector('.shell').getBoundingClientRect();
  const small = [];
  const walk = document.createTreeWalker(document.querySelector('.shell'), NodeFilter.SHOW_TEXT);
  for (let n = walk.nextNode(); n; n = walk.nextNode()) {
    const e = n.parentElement;
    if (!n.nodeValue.trim() || e.closest('.unseen, script, [hidden]') || !e.getClientRects().length) continue;
    small.push([parseFloat(getComputedStyle(e).fontSize), e.className.baseVal ?? e.className, n.nodeValue.slice(0, 9)]);
  }
  const tiles = [...document.querySelectorAll('.wall-tile:not([hidden])')].map(t => {
    const r = t.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; });
  const root = document.documentElement;
  return { shell: [shell.width, shell.height], small: small.sort((a, b) => a[0] - b[0]).slice(0, 3), tiles,
    scroll: [root.scrollWidth - innerWidth, root.scrollHeight - innerHeight], least: cockpit.parts.wall.told.least };
}"""


def settled(page: Page, width: int) -> dict[str, Any] | None:
    """What is measured once the wall has taken a new size and nothing scrolls."""
    found: dict[str, Any] = page.evaluate(MEASURE)
    return found if found["shell"][0] == width and max(found["scroll"]) <= 0 else None


def test_a_wall_fills_every_size_without_scrolling_or_small_print(hall: HallProcess, tab: Page) -> None:
    hall.alarms(CALM)
    go(tab, hall, "/wall/overview")
    for width, height in ((1920, 1080), (3840, 2160), (6656, 1792), (7680, 2160)):
        tab.set_viewport_size({"width": width, "height": height})
        wide = until(tab, lambda w=width: settled(tab, w), f"{width} pixels")
        assert wide["shell"] == [width, height]
        assert 7 <= len(wide["tiles"]) <= 9
        assert wide["small"][0][0] >= wide["least"] - 0.05, wide["small"]
        for n, (left, top, right, bottom) in enumerate(wide["tiles"]):
            assert left >= 0
            assert top >= 0
            assert right <= width
            assert bottom <= height
            for other in wide["tiles"][n + 1 :]:
                apart = right <= other[0] + 1 or other[2] <= left + 1 or bottom <= other[1] + 1 or other[3] <= top + 1
                assert apart, (width, n)


CUT = """() => [...document.querySelectorAll('.page-wall :is(.short-name, .kpi .part, .kpi .unit)')].filter((e) => {
  const box = e.closest('.line, .value, .wall-bar-row').getBoundingClientRect();
  const { left, right, top } = e.getBoundingClientRect();
  const shown = getComputedStyle(e).display !== 'none' && box.width && top < box.bottom - 1;
  return shown && (right > box.right + 1 || left < box.left - 1);
}).map((e) => e.textContent)"""
OVERLAPS = """() => {
  const leaves = [...document.querySelectorAll('.page-wall .wall-tile:not([hidden]) *')].filter((e) =>
    !e.children.length && e.textContent.trim() && !e.closest('.chart, .map, .unseen, .line, .value') &&
    getComputedStyle(e).visibility === 'visible' && e.getClientRects().length)
    .map((e) => [e.textContent, e.getBoundingClientRect()]).filter(([, box]) => box.width && box.height);
  const common = (a, b, from, to) => Math.min(a[to], b[to]) - Math.max(a[from], b[from]);
  return leaves.flatMap(([words, a], n) => leaves.slice(n + 1).filter(([, b]) =>
    common(a, b, 'left', 'right') > 2 && common(a, b, 'top', 'bottom') > 5).map(([other]) => [words, other]));
}"""
PAGES = "() => [cockpit.parts.wall.page, cockpit.parts.wall.pages]"


@pytest.mark.parametrize("lang", ["zh_CN", "en"])
def test_nothing_is_cut_inside_a_word_or_written_over(hall: HallProcess, tab: Page, lang: str) -> None:
    """Names are short where room is small, and KPI lines leave out whole parts."""
    hall.alarms(CALM)
    go(tab, hall, f"/wall/overview?lang={lang}")
    name = tab.locator(".terminals-wall .short-name").first
    short, whole = {"zh_CN": ("一期", "前湾一期码头"), "en": ("Phase I", "Qianwan Phase I")}[lang]
    expect(name).to_have_text(short)
    expect(name).to_have_attribute("title", whole)
    for width, height in ((1366, 768), (1920, 1080), (6656, 1792)):
        tab.set_viewport_size({"width": width, "height": height})
        until(tab, lambda w=width: tab.evaluate(MEASURE)["shell"][0] == w, f"{width} pixels")
        until(tab, lambda: not tab.evaluate(OVERLAPS), f"rows apart at {width}")
        until(tab, lambda: not tab.evaluate(CUT), f"nothing cut at {width}")


@pytest.mark.parametrize(("width", "height"), [(300, 600), (390, 844), (480, 320)])
def test_a_small_window_shows_the_tiles_in_turn(hall: HallProcess, tab: Page, width: int, height: int) -> None:
    hall.alarms(CALM)
    tab.set_viewport_size({"width": width, "height": height})
    go(tab, hall, "/wall/overview")
    seen: set[str] = set()
    tab.keyboard.press("ArrowDown")  # from here on it is held
    _, pages = tab.evaluate(PAGES)
    assert pages > 1
    for _ in range(pages):
        before = tab.evaluate(PAGES)[0]
        tab.keyboard.press("ArrowDown")
        assert tab.evaluate(PAGES)[0] == (before + 1) % pages
        found = tab.evaluate(MEASURE)
        assert found["small"][0][0] >= 12, found["small"]
        assert max(found["scroll"]) <= 0
        for left, top, right, bottom in found["tiles"]:
            assert (left, right) == (pytest.approx(0, abs=9), pytest.approx(width, abs=9))
            assert 0 <= top < top + 130 < bottom <= height
        until(tab, lambda: not tab.evaluate(OVERLAPS), "nothing written over")
        seen |= set(tab.evaluate(TILES))
    assert seen == {"kpis", "terminals", "map", "queue", "gates", "forecast-yard", "alerts"}
    hall.alarms(CALM, OFF_ROUTE)
    until(tab, lambda: "alarm" in tab.evaluate(TILES), "the alarm")
    for _ in range(3):  # it stays, whatever page is on
        tab.keyboard.press("ArrowDown")
        expect(tab.locator(".alarm .level-1")).to_be_visible()
        assert "alarm" in tab.evaluate(TILES)
    expect(tab.locator(".strip .level-1").first).to_be_visible()


def test_three_browsers_are_one_wall(hall: HallProcess, context: BrowserContext) -> None:
    pages = [context.new_page() for _ in range(3)]
    for n, page in enumerate(pages, 1):
        go(page, hall, f"/wall/overview?part={n}of3")
    found = [page.evaluate("() => document.querySelector('.shell').getBoundingClientRect().toJSON()") for page in pages]
    assert [box["width"] for box in found] == [5760] * 3
    assert [round(box["x"]) for box in found] == [0, -1920, -3840]
    places = [
        page.evaluate("() => document.querySelector('[data-tile=map]').getBoundingClientRect().x") for page in pages
    ]
    assert places[0] - places[1] == pytest.approx(1920, abs=1)
    assert places[1] - places[2] == pytest.approx(1920, abs=1)
    for page in pages:
        page.close()


def test_an_alarm_takes_its_place_and_calm_returns(hall: HallProcess, tab: Page) -> None:
    hall.alarms(CALM)
    go(tab, hall, "/wall/rotation")
    until(tab, lambda: "alarm" not in tab.evaluate(TILES), "calm")
    tab.keyboard.press("ArrowRight")
    hall.alarms(CALM, OFF_ROUTE)
    until(tab, lambda: tab.evaluate(SHOWN) == "yard" and "alarm" in tab.evaluate(TILES), "the alarm")
    expect(tab.locator(".alarm .level-1")).to_be_visible()
    assert "gates" in tab.evaluate(TILES)
    assert not {"alerts", "platforms"} & set(tab.evaluate(TILES))  # whole tiles give way
    tab.keyboard.press("ArrowRight")  # somebody may look elsewhere, the alarm stays
    until(tab, lambda: tab.evaluate(SHOWN) != "yard", "another scene by hand")
    assert "alarm" in tab.evaluate(TILES)
    hall.alarms(CALM)
    until(tab, lambda: "alarm" not in tab.evaluate(TILES), "calm again")


def test_arrow_keys_go_round_and_hold(hall: HallProcess, tab: Page) -> None:
    hall.alarms(CALM)
    go(tab, hall, "/wall/rotation")
    order = tab.evaluate("() => cockpit.parts.wall.told.order")
    tab.keyboard.press("ArrowRight")  # from here on it is held, whatever is due
    began = tab.evaluate(SHOWN)
    for n in range(1, 4):
        tab.keyboard.press("ArrowRight")
        assert tab.evaluate(SHOWN) == order[(order.index(began) + n) % len(order)]
    expect(tab.locator(".wall-ring.is-held")).to_be_visible()
    tab.keyboard.press("Escape")
    until(tab, lambda: not tab.locator(".wall-ring.is-held").count(), "let go")


def test_the_supervisor_sets_a_screen_from_afar(hall: HallProcess, tab: Page) -> None:
    hall.alarms(CALM)
    go(tab, hall, "/wall?screen=duty-1")
    assert hall.act("duty-1", act="set", changes={"scene": "inspections", "part": "2of2", "brightness": 0.6}) == 204
    until(tab, lambda: tab.evaluate(SHOWN) == "inspections", "the scene set")
    box = tab.evaluate("() => document.querySelector('.shell').getBoundingClientRect().toJSON()")
    assert (box["width"], box["x"]) == (3840, -1920)
    until(tab, lambda: tab.evaluate("() => document.querySelector('.wall-dim').style.opacity") == "0.4", "dimming")
    assert hall.act("duty-1", act="name") == 204
    until(tab, lambda: tab.locator(".wall-name").is_visible(), "its name")
    assert "duty-1" in tab.locator(".wall-name").inner_text()
    tab.evaluate("() => { window.before = true; }")
    assert hall.act("duty-1", act="reload") == 204
    until(tab, lambda: tab.evaluate("() => !window.before"), "loaded anew")
    until(tab, lambda: tab.evaluate(SHOWN) == "inspections", "still as it was set")
    tab.wait_for_load_state("load")  # a page that is closed while it loads may hang Chromium
    until(tab, lambda: tab.evaluate("() => cockpit.connection") == "live", "the line")
    assert hall.act("duty-1", act="set", changes={"scene": "nowhere"}) == 400
    assert hall.act("Bad_Name", act="reload") == 400


def test_unknown_names_are_said_and_the_rest_lives(hall: HallProcess, tab: Page) -> None:
    hall.alarms(CALM)
    tab.goto(hall.url + "/wall/nowhere")
    said = tab.locator(".wall-nothing")
    said.wait_for()
    assert "nowhere" in said.inner_text()
    assert said.locator("a").all_inner_texts() == ["overview", "yard", "inspections", "broken", "rotation"]
    go(tab, hall, "/wall/broken?part=9of2")
    expect(tab.locator("[data-tile=nosuch]")).to_contain_text("nosuch")
    expect(tab.locator("[data-tile=kpis] .kpi")).to_have_count(8)
    expect(tab.locator(".wall-problems")).to_contain_text("9of2")


def test_a_wall_of_the_past_is_unmistakable(hall: HallProcess, tab: Page) -> None:
    go_past = hall.url + "/wall/overview?at=2026-11-21T03:00:00Z"
    tab.goto(go_past)
    past = tab.locator(".time-said-past")
    past.wait_for()
    assert "2026-11-21 11:00" in past.inner_text()
    assert tab.evaluate("() => document.body.dataset.time") == "moment"
    expect(tab.locator(".time-controls")).not_to_be_visible()
    frame = tab.evaluate("() => getComputedStyle(document.body, '::after').borderTopStyle")
    assert frame == "solid"


def test_the_screens_page_sets_a_screen(hall: HallProcess, tab: Page) -> None:
    assert hall.act("lobby", act="set", changes={"name": "Lobby"}) == 204
    tab.goto(hall.url + "/screens?lang=en")
    tab.locator("[data-value=lobby]").click()
    tab.locator("#screens-field-scene").wait_for()
    tab.get_by_text("Yard and gates", exact=True).click()
    tab.locator("#screens-set").click()
    until(tab, lambda: "lobby: set" in tab.locator("#screens-answer").inner_text(), "the answer")
    until(tab, lambda: "set: Yard and gates" in tab.locator("#screens-table").inner_text(), "the table")
