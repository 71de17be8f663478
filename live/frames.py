"""Frames: made once per topic and scope, and written as they are to every reader's socket.

A websocket message from the server carries nothing of its receiver, so its bytes are the same for
all: header, text or deflated text. Long messages go as websocket fragments, which a browser hands on
only when the last one came; between them the socket may pause, so nobody buffers more than one.
"""

from __future__ import annotations

import struct
import zlib

PIECE_BYTES = 65_536
PACK_BYTES = 16_384  # shorter ones gain nothing on a 100 Mbit link: docs/adr/0016
_TEXT, _BINARY, _CONTINUED = 1, 2, 0
_FIN = 0x80


class Frame:
    """A message of a topic, shared by all its receivers.

    Attributes:
        seq: the state's sequence number after this frame.
        made: monotonic seconds at which that state was published.
        body: the JSON message, UTF-8.
    """

    __slots__ = ("_packed", "_plain", "body", "made", "packable", "seq")

    def __init__(self, seq: int, body: bytes, made: float = 0.0, packable: bool = False) -> None:
        """Keep the message; ``packable`` when it is likely to shrink to less than half by deflate."""
        self.seq, self.body, self.made = seq, body, made
        self.packable = packable and len(body) >= PACK_BYTES
        self._plain: tuple[bytes, ...] = ()
        self._packed: tuple[bytes, ...] = ()

    @property
    def text(self) -> str:
        """The JSON message."""
        return self.body.decode()

    def pieces(self, packed: bool) -> tuple[bytes, ...]:
        """Bytes for the socket, in pieces of about 64 KB between which a slow reader may pause.

        Args:
            packed: the reader takes binary messages (raw deflate) where they are shorter.
        """
        if packed and self.packable:
            self._packed = self._packed or messages(_BINARY, deflated(self.body))
            return self._packed
        self._plain = self._plain or messages(_TEXT, self.body)
        return self._plain


def deflated(body: bytes) -> bytes:
    """Raw deflate (RFC 1951) at the fastest level."""
    packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


def text_message(text: bytes) -> bytes:
    """A short text as one websocket message."""
    return messages(_TEXT, text)[0]


def messages(opcode: int, payload: bytes) -> tuple[bytes, ...]:
    """One websocket message (RFC 6455, unmasked) as fragments."""
    starts = range(0, len(payload), PIECE_BYTES) or range(1)
    last = starts[-1]
    return tuple(
        _header(_CONTINUED if at else opcode, at == last, min(PIECE_BYTES, len(payload) - at))
        + payload[at : at + PIECE_BYTES]
        for at in starts
    )


def _header(opcode: int, last: bool, size: int) -> bytes:
    first = opcode | (_FIN if last else 0)
    if size < 126:
        return struct.pack("!BB", first, size)
    return struct.pack("!BBH", first, 126, size) if size < 1 << 16 else struct.pack("!BBQ", first, 127, size)
