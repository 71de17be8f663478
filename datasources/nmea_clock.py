"""When AIS messages were sent: from the log's own clock and the second each sender names.

A log without receive times still tells its time: base stations broadcast theirs (type 4). The clock
at a line is the median of what stations said in the 250 lines before and after it; a station that
is hours off has no weight there. The sender's own second then settles the message to the second,
so the same message heard by several receivers has one time.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from datasources.nmea_decode import Damaged, Message, station_clock

WINDOW_LINES = 250  # either side
_PATIENCE_LINES = 5_000  # how far to read for the first clock before a log is taken to have none
_REPEAT_SECONDS = 30.0
_REPEATS_KEPT = 20_000


class Timed(msgspec.Struct):
    """A message, or a damaged sentence, with the log's clock where it stood."""

    item: Message | Damaged
    read: int  # line at which it was complete
    clock: datetime | None  # None: the log has no clock


class LogClock:
    """Reads ahead just far enough to know the time at each line."""

    def __init__(self) -> None:
        """Start without an idea of the time."""
        self._waiting: deque[tuple[int, Message | Damaged]] = deque()
        self._stations: deque[tuple[int, float]] = deque()  # those read ahead come first into the window
        self._window: deque[tuple[int, float]] = deque()
        self._clock: float | None = None
        self._changed = False

    def feed(self, line: int, items: list[Message | Damaged]) -> None:
        """Take what a line gave."""
        for item in items:
            self._waiting.append((line, item))
            if isinstance(item, Message):
                told = item.tagged
                if told is None and (station := station_clock(item)) is not None:
                    told = station.timestamp()
                if told is not None:
                    self._stations.append((line, told))

    def timed(self, line: int, final: bool = False) -> Iterator[Timed]:
        """The items whose surroundings have been read.

        Args:
            line: number of the last line read.
            final: True at the end of the log: there is nothing ahead.
        """
        while self._waiting:
            read, item = self._waiting[0]
            if not final and read > line - WINDOW_LINES:
                return
            self._move(read)
            if self._clock is None and not final and line - read < _PATIENCE_LINES:
                if not self._stations:
                    return
                self._clock = self._stations[0][1]  # the first one told, however far ahead
            self._waiting.popleft()
            tagged = item.tagged if isinstance(item, Message) else None
            yield Timed(item, read, _utc(self._clock if tagged is None else tagged))

    def _move(self, line: int) -> None:
        """Put the window round a line."""
        while self._stations and self._stations[0][0] <= line + WINDOW_LINES:
            self._window.append(self._stations.popleft())
            self._changed = True
        while self._window and self._window[0][0] < line - WINDOW_LINES:
            self._window.popleft()
            self._changed = True
        if self._changed and self._window:
            told = sorted(clock for _, clock in self._window)
            self._clock = told[len(told) // 2]
        self._changed = False


class MessageTimes:
    """Settles each message to its second and gives a repeat the time of the first."""

    def __init__(self) -> None:
        """Start with no message heard."""
        self._heard: OrderedDict[bytes, datetime] = OrderedDict()

    def settle(self, message: Message, clock: datetime) -> datetime:
        """The time a message was sent.

        Args:
            message: decoded.
            clock: what the log's clock, a TAG block or our own said when it was heard.

        Returns:
            The second nearest to ``clock`` that the message itself names; the clock's second when it
            names none; the first one's time when the same message was heard within 30 s before.
        """
        known = self._heard.get(message.payload)
        if known is not None and abs((clock - known).total_seconds()) <= _REPEAT_SECONDS:
            return known
        sent, second = clock.replace(microsecond=0), message.second
        if second is not None:
            sent += timedelta(seconds=(second - sent.second + 30) % 60 - 30)
        self._heard[message.payload] = sent
        self._heard.move_to_end(message.payload)
        if len(self._heard) > _REPEATS_KEPT:
            self._heard.popitem(last=False)
        return sent


def _utc(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
