"""How every feed is doing: running counts, times and the state its lamp shows."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from datasources.contract import Batch
from domain.errors import FeedError
from domain.pictures import FeedRow, FeedState
from domain.records import Record
from domain.scores import Score
from settings import Feed

REJECTS_SHOW_SECONDS = 900.0
UNCHANGED = "unchanged"  # the source said the same as before: what was wrong with it still is
PACE_SECONDS = 300.0
REJECTED = "rows_quarantined"  # feed.error.<code>; survives a restart as the row's message

_COUNTED = ("accepted", "duplicate", "quarantined", "flagged", "late")


def _count(row: FeedRow, counts: Mapping[str, int], reasons: Mapping[str, int], flags: Mapping[str, int]) -> None:
    for name in _COUNTED:
        setattr(row, name, getattr(row, name) + counts[name])
    row.reasons = dict(Counter(row.reasons) + Counter(reasons))
    row.flags = dict(Counter(row.flags) + Counter(flags))


class _Entry:
    """One feed: its row as last shown, and what the row does not hold."""

    def __init__(self, feed: Feed, row: FeedRow) -> None:
        self.feed, self.row = feed, row
        self.ok_at: float | None = None  # monotonic; ages by it survive a clock that is set
        self.failing = False
        self.ended = False
        self.paused = False
        self.waits = False
        self.came: deque[tuple[float, int]] = deque()  # when, and how many were accepted
        self.full = False
        self.problem: tuple[str, str] | None = None
        self.refused: tuple[str, str] | None = None
        self.refused_at = 0.0
        self.kinds: set[type[Record]] = set()

    def brought(self, kinds: Iterable[type[Record]]) -> None:
        """Remember what it brings, also across restarts: a feed with nothing new still stands behind its tiles."""
        self.kinds.update(kinds)
        self.row.brings = sorted(kind.__name__ for kind in self.kinds)


class HealthBook:
    """Health of all feeds, thread-safe.

    States, worst first: DISABLED by the configuration; ENDED when a recording was played to its
    end; DOWN while polls fail or hang; LATE when nothing good came for longer than expected;
    DEGRADED while a source reports a problem or its rows are being refused (until 15 minutes after
    the last one, and until a delivery comes clean); else OK. STARTING before the first outcome.
    """

    def __init__(
        self,
        feeds: Iterable[Feed],
        language: str,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
        restored: Iterable[FeedRow] = (),
        score: Callable[[str], Score | None] = lambda _: None,
    ) -> None:
        """Open the book.

        Args:
            feeds: all feeds of the configuration.
            language: ``zh_CN`` or ``en``; which title a row carries.
            clock: aware UTC.
            monotonic: seconds, never set.
            restored: rows as they were stored; their running counts go on.
            score: how good a feed's rows were lately.
        """
        self._clock, self._monotonic, self._score = clock, monotonic, score
        self._lock = threading.Lock()
        self._started = monotonic()
        before = {row.key: row for row in restored}
        self._entries = {feed.name: self._open(feed, language, before.get(feed.name)) for feed in feeds}

    def _open(self, feed: Feed, language: str, before: FeedRow | None) -> _Entry:
        zh, en = feed.title_zh or feed.title_en or feed.name, feed.title_en or feed.title_zh or feed.name
        row = FeedRow(
            key=feed.name,
            title=en if language == "en" else zh,
            titles={"zh_CN": zh, "en": en},
            adapter=feed.adapter,
            origin=feed.origin.value,
            state=FeedState.STARTING,
            every_seconds=feed.every_seconds,
            expected_seconds=feed.fresh_seconds,
        )
        entry = _Entry(feed, row)
        if before is not None:
            for name in ("last_ok_at", "last_event_at", "last_recorded_at"):
                setattr(row, name, getattr(before, name))
            for name in _COUNTED:
                setattr(row, name, getattr(before, name))
            row.reasons, row.flags, row.counts = dict(before.reasons), dict(before.flags), dict(before.counts)
            entry.brought(kind for kind in Record.__subclasses__() if kind.__name__ in before.brings)
            if before.message_code == REJECTED:
                entry.refused, entry.refused_at = (REJECTED, before.message), self._started
        return entry

    # --- what happened ---

    def stored(self, name: str, ingested: Any, batch: Batch) -> None:
        """A transaction was committed: count its rows.

        Args:
            name: the feed.
            ingested: the store's answer.
            batch: the delivery the rows belong to; gives the newest times and the last refusal.
        """
        with self._lock:
            entry = self._entries[name]
            row = entry.row
            row_counts = {name: getattr(ingested, name) for name in _COUNTED}
            _count(row, row_counts, ingested.reasons, ingested.flags)
            entry.came.append((self._monotonic(), ingested.accepted))
            if len(entry.came) > 2 and entry.came[-1][0] - entry.came[-2][0] < 1.0:  # one for a second
                _, count = entry.came.pop()
                entry.came[-1] = (entry.came[-1][0], entry.came[-1][1] + count)
            entry.brought({type(record) for record in batch.records})
            newest = max(batch.records, key=lambda record: record.event_time, default=None)
            if newest is not None and (row.last_event_at is None or newest.event_time > row.last_event_at):
                row.last_event_at, row.last_recorded_at = newest.event_time, newest.recorded_time

    def delivered(self, name: str, batch: Batch, received_at: datetime) -> None:
        """All of a good poll is stored."""
        with self._lock:
            entry = self._entries[name]
            row = entry.row
            entry.ok_at, row.last_ok_at = self._monotonic(), received_at
            entry.failing, entry.full, entry.waits = False, False, False
            entry.ended = batch.ended
            row.counts = dict(Counter(row.counts) + Counter(batch.counts))
            problem = batch.problems[-1] if batch.problems else None
            if problem is not None or not batch.counts.get(UNCHANGED):
                entry.problem = (problem.code, problem.detail) if problem else None
            if batch.rejects:
                last = batch.rejects[-1]
                entry.refused = (REJECTED, f"{last.ref}: {last.detail}" if last.ref else last.detail)
                entry.refused_at = self._monotonic()
            elif batch.records and self._monotonic() - entry.refused_at > REJECTS_SHOW_SECONDS:
                entry.refused = None

    def filled(self, name: str, counts: Mapping[str, Any]) -> None:
        """A back-fill stored rows of the feed."""
        with self._lock:
            _count(self._entries[name].row, counts, counts.get("reasons", {}), counts.get("flags", {}))

    def failed(self, name: str, error: FeedError) -> None:
        """A poll failed or was abandoned."""
        with self._lock:
            entry = self._entries[name]
            entry.failing, entry.waits = True, error.halts
            entry.row.message_code, entry.row.message = error.code, str(error)

    def no_room(self, name: str) -> None:
        """The feed is not polled because the store does not take what it already brought."""
        with self._lock:
            self._entries[name].full = True

    def paused(self, name: str, paused: bool) -> None:
        """A person stopped or restarted the polling."""
        with self._lock:
            self._entries[name].paused = paused

    # --- what is shown ---

    def rows(self, next_poll_at: Callable[[str], datetime | None] = lambda _: None) -> list[FeedRow]:
        """A copy of every feed's row with its state as of now."""
        with self._lock:
            return [self._shown(entry, next_poll_at(name)) for name, entry in self._entries.items()]

    def kinds(self, name: str) -> frozenset[type[Record]]:
        """Types of the records a feed has ever brought."""
        with self._lock:
            return frozenset(self._entries[name].kinds)

    def _shown(self, entry: _Entry, next_poll_at: datetime | None) -> FeedRow:
        row = FeedRow(**{name: getattr(entry.row, name) for name in FeedRow.__struct_fields__})
        row.next_poll_at, row.score = next_poll_at, self._score(row.key)
        row.waits, row.paused, row.rows_per_minute = entry.waits, entry.paused, self._pace(entry)
        row.state, (row.message_code, row.message) = self._state(entry)
        return row

    def _pace(self, entry: _Entry) -> float:
        """Accepted rows per minute over the last minutes, since the start when that is less."""
        now = self._monotonic()
        while entry.came and entry.came[0][0] <= now - PACE_SECONDS:
            entry.came.popleft()
        seconds = min(PACE_SECONDS, max(60.0, now - self._started))
        return round(sum(count for _, count in entry.came) * 60.0 / seconds, 1)

    def _state(self, entry: _Entry) -> tuple[FeedState, tuple[str, str]]:
        said = (entry.row.message_code, entry.row.message)
        if not entry.feed.enabled:
            return FeedState.DISABLED, ("", "")
        if entry.ended:
            return FeedState.ENDED, entry.problem or entry.refused or ("", "")
        if entry.failing:
            return FeedState.DOWN, said
        since = entry.ok_at if entry.ok_at is not None else self._started
        if self._monotonic() - since > entry.feed.fresh_seconds:
            why = "paused" if entry.paused else "buffer_full" if entry.full else "silent"
            return FeedState.LATE, (why, "")
        if entry.ok_at is None:
            return FeedState.STARTING, ("", "")
        worry = entry.problem or entry.refused
        return (FeedState.DEGRADED, worry) if worry else (FeedState.OK, ("", ""))
