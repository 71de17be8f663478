"""Gives every request and websocket an id that all its log lines carry, and that the answer returns."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog

from telemetry import logs

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

HEADER = b"x-request-id"
_GIVEN = re.compile(rb"[A-Za-z0-9_-]{8,64}")


class Correlated:
    """Wraps the whole application, the guard too: a refusal has an id as well."""

    def __init__(self, app: App) -> None:
        """Take the application to wrap."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Bind ``request`` or ``connection`` and pass on.

        A proxy's own id is gone on with when it looks like one. The binding is not undone at the end:
        the server runs every request in a task of its own, and its last word about a request that
        failed comes after this returns.
        """
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == HEADER), b"")
        number = given.decode() if _GIVEN.fullmatch(given) else logs.new_id()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(**{"request" if scope["type"] == "http" else "connection": number})

        async def numbered(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.accept"):
                message["headers"] = [*message.get("headers", []), (HEADER, number.encode())]
            await send(message)

        await self.app(scope, receive, numbered)
