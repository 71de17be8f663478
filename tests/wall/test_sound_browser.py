"""The screen that sounds, in a real Chromium whose loudspeaker and voice write down what they are given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, FloatRect, Page, expect

from tests.wall.conftest import HallProcess
from tests.wall.test_wall_browser import CALM, until

pytestmark = pytest.mark.browser
# A loudspeaker that writes down every pulse and is blocked while `loud` says so; a voice that says all at once.
RECORDER = """
window.heard = []; window.spoken = []; window.loud = !location.hash.includes('blocked');
window.AudioContext = class {
  constructor() { this.currentTime = 0; this.destination = {}; }
  get state() { return window.loud ? 'running' : 'suspended'; }
  resume() { return Promise.resolve(); }
  close() { return Promise.resolve(); }
  createOscillator() {
    const one = { frequency: {}, connect: (to) => to, stop() {}, start() { window.heard.push(one.frequency.value); } };
    return one;
  }
  createGain() { return { gain: { setValueAtTime() {}, linearRampToValueAtTime() {} }, connect: (to) => to }; }
};
window.SpeechSynthesisUtterance = class { constructor(words) { this.words = words; } };
Object.defineProperty(window, 'speechSynthesis', { value: {
  getVoices: () => [{ lang: 'en-GB' }, { lang: 'zh-CN' }], cancel() {},
  speak(said) { window.spoken.push(said.words); setTimeout(() => said.onend(), 20); },
} });
"""
PULSES = {1: 988, 2: 740, 3: 523, 4: 392}


def alarm(n: int, level: int) -> tuple[str, int, str, str, float]:
    return ("gate_queue", level, "gate", f"g{n}", 1.0)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One for each test: a page that a failed test leaves open would keep the sound of its screen from the next."""
    made = browser.new_context(viewport={"width": 1366, "height": 768}, locale="en-GB")
    made.set_default_timeout(90_000)
    made.add_init_script(RECORDER)
    yield made
    made.close()


def opened(context: BrowserContext, hall: HallProcess, path: str) -> Page:
    page = context.new_page()
    page.goto(hall.url + path)
    until(page, lambda: page.evaluate("() => window.cockpit && cockpit.connection") == "live", "the line")
    return page


def levels(page: Page) -> set[int]:
    """Levels whose tone was played so far."""
    heard = set(page.evaluate("() => heard"))
    return {level for level, hertz in PULSES.items() if hertz in heard}


def said(page: Page, words: str) -> None:
    until(page, lambda: any(words in one for one in page.evaluate("() => spoken")), words)


def forget(page: Page) -> None:
    page.evaluate("() => { heard.length = spoken.length = 0; }")


def row(page: Page) -> Any:
    return page.evaluate("() => Array.from(cockpit.state('screens').rows.values()).find((one) => one.sounds)")


def test_the_screen_chosen_sounds_and_no_other(hall: HallProcess, context: BrowserContext) -> None:
    """A wall and a desk; the sound moves from one to the other; level I, a flood, an acknowledgement, a mute."""
    hall.alarms(CALM)
    wall = opened(context, hall, "/wall/overview?screen=duty-1&lang=en")
    desk = opened(context, hall, "/alerts?screen=desk-1&lang=en")
    expect(desk.locator(".sound-words")).to_contain_text("No screen sounds")
    assert hall.act("duty-1", act="set", changes={"sounds": True}) == 204
    expect(wall.locator(".sound-words")).to_contain_text("Sounds here")
    expect(desk.locator(".sound-words")).to_contain_text("Sound: duty-1")

    hall.alarms(CALM, alarm(2, 1))
    said(wall, "Level one. ")
    assert levels(wall) == {1}  # what stood when it began is silent
    assert desk.evaluate("() => heard.length + spoken.length") == 0

    forget(wall)
    hall.alarms(CALM, alarm(2, 1), *(alarm(n, 3) for n in range(3, 8)))
    said(wall, "5 new alerts")
    assert levels(wall) == {3}

    desk.locator("#sound button").click()  # muted from another page
    expect(wall.locator(".sound-words")).to_contain_text("Muted")
    forget(wall)
    hall.alarms(CALM, alarm(2, 1), alarm(8, 2), alarm(9, 1), *(alarm(n, 3) for n in range(3, 8)))
    said(wall, "Level one. ")
    assert levels(wall) == {1}
    wall.reload()
    expect(wall.locator(".sound-words")).to_contain_text("Muted")
    expect(wall.locator("#sound")).to_have_attribute("title", "Muted by loopback")
    desk.locator("#sound button").click()
    expect(wall.locator(".sound-words")).to_contain_text("Sounds here")
    said(wall, "Level two. ")  # came while sound was off, is told after it; the reload did not forget it

    assert hall.act("desk-1", act="set", changes={"sounds": True}) == 204
    expect(desk.locator(".sound-words")).to_contain_text("Sounds here")
    expect(wall.locator(".sound-words")).to_contain_text("Sound: desk-1")
    said(desk, "2 alerts of level one not acknowledged")


