"""Recorded JT/T 808 frames: a text file with frames in hexadecimal, wherever they stand in their lines.

The logs of gateways and of protocol testers are such files, whatever else is in them.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator

from datasources.contract import Batch
from datasources.dropfolder import Found
from datasources.filereader import FileReader
from datasources.jt808_frames import FLAG, SHORTEST, Damaged, parse, unescaped
from datasources.jt808_messages import Positions
from datasources.jt808_session import refused
from datasources.rows import Unplaced
from datasources.textfile import fingerprint, open_bytes
from domain.errors import FeedError
from domain.records import Reject

_LINE_BYTES = 1 << 16
# As many digits as the shortest frame has, in one or byte by byte: shorter ones are numbers, times, colours.
_HEX = re.compile(
    rb"(?<![0-9A-WYZa-wyz])(?:[0-9A-Fa-f]{%d,}|(?:[0-9A-Fa-f]{2} ){%d,}[0-9A-Fa-f]{2})(?![0-9A-Za-z])"
    % (2 * SHORTEST + 4, SHORTEST + 1)
)
_FRAME = re.compile(rb"7e(?:..)+7e", re.IGNORECASE)


class FrameFile(FileReader):
    """Reads the frames of one file."""

    counted = "positions"

    def __init__(self, file: Found, feed: str, positions: Positions, are_escaped: bool, limit_bytes: int) -> None:
        """Prepare; nothing is opened yet.

        Args:
            file: the file as found.
            feed: the feed's name, for rejects.
            positions: reads what frames hold.
            are_escaped: frames stand there as they were sent; else they have been un-escaped.
            limit_bytes: larger files, unpacked, are refused.
        """
        super().__init__(file, file.changed_at)
        self._feed, self._positions, self._escaped, self._limit = feed, positions, are_escaped, limit_bytes
        self._messages = 0

    def open(self) -> None:
        """Prove the file readable to its end.

        Raises:
            FeedError: naming the file and what is wrong.
        """
        self.sha256 = fingerprint(self.file.path, self._limit)
        if not self.file.size:
            raise FeedError("empty_file", "has no content", self.file.name)
        self._items = enumerate(self._rows(), 1)
        super().open()

    def read(self, limit: int, batch: Batch, take: Callable[[Unplaced | Reject, FileReader, Batch], None]) -> bool:
        """Hand out up to ``limit`` positions; frames are counted as messages."""
        try:
            return super().read(limit, batch, take)
        finally:
            if self._messages and not self.silent:
                batch.counts["messages"] = batch.counts.get("messages", 0) + self._messages
            self._messages = 0

    def _rows(self) -> Iterator[Unplaced | Reject]:
        found = False
        try:
            with open_bytes(self.file.path) as file:
                for number, line in enumerate(iter(lambda: file.readline(_LINE_BYTES), b""), 1):
                    for run in (written.replace(b" ", b"") for written in _HEX.findall(line)):
                        framed = _FRAME.fullmatch(run) is not None
                        found = found or framed
                        yield from self._of(run.decode(), framed, f"{self.file.name}:{number}")
        except (EOFError, zlib.error, OSError) as error:
            raise FeedError("unreadable", str(error), self.file.name) from None
        if not found:
            raise FeedError("not_jt808", "holds no frame in hexadecimal (7e...7e)", self.file.name)
        yield from self._positions.rest()

    def _of(self, run: str, framed: bool, ref: str) -> Iterator[Unplaced | Reject]:
        if not framed:
            self._messages += 1
            yield refused(Damaged("not_a_frame", "does not begin and end with 7e", run), self._feed, ref)
            return
        inner = bytes.fromhex(run[2:-2])
        for content in filter(None, inner.split(FLAG)) if self._escaped else (inner,):
            self._messages += 1
            plain = unescaped(content) if self._escaped else content
            frame = plain if isinstance(plain, Damaged) else parse(plain)
            if isinstance(frame, Damaged):
                yield refused(frame, self._feed, ref)
            else:
                yield from self._positions.read(frame, ref)
