"""Situations of the adapter websocket: a real server behind each of them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.contract.http_json_rig import MAPPING, truck
from tests.contract.rig import Case, Expected
from tests.datasources.liar import Liar, answer, breaks_off, hangs, http
from tests.datasources.talker import Once, Talk, Talker, says

_OPEN = contextlib.ExitStack()  # closed by ``close_all`` after each test
_WOUND: list[Once] = []


def close_all() -> None:
    """Stop the servers."""
    _OPEN.close()
    _WOUND.clear()


def rewind() -> None:
    """The source begins anew: what was sent is sent again."""
    for once in _WOUND:
        once.rewind()


def options(url: str, **more: Any) -> dict[str, Any]:
    return {"url": url, "dataset": "vehicle_position", "mapping": MAPPING, **more}


def _talking(talk: Talk, **more: Any) -> Callable[[Path], dict[str, Any]]:
    return lambda folder: options(_OPEN.enter_context(Talker(talk)).url, **more)


def said(*rows: Any, **more: Any) -> Callable[[Path], dict[str, Any]]:
    """One message a row."""
    return _talking(says(*(row if isinstance(row, str | bytes) else json.dumps(row) for row in rows)), **more)


def _raw(behaviour: Any) -> Callable[[Path], dict[str, Any]]:
    return lambda folder: options(f"ws://127.0.0.1:{_OPEN.enter_context(Liar(behaviour)).port}/live?key=secret")


def steady(folder: Path) -> dict[str, Any]:
    """Nine trucks in one message, sent once."""
    once = Once([json.dumps({"trucks": [truck(number) for number in range(1, 10)]})])
    _WOUND.append(once)
    return _talking(once, rows="$[*].trucks[*]")(folder)


_UPGRADE = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"

CASES = [
    Case(name="good", lay_out=said([truck(1), truck(2)], rows="$[*][*]"), expected=Expected(records=2)),
    Case(name="empty: nothing is sent", lay_out=said(), expected=Expected()),
    Case(name="empty message", lay_out=said("", truck(1)), expected=Expected(records=1)),
    Case(
        name="malformed rows",
        lay_out=said(
            [truck(1), truck(2, position=None), truck(3, speed="fast"), "x", truck(4, plate={})], rows="$[*][*]"
        ),
        expected=Expected(records=1, rejects=4),
    ),
    Case(name="malformed: no JSON", lay_out=said("<html>", b"\xff\x00\x80"), expected=Expected(rejects=2)),
    Case(
        name="truncated JSON",
        lay_out=said(json.dumps(truck(1))[:-9], truck(2)),
        expected=Expected(records=1, rejects=1),
    ),
    Case(
        name="truncated: the connection breaks off",
        lay_out=_raw(breaks_off(_UPGRADE[:40])),
        expected=Expected(problem="not_connected", says=("trial", "/live")),
    ),
    Case(name="hang", lay_out=_raw(hangs()), expected=Expected(problem="not_connected", says=("within",))),
    Case(name="duplicate", lay_out=said([truck(1), truck(1)], rows="$[*][*]"), expected=Expected(records=2)),
    Case(name="out of order", lay_out=said([truck(9), truck(1)], rows="$[*][*]"), expected=Expected(records=2)),
    Case(
        name="stale: an old position",
        lay_out=said(truck(1, seen_at="2019-08-24T14:15:22Z")),
        expected=Expected(records=1),
    ),
    Case(name="true zero", lay_out=said(truck(1, speed=0)), expected=Expected(records=1)),
    Case(
        name="wrong file: no such path",
        lay_out=_raw(http(answer("gone", status="404 Not Found"))),
        expected=Expected(problem="http_status", says=("404", "/live")),
    ),
    Case(
        name="refused",
        lay_out=_raw(http(answer("no", status="401 Unauthorized"))),
        expected=Expected(problem="unauthorised", says=("401",)),
    ),
    Case(
        name="sent elsewhere",
        lay_out=_raw(http(answer("", status="302 Found", location="/other"))),
        expected=Expected(problem="redirected"),
    ),
    Case(name="no websocket at all", lay_out=_raw(http(answer("[]"))), expected=Expected(problem="http_status")),
]