def test_of_two_pages_of_one_screen_one_sounds_and_the_next_takes_over(
    hall: HallProcess, context: BrowserContext
) -> None:
    hall.alarms(CALM)
    assert hall.act("duty-1", act="set", changes={"sounds": True}) == 204
    first = opened(context, hall, "/wall/overview?screen=duty-1&lang=en")
    expect(first.locator(".sound-words")).to_contain_text("Sounds here")  # it stands in line before the others come
    others = [opened(context, hall, f"{path}?screen=duty-1&lang=en") for path in ("/wall/yard", "/")]
    for other in others:
        expect(other.locator(".sound-words")).to_contain_text("Sound: duty-1")
    hall.alarms(CALM, alarm(2, 1))
    said(first, "Level one. ")
    assert [other.evaluate("() => heard.length + spoken.length") for other in others] == [0, 0]

    first.close()

    def heirs() -> list[Page]:
        return [one for one in others if "Sounds here" in (one.locator(".sound-words").text_content() or "")]

    until(others[0], lambda: len(heirs()) == 1, "the next")
    said(heirs()[0], "evel one")  # nobody has acknowledged it
    hall.alarms(CALM)
    assert hall.act("desk-1", act="set", changes={"sounds": True}) == 204
    for other in others:
        expect(other.locator(".sound-words")).to_contain_text("Sound: desk-1")


def test_level_one_sounds_again_until_it_is_acknowledged_and_a_mute_ends_by_itself(
    hall: HallProcess, context: BrowserContext
) -> None:
    hall.alarms(CALM, alarm(2, 1))
    assert hall.act("duty-1", act="set", changes={"sounds": True}) == 204
    page = opened(context, hall, "/wall/overview?screen=duty-1&lang=en")
    said(page, "evel one")
    ahead = "s => { const real = cockpit.serverNow; const from = real(); cockpit.serverNow = () => real() + s * 1000; }"
    forget(page)
    page.evaluate(ahead, 30)
    said(page, "evel one")
    hall.alarms(CALM)  # acknowledged
    calls = "() => cockpit.state('view:shell-sound@en').value.calls.filter((one) => one.level === 1).length"
    until(page, lambda: page.evaluate(calls) == 0, "the alarm's end")
    forget(page)
    page.evaluate(ahead, 60)
    page.wait_for_timeout(1500)
    assert levels(page) == set()

    mute = f"{hall.url}/api/v1/screens/duty-1/mute"
    assert page.request.post(mute, data={"minutes": 10}, headers=headers(page)).status == 204
    expect(page.locator(".sound-words")).to_contain_text("Muted")
    page.evaluate(ahead, 601)
    expect(page.locator(".sound-words")).to_contain_text("Sounds here")
    assert page.request.post(mute, data={"minutes": 11}, headers=headers(page)).status == 400
    assert page.request.post(mute, data={"minutes": 0}, headers=headers(page)).status == 204


def headers(page: Page) -> dict[str, str]:
    return dict(page.evaluate("() => cockpitHeaders()"))


def test_a_browser_that_blocks_sound_says_so_until_it_is_pressed(hall: HallProcess, context: BrowserContext) -> None:
    hall.alarms(CALM)
    assert hall.act("duty-1", act="set", changes={"sounds": True}) == 204
    other = opened(context, hall, "/?lang=en")
    page = opened(context, hall, "/wall/overview?screen=duty-1&lang=en#blocked")
    sign = page.get_by_role("alert").filter(has_text="Sound is blocked by the browser: press here")
    expect(sign).to_be_visible()
    expect(other.locator(".sound-words")).to_contain_text("Sound is blocked at duty-1")
    hall.alarms(CALM, alarm(2, 1), alarm(3, 2))
    until(page, lambda: page.locator(".alarm-1").count(), "the alarm")
    assert levels(page) == set()
    page.evaluate("() => { loud = true; }")  # what the press does
    sign.click()
    expect(sign).to_be_hidden()
    until(page, lambda: levels(page) == {1, 2}, "what came meanwhile")

    forget(page)
    hall.alarms(CALM)
    assert hall.act("duty-1", act="test_sound") == 204
    until(page, lambda: levels(page) == {1, 2, 3, 4}, "every tone")


def test_the_screen_that_sounds_is_chosen_on_the_list(hall: HallProcess, context: BrowserContext) -> None:
    hall.act("duty-1", act="set", changes={"sounds": True})
    page = context.new_page()
    page.goto(hall.url + "/screens?lang=en")
    page.fill("#screens-new", "desk-1")
    page.keyboard.press("Enter")
    page.locator("#screens-field-sounds label", has_text="Sounds").click()
    page.click("#screens-set")
    chosen = page.locator(".screen-table tr", has_text="desk-1")
    expect(chosen.locator("td").nth(5)).to_have_text("Sounds")
    expect(page.locator(".screen-table td:nth-child(6)", has_text="Sounds")).to_have_count(1)
    page.close()


def _inside(box: FloatRect | None, width: int, height: int) -> bool:
    """Wholly on the lower half of the screen; None while it is drawn anew."""
    if box is None:
        return False
    across = 0 <= box["x"] < box["x"] + box["width"] <= width
    return across and height / 2 < box["y"] < box["y"] + box["height"] <= height


def test_worst_and_newest_stay_on_the_strip_at_every_size(hall: HallProcess, context: BrowserContext) -> None:
    hall.alarms(("gate_queue", 1, "gate", "g3", 300.0), ("gate_queue", 2, "gate", "g2", 30.0), CALM)
    for path in ("/", "/m", "/wall/overview"):
        page = opened(context, hall, f"{path}?lang=en")
        for width, height in ((1920, 1080), (1366, 768), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            for kind, level in (("worst", 1), ("newest", 2)):
                line = page.locator(f".headline.{kind}")
                expect(line.locator(f".level-{level} .mark")).to_be_visible()
                expect(line.get_by_text("Gate queue")).to_be_visible()
                until(page, lambda: _inside(line.bounding_box(), width, height), f"{kind} in sight")  # noqa: B023
            expect(page.locator(".sound")).to_be_visible()
        page.close()
