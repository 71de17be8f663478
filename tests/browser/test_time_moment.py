"""A past moment on the screen: everything comes from it, it can be shared, and one key leads back to live."""

from __future__ import annotations

import json
import time
import urllib.parse
from typing import Any

import pytest
from playwright.sync_api import Page, Route
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.browser.conftest import Cockpit
from tests.browser.time_steps import ALWAYS_LIVE, ago, arrived, is_live, mode, opened, others, set_moment, until
from tests.live.reader import Reader

pytestmark = pytest.mark.browser

LEAKS = """() => { window.leaks = []; const always = ['clock', 'notices'];
  for (const topic of cockpit.topics.filter((t) => !always.includes(t))) cockpit.subscribe(topic, (state) => {
    if (!state.source) window.leaks.push(topic); });
  window.leaks.length = 0; }"""

FOLLOWED = ["yard", "vehicles"]
HOLD = """(topics) => { window.held = {}; for (const topic of topics) { window.held[topic] = {};
  cockpit.subscribe(topic, (state) => { window.held[topic][state.seq] = cockpit.hash(topic); }); } }"""


def test_every_topic_is_of_the_moment_and_nothing_live_arrives(cockpit: Cockpit, page: Page) -> None:
    received: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(str(frame))))
    opened(page, cockpit.url)
    until(page, lambda: page.evaluate("() => cockpit.state('vehicles') !== null"), "vehicles")
    at = ago(page, 900)
    page.evaluate(LEAKS)
    # One step, so that no live state can come between.
    page.evaluate("(at) => { window.leaks.length = 0; cockpit.time.set(at); }", at)
    set_moment(page, at)

    def silent() -> bool:
        """Nothing but what is always live for a while; at first something may still be on its way."""
        received.clear()
        page.wait_for_timeout(2500)
        return not [f for f in received if '"t":' in f and not any(f'"{live}' in f for live in ALWAYS_LIVE)]

    until(page, silent, "an end of live frames", 30)
    leaks = page.evaluate("() => window.leaks")
    assert [topic for topic in leaks if not topic.startswith(ALWAYS_LIVE)] == []
    assert abs(page.evaluate("() => cockpit.now()") - at) < 1, "ages on screen are ages of then"
    assert mode(page) == "moment"
    assert urllib.parse.parse_qs(urllib.parse.urlparse(page.url).query)["at"][0].endswith("Z")


def test_the_moment_in_the_browser_has_the_hash_of_the_servers(cockpit: Cockpit, page: Page) -> None:
    opened(page, cockpit.url)
    at = ago(page, 1200)
    set_moment(page, at)
    topics = [state[0] for state in others(page)]
    iso = page.evaluate("(at) => new Date(at).toISOString()", at)
    query = urllib.parse.urlencode({"at": iso, "known": "corrected", "topics": ",".join(topics)})
    answer = cockpit.get("/api/v1/moment?" + query)
    expected = {frame["t"]: Reader().take(json.dumps(frame)).hash() for frame in answer["frames"]}
    assert answer["errors"] == {}
    assert page.evaluate("(topics) => topics.map((t) => cockpit.hash(t))", topics) == [expected[t] for t in topics]
    assert page.evaluate("() => cockpit.state('vehicles').n") > 0


def test_back_to_live_ends_with_the_servers_state(cockpit: Cockpit, page: Page) -> None:
    opened(page, cockpit.url)
    set_moment(page, ago(page, 1800))
    page.keyboard.press("l")
    assert mode(page) == "live"
    until(page, lambda: is_live(page), "live states")
    assert "at=" not in page.url
    page.evaluate(HOLD, FOLLOWED)
    _agree(cockpit, page)


def _agree(cockpit: Cockpit, page: Page) -> None:
    """Somebody else who follows topics holds the same under the same numbers; a joiner's snapshot may be older."""
    there: dict[str, dict[int, str]] = {topic: {} for topic in FOLLOWED}
    readers = {topic: Reader() for topic in FOLLOWED}
    both: dict[str, set[int]] = {topic: set() for topic in FOLLOWED}
    end = time.monotonic() + 180
    with connect(cockpit.url.replace("http", "ws") + "/live", origin=Origin(cockpit.url), compression=None) as socket:
        socket.recv()
        socket.send(json.dumps({"op": "sub", "topics": dict.fromkeys(FOLLOWED)}))
        while not all(both.values()):
            assert time.monotonic() < end, f"no state in common: {both}"
            message: Any = json.loads(socket.recv(timeout=60))
            if (topic := message.get("t")) not in there:
                continue
            reader = readers[topic].take(json.dumps(message))
            there[topic][reader.seq or 0] = reader.hash()
            page.wait_for_timeout(100)
            for followed, states in there.items():  # the page may have heard the last one of another topic only now
                held = page.evaluate("(t) => window.held[t]", followed)
                here = {int(seq): found for seq, found in held.items()}
                both[followed] = here.keys() & states.keys()
                for seq in both[followed]:
                    assert here[seq] == states[seq], f"another state of {followed}"


def test_a_shared_address_opens_at_its_moment(cockpit: Cockpit, page: Page) -> None:
    asked: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: asked.append(str(frame))))
    opened(page, cockpit.url)
    at = ago(page, 3600)
    iso = page.evaluate("(at) => new Date(at).toISOString()", at)
    page.goto("about:blank")  # the live page may have something to say to its last breath
    asked.clear()
    page.goto(f"{cockpit.url}/?at={iso}&known=then&lang=en")
    assert mode(page) == "moment"
    arrived(page, at)
    assert page.evaluate("() => cockpit.time.known") == "then"
    assert "lang=en" in page.url, "the rest of the address stays"
    topics = {topic for frame in asked for topic in json.loads(frame).get("topics", {}) if '"sub"' in frame}
    assert all(topic.startswith(ALWAYS_LIVE) for topic in topics), "nothing live was asked for"
    page.keyboard.press("Escape")
    until(page, lambda: mode(page) == "live" and is_live(page), "live")


def test_a_moment_that_cannot_be_fetched_leaves_the_last_picture_and_says_why(cockpit: Cockpit, page: Page) -> None:
    opened(page, cockpit.url)
    at = ago(page, 900)
    set_moment(page, at)
    before = until(page, lambda: page.evaluate("() => cockpit.hash('yard')"), "the yard of then")
    down = [True]

    def answer(route: Route) -> None:
        route.abort() if down[0] else route.continue_()

    page.route("**/api/v1/moment?*", answer)
    page.evaluate("(at) => cockpit.time.set(at)", at - 60_000)
    until(page, lambda: page.evaluate("() => cockpit.time.error") == "network", "the reason")
    assert page.evaluate("() => [cockpit.hash('yard'), cockpit.time.shown]") == [before, at]
    until(page, lambda: page.text_content("[data-time-reason]"), "the reason in words", 5)
    down[0] = False
    arrived(page, at - 60_000)
    assert page.evaluate("() => cockpit.time.error") is None
    assert page.evaluate("() => cockpit.time.set(cockpit.serverNow() + 60000)") is False
    assert page.evaluate("() => [cockpit.time.error, cockpit.time.at]") == ["future", at - 60_000]
