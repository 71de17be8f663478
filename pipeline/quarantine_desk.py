"""Trying quarantined rows again: through the mapping and the gate of now, and what is usable goes into the store.

A row leaves quarantine in the transaction that stores what it became, so it is never in both places and never in
neither, whoever presses at once and whatever is killed. The counts of the feed stay as they are: the row was counted
when it came. How many left stands in the roll-up ``quarantine_taken``.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from datasources.contract import Again, Batch, Kept
from domain.audit import by
from domain.errors import FeedError, StoreUnavailableError
from domain.permissions import Permission
from domain.quarantine import SetAside, Sought, TriedAgain
from domain.records import Record, Reject
from domain.viewer import Viewer
from pipeline.adapters import adapter_module, adapter_options, context_for
from pipeline.gate import judge
from settings import Feed, Settings
from store.engine import Store
from store.ingest import Ingested
from store.writes.rejects import Standing

AT_ONCE = 500  # rows of one transaction
SECONDS = 10.0  # of one call; the rest is left, and said
_KINDS = {frozenset(kind.__struct_fields__): kind for kind in Record.__subclasses__()}
Stored = Callable[[Sequence[Record], Ingested, datetime], None]


class QuarantineDesk:
    """The one way for people to have rows tried again. Thread-safe; blocks."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Callable[[], datetime],
        stored: Stored = lambda records, ingested, at: None,
        roll_up: Callable[[datetime], None] = lambda oldest: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare.

        Args:
            settings: give each feed's mapping of now.
            store: holds the rows.
            clock: aware UTC.
            stored: told of every transaction: records, what the store said, when.
            roll_up: told at the end of the oldest moment of which there are records now.
            monotonic: seconds.
        """
        self._settings, self._store, self._clock = settings, store, clock
        self._stored, self._roll_up, self._monotonic = stored, roll_up, monotonic

    def try_again(
        self, viewer: Viewer, sought: Sought, ids: Sequence[int] | None = None, after: int = 0, seconds: float = SECONDS
    ) -> TriedAgain:
        """Try rows again, on record, for at most about so long.

        Args:
            viewer: who asks.
            sought: which rows.
            ids: these alone; None = all that are sought.
            after: go on behind this number.
            seconds: how long.

        Raises:
            NotAllowedError: they may not act on feeds.
            StoreUnavailableError: try again; what was done stays done.
        """
        viewer.require(Permission.ACT_ON_FEEDS)
        if ids is None:
            ids = [one for one in self._store.reads.set_aside_ids(viewer, sought) if one > after]
        asked = {**_said(sought), "rows": len(ids)}
        self._store.note(by(viewer, "feed.again", sought.feed, after=asked))
        done, end = TriedAgain(left=len(ids)), self._monotonic() + seconds
        readers, oldest = dict[str, _Reader](), list[datetime]()
        for first in range(0, len(ids), AT_ONCE):
            if first and self._monotonic() >= end:
                break
            chunk = ids[first : first + AT_ONCE]
            by_feed: dict[str, list[SetAside]] = {}
            for row in self._store.operations.as_received(chunk):
                by_feed.setdefault(row.feed, []).append(row)
            for feed, rows in by_feed.items():
                reader = readers.get(feed) or readers.setdefault(feed, self._reader(feed))
                oldest += self._some(feed, rows, reader, done)
            done.after, done.left = chunk[-1], done.left - len(chunk)
        if oldest:
            self._roll_up(min(oldest))
        return done

    def _reader(self, name: str) -> _Reader:
        feed = next((feed for feed in self._settings.feeds if feed.name == name), None)
        return _Reader(self._settings, feed)

    def _some(self, feed: str, rows: Sequence[SetAside], reader: _Reader, done: TriedAgain) -> list[datetime]:
        """Try rows of one feed; the time of the oldest record they became, if any."""
        now, records, stay = self._clock(), list[tuple[int, list[Record]]](), list[Standing]()
        reasons: Counter[str] = Counter()
        for row in rows:
            try:
                batch = judge(reader.read(row), now)
            except FeedError as error:
                done.not_here[error.code] = done.not_here.get(error.code, 0) + 1
                continue
            done.tried += 1
            if batch.records and not batch.rejects:
                records.append((row.id, list(batch.records)))
                continue
            said = _standing(row, batch.rejects)
            reasons[said.reason] += 1
            if (said.reason, said.detail) != (row.reason, row.detail):
                stay.append(said)
        self._store_them(feed, records, stay, done, now)
        done.reasons = dict(Counter(done.reasons) + reasons)
        times = [record.event_time for _, made in records for record in made]
        return [min(times)] if times else []

    def _store_them(
        self, feed: str, records: list[tuple[int, list[Record]]], stay: list[Standing], done: TriedAgain, now: datetime
    ) -> None:
        """In one transaction; in several when the database refuses one of the records for good."""
        if not records and not stay:
            return
        flat = [record for _, made in records for record in made]
        try:
            taken = self._store.take_in(feed, flat, [row for row, _ in records], stay)
        except StoreUnavailableError:
            raise
        except Exception as error:
            if not records:
                raise
            if len(records) == 1:
                stays = Standing(records[0][0], "not_storable", type(error).__name__)
                done.reasons = dict(Counter(done.reasons) + Counter([stays.reason]))
                self._store_them(feed, [], [*stay, stays], done, now)
                return
            half = len(records) // 2
            self._store_them(feed, records[:half], [], done, now)
            self._store_them(feed, records[half:], stay, done, now)
            return
        done.taken += taken.rows
        done.known += taken.ingested.duplicate
        if flat:
            self._stored(flat, taken.ingested, now)


def _standing(row: SetAside, rejects: Sequence[Reject]) -> Standing:
    if not rejects:
        return Standing(row.id, row.reason, row.detail)
    return Standing(row.id, rejects[-1].reason, rejects[-1].detail)


def _said(sought: Sought) -> dict[str, Any]:
    """What was asked for, as it stands on record."""
    asked = msgspec.to_builtins(sought)
    return {name: value for name, value in asked.items() if value}


class _Reader:
    """Reads rows of one feed anew."""

    def __init__(self, settings: Settings, feed: Feed | None) -> None:
        self._feed, self._error, self._again = feed, FeedError("row_of_no_feed", "no such feed is configured"), None
        self._came = datetime(1970, 1, 1, tzinfo=UTC)  # set by every row
        if feed is None:
            return
        try:
            self._again = self._opened(settings, feed)
        except FeedError as error:
            self._error = error

    _again: Again | None

    def _opened(self, settings: Settings, feed: Feed) -> Again:
        module = adapter_module(feed)
        offered = getattr(module, "again", None)
        if offered is None:
            raise FeedError("row_not_alone", f"{feed.adapter} reads no single rows", f"feeds.{feed.name}")
        context = context_for(settings, feed, self._now, None)
        again: Again = offered(adapter_options(feed, module), context)
        return again

    def _now(self) -> datetime:
        return self._came

    def read(self, row: SetAside) -> Batch:
        """The row as one record or one reject.

        Raises:
            FeedError: rows like this one cannot be tried here.
        """
        record = _record(row)
        if record is not None:
            return Batch(records=[record])
        if self._again is None:
            raise self._error
        self._came = row.received_at
        return self._again(Kept(row.ref, row.raw, row.reason))


def _record(row: SetAside) -> Record | None:
    """The record a row is, where the gate refused one whose row is not known; None when it is none."""
    try:
        fields = msgspec.json.decode(row.raw, type=dict[str, msgspec.Raw])
        kind = _KINDS.get(frozenset(fields))
        found = msgspec.json.decode(row.raw, type=kind) if kind is not None else None
    except (msgspec.MsgspecError, UnicodeEncodeError):
        return None
    return found if found is not None and found.feed == row.feed else None
