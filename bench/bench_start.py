"""A stranger's first start: how long until the page lives, and until 60 days of history are there."""

from __future__ import annotations

import json
import tempfile
import time
import urllib.request
from collections.abc import Callable
from typing import Any

from bench.process import cockpit
from bench.rows import Row, bench, row

FIRST_PAGE_SECONDS, HISTORY_SECONDS = 10.0, 30.0


@bench("start")
def start() -> list[Row]:
    """Empty home folder, default configuration: seconds to the live page and to full history."""
    with tempfile.TemporaryDirectory() as home:
        began = time.perf_counter()
        with cockpit(home) as (_, port):
            url = f"http://127.0.0.1:{port}"
            page = _until(lambda: _page_lives(url), began)
            history = _until(lambda: history_is_there(url), began)
    return [
        row("start: first live page", page, "s", FIRST_PAGE_SECONDS),
        row("start: 60 days of history", history - page, "s", HISTORY_SECONDS),
    ]


def _page_lives(url: str) -> bool:
    """The page is served and vehicles are on it."""
    with urllib.request.urlopen(url, timeout=5) as answer:
        served = b"_dash-config" in answer.read()
    return served and bool(fetched(url + "/api/v1/vehicles")["rows"])


def history_is_there(url: str) -> bool:
    """The back-fill's notice came and went; the yard 59 days ago has been filled in."""
    day = time.strftime("%Y-%m-%dT%H:00:00Z", time.gmtime(time.time() - 59 * 86_400))
    # The cheap question first: reading the yard of a past day again and again would slow what is measured.
    return not _backfilling(url) and bool(fetched(f"{url}/api/v1/yard?at={day}").get("boxes"))


def _backfilling(url: str) -> bool:
    return any(notice["code"] == "backfill" for notice in fetched(url + "/api/v1/notices")["rows"])


def fetched(url: str) -> dict[str, Any]:
    """What an address answers, as JSON."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return dict(json.load(answer))


def _until(there: Callable[[], bool], began: float, limit: float = 300.0) -> float:
    while time.perf_counter() - began < limit:
        try:
            if there():
                break
        except OSError:
            pass
        time.sleep(0.5)
    return time.perf_counter() - began
