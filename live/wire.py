"""The websocket protocol class uvicorn runs: it lets go of peers that no longer answer.

uvicorn alone closes a silent peer's connection politely and then waits for ever until the peer
has read what is buffered. This class aborts. It reaches into non-public parts of uvicorn, so
uvicorn's version is pinned and tests/live/test_wire.py holds the behaviour.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

EXTENSION = "cockpit.wire"  # key in the ASGI scope's "extensions"
SEND_BUFFER_BYTES = 65_536  # bounds what the kernel holds for a slow peer: old news nobody needs
CLOSING_SECONDS = 2.0
SLOW_SECONDS = 120.0  # a peer that takes data, however slowly, has so long for a pong


class Wire:
    """What the endpoint may know and do about the connection under a websocket.

    Attributes:
        aborted: the connection was dropped from our side.
        on_ready: called when the socket takes data again after it did not.
    """

    def __init__(self, protocol: LiveWebSocketProtocol) -> None:
        self._protocol = protocol
        self._written = 0
        self.aborted = False
        self.on_ready: Callable[[], None] | None = None

    @property
    def ready(self) -> bool:
        """Whether the socket takes data: it is open and not more than 64 KB wait in front of it."""
        protocol = self._protocol
        return protocol.writable.is_set() and not protocol.close_sent and not protocol.transport.is_closing()

    def write(self, message: bytes) -> None:
        """Write bytes made by ``live.frames.messages``: the same for everybody, so not framed again here."""
        self._written += len(message)
        self._protocol.transport.write(message)

    def taken(self) -> int:
        """Bytes the kernel took so far."""
        return self._written - self.buffered()

    def buffered(self) -> int:
        """Bytes written and not yet taken by the kernel."""
        return self._protocol.transport.get_write_buffer_size()

    def abort(self) -> None:
        """Drop the connection and everything still buffered."""
        self.aborted = True
        self._protocol.transport.abort()


class LiveWebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's websocket protocol with an end: pass it as ``ws=`` (see SERVER_OPTIONS)."""

    wire: Wire | None = None
    _taken = 0
    _waiting = False  # data stood before the ping

    def handle_connect(self, event: Request) -> None:
        """Hand the endpoint its Wire with the scope."""
        super().handle_connect(event)
        if self.close_sent:
            return
        self.wire = Wire(self)
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[EXTENSION] = self.wire
        raw = self.transport.get_extra_info("socket")
        if raw is not None:
            with contextlib.suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)

    def resume_writing(self) -> None:
        """The socket takes data again: tell who waited."""
        super().resume_writing()
        if self.wire is not None and self.wire.on_ready is not None:
            self.wire.on_ready()

    def send_keepalive_ping(self) -> None:
        """Remember what stands before the ping."""
        if self.wire is not None:
            self._taken, self._waiting = self.wire.taken(), self.wire.buffered() > 0
        super().send_keepalive_ping()

    def keepalive_timeout(self) -> None:
        """No pong in time: the peer is gone, reads nothing, or its line is slow."""
        if self._moves() and self.ping_timeout:
            self.pong_timer = self.loop.call_later(self.ping_timeout, self.keepalive_timeout)
            return
        super().keepalive_timeout()
        if self.wire is not None:
            self.wire.abort()
        else:
            self.transport.abort()

    def _moves(self) -> bool:
        """Whether data stood before the ping and the peer still takes it: then the pong is late, not lost."""
        if self.wire is None or not self._waiting:
            return False
        before, self._taken = self._taken, self.wire.taken()
        return self._taken > before and self.loop.time() - self.ping_sent_at < SLOW_SECONDS

    def shutdown(self) -> None:
        """The server stops: say so, but do not wait for those who do not listen."""
        super().shutdown()
        self._abort_soon()

    async def send(self, message: Any) -> None:
        """A closing handshake gets its time, not for ever."""
        await super().send(message)
        if message["type"] == "websocket.close":
            self._abort_soon()

    def _abort_soon(self) -> None:
        if self.transport is not None and not self.disconnected:
            asyncio.get_running_loop().call_later(CLOSING_SECONDS, self.transport.abort)


def server_options(message_bytes: int = 65_536, heartbeat: float = 25.0, patience: float = 8.0) -> dict[str, Any]:
    """Keyword arguments for ``uvicorn.run`` / ``uvicorn.Config`` that the live endpoint relies on."""
    return {
        "ws": LiveWebSocketProtocol,
        "ws_per_message_deflate": False,  # it would compress every frame again for every client
        "ws_max_size": message_bytes,
        "ws_ping_interval": heartbeat,
        "ws_ping_timeout": patience,
        "timeout_graceful_shutdown": 5,
    }
