"""Reads one file into the store, through the same steps as a poll: ``app.py load``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from datasources.contract import Adapter, Batch
from domain.errors import ConfigError, FeedError, StoreUnavailableError
from pipeline import derive
from pipeline.adapters import adapter_module, connect
from pipeline.gate import judge
from pipeline.ingest import Ingestor
from pipeline.reach import Trail
from pipeline.secrets import Secrets
from settings import Feed, Settings
from store.engine import Store

# Options that wait for a file to come to rest, or play a recording; here everything is read once, at once.
_AT_ONCE: dict[str, Any] = {"settle_seconds": 0, "speed": 0}
_STORE_PATIENCE_SECONDS = 60.0


class LoadReport(msgspec.Struct, kw_only=True):
    """What became of a file's rows."""

    feed: str
    file: str
    accepted: int = 0
    duplicate: int = 0
    quarantined: int = 0
    flagged: int = 0
    late: int = 0
    reasons: dict[str, int] = {}
    flags: dict[str, int] = {}
    counts: dict[str, int] = {}
    problems: list[str] = []

    def __str__(self) -> str:
        """One readable block, for the command line."""
        lines = [
            f"{self.feed}: {self.file}: {self.accepted} accepted, {self.duplicate} duplicate, "
            f"{self.quarantined} quarantined, {self.flagged} flagged"
        ]
        for title, table in (("read", self.counts), ("quarantined", self.reasons), ("flagged", self.flags)):
            if table:
                lines.append(f"  {title}: " + ", ".join(f"{name} {count}" for name, count in sorted(table.items())))
        return "\n".join([*lines, *(f"  problem: {text}" for text in self.problems)])


def load_file(
    settings: Settings,
    store: Store,
    feed_name: str,
    path: Path,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> LoadReport:
    """Read a file with a feed's mapping.

    Loading the same file again changes nothing: its rows count as duplicates.

    Args:
        settings: the configuration; the feed need not be enabled.
        store: an opened store.
        feed_name: a feed whose adapter reads files.
        path: the file.
        clock: aware UTC.

    Returns:
        What became of the rows.

    Raises:
        ConfigError: no such feed, or its adapter reads no files.
        FeedError: the file as a whole cannot be read.
        StoreUnavailableError: the store takes no writes.
    """
    feed = named(settings, feed_name)
    report = LoadReport(feed=feed.name, file=str(path))
    adapter = _open(settings, store, feed, path, clock)
    ingestor = Ingestor(store, lambda _, ingested: _add(report, ingested), lambda _: None)
    ingestor.start()
    oldest: datetime | None = None
    trail = Trail()
    try:
        for batch in _batches(adapter):
            judged = judge(batch, clock(), trail)
            report.counts = dict(Counter(report.counts) + Counter(batch.counts))
            report.problems += [f"{p.code}: {p.detail}" for p in batch.problems]
            times = [record.event_time for record in judged.records]
            oldest = min([*times, *([oldest] if oldest else [])], default=None)
            # No cursor: what a person loads by hand must not move where the running feed reads on.
            ingestor.submit(feed.name, msgspec.structs.replace(judged, cursor=None), clock())
            if not ingestor.wait_for_room(feed.name, _STORE_PATIENCE_SECONDS):
                raise StoreUnavailableError("locked", "takes no rows")
        if not ingestor.drain(_STORE_PATIENCE_SECONDS):
            raise StoreUnavailableError("locked", "takes no rows")
    finally:
        ingestor.stop()
        adapter.close()
    if oldest is not None:
        derive.roll_up(store, oldest, clock())
    return report


def as_read_once(feed: Feed, fields: Collection[str]) -> dict[str, Any]:
    """A feed's options so that it is read once, at once, with its own times.

    Args:
        feed: the feed.
        fields: names of its adapter's options.
    """
    kept = {name: value for name, value in feed.options.items() if name != "replay"}
    return {**kept, **{name: value for name, value in _AT_ONCE.items() if name in fields}}


def named(settings: Settings, name: str) -> Feed:
    """The feed of that name.

    Raises:
        ConfigError: there is none.
    """
    for feed in settings.feeds:
        if feed.name == name:
            return feed
    known = ", ".join(feed.name for feed in settings.feeds) or "none"
    raise ConfigError(str(settings.source), f"feeds.{name}", f"no such feed; known: {known}")


def _open(settings: Settings, store: Store, feed: Feed, path: Path, clock: Callable[[], datetime]) -> Adapter:
    module = adapter_module(feed)
    fields: tuple[str, ...] = module.Options.__struct_fields__
    if "path" not in fields:
        raise ConfigError(str(settings.source), f"feeds.{feed.name}.adapter", f"{feed.adapter!r} reads no files")
    if not path.exists():
        raise FeedError("missing_file", "does not exist", str(path))
    options = {name: value for name, value in as_read_once(feed, fields).items() if name != "glob"}
    one_file = msgspec.structs.replace(feed, options={**options, "path": str(path.resolve())})
    return Secrets(settings, store).adapter(one_file, lambda full: connect(settings, full, clock, None))


def _batches(adapter: Adapter) -> Any:
    while True:
        batch: Batch = adapter.poll()
        yield batch
        if not batch.more or batch.ended:
            return


def _add(report: LoadReport, ingested: Any) -> None:
    for name in ("accepted", "duplicate", "quarantined", "flagged", "late"):
        setattr(report, name, getattr(report, name) + getattr(ingested, name))
    report.reasons = dict(Counter(report.reasons) + Counter(ingested.reasons))
    report.flags = dict(Counter(report.flags) + Counter(ingested.flags))
