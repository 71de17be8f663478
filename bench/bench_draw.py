"""From the server's tick to the browser's pixels, and the frames per second meanwhile.

A real Chromium looks at the port's map (``draw``), and at the usual polling page in the same run
(``baseline``). One update a second, all vehicles moving, all of them in view.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import statistics
import time
import urllib.request
from collections.abc import Iterator

import msgspec
from playwright.sync_api import Browser, Page, sync_playwright

from bench.process import Process
from bench.rows import Row, bench, row

WARM_SECONDS, SECONDS = 6, 30
CHROMIUM = ["--no-sandbox", "--disable-gpu"]  # a wall without a graphics card
WATCH = """
  window.benchDrawn = [];
  cockpit.drawn = (topic) => {
    if (topic !== "vehicles") return;
    const began = Date.parse(cockpit.state(topic).head.as_of);
    const after = new MessageChannel(); // its message comes when the frame has been drawn
    after.port1.onmessage = () => benchDrawn.push(performance.timeOrigin + performance.now() - began);
    after.port2.postMessage(0);
  };
"""
COUNT = """
  window.benchFrames = 0;
  window.benchSince = performance.now();
  benchDrawn.length = 0;
  (function next() { benchFrames++; requestAnimationFrame(next); })();
"""
RESULT = """
  const seconds = (performance.now() - benchSince) / 1000;
  return {drawn: benchDrawn.slice(), fps: benchFrames / seconds, seconds};
"""


class Seen(msgspec.Struct):
    """What the browser saw: milliseconds from tick to drawn, frames per second, KB a second from the server."""

    drawn: list[float]
    fps: float
    wire_kb: float

    @property
    def p50(self) -> float:
        """Median, ms."""
        return statistics.median(self.drawn)

    @property
    def p99(self) -> float:
        """p99, ms; with one update a second that is the slowest."""
        return sorted(self.drawn)[int(len(self.drawn) * 0.99)]


@bench("draw")
def draw() -> list[Row]:
    """Our map at 5,000, 10,000 and 50,000 vehicles."""
    with _browser() as browser:
        ten, five, fifty = (look(browser, "ours", vehicles) for vehicles in (10_000, 5_000, 50_000))
    return [
        row("draw 10,000: tick to drawn p50", ten.p50, "ms", 80),
        row("draw 10,000: tick to drawn p99", ten.p99, "ms", 200),
        row("draw 10,000: frames per second", ten.fps, "1/s", 55, at_least=True),
        row("draw 10,000: on the wire", ten.wire_kb, "KB/s", 60),
        row("draw 5,000: tick to drawn p50", five.p50, "ms", 40),
        row("draw 5,000: tick to drawn p99", five.p99, "ms", 100),
        row("draw 5,000: frames per second", five.fps, "1/s", 55, at_least=True),
        row("draw 5,000: on the wire", five.wire_kb, "KB/s", 30),
        row("draw 50,000: frames per second", fifty.fps, "1/s", 30, at_least=True),
        row("draw 50,000: tick to drawn p50", fifty.p50, "ms", 1000),
    ]


@bench("baseline")
def baseline() -> list[Row]:
    """Polling and GeoJSON at 2,000 and 5,000 beside ours: what a live layer is worth."""
    rows = []
    with _browser() as browser:
        for vehicles in (2_000, 5_000):
            mine, usual = look(browser, "ours", vehicles), look(browser, "polling", vehicles)
            name = f"baseline {vehicles:,}: against polling and GeoJSON,"
            rows += [
                row(f"{name} tick to drawn p50", mine.p50, "ms", usual.p50),
                row(f"{name} frames per second", mine.fps, "1/s", usual.fps, at_least=True),
                row(f"{name} on the wire", mine.wire_kb, "KB/s", usual.wire_kb),
            ]
    return rows


@contextlib.contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome") or playwright.chromium.executable_path
        started = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        yield started
        started.close()


def look(browser: Browser, kind: str, vehicles: int) -> Seen:
    """Open the page, warm up, watch."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with Process("bench.moving_page", kind, vehicles, port):
        url = f"http://127.0.0.1:{port}"
        _served(url)
        context = browser.new_context(viewport={"width": 1920, "height": 1080})
        page = context.new_page()
        received: list[int] = []
        _meter(page, received)
        page.goto(url)
        if kind == "ours":
            page.wait_for_function("() => window.cockpit && cockpit.state('vehicles')")
            page.evaluate(f"() => {{ {WATCH} }}")
        page.wait_for_function("() => window.benchDrawn && benchDrawn.length > 1", timeout=60_000)
        page.wait_for_timeout(WARM_SECONDS * 1000)  # not sleep: what is received is counted meanwhile
        received.clear()
        page.evaluate(f"() => {{ {COUNT} }}")
        page.wait_for_timeout(SECONDS * 1000)
        result = page.evaluate(f"() => {{ {RESULT} }}")
        context.close()
        return Seen(result["drawn"], result["fps"], sum(received) / result["seconds"] / 1000)


def _meter(page: Page, received: list[int]) -> None:
    """Count what comes over the websocket or as answers of callbacks."""
    page.on("websocket", lambda ws: ws.on("framereceived", lambda data: received.append(len(data))))
    page.on(
        "response",
        lambda answer: (
            answer.request.method == "POST"
            and received.append(int(answer.headers.get("content-length", 0)) or len(answer.body()))
        ),
    )


def _served(url: str) -> None:
    for _ in range(300):
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")
