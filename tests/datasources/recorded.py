"""Plays a feed of an example to its end, through the gate into a store."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from datasources.contract import Batch
from domain.records import Record, Reject
from pipeline.adapters import connect
from pipeline.gate import judge
from pipeline.reach import Reach
from settings import Settings, load
from store.engine import Store, open_store

REPO = Path(__file__).resolve().parents[2]
# Later than any file on disk: the drop folder waits for a file newer than the clock to come to rest.
START = datetime(2046, 11, 22, 5, 48, 12, tzinfo=UTC)


class Played:
    """What became of the rows."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.rejects: list[Reject] = []
        self.counts: Counter[str] = Counter()
        self.totals: Counter[str] = Counter()
        self.flags: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.problems: list[str] = []
        self.seconds = 0

    @property
    def summary(self) -> tuple[int, int, int, int]:
        """Accepted, duplicate, quarantined, flagged."""
        return tuple(self.totals[name] for name in ("accepted", "duplicate", "quarantined", "flagged"))  # type: ignore[return-value]


class Player:
    """An example's configuration over a store of its own, with a clock that can be turned."""

    def __init__(self, data: Path, home: Path, example: str = "real-data.toml") -> None:
        environment = {"COCKPIT_DATA": str(data), "COCKPIT_HOME": str(home)}
        self.settings: Settings = load(REPO / "examples" / example, environment)
        self.now = START
        self.store: Store = open_store(self.settings.database_url, clock=lambda: self.now)
        self.reach = Reach(self.store.newest_fixes)

    def play(
        self,
        name: str,
        step_seconds: float = 1.0,
        limit: int = 100,
        cursor: dict[str, Any] | None = None,
        polls: int = 1_000,
    ) -> Played:
        """Poll a feed until its recording ends, or has nothing new for a while, or ``polls`` times."""
        feed = next(f for f in self.settings.feeds if f.name == name)
        adapter = connect(self.settings, feed, lambda: self.now, cursor)
        played = Played()
        quiet = 0
        while quiet < 3 and played.seconds < limit and polls > 0:
            polls -= 1
            batch = adapter.poll()
            self._store(name, batch, played)
            if batch.ended:
                break
            quiet = 0 if batch.records or batch.rejects or batch.more or step_seconds else quiet + 1
            if not batch.more:
                self.now += timedelta(seconds=step_seconds)
                played.seconds += 1
        adapter.close()
        return played

    def _store(self, name: str, batch: Batch, played: Played) -> None:
        judged = judge(batch, self.now, self.reach.of(name, self.now))
        done = self.store.ingest(name, judged.records, judged.rejects, batch.cursor, self.now)
        played.records += judged.records
        played.rejects += judged.rejects
        played.counts.update(batch.counts)
        for total in ("accepted", "duplicate", "quarantined", "flagged"):
            played.totals[total] += getattr(done, total)
        played.flags.update(done.flags)
        played.reasons.update(done.reasons)
        played.problems += [p.detail for p in batch.problems]
