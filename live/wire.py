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
from websockets.frames import Frame
from websockets.http11 import Request

from live.requests import FLOOD, Bucket, Limits, Refused

EXTENSION = "cockpit.wire"  # key in the ASGI scope's "extensions"
SEND_BUFFER_BYTES = 65_536  # bounds what the kernel holds for a slow peer: old news nobody needs
CLOSING_SECONDS = 2.0
SLOW_SECONDS = 120.0  # a peer that takes data, however slowly, has so long for a pong
# Frames of any kind: a ping is answered and a fragment kept before anybody counts messages. A browser sends a few.
FRAMES = Limits(burst=240, per_second=80.0)
PIECE_BYTES = 4096  # read at once: one flood of tiny frames is cut off before a quarter of a megabyte was taken apart


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
    _deaf = False  # the peer made a mistake; nothing it says counts any more
    _taken = 0
    _waiting = False  # data stood before the ping

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to count what the peer sends."""
        super().connection_made(transport)
        self._frames = Bucket(FRAMES)

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

    def data_received(self, data: bytes) -> None:
        """Read in pieces; nothing more once the peer made a mistake."""
        for start in range(0, len(data), PIECE_BYTES):
            if self._deaf or self.transport.is_closing():
                return
            super().data_received(data[start : start + PIECE_BYTES])

    def handle_events(self) -> None:
        """Count the frames of a piece before any of them is heeded."""
        try:
            self._frames.take(len(self.conn.events))
        except Refused:
            self.conn.events.clear()
            self.conn.fail(FLOOD, "too many frames")
            self.handle_parser_exception()
        else:
            super().handle_events()

    def handle_parser_exception(self) -> None:
        """The peer made a mistake: say which, and give it some time to hear it.

        uvicorn closes at once. Then a peer in the middle of sending gets a reset instead of the reason,
        and one that reads nothing keeps the socket for ever.
        """
        said = self.conn.close_sent
        if said is None:  # in the handshake: nothing can be said
            self.transport.abort()
            return
        self._deaf = self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": said.code, "reason": said.reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.resume_reading()  # what is not read becomes a reset
        if self.close_timer is not None:
            self.close_timer.cancel()
        self.close_timer = self.loop.call_later(CLOSING_SECONDS, self._abort)

    def handle_close(self, event: Frame) -> None:
        """The peer ends it; our answer may stand behind data it does not read."""
        super().handle_close(event)
        self._abort_soon()

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
        """A closing handshake gets its time, not for ever: nor need the socket take data before it begins."""
        if message["type"] == "websocket.close":
            self.writable.set()
            self._abort_soon()
        await super().send(message)

    def _abort_soon(self) -> None:
        if self.transport is not None and not self.disconnected:
            asyncio.get_running_loop().call_later(CLOSING_SECONDS, self._abort)

    def _abort(self) -> None:
        if not self.disconnected:  # a transport that closed itself behind its last byte cannot be aborted any more
            self.transport.abort()


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
