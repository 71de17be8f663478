"""What the guard costs: a request through it and past it, in turns; and a websocket message.

In one process and without sockets, so that nothing but the guard lies between the two figures.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import MutableMapping
from typing import Any

import numpy as np

from access import Guard
from bench.rows import Row, bench, row

REQUESTS = 20_000
MESSAGES = 100_000
LIMIT_MS = 2.0
COOKIE = b"cockpit_lang=zh_CN; cockpit_palette=dusk; cockpit_role=supervisor"
HEADERS = [
    (b"host", b"127.0.0.1:8050"), (b"origin", b"http://127.0.0.1:8050"), (b"sec-fetch-site", b"same-origin"),
    (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64)"), (b"accept", b"*/*"), (b"cookie", COOKIE),
]  # fmt: skip
CALLBACK = b'{"output":"a.b","inputs":[{"id":"x","value":"%s"}]}' % (b"y" * 20_000)  # a page's state comes along
ASKED = {
    "page": ("GET", "/yard", b""),
    "data": ("GET", "/api/v1/kpis", b""),
    "callback": ("POST", "/_dash-update-component", CALLBACK),
}  # fmt: skip
Scope = MutableMapping[str, Any]


async def _answer(scope: Scope, receive: Any, send: Any) -> None:
    """An application that costs next to nothing."""
    if scope["type"] == "websocket":
        for _ in range(MESSAGES):
            await receive()
            await send({"type": "websocket.send", "text": "x"})
        return
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"ok"})


@bench("guard")
def guard() -> list[Row]:
    """p99 of what it adds to each kind of request; time of a websocket's messages against none."""
    from domain.permissions import Permission

    guarded = Guard(_answer, lambda: ["'sha256-abc'"] * 8, callbacks=lambda output: Permission.LOOK)
    rows = []
    for name, (method, path, body) in ASKED.items():
        past, through = asyncio.run(_requests(guarded, method, path, body))
        rows.append(row(f"guard: {name}, added p99", max(0.0, through - past), "ms", LIMIT_MS))
    bare, watched = asyncio.run(_messages(guarded))
    rows.append(row("guard: websocket messages against none", watched, "s", bare, 1.05))
    return rows


async def _requests(guarded: Any, method: str, path: str, body: bytes) -> tuple[float, float]:
    """p99 in milliseconds past the guard and through it."""
    taken: dict[bool, list[float]] = {False: [], True: []}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(_: Any) -> None:
        return None

    gc.collect()
    for n in range(REQUESTS * 2):
        scope = {
            "type": "http", "method": method, "path": path, "headers": HEADERS, "client": ("127.0.0.1", 50000),
        }  # fmt: skip
        through = bool(n % 2)
        began = time.perf_counter()
        await (guarded if through else _answer)(scope, receive, send)
        taken[through].append(time.perf_counter() - began)
    past, guarded_ms = (float(np.percentile(np.asarray(taken[through]) * 1000, 99)) for through in (False, True))
    return past, guarded_ms


async def _messages(guarded: Any) -> tuple[float, float]:
    """Seconds of a conversation past the guard and through it, the better of three each."""

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.receive", "text": "x"}

    async def send(_: Any) -> None:
        return None

    best = {False: float("inf"), True: float("inf")}
    for _ in range(3):
        for through in (False, True):
            scope = {"type": "websocket", "path": "/live", "headers": HEADERS, "client": ("127.0.0.1", 50000)}
            began = time.perf_counter()
            await (guarded if through else _answer)(scope, receive, send)
            best[through] = min(best[through], time.perf_counter() - began)
    return best[False], best[True]
