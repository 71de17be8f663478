"""A line cut for a while and healed: whoever comes back ends with exactly what the server holds.

Cut for 60 s with COCKPIT_FULL=1.
"""

from __future__ import annotations

import contextlib
import json
import os
import time

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.live.port import Line
from tests.live.reader import Reader

CUT_SECONDS = 60 if os.environ.get("COCKPIT_FULL") == "1" else 2
TOPICS = ["vehicles", "yard"]


@pytest.fixture
def line(port):
    port.get("/go")
    with contextlib.closing(Line(port.port)) as line:
        yield line


def hashes(port):
    """What the server holds now."""
    found = port.get("/hashes")
    return {topic: found[topic] for topic in TOPICS}


def follow(line, readers, epoch, until):
    """One connection: subscribe from where the readers stand, apply frames until told to stop; returns the epoch."""
    with connect(line.url.replace("http", "ws") + "/live", origin=line.url, max_size=None) as connection:
        said = json.loads(connection.recv(20))["epoch"]
        seen = {topic: [epoch, reader.seq] if epoch else None for topic, reader in readers.items()}
        connection.send(json.dumps({"op": "sub", "topics": seen}))
        with contextlib.suppress(ConnectionClosed):
            while not until():
                with contextlib.suppress(TimeoutError):
                    text = connection.recv(0.2)
                    message = json.loads(text)
                    if "t" in message:
                        readers[message["t"]].take(text)
        return said


def test_a_client_cut_off_ends_with_the_servers_hash(port, line):
    readers = {topic: Reader() for topic in TOPICS}
    epoch = follow(line, readers, None, lambda: all((reader.seq or 0) > 5 for reader in readers.values()))
    left = {topic: reader.seq for topic, reader in readers.items()}
    time.sleep(CUT_SECONDS)
    port.get("/still")  # from here on the server's state stands
    same = lambda: {topic: reader.hash() for topic, reader in readers.items()} == hashes(port)  # noqa: E731
    end = time.monotonic() + 60
    assert follow(line, readers, epoch, lambda: same() or time.monotonic() > end) == epoch
    assert same()
    assert all(reader.seq > left[topic] for topic, reader in readers.items()), "it missed something"


@pytest.mark.browser
@pytest.mark.slow
def test_a_browser_cut_off_ends_with_the_servers_hash(browser, port, line):
    with contextlib.closing(browser.new_page()) as page:
        page.set_default_timeout(90_000)
        page.goto(line.url)
        page.wait_for_function("() => document.body.dataset.connection === 'live'")
        page.evaluate("() => ['vehicles', 'yard'].forEach(t => cockpit.subscribe(t, () => {}))")
        page.wait_for_function("() => cockpit.state('vehicles') && cockpit.state('yard')")
        line.cut()
        page.wait_for_function("() => document.body.dataset.connection === 'lost'")
        page.wait_for_timeout(max(0, CUT_SECONDS - 9) * 1000)
        line.heal()
        page.wait_for_function("() => document.body.dataset.connection === 'live'")
        port.get("/still")
        mine = "topics => Object.fromEntries(topics.map((topic) => [topic, cockpit.hash(topic)]))"
        port.until(lambda: page.evaluate(mine, TOPICS) == hashes(port), 60, "the server's state")
