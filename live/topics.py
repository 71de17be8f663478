"""One topic: its newest state, its sequence number and a bounded ring of recent deltas.

A reader names the sequence number it has and gets ONE frame that leads from there to now: the
missing deltas, or the snapshot when that is shorter or the deltas are gone. Never a part. Frames
are made once and shared by all readers, so nothing waits per client but a number.
"""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import Any

import msgspec

from domain.pictures import Positions
from live.columns import ColumnsEncoder
from live.rows import RESET, Encoder, RowsEncoder, ValueEncoder

RING_DELTAS = 64
RING_BYTES = 1 << 20


class Frame(msgspec.Struct, frozen=True):
    """A message ready to send, shared by all its receivers.

    Attributes:
        seq: the state's sequence number after this frame.
        text: the JSON message.
    """

    seq: int
    text: str


def _encoder_for(picture: Any) -> Encoder:
    if isinstance(picture, Positions):
        return ColumnsEncoder()
    if hasattr(picture, "rows") and hasattr(picture, "__struct_fields__"):
        return RowsEncoder()
    return ValueEncoder()


class Topic:
    """State and recent past of one topic; all methods may be called from any thread."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.seq = 0
        self.picture: Any = None
        self._lock = Lock()
        self._encoder: Encoder | None = None
        self._ring: deque[tuple[int, bytes]] = deque()  # (sequence number it leads to, delta)
        self._ring_bytes = 0
        self._snapshot: bytes | None = None
        self._frames: dict[int, Frame] = {}

    def publish(self, picture: Any) -> bool:
        """Take the new state.

        Returns:
            Whether anything changed for the readers.

        Raises:
            NotImplementedError: the picture holds something JSON cannot carry.
        """
        with self._lock:
            fresh = _encoder_for(picture)
            if self._encoder is None or self._encoder.kind != fresh.kind:
                self._encoder = fresh
            self.picture = picture
            delta = self._encoder.update(picture)
            if delta is None:
                return False
            self.seq += 1
            self._snapshot = None
            self._frames.clear()
            self._remember(delta)
            return True

    def frame(self, since: int | None) -> Frame | None:
        """The one frame that leads a reader at ``since`` (None: has nothing) to the newest state.

        Returns:
            None when the reader is up to date or nothing was published yet.
        """
        with self._lock:
            if self._encoder is None or since == self.seq:
                return None
            base = since if since is not None and since > 0 and self._reaches(since) else 0
            frame = self._frames.get(base)
            if frame is None:
                frame = self._frames[base] = self._build(base)
            return frame

    def hash(self) -> str:
        """State hash of the newest state, empty before the first publication."""
        with self._lock:
            return self._encoder.hash() if self._encoder else ""

    def _remember(self, delta: bytes) -> None:
        if delta == RESET:
            self._ring.clear()
            self._ring_bytes = 0
            return
        self._ring.append((self.seq, delta))
        self._ring_bytes += len(delta)
        while len(self._ring) > RING_DELTAS or self._ring_bytes > RING_BYTES:
            self._ring_bytes -= len(self._ring.popleft()[1])

    def _reaches(self, since: int) -> bool:
        return bool(self._ring) and self._ring[0][0] <= since + 1 <= self.seq

    def _build(self, base: int) -> Frame:
        topic = msgspec.json.encode(self.name)
        if base:
            deltas = [delta for seq, delta in self._ring if seq > base]
            size = sum(map(len, deltas))
            if len(deltas) == 1 or size <= len(self._full()):
                body = b'{"t":%s,"s":%d,"b":%d,"d":[%s]}' % (topic, self.seq, base, b",".join(deltas))
                return Frame(self.seq, body.decode())
        kind = self._encoder.kind.encode() if self._encoder else b""
        body = b'{"t":%s,"s":%d,"k":"%s","full":%s}' % (topic, self.seq, kind, self._full())
        return Frame(self.seq, body.decode())

    def _full(self) -> bytes:
        if self._snapshot is None and self._encoder is not None:
            self._snapshot = self._encoder.snapshot()
        return self._snapshot or b"null"
