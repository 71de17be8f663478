"""A real Chromium on a real server: views, positions, ages, a killed server, hidden tabs, a new version."""

from __future__ import annotations

import contextlib
import json
import time

import pytest

from live.hashing import canonical

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TOPICS = ["vehicles", "yard", "view:yard-tile@en"]
HASHES = f"Object.fromEntries({json.dumps(TOPICS)}.map(t => [t, cockpit.hash(t)]))"


@pytest.fixture
def page(browser, port):
    port.get("/go")
    with contextlib.closing(browser.new_page()) as page:
        page.set_default_timeout(90_000)
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.goto(port.url)
        page.wait_for_function("document.body.dataset.connection === 'live'")
        page.evaluate("['vehicles', 'yard'].forEach(t => cockpit.subscribe(t, () => {}))")
        page.wait_for_function("cockpit.state('vehicles') && cockpit.state('yard')")
        yield page


def boxes(page):
    return int(page.inner_text("#block-A1").split()[1])


def same_state(page, port):
    """Publishing has ended; the browser must come to exactly what the server holds, once its last picture is drawn."""
    port.get("/still")
    port.until(lambda: page.evaluate(HASHES) == port.get("/hashes"), 60, "the server's state")


def test_a_page_follows_its_server_through_a_crash(page, port):
    before, place = boxes(page), page.evaluate("cockpit.state('vehicles').lon[0]")
    page.wait_for_function(f"Number(document.querySelector('#block-A1').innerText.split(' ')[1]) > {before + 3}")
    page.wait_for_function(f"cockpit.state('vehicles').lon[0] !== {place}")
    assert page.inner_text("#connection") == "live"
    page.wait_for_selector("#broken[data-view-error=render_failed]", state="attached")
    page.evaluate("window.sameDocument = true")

    port.kill()
    page.wait_for_function("document.body.dataset.connection === 'lost'")
    assert page.inner_text("#connection") == "no connection"
    page.wait_for_function("document.querySelector('#yard-age')?.classList.contains('late')")
    assert page.inner_text("#yard-age").endswith("s ago")

    port.start()
    page.wait_for_function("document.body.dataset.connection === 'live'")
    page.wait_for_function("document.querySelector('#yard-age')?.classList.contains('fresh')")
    same_state(page, port)
    assert page.evaluate("window.sameDocument"), "the same version needs no reload"
    assert not page.errors


def test_a_new_version_reloads_the_page_once_it_is_served(page, port):
    page.evaluate("window.sameDocument = true")
    port.kill()
    port.start("v2")
    page.wait_for_function("!window.sameDocument && document.body.dataset.connection === 'live'")


def test_a_hidden_tab_goes_quiet_and_catches_up(page, port):
    hide = "Object.defineProperty(document, 'visibilityState', {value: '%s', configurable: true});"
    page.evaluate(hide % "hidden" + "document.dispatchEvent(new Event('visibilitychange'))")

    def quiet():
        """The server goes on, the page hears nothing of it."""
        before, there = page.evaluate("cockpit.state('vehicles').seq"), port.get("/hashes")["vehicles"]
        page.wait_for_timeout(1000)
        return page.evaluate("cockpit.state('vehicles').seq") == before and port.get("/hashes")["vehicles"] != there

    port.until(quiet, 60, "a quiet tab")
    seq = page.evaluate("cockpit.state('vehicles').seq")
    page.evaluate(hide % "visible" + "document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_function(f"cockpit.state('vehicles').seq > {seq + 3}")
    same_state(page, port)


def test_nothing_grows_and_what_is_left_is_forgotten(page):
    nodes = page.evaluate("document.querySelectorAll('*').length")
    page.evaluate("for (let i = 0; i < 500; i++) cockpit.subscribe('vehicles', () => {})()")
    page.evaluate(
        "window.stop = cockpit.subscribe('alerts', () => {}); stop(); document.querySelector('#broken').remove()"
    )
    page.wait_for_function("!cockpit.topics.includes('alerts') && !cockpit.topics.includes('view:broken@en')")
    assert page.evaluate("document.querySelectorAll('*').length") <= nodes


def test_a_wrong_clock_on_the_pc_does_not_change_the_ages(page):
    page.evaluate("const right = Date.now; Date.now = () => right() - 3600_000")
    page.wait_for_timeout(1500)
    assert "fresh" in page.get_attribute("#yard-age", "class")
    assert abs(page.evaluate("cockpit.now()") / 1000 - time.time()) < 60, "not an hour off"
    assert page.inner_text("#no-time") == "never"


def test_retries_are_spread_and_bounded(page):
    delays = page.evaluate(
        "[0, 1, 2, 3, 9].map(n => Array.from({length: 200}, () => cockpit.parts.link.delaySeconds(n)))"
    )
    assert max(delays[0]) <= 2
    assert all(0.5 <= delay <= 10 for tries in delays for delay in tries)
    assert max(delays[-1]) > 8 > 2 > min(delays[-1])


VALUES = [
    None,
    True,
    [1, -1, 0.1, 1e-7, 1e21, 2**53, -(2**53), 1.5e300, -0.0],
    {"b": "岛", "a": "😀", "10": 1, "9": 2},
    "",
    "\u2028",
]


def test_python_and_javascript_write_the_same_canonical_text(page):
    assert (
        page.evaluate("v => cockpit.parts.codec.canonical(v)", VALUES)
        == canonical(json.loads(json.dumps(VALUES))).decode()
    )
