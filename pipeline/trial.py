"""Fetches once from a feed and says what would become of each row: ``app.py try-feed``. Nothing is stored."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from typing import Any

import msgspec

from datasources.contract import Adapter, Batch
from domain.quality import Verdict, check
from domain.records import Record, Reject
from pipeline.adapters import adapter_module, connect
from pipeline.load import as_read_once
from pipeline.reach import Trail
from pipeline.secrets import adapter_of
from settings import Feed, Settings
from store.engine import Store

_PAUSE_SECONDS = 0.2
_LONGEST_RAW = 1_500
_SAID_ELSEWHERE = frozenset({"feed", "origin", "ref", "flags", "event_time"})


class Row(msgspec.Struct, kw_only=True):
    """One row of a trial.

    Attributes:
        ref: where it stood.
        raw: as it came; empty when the adapter does not say.
        record: what it became; None when it could not be read.
        verdict: ``accepted`` or ``quarantined``, with reason or flags.
        detail: what is wrong, in words.
    """

    ref: str
    raw: str
    record: Record | None
    verdict: str
    detail: str = ""

    def __str__(self) -> str:
        """Lines for the command line."""
        lines = [self.ref or "(no place)"]
        if self.raw:
            lines.append(f"  raw      {self.raw[:_LONGEST_RAW]}")
        if self.record is not None:
            lines.append(f"  record   {_written(self.record)}")
        lines.append(f"  verdict  {self.verdict}{': ' + self.detail if self.detail else ''}")
        return "\n".join(lines)


class Trial(msgspec.Struct, kw_only=True):
    """What a fetch brought.

    Attributes:
        rows: the first ones, at most as many as were asked for.
        records: how many records came in all.
        rejects: how many rows could not be read.
        counts: what the adapter counted.
        problems: what it said, without stopping.
    """

    rows: list[Row] = []
    records: int = 0
    rejects: int = 0
    counts: dict[str, int] = {}
    problems: list[str] = []

    def __str__(self) -> str:
        """The whole report."""
        lines = [str(row) for row in self.rows]
        lines += [f"problem: {problem}" for problem in dict.fromkeys(self.problems)]
        verdicts = Counter(row.verdict.split(",")[0] for row in self.rows)
        shown = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items()) or "none"
        read = ", ".join(f"{name} {count}" for name, count in sorted(self.counts.items())) or "nothing"
        lines.append(f"fetched: {self.records} records, {self.rejects} unreadable rows ({read})")
        lines.append(f"shown: {len(self.rows)} ({shown}); nothing was stored")
        return "\n".join(lines)


def try_feed(
    settings: Settings, feed: Feed, rows: int, clock: Callable[[], datetime], opened: Callable[[], Store]
) -> Trial:
    """Fetch once, as the feed's first poll ever would; a stream is listened to for its time limit.

    Args:
        settings: the configuration; the feed need not be enabled.
        feed: the feed.
        rows: most rows to show.
        clock: aware UTC.
        opened: opens the store; called only when the feed has secrets in it.

    Raises:
        FeedError: the source cannot be read, in the words the feed's lamp would say.
        ConfigError: the store or the key of the secrets cannot be used.
    """
    raws: dict[str, str] = {}
    fields: tuple[str, ...] = adapter_module(feed).Options.__struct_fields__
    chunk = {name: rows for name in ("chunk_rows", "chunk_messages") if name in fields}
    once = msgspec.structs.replace(feed, options={**as_read_once(feed, fields), **chunk})

    def connected(full: Feed) -> Adapter:
        return connect(settings, full, clock, None, raws.__setitem__)

    trial, trail = Trial(), Trail()
    with closing(adapter_of(settings, opened, once, connected)) as adapter:
        for batch in _polls(adapter, rows, feed.timeout_seconds):
            _add(trial, batch, raws, rows, clock(), trail)
            raws.clear()
    return trial


def _polls(adapter: Adapter, rows: int, seconds: float) -> Iterator[Batch]:
    """Polls until something came and no more is at hand, or there are rows enough, or time is up."""
    end, came = time.monotonic() + seconds, 0
    while True:
        batch = adapter.poll()
        came += len(batch.records) + len(batch.rejects)
        yield batch
        if came >= rows or batch.ended or time.monotonic() > end:
            return
        if not batch.more:
            if came or batch.counts or batch.problems:
                return
            time.sleep(_PAUSE_SECONDS)


def _add(trial: Trial, batch: Batch, raws: dict[str, str], most: int, now: datetime, trail: Trail) -> None:
    trial.records += len(batch.records)
    trial.rejects += len(batch.rejects)
    trial.counts = dict(Counter(trial.counts) + Counter(batch.counts))
    trial.problems += [f"{problem.code}: {problem.detail}" for problem in batch.problems]
    items: list[Record | Reject] = [*batch.rejects, *batch.records]  # what is wrong first: it is what a trial is for
    for item in items:
        if len(trial.rows) >= most:
            return
        trial.rows.append(_judged(item, raws, now, trail))


def _judged(item: Record | Reject, raws: dict[str, str], now: datetime, trail: Trail) -> Row:
    raw = raws.get(item.ref, "")
    if isinstance(item, Reject):
        return Row(ref=item.ref, raw=item.raw, record=None, verdict=f"quarantined, {item.reason}", detail=item.detail)
    verdict = check(item, now)
    if verdict.record is not None:
        for far in trail.part([verdict.record])[1]:
            verdict = Verdict(None, far.reason, far.detail)
    if verdict.record is None:
        said = f"quarantined, {verdict.reject_reason}"
        return Row(ref=item.ref, raw=raw, record=item, verdict=said, detail=verdict.reject_detail)
    flags = verdict.record.flags
    return Row(ref=item.ref, raw=raw, record=verdict.record, verdict="accepted", detail=", ".join(flags))


def _written(record: Record) -> str:
    """A record's type and the fields that say something."""
    fields: dict[str, Any] = {
        field.name: value
        for field in msgspec.structs.fields(record)
        if field.name not in _SAID_ELSEWHERE
        and (value := getattr(record, field.name)) != field.default
        and value is not None
    }
    said = [f"{name}={value.isoformat() if isinstance(value, datetime) else value}" for name, value in fields.items()]
    return f"{type(record).__name__} at {record.event_time.isoformat()} {' '.join(said)}"
