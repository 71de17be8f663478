"""The websocket ``/live``: subscriptions in, frames out. See docs/live-protocol.md.

A publication walks once over the readers of its topic and writes the same bytes to each socket that
takes data; there is no task and no queue per reader. A reader whose socket is full is passed over
and goes on from the newest state when its socket drains.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from functools import partial
from typing import Any

import msgspec
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from domain.errors import NotAllowedError
from domain.viewer import Viewer
from live.frames import Frame, text_message
from live.hub import Hub
from live.outbox import Outbox
from live.requests import BROKEN, FAILED, FULL, Bucket, Limits, Refused, Subscribe, parse, same_origin
from live.scopes import TooManyScopesError
from live.wire import EXTENSION, Wire
from telemetry.counts import Spread

_log = logging.getLogger(__name__)

PROTOCOL = 1
CLOCK = "clock"
CLOCK_SECONDS = 1.0
WATCH_SECONDS = 2.0
ENDED = 4401
Standing = Callable[[MutableMapping[str, Any], Viewer], Awaitable[bool]]
ViewerOf = Callable[[MutableMapping[str, Any]], Viewer]


class Endpoint:
    """All live connections of this process.

    Attributes:
        counts: what happened, by word: opened, closed, refused:<kind>, conflated, aborted, failed, frames.
        delivered: seconds from the publication of a state until a reader's socket had its frame.
    """

    def __init__(
        self,
        hub: Hub,
        viewer_of: ViewerOf,
        version: str,
        limits: Limits,
        origins: frozenset[str],
        watch: Standing | None = None,
    ) -> None:
        self._hub, self._viewer_of, self._limits = hub, viewer_of, limits
        self._version, self._origins, self._watch = version, origins, watch
        self._readers: dict[tuple[str, str], set[Outbox]] = {}  # by topic and scope
        self._clients: dict[Outbox, WebSocket] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._routines: dict[str, asyncio.Task[None]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self.counts: Counter[str] = Counter()
        self.delivered = Spread()
        hub.listen(self._published)

    @property
    def clients(self) -> int:
        """Connections open now."""
        return len(self._clients)

    @property
    def subscriptions(self) -> int:
        """Subscriptions of all connections now."""
        return sum(map(len, self._readers.values()))

    @property
    def due(self) -> int:
        """Topics waiting for their readers' sockets, over all connections."""
        return sum(outbox.due for outbox in tuple(self._clients))

    def refused(self, word: str) -> None:
        """Count a handshake that was refused before it came here."""
        self.counts[f"refused:{word}"] += 1

    async def serve(self, websocket: WebSocket) -> None:
        """One connection from handshake to end."""
        refusal, viewer, scope = self._judge(websocket)
        if viewer is None:
            self.refused(refusal)
            await websocket.close()  # before accepting: HTTP 403
            return
        await websocket.accept()
        wire: Wire | None = websocket.scope.get("extensions", {}).get(EXTENSION)
        if wire is None:
            _log.error("the server must run with live.wire.server_options()")
            await websocket.close(FAILED, "internal error")
        elif self.clients >= self._limits.clients:
            self.refused("full")
            await websocket.close(FULL, "too many connections, try again later")
        else:
            await self._attend(websocket, wire, viewer, scope)

    def _judge(self, websocket: WebSocket) -> tuple[str, Viewer | None, str]:
        """Why this handshake is refused, or whose it is and the scope it looks with."""
        headers = websocket.headers
        if not same_origin(headers.get("origin"), headers.get("host"), self._origins):
            return "origin", None, ""
        try:
            viewer = self._viewer_of(websocket.scope)
            return "", viewer, self._hub.admit(viewer.scope)
        except NotAllowedError:
            return "viewer", None, ""
        except TooManyScopesError:
            return "full", None, ""

    async def _attend(self, websocket: WebSocket, wire: Wire, viewer: Viewer, scope: str) -> None:
        """Serve an accepted connection to its end."""
        packed = websocket.query_params.get("deflate") == "1"
        outbox = Outbox(self._hub, self._limits, wire, scope, packed, self._sent, viewer)
        wire.on_ready = partial(self._flush, outbox, outbox.resume)
        self._clients[outbox] = websocket
        self._hub.enter(scope)
        self.counts["opened"] += 1
        self._begin()
        wire.write(text_message(self._hello(scope)))
        try:
            await self._receive(websocket, outbox)
        except WebSocketDisconnect as end:
            if end.code in BROKEN:
                self.refused(BROKEN[end.code])
        except Refused as end:
            self.refused(end.kind)
            _log.info("live client refused: %s", end.reason)
            await _close(websocket, end.code, end.reason)
        except Exception as error:
            await self._fail(websocket, error)
        finally:
            wire.on_ready = None
            self._drop(outbox, outbox.topics)
            self._hub.leave(scope)
            del self._clients[outbox]
            self.counts["closed"] += 1
            self.counts["aborted"] += wire.aborted

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
                    self._readers.setdefault((topic, outbox.scope), set()).add(outbox)
                    self._hub.watch(topic, outbox.scope)
                if CLOCK in request.topics:
                    self._strike()
                outbox.pump()
            else:
                self._drop(outbox, outbox.unsubscribe(request))

    def _drop(self, outbox: Outbox, topics: Iterable[str]) -> None:
        for topic in topics:
            key = topic, outbox.scope
            readers = self._readers.get(key, set())
            readers.discard(outbox)
            if not readers:
                self._readers.pop(key, None)
            self._hub.unwatch(topic, outbox.scope)

    def _published(self, topic: str, scope: str) -> None:
        """Called in the publisher's thread."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is gone: so are the clients
                loop.call_soon_threadsafe(self._spread, topic, scope)

    def _spread(self, topic: str, scope: str) -> None:
        for outbox in tuple(self._readers.get((topic, scope), ())):
            self._flush(outbox, partial(outbox.touch, topic))

    def _flush(self, outbox: Outbox, write: Callable[[], Any]) -> None:
        """Write to one reader; a mistake of ours ends its connection and nobody else's."""
        try:
            if write() is True:
                self.counts["conflated"] += 1
        except Exception as error:
            websocket = self._clients.get(outbox)
            if websocket is not None:
                ending = asyncio.ensure_future(self._fail(websocket, error))
                self._ending.add(ending)
                ending.add_done_callback(self._ending.discard)

    def _sent(self, frame: Frame) -> None:
        self.counts["frames"] += 1
        self.delivered.add(time.monotonic() - frame.made)

    async def _fail(self, websocket: WebSocket, error: Exception) -> None:
        self.counts["failed"] += 1
        _log.error("live connection failed", exc_info=error)
        await _close(websocket, FAILED, "internal error")

    def _begin(self) -> None:
        """Start what runs while there are clients: beats and the clock."""
        self._loop = asyncio.get_running_loop()
        routines = [("beat", self._beat), ("tick", self._tick)]
        if self._watch is not None:
            routines.append(("watch", self._look_after))
        for name, routine in routines:
            running = self._routines.get(name)
            if running is None or running.done():
                self._routines[name] = asyncio.create_task(routine(), name=f"live-{name}")

    async def _beat(self) -> None:
        """Say that we are here, so that a browser sees a dead connection."""
        while self._clients:
            await asyncio.sleep(self._limits.beat_seconds)
            beat = text_message(msgspec.json.encode({"op": "beat", "now": time.time()}))
            for outbox in tuple(self._clients):
                self._flush(outbox, partial(outbox.say, beat))

    async def _look_after(self) -> None:
        """End the connections of those who were logged out, or may something else now; their pages load anew."""
        while self._clients and self._watch is not None:
            await asyncio.sleep(WATCH_SECONDS)
            for outbox, websocket in tuple(self._clients.items()):
                if not await self._watch(websocket.scope, outbox.viewer):
                    self.counts["ended"] += 1
                    await _close(websocket, ENDED, "session ended")

    async def _tick(self) -> None:
        """Strike the clock at every full second."""
        while self._clients:
            await asyncio.sleep(CLOCK_SECONDS - time.time() % CLOCK_SECONDS)
            self._strike()

    def _strike(self) -> None:
        """Publish the clock for whoever shows it."""
        for topic, scope in tuple(self._readers):
            if topic == CLOCK:
                epoch = self._hub.epoch_of(scope)
                self._hub.publish(CLOCK, {"now": round(time.time(), 3), "epoch": epoch}, scope)

    def _hello(self, scope: str) -> bytes:
        limits = self._limits
        return msgspec.json.encode({
            "op": "hello", "protocol": PROTOCOL, "epoch": self._hub.epoch_of(scope), "version": self._version,
            "now": time.time(), "beat": limits.beat_seconds, "heartbeat": limits.heartbeat_seconds,
            "patience": limits.patience_seconds,
        })  # fmt: skip


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
    watch: Standing | None = None,
) -> Endpoint:
    """Add the websocket ``/live`` to the server.

    Args:
        app: the server's application.
        hub: where the frames come from.
        viewer_of: from the ASGI scope to who is asking; NotAllowedError refuses the handshake.
        version: of what the browser runs; open pages reload when it changes.
        limits: bounds, see Limits.
        origins: origins allowed besides the server's own.
        watch: whether the viewer of a connection is still who was found for it; None: always.

    Returns:
        The endpoint, for its counts.
    """
    endpoint = Endpoint(hub, viewer_of, version, limits or Limits(), origins, watch)
    app.add_api_websocket_route("/live", endpoint.serve)
    return endpoint
