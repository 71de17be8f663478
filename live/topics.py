"""One topic: its newest state, its sequence number and a bounded ring of recent deltas.

A reader names the sequence number it has and gets ONE frame that leads from there to now: the
missing deltas, or the snapshot when that is shorter or the deltas are gone. Never a part. Frames
are made once and shared by all readers, so nothing waits per client but a number.
"""

from __future__ import annotations

import time
from collections import deque
from threading import Lock
from typing import Any

import msgspec

from domain.pictures import Positions
from live.columns import ColumnsEncoder
from live.frames import Frame
from live.rows import RESET, Drawn, Encoder, RowsEncoder, TableEncoder, ValueEncoder

RING_DELTAS = 64
RING_BYTES = 1 << 20


def _encoder_for(picture: Any) -> Encoder:
    if isinstance(picture, Positions):
        return ColumnsEncoder()
    if isinstance(picture, Drawn):
        return ValueEncoder() if picture.rows is None else TableEncoder()
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
        self._whole: Frame | None = None  # the snapshot made last; may be some deltas old
        self._frames: dict[int, Frame] = {}
        self._published = (0.0, 0.0)  # monotonic and epoch seconds of the newest state

    def publish(self, picture: Any) -> bool:
        """Take the new state.

        Returns:
            Whether anything changed for the readers.

        Raises:
            NotImplementedError: the picture holds something JSON cannot carry.
        """
        with self._lock:
            fresh = _encoder_for(picture)
            if type(self._encoder) is not type(fresh):
                self._encoder = fresh
            self.picture = picture
            delta = self._encoder.update(picture)
            if delta is None:
                return False
            self.seq += 1
            self._published = (time.monotonic(), time.time())
            self._frames.clear()
            self._remember(delta)
            return True

    def frame(self, since: int | None, recent: bool = False) -> Frame | None:
        """The one frame that leads a reader at ``since`` (None: has nothing) to the newest state.

        Args:
            since: sequence number the reader has.
            recent: a snapshot may be some deltas old, so that readers who join one after the other
                share one; the reader compares ``seq`` and asks again for the deltas.

        Returns:
            None when the reader is up to date or nothing was published yet.
        """
        with self._lock:
            if self._encoder is None or since == self.seq:
                return None
            if since is None or since <= 0 or not self._reaches(since):
                return self._snapshot(recent)
            frame = self._frames.get(since)
            if frame is None:
                frame = self._frames[since] = self._since(since) or self._snapshot(recent)
            return frame

    def hash(self) -> str:
        """State hash of the newest state, empty before the first publication."""
        with self._lock:
            return self._encoder.hash() if self._encoder else ""

    def _remember(self, delta: bytes) -> None:
        if delta == RESET:
            self._ring.clear()
            self._ring_bytes = 0
            self._whole = None
            return
        self._ring.append((self.seq, delta))
        self._ring_bytes += len(delta)
        while len(self._ring) > RING_DELTAS or self._ring_bytes > RING_BYTES:
            self._ring_bytes -= len(self._ring.popleft()[1])

    def _reaches(self, since: int) -> bool:
        return bool(self._ring) and self._ring[0][0] <= since + 1 <= self.seq

    def _since(self, base: int) -> Frame | None:
        """All deltas after ``base`` in one frame; None when the snapshot is shorter."""
        deltas = [delta for seq, delta in self._ring if seq > base]
        if len(deltas) > 1 and sum(map(len, deltas)) > len((self._whole or self._snapshot(False)).body):
            return None
        return self._frame(b'"b":%d,"d":[%s]' % (base, b",".join(deltas)), self._kind != "columns")

    def _snapshot(self, recent: bool) -> Frame:
        """The newest state whole, or (``recent``) one from which half as many bytes of deltas lead to it."""
        whole = self._whole
        if whole is not None and whole.seq != self.seq:
            behind = sum(len(delta) for seq, delta in self._ring if seq > whole.seq)
            if not (recent and self._reaches(whole.seq) and behind * 2 < len(whole.body)):
                whole = None
        if whole is None:
            state = self._encoder.snapshot() if self._encoder else b"null"
            whole = self._frame(b'"k":"%s","full":%s' % (self._kind.encode(), state), True)
            self._whole = whole
        return whole

    def _frame(self, content: bytes, packable: bool) -> Frame:
        made, at = self._published
        head = b'{"t":%s,"s":%d,"at":%.3f,' % (msgspec.json.encode(self.name), self.seq, at)
        return Frame(self.seq, head + content + b"}", made, packable)

    @property
    def _kind(self) -> str:
        return self._encoder.kind if self._encoder else ""
