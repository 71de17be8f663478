"""The rows of a recording between being read and being played."""

from __future__ import annotations

import heapq
from datetime import UTC, datetime
from typing import Any

from datasources.contract import Batch
from datasources.replay import ReplayOptions, resume_replay, start_replay
from datasources.rows import Placer, Unplaced


class Recording:
    """The rows of a replay that are still to come, and its clock."""

    def __init__(self, options: ReplayOptions, placer: Placer, cursor: dict[str, Any], zone: str) -> None:
        """Take up the replay the cursor remembers, or wait for the first row.

        Args:
            options: how the recording is played.
            placer: makes records; told the replay's clock.
            cursor: the feed's cursor with ``files`` and ``replay``; may be empty.
            zone: IANA name for a ``recorded_now`` without a zone.
        """
        self._options, self._placer, self._zone = options, placer, zone
        saved = cursor.get("replay")
        self._clock = placer.replay = resume_replay(self._options, saved, zone)
        self._until = _moment((saved or {}).get("until")) if self._clock else None
        # Rows still to come live in memory only: after a restart the files are read again for them.
        self._reload = set(cursor.get("files") or {}) if self._clock else set()
        self._heap: list[tuple[datetime, int, Unplaced]] = []
        self._count = 0
        self._last: datetime | None = None

    @property
    def resumed(self) -> bool:
        """Whether the cursor's replay goes on, rather than a new one beginning."""
        return self._clock is not None

    def must_reload(self, name: str) -> bool:
        """Whether a file known from before the restart has not been read again yet."""
        return name in self._reload

    def file_loaded(self, name: str, now: datetime) -> None:
        """A file is read to its end: a replay without a set start can begin."""
        self._reload.discard(name)
        if self._clock is None and self._heap:
            self._start(self._heap[0][0], now)

    def add(self, row: Unplaced, fallback: datetime, now: datetime, known: bool, batch: Batch) -> None:
        """Take a row; ``known`` tells that it was read before the restart."""
        recorded = (row.at or fallback).astimezone(UTC)
        ends = [recorded, *(v for v in row.values.values() if isinstance(v, datetime))]
        self._last = max(*ends, self._last or recorded)
        if self._clock is None and (self._options.recorded_now or self._placer.at_once):
            self._start(recorded, now)
        if self._placer.at_once:
            if not known:
                batch.records.append(self._placer.place(row, fallback))
            return
        if known and self._until is not None and recorded <= self._until:
            return
        row.at = recorded
        self._count += 1
        heapq.heappush(self._heap, (recorded, self._count, row))

    def release(self, batch: Batch, now: datetime, loading: bool, limit: int) -> bool:
        """Move the rows whose time has come into the batch; True when more are due already."""
        if self._clock is None:
            return False
        due = self._clock.recorded(now)
        while self._heap and self._heap[0][0] <= due:
            # Rows of one instant go together: the cursor remembers the instant, not the row.
            if len(batch.records) >= limit and self._heap[0][0] != self._until:
                return True
            recorded, _, row = heapq.heappop(self._heap)
            batch.records.append(self._placer.place(row, recorded))
            self._until = max(recorded, self._until or recorded)
        # A table of how things stand (tasks, stays) holds until it is changed; only moments run out.
        over = not loading and not self._heap and self._last is not None and due > self._last
        batch.ended = over and self._placer.timed
        return False

    def to_cursor(self) -> dict[str, Any]:
        """Start of the replay and how far its rows have been delivered."""
        cursor = self._clock.to_cursor() if self._clock else {}
        return {**cursor, "until": self._until.isoformat()} if self._until else cursor

    def _start(self, first: datetime, now: datetime) -> None:
        self._clock = self._placer.replay = start_replay(self._options, first, now, self._zone)


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None
