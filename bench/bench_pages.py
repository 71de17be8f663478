"""First visit, route change and bytes of every page, in a real Chromium.

Interactive means: the page's own content stands (chart drawn, map there, grid there), it was painted, and the main
thread has come back to answer. A first visit has an empty cache; a bare Dash page with the same chart, map and
grid libraries is opened in turn with the cockpit's, in the same browser.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import Any

import msgspec
from playwright.sync_api import Browser, Page, sync_playwright

from bench.process import Process, cockpit
from bench.rows import Row, bench, row

VISITS = 5  # first visits of each page; the median counts
CHANGES = 3  # of every change of page; the median counts
SETTLE_SECONDS = 20  # the cockpit's own start is over, its pictures are there
PATIENCE_MS = 90_000
PAGES = {
    "/": "overview", "/yard": "yard", "/inspections": "inspections", "/tracks": "tracks", "/alerts": "alerts",
    "/forecasts": "forecasts", "/kpis": "kpis", "/feeds": "feeds",
}  # fmt: skip
PHONE = "/m"
CHART, MAP, GRID = ".main-svg", ".leaflet-container", ".ag-root"
PARTS = {
    "bare": (CHART, MAP, GRID), "overview": (CHART, MAP), "tracks": (MAP, GRID), "inspections": (GRID,),
    "alerts": (GRID,), "forecasts": (CHART,), "yard": (CHART,), "feeds": (GRID,),
}  # fmt: skip
CHROMIUM = ["--no-sandbox", "--disable-gpu"]
PHONE_BYTES = 300_000
WATCH = """
  window.benchStands = (name, parts) => {
    const main = document.querySelector("main.page-" + name);
    return main !== null && parts.every((part) => main.querySelector(part));
  };
  window.benchInteractive = (name, parts) => new Promise((done) => {
    const look = () => {
      if (!benchStands(name, parts)) return setTimeout(look, 10);
      requestAnimationFrame(() => setTimeout(() => done(performance.now()), 0));
    };
    look();
  });
  window.benchChange = (name, parts, link) => new Promise((done) => {
    const began = performance.now();
    const look = () => {
      if (benchStands(name, parts)) requestAnimationFrame(() => setTimeout(() => done(performance.now() - began), 0));
      else requestAnimationFrame(look);
    };
    link.click();
    look();
  });
"""


class Visit(msgspec.Struct):
    """One first visit: milliseconds to interactive, bytes on the wire, requests."""

    ms: float
    sent: int
    requests: int


@bench("pages")
def pages() -> list[Row]:
    """Every page against the bare one, every route change, the phone's bytes."""
    with tempfile.TemporaryDirectory() as home, cockpit(home) as (_, port), _bare() as bare, _browser() as browser:
        url = f"http://127.0.0.1:{port}"
        _served(url + "/livez")
        _served(bare)
        time.sleep(SETTLE_SECONDS)
        rows = _first_visits(browser, url, bare)
        changes = route_changes(browser, url)
        worst = max(changes, key=lambda pair: changes[pair])
        phone = visit(browser, url + PHONE, "phone", (".kpi",), (390, 844))
        return [
            *rows,
            row("route change, median of all", statistics.median(changes.values()), "ms", 300),
            row(f"route change, slowest ({worst[0]} to {worst[1]})", changes[worst], "ms", 300),
            row("phone: bytes before charts", phone.sent, "B", PHONE_BYTES),
        ]


def _first_visits(browser: Browser, url: str, bare: str) -> list[Row]:
    """In turns, so that whatever else the machine does meets all of them."""
    found: dict[str, list[Visit]] = {name: [] for name in ("bare", *PAGES.values())}
    for _ in range(VISITS):
        found["bare"].append(visit(browser, bare, "bare", PARTS["bare"]))
        for path, name in PAGES.items():
            found[name].append(visit(browser, url + path, name, PARTS.get(name, ())))
    middle = {name: statistics.median(v.ms for v in visits) for name, visits in found.items()}
    sent = {name: statistics.median(v.sent for v in visits) for name, visits in found.items()}
    times = [row(f"first visit {name}", middle[name], "ms", middle["bare"], 1.3) for name in PAGES.values()]
    return [*times, *(row(f"bytes {name}", sent[name], "B", sent["bare"]) for name in PAGES.values())]


def visit(browser: Browser, url: str, name: str, parts: Sequence[str], size: tuple[int, int] = (1366, 768)) -> Visit:
    """Open a page with an empty cache and wait until it is interactive."""
    with _tab(browser, size) as (page, sent):
        page.goto(url, wait_until="commit", timeout=PATIENCE_MS)
        ms = page.evaluate("([name, parts]) => benchInteractive(name, parts)", [name, list(parts)])
        return Visit(float(ms), sum(sent), len(sent))


def route_changes(browser: Browser, url: str) -> dict[tuple[str, str], float]:
    """Milliseconds of every change between two pages by a click, each page visited once before."""
    found: dict[tuple[str, str], list[float]] = {}
    with _tab(browser, (1366, 768)) as (page, _):
        page.goto(url, timeout=PATIENCE_MS)
        page.evaluate("([name, parts]) => benchInteractive(name, parts)", ["overview", list(PARTS["overview"])])
        for path in [*PAGES, "/"]:
            _change(page, path)
        for start, end in list(permutations(PAGES, 2)) * CHANGES:
            _change(page, start)
            page.wait_for_timeout(300)
            found.setdefault((start, end), []).append(_change(page, end))
            page.wait_for_timeout(300)
    return {pair: statistics.median(took) for pair, took in found.items()}


def _change(page: Page, path: str) -> float:
    name = PAGES[path]
    if page.evaluate("(name) => benchStands(name, [])", name):
        return 0.0
    link = page.query_selector(f'.nav-link[href="{path}"]')
    return float(
        page.evaluate(
            "([name, parts, link]) => benchChange(name, parts, link)", [name, list(PARTS.get(name, ())), link]
        )
    )


@contextlib.contextmanager
def _tab(browser: Browser, size: tuple[int, int]) -> Iterator[tuple[Page, list[int]]]:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.add_init_script(WATCH)
    sent: list[int] = []
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.on("Network.loadingFinished", lambda event: sent.append(int(event["encodedDataLength"])))
    try:
        yield page, sent
    finally:
        context.close()


@contextlib.contextmanager
def _bare() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with Process("bench.bare_page", port):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome") or playwright.chromium.executable_path
        started: Any = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        yield started
        started.close()


def _served(url: str) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")
