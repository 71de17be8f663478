"""The websocket ``/live``: subscriptions in, frames out. See docs/live-protocol.md."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any

import msgspec
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from domain.errors import NotAllowedError
from domain.viewer import Viewer
from live.hub import Hub
from live.outbox import Outbox
from live.requests import FAILED, FULL, TOO_LARGE, Bucket, Limits, Refused, Subscribe, parse, same_origin
from live.wire import EXTENSION, Wire

_log = logging.getLogger(__name__)

PROTOCOL = 1
ViewerOf = Callable[[MutableMapping[str, Any]], Viewer]


class Endpoint:
    """All live connections of this process.

    Attributes:
        counts: what happened, by word: opened, closed, refused:<kind>, conflated, aborted, failed, frames.
    """

    def __init__(self, hub: Hub, viewer_of: ViewerOf, version: str, limits: Limits, origins: frozenset[str]) -> None:
        self._hub, self._viewer_of, self._limits = hub, viewer_of, limits
        self._version, self._origins = version, origins
        self._readers: dict[str, set[Outbox]] = {}
        self._open = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self.counts: Counter[str] = Counter()
        hub.listen(self._published)

    @property
    def clients(self) -> int:
        """Connections open now."""
        return self._open

    async def serve(self, websocket: WebSocket) -> None:
        """One connection from handshake to end."""
        refusal = self._refusal(websocket)
        if refusal:
            self.counts[f"refused:{refusal}"] += 1
            await websocket.close()  # before accepting: HTTP 403
            return
        self._loop = asyncio.get_running_loop()
        await websocket.accept()
        if self._open >= self._limits.clients:
            self.counts["refused:full"] += 1
            await websocket.close(FULL, "too many connections, try again later")
            return
        self._open += 1
        self.counts["opened"] += 1
        outbox = Outbox(self._hub, self._limits)
        try:
            await self._talk(websocket, outbox)
        finally:
            self._drop(outbox, outbox.topics)
            self._open -= 1
            self.counts["closed"] += 1
            wire = _wire(websocket)
            self.counts["aborted"] += bool(wire and wire.aborted)

    def _refusal(self, websocket: WebSocket) -> str:
        """Why this handshake is refused, empty when it is not."""
        headers = websocket.headers
        if not same_origin(headers.get("origin"), headers.get("host"), self._origins):
            return "origin"
        try:
            viewer = self._viewer_of(websocket.scope)
        except NotAllowedError:
            return "viewer"
        # Frames are made once for all and show the whole port; who may not see it all gets none.
        return "viewer" if viewer.scope is not None else ""

    async def _talk(self, websocket: WebSocket, outbox: Outbox) -> None:
        """Receive and send until one of the two ends, then end the connection as it deserves."""
        tasks = [asyncio.create_task(half(websocket, outbox)) for half in (self._receive, self._send)]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        for end in ends:
            if isinstance(end, WebSocketDisconnect):
                self.counts["refused:too_large"] += end.code == TOO_LARGE
            elif isinstance(end, Refused):
                self.counts[f"refused:{end.kind}"] += 1
                _log.info("live client refused: %s", end.reason)
                await _close(websocket, end.code, end.reason)
            elif isinstance(end, Exception):
                self.counts["failed"] += 1
                _log.error("live connection failed", exc_info=end)
                await _close(websocket, FAILED, "internal error")

    async def _receive(self, websocket: WebSocket, outbox: Outbox) -> None:
        bucket = Bucket(self._limits)
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1005), message.get("reason"))
            bucket.take()
            request = parse(message.get("text") or message.get("bytes") or "", self._limits)
            if isinstance(request, Subscribe):
                for topic in outbox.subscribe(request):
                    self._readers.setdefault(topic, set()).add(outbox)
                    self._hub.watch(topic)
            else:
                self._drop(outbox, outbox.unsubscribe(request))

    def _drop(self, outbox: Outbox, topics: Iterable[str]) -> None:
        for topic in topics:
            readers = self._readers.get(topic, set())
            readers.discard(outbox)
            if not readers:
                self._readers.pop(topic, None)
            self._hub.unwatch(topic)

    async def _send(self, websocket: WebSocket, outbox: Outbox) -> None:
        """Feed one client for as long as it lives; it can only delay itself."""
        wire = _wire(websocket)
        beat_at = 0.0
        await websocket.send_text(self._hello())
        while True:
            await outbox.wait(self._limits.beat_seconds)
            if wire is not None:
                await self._drained(wire, outbox)
            if time.monotonic() - beat_at >= self._limits.beat_seconds:
                beat_at = time.monotonic()
                await websocket.send_text(_beat())
            frame = outbox.take()
            if frame is not None:
                self.counts["frames"] += 1
                await websocket.send_text(frame.text)

    async def _drained(self, wire: Wire, outbox: Outbox) -> None:
        start = time.monotonic()
        await wire.drained()
        if time.monotonic() - start >= self._limits.blocked_seconds:
            self.counts["conflated"] += 1
            outbox.conflate()

    def _published(self, topic: str) -> None:
        """Called in the publisher's thread."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is gone: so are the clients
                loop.call_soon_threadsafe(self._wake, topic)

    def _wake(self, topic: str) -> None:
        for outbox in self._readers.get(topic, ()):
            outbox.touch(topic)

    def _hello(self) -> str:
        limits = self._limits
        return msgspec.json.encode({
            "op": "hello", "protocol": PROTOCOL, "epoch": self._hub.epoch, "version": self._version, "now": time.time(),
            "beat": limits.beat_seconds, "heartbeat": limits.heartbeat_seconds, "patience": limits.patience_seconds,
        }).decode()  # fmt: skip


def _beat() -> str:
    return msgspec.json.encode({"op": "beat", "now": time.time()}).decode()


def _wire(websocket: WebSocket) -> Wire | None:
    wire: Wire | None = websocket.scope.get("extensions", {}).get(EXTENSION)
    return wire


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):  # it may be gone already
        await websocket.close(code, reason)


def attach(
    app: FastAPI,
    hub: Hub,
    viewer_of: ViewerOf,
    version: str = "",
    limits: Limits | None = None,
    origins: frozenset[str] = frozenset(),
) -> Endpoint:
    """Add the websocket ``/live`` to the server.

    Args:
        app: the server's application.
        hub: where the frames come from.
        viewer_of: from the ASGI scope to who is asking; NotAllowedError refuses the handshake.
        version: of what the browser runs; open pages reload when it changes.
        limits: bounds, see Limits.
        origins: origins allowed besides the server's own.

    Returns:
        The endpoint, for its counts.
    """
    endpoint = Endpoint(hub, viewer_of, version, limits or Limits(), origins)
    app.add_api_websocket_route("/live", endpoint.serve)
    return endpoint
