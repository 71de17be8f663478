"""What the guard costs: a request through it and past it, in turns; and a websocket message.

In one process and without sockets, so that nothing but the guard lies between the two figures.
"""

from __future__ import annotations

import asyncio
import gc
import tempfile
import time
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from access import Guard
from access.visitors import Members, csrf_of
from bench.rows import Row, bench, row
from domain.accounts import POLICIES, Account, Session, Stage, digest, new_token
from domain.audit import Entry
from domain.permissions import Permission, Role
from store.engine import open_store

REQUESTS = 20_000
MESSAGES = 100_000
LIMIT_MS = 2.0
HEADERS = [
    (b"host", b"127.0.0.1:8050"), (b"origin", b"http://127.0.0.1:8050"), (b"sec-fetch-site", b"same-origin"),
    (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64)"), (b"accept", b"*/*"),
]  # fmt: skip
CALLBACK = b'{"output":"a.b","inputs":[{"id":"x","value":"%s"}]}' % (b"y" * 20_000)  # a page's state comes along
ASKED = {
    "page": ("GET", "/yard", b""),
    "data": ("GET", "/api/v1/kpis", b""),
    "callback": ("POST", "/_dash-update-component", CALLBACK),
}  # fmt: skip
Scope = MutableMapping[str, Any]
Headers = list[tuple[bytes, bytes]]


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
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/cockpit.db")
        try:
            return _rows(store.accounts)
        finally:
            store.close()


def _rows(book: Any) -> list[Row]:
    """With somebody logged in whose session stands in the database."""
    policy, token = POLICIES["mlps3"], new_token()
    now = datetime.now(UTC)
    account = Account(account_id="a", name="sup", roles=(Role.SUPERVISOR,))
    book.add(account, Entry(what="account.add", who="bench"))
    book.put_session(
        digest(token),
        Session(session_id="s", account_id="a", stage=Stage.FULL, made_at=now, seen_at=now,
                ends_at=now + policy.absolute),
    )  # fmt: skip
    members = Members(book, policy, lambda: datetime.now(UTC))
    cookie = f"cockpit_lang=zh_CN; cockpit_palette=dusk; _csrf_token={csrf_of(token)}; cockpit_session={token}"
    headers = [*HEADERS, (b"cookie", cookie.encode()), (b"x-csrftoken", csrf_of(token).encode())]
    guarded = Guard(_answer, lambda: ["'sha256-abc'"] * 8, callbacks=lambda output: Permission.LOOK, visitors=members)
    guarded._throttle = None  # forty thousand requests in some seconds are what it is there to refuse
    rows = []
    for name, (method, path, body) in ASKED.items():
        past, through = asyncio.run(_requests(guarded, method, path, body, headers))
        rows.append(row(f"guard: {name}, added p99", max(0.0, through - past), "ms", LIMIT_MS))
    bare, watched = asyncio.run(_messages(guarded, headers))
    rows.append(row("guard: websocket messages against none", watched, "s", bare, 1.05))
    return rows


async def _requests(guarded: Any, method: str, path: str, body: bytes, headers: Headers) -> tuple[float, float]:
    """p99 in milliseconds past the guard and through it."""
    taken: dict[bool, list[float]] = {False: [], True: []}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(_: Any) -> None:
        return None

    gc.collect()
    for n in range(REQUESTS * 2):
        scope = {
            "type": "http", "scheme": "http", "method": method, "path": path, "headers": headers,
            "client": ("127.0.0.1", 50000),
        }  # fmt: skip
        through = bool(n % 2)
        began = time.perf_counter()
        await (guarded if through else _answer)(scope, receive, send)
        taken[through].append(time.perf_counter() - began)
    past, guarded_ms = (float(np.percentile(np.asarray(taken[through]) * 1000, 99)) for through in (False, True))
    return past, guarded_ms


async def _messages(guarded: Any, headers: Headers) -> tuple[float, float]:
    """Seconds of a conversation past the guard and through it, the better of three each."""

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.receive", "text": "x"}

    async def send(_: Any) -> None:
        return None

    best = {False: float("inf"), True: float("inf")}
    for _ in range(3):
        for through in (False, True):
            scope = {
                "type": "websocket",
                "scheme": "ws",
                "path": "/live",
                "headers": headers,
                "client": ("127.0.0.1", 50000),
            }
            began = time.perf_counter()
            await (guarded if through else _answer)(scope, receive, send)
            best[through] = min(best[through], time.perf_counter() - began)
    return best[False], best[True]
