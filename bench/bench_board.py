"""From a change of one declaration to the browser's pixels, on the page's table of 2,000 rows.

A real Chromium looks at the table of inspections (``bench.board_page``); every second one declaration changes and comes
first. The whole way counts: drawing the rows, the difference, the wire, the transaction, and the next frame.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import statistics
import time
import urllib.request

from playwright.sync_api import sync_playwright

from bench.process import Process
from bench.rows import Row, bench, row

ROWS, WARM_SECONDS, SECONDS = 2_000, 4, 25
CHROMIUM = ["--no-sandbox", "--disable-gpu"]
WATCH = """() => {
  window.benchSeen = [];
  const seen = new Set();
  const place = document.querySelector(".ag-body-viewport");
  for (const cell of place.querySelectorAll('[col-id="platform"]')) seen.add(cell.textContent); // drawn before
  const look = () => {
    for (const cell of place.querySelectorAll('[col-id="platform"]')) {
      const began = Date.parse(cell.textContent);
      if (Number.isNaN(began) || seen.has(cell.textContent)) continue;
      seen.add(cell.textContent);
      const after = new MessageChannel(); // its message comes when the frame has been drawn
      after.port1.onmessage = () => benchSeen.push(performance.timeOrigin + performance.now() - began);
      requestAnimationFrame(() => after.port2.postMessage(0));
    }
  };
  new MutationObserver(look).observe(place, { childList: true, subtree: true, characterData: true });
}"""


@bench("board")
def board() -> list[Row]:
    """The table at 2,000 declarations."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with Process("bench.board_page", ROWS, port), sync_playwright() as playwright:
        url = f"http://127.0.0.1:{port}"
        _served(url)
        path = shutil.which("chromium") or shutil.which("google-chrome") or playwright.chromium.executable_path
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        received: list[int] = []
        page.on("websocket", lambda ws: ws.on("framereceived", lambda data: received.append(len(data))))
        page.goto(url)
        page.wait_for_function("() => document.querySelectorAll('.ag-row').length > 5", timeout=60_000)
        page.wait_for_timeout(WARM_SECONDS * 1000)
        page.evaluate(WATCH)
        received.clear()
        page.wait_for_timeout(SECONDS * 1000)
        drawn = sorted(page.evaluate("() => benchSeen"))
        browser.close()
    return [
        row("board 2,000: change to drawn p50", statistics.median(drawn), "ms", 200),
        row("board 2,000: change to drawn p95", drawn[int(len(drawn) * 0.95)], "ms", 200),
        row("board 2,000: on the wire for one change", sum(received) / SECONDS / 1000, "KB/s", 4),
    ]


def _served(url: str) -> None:
    for _ in range(300):
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")
