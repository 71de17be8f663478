"""How smoothly a past hour plays: frames a second with 10,000 vehicles at sixty times the speed."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench.rows import Row, bench, row
from settings import PROJECT

VEHICLES, SPEED = 10_000, 60
SECONDS = 24  # of playing: at least two blocks' ends lie within
WARM_SECONDS = 6
CHROMIUM_ARGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
PLAY = """(speed) => { const now = cockpit.serverNow();
  cockpit.time.play({ since: now - 7200e3, until: now - 60e3, speed }); }"""
MEASURE = """(ms) => new Promise((done) => {
  const map = [...cockpitMap.open][0], painted = map.cost.frames, from = cockpit.time.at, began = performance.now();
  let frames = 0, still = 0, last = began, longest = 0;
  const tick = (now) => {
    frames++;
    longest = Math.max(longest, now - last);
    if (cockpit.time.waiting) still += now - last;
    last = now;
    if (now - began < ms) return requestAnimationFrame(tick);
    const seconds = (now - began) / 1000;
    done({ frames: frames / seconds, painted: (map.cost.frames - painted) / seconds, still: still / 1000, longest,
      speed: (cockpit.time.at - from) / 1000 / seconds, shown: cockpit.state('vehicles').ids.filter(Boolean).length });
  };
  requestAnimationFrame(tick); })"""


@bench("playback")
def playback() -> list[Row]:
    """Frames, and how long time stood still for want of a block, over at least two blocks."""
    with _served() as url:
        told = _played(url)
    name = f"playback: {told['shown']:,} vehicles x{SPEED}"
    return [
        row(f"{name}, frames a second", told["frames"], "1/s", 55.0, 1.0, at_least=True),
        row(f"{name}, pictures painted a second", told["painted"], "1/s", 55.0, 0.25, at_least=True),
        row(f"{name}, time stood still", told["still"], "s", float(SECONDS), 0.002),
        row(f"{name}, speed reached", told["speed"], "x", float(SPEED), 0.98, at_least=True),
    ]


@contextmanager
def _served() -> Iterator[str]:
    """The page of bench.playback_page in a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen([sys.executable, "-m", "bench.playback_page", str(port), str(VEHICLES)], cwd=PROJECT)
    try:
        end = time.monotonic() + 60
        while not _answers(url):
            if time.monotonic() > end or process.poll() is not None:
                raise RuntimeError("the page of the playback bench did not start")
            time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _played(url: str) -> dict[str, Any]:
    """Play and measure in a headless Chromium of 1920 x 1080, without a GPU as on many walls."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = shutil.which("chromium") or playwright.chromium.executable_path
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.goto(url)
        page.wait_for_selector("canvas", timeout=60_000)
        page.wait_for_timeout(3000)
        page.evaluate(PLAY, SPEED)
        page.wait_for_timeout(WARM_SECONDS * 1000)
        told: dict[str, Any] = page.evaluate(MEASURE, SECONDS * 1000)
        browser.close()
    return told
