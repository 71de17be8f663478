"""A log of NMEA sentences in a file (also ``.gz``), played from now or read at once."""

from __future__ import annotations

import hashlib
import zlib
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from datasources.nmea_clock import LogClock, Timed
from datasources.nmea_decode import Decoder
from datasources.replay import ReplayClock, ReplayOptions, resume_replay, start_replay
from datasources.textfile import open_bytes, os_problem
from domain.errors import FeedError

_LINE_BYTES = 1 << 16
_HEAD_BYTES = 1 << 16
# Lines before the place a restart goes on at that are read again: for the clock, long messages and
# repeats that reach back.
_LOOK_BACK = 2_500


class NmeaLog:
    """Reads a log line by line, as far as its clock has come."""

    def __init__(self, path: Path, options: ReplayOptions | None, zone: str, cursor: dict[str, Any]) -> None:
        """Open the log and go on where the cursor says.

        Args:
            path: the file.
            options: how it is played; None = all at once, with its own times.
            zone: IANA name for a ``recorded_now`` without a zone.
            cursor: what ``to_cursor`` gave before; may be empty.

        Raises:
            FeedError: no such file, or it is empty.
        """
        self._path, self._options, self._zone = path, options, zone
        self._head = _head(path)
        same = cursor.get("head") == self._head
        self.replay = resume_replay(options, cursor.get("replay"), zone) if same and options else None
        goes_on = same and (self.replay is not None or options is None)
        self._emitted = int(cursor.get("line", 0)) if goes_on else 0
        self._resume_at = self._emitted
        self._line, self.lines_new, self.ended = 0, 0, False
        self.clockless = False  # no base station, no TAG block: all that is known is the file's own time
        self.broken: FeedError | None = None  # the rest of the file cannot be read
        self._decoder, self._clock = Decoder(), LogClock()
        self._ready: deque[Timed] = deque()
        self._file: BinaryIO | None = open_bytes(path)
        self._fallback = datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def take(self, now: datetime, limit: int) -> Iterator[Timed]:
        """What has been sent by now.

        Items read before a restart come too, with ``read`` up to ``resumed_at``: they are needed for
        the times of those that follow, not as news.

        Args:
            now: the clock, aware UTC.
            limit: about how many items at most.
        """
        count = 0
        while count < limit or (self._ready and self._ready[0].read == self._emitted):
            if not self._ready and not self._read_on():
                return
            if not self._ready:
                continue
            timed = self._ready[0]
            if timed.clock is None:
                timed.clock, self.clockless = self._fallback, True
            if self._options is not None:
                if self.replay is None:
                    self.replay = start_replay(self._options, timed.clock, now, self._zone)
                if timed.read > self._resume_at and self.replay.shifted(timed.clock) > now:
                    return
            self._ready.popleft()
            self._emitted = max(self._emitted, timed.read)
            count += 1
            yield timed

    @property
    def resumed_at(self) -> int:
        """Line up to which everything was delivered before a restart."""
        return self._resume_at

    @property
    def more(self) -> bool:
        """Whether there may be something due already."""
        return not self.ended or bool(self._ready)

    def to_cursor(self) -> dict[str, Any]:
        """What a restart needs."""
        cursor: dict[str, Any] = {"head": self._head, "line": self._emitted}
        return {**cursor, "replay": self.replay.to_cursor()} if isinstance(self.replay, ReplayClock) else cursor

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _read_on(self) -> bool:
        """Read until something is ready; False at the end of the log."""
        while not self._ready:
            if self._file is None or self.ended:
                return False
            raw = self._next_line()
            if not raw:
                self._clock.feed(self._line, list(self._decoder.rest()))
                self._ready.extend(self._clock.timed(self._line, final=True))
                self.ended = True
                self.close()
                return bool(self._ready)
            self._line += 1
            if self._line > self._resume_at:
                self.lines_new += 1
            if self._line < self._resume_at - _LOOK_BACK:
                continue
            self._clock.feed(self._line, self._decoder.feed(self._line, raw))
            self._ready.extend(self._clock.timed(self._line))
        return True

    def _next_line(self) -> bytes:
        try:
            return self._file.readline(_LINE_BYTES) if self._file else b""
        except (EOFError, zlib.error) as error:
            self.broken = FeedError("truncated", f"archive is cut short or damaged ({error})", self._path.name)
        except OSError as error:
            self.broken = os_problem(self._path, error)
        return b""


def _head(path: Path) -> str:
    """Fingerprint of the first 64 KB, to know the log again; a log may grow at its end."""
    try:
        if path.exists() and not path.is_file():
            raise FeedError("unreadable", "is not a file", path.name)
        with open_bytes(path) as file:
            head = file.read(_HEAD_BYTES)
    except (EOFError, zlib.error) as error:
        raise FeedError("truncated", f"archive is cut short or damaged ({error})", path.name) from None
    except OSError as error:
        raise os_problem(path, error) from None
    if not head:
        raise FeedError("empty_file", "has no content", path.name)
    return hashlib.sha256(head).hexdigest()
