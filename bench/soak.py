"""``python -m bench.soak --minutes 60``: the real cockpit and a real browser for an hour; does anything grow?

Two pages are open: the overview of the desk, and a wall that turns its scenes every few seconds, so that an hour
holds the turns of half a day. Memory of the server, its open files, the pages' script memory (after a collection of
garbage) and their DOM nodes besides rows of data are taken every ten seconds once history has been filled in. Prints
a table; exit code 1 when something grows.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from bench.bench_storm import settled
from bench.process import Process, cockpit, memory_bytes

EVERY_SECONDS = 10.0
LEAST_POINTS = 12
PERCENT_AN_HOUR = 1.0
MORE_FILES = 5  # a connection more or a file of SQLite's comes and goes
RAW_CLIENTS = 5
TURNS = 3  # of the wall between two looks: as many for each, so that every scene is looked at alike
# Rows come and go with what they show: the queue of a port grows through its morning.
ROWS = "tbody tr *, li *"
NODES = f"() => document.querySelectorAll('*').length - document.querySelectorAll('{ROWS}').length"
# What the page was given: a busier port is more of it, and no leak. Shown beside the memory, judged by nobody.
HELD = "() => cockpit.topics.reduce((sum, topic) => sum + JSON.stringify(cockpit.state(topic) ?? null).length, 0)"
DATA = "data held by the"
# The engine keeps what it compiles beside what pages keep, and compiles for hours as functions turn out to be used
# much: half of what an afternoon added (by heap snapshots). Here it compiles everything once, to byte code only.
ENGINE = "--jitless --no-lazy --no-flush-bytecode --no-lazy-feedback-allocation"
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info", f"--js-flags={ENGINE}"]


class Trend(msgspec.Struct):
    """A straight line through a series.

    Attributes:
        percent_an_hour: its slope over its mean.
        error: twice the standard error of that; noise alone stays within it in 19 of 20 runs.
    """

    percent_an_hour: float
    error: float

    @property
    def grows(self) -> bool:
        """Whether it rises faster than allowed, and not by noise alone."""
        return self.percent_an_hour - self.error > PERCENT_AN_HOUR


def trend(seconds: Sequence[float], values: Sequence[float]) -> Trend:
    """Least squares; few points prove nothing."""
    if len(values) < LEAST_POINTS:
        return Trend(0.0, float("inf"))
    hours, series = np.asarray(seconds) / 3600, np.asarray(values, float)
    (slope, _), covariance = np.polyfit(hours, series, 1, cov="unscaled")
    left = series - np.polyval(np.polyfit(hours, series, 1), hours)
    error = np.sqrt(float(covariance[0, 0]) * float((left**2).sum()) / max(1, len(series) - 2))
    mean = float(series.mean()) or 1.0
    return Trend(float(slope) / mean * 100, 2 * float(error) / mean * 100)


class Samples:
    """What was seen, by name, and when."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.values: dict[str, list[float]] = {}

    def add(self, at: float, seen: dict[str, float]) -> None:
        """One look at everything."""
        self.seconds.append(at)
        for name, value in seen.items():
            self.values.setdefault(name, []).append(value)

    def tenths(self, name: str) -> list[float]:
        """Median of each tenth of a series: whether it climbs steadily or has settled."""
        return [float(statistics.median(part)) for part in np.array_split(self.values[name], 10) if len(part)]

    def judge(self) -> list[tuple[str, float, float, str, bool]]:
        """Name, first and last tenth's median, what it does, whether that is in order."""
        rows = []
        for name, series in self.values.items():
            first, *_, last = self.tenths(name) if len(series) > 1 else series * 2
            if name.startswith("open files"):
                rows.append((name, first, last, f"{last - first:+.0f}", last - first <= MORE_FILES))
            else:
                line = trend(self.seconds, series)
                does = f"{line.percent_an_hour:+.2f} ± {line.error:.2f} %/h"
                rows.append((name, first, last, does, name.startswith(DATA) or not line.grows))
        return rows


def _page_of(name: str, page: Page, tools: CDPSession) -> dict[str, float]:
    tools.send("HeapProfiler.collectGarbage")
    told = {metric["name"]: metric["value"] for metric in tools.send("Performance.getMetrics")["metrics"]}
    return {
        f"script memory of the {name}, MB": told["JSHeapUsedSize"] / 1e6,
        f"{DATA} {name}, MB": page.evaluate(HELD) / 1e6,
        f"event listeners of the {name}": told["JSEventListeners"],
        f"DOM nodes of the {name}": page.evaluate(NODES),
    }


def _look(pid: int, pages: dict[str, tuple[Page, CDPSession]]) -> dict[str, float]:
    seen = {
        "memory of the server, MB": memory_bytes(pid) / 1e6,
        "open files of the server": float(len(list(Path(f"/proc/{pid}/fd").iterdir()))),
    }
    for name, (page, tools) in pages.items():
        seen |= _page_of(name, page, tools)
    return seen


def _open(browser: Browser, address: str) -> tuple[Page, CDPSession]:
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    page.goto(address)
    tools = page.context.new_cdp_session(page)
    tools.send("Performance.enable")
    return page, tools


def _turned(wall: Page, seconds: float) -> None:
    """Let time pass and show the next scenes meanwhile; every tile of every scene comes and goes."""
    for _ in range(max(1, round(seconds / EVERY_SECONDS * TURNS))):
        wall.keyboard.press("ArrowRight")
        wall.wait_for_timeout(EVERY_SECONDS * 1000 / TURNS)


def soak(minutes: float, warm_minutes: float) -> Samples:
    """Run everything and look at it."""
    samples = Samples()
    with tempfile.TemporaryDirectory() as home, cockpit(home) as (pid, port), sync_playwright() as playwright:
        url = f"http://127.0.0.1:{port}"
        settled(url)
        path = shutil.which("chromium") or shutil.which("google-chrome") or playwright.chromium.executable_path
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        topics = "vehicles,vessels,yard,alerts,clock,view:overview-kpis@zh_CN"
        with Process("bench.live_clients", port, RAW_CLIENTS, "read", topics) as herd:
            herd.hear()
            pages = {"desk": _open(browser, url), "wall": _open(browser, f"{url}/wall/rotation?screen=soak")}
            wall = pages["wall"][0]
            _turned(wall, warm_minutes * 60)  # as afterwards: code that never ran is compiled when it first does
            began = time.monotonic()
            while time.monotonic() - began < minutes * 60:
                samples.add(time.monotonic() - began, _look(pid, pages))
                herd.ask("got")  # else the clients remember every frame
                _turned(wall, EVERY_SECONDS)
            browser.close()
    return samples


def main() -> int:
    """Soak, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    minutes = parser.parse_args().minutes
    samples = soak(minutes, warm_minutes=min(20.0, max(0.5, minutes / 3)))  # caches fill for about twenty minutes
    rows = samples.judge()
    width = max(len(row[0]) for row in rows)
    print(f"{'':{width}}  {'first':>9} {'last':>9}  over {minutes:g} minutes (bar: {PERCENT_AN_HOUR:g} % an hour)")
    for name, first, last, does, fine in rows:
        said = "" if name.startswith(DATA) else "holds" if fine else "GROWS"
        print(f"{name:{width}}  {first:9.1f} {last:9.1f}  {does:22} {said}")
        if not fine or not said:
            print(f"{'':{width}}  by tenths: {' '.join(f'{value:.1f}' for value in samples.tenths(name))}")
    return 0 if all(row[-1] for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
