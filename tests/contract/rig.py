"""What the contract suite needs to know about an adapter: how to lay out a source in each situation."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

import datasources
from datasources.contract import Adapter, Batch, Context
from domain.errors import FeedError
from domain.outbound import Outbound
from domain.records import Origin, Record, Reject

NOW = datetime(2031, 5, 4, 3, 2, 1, tzinfo=UTC)  # a clock nobody's machine shows
REPO = Path(__file__).resolve().parents[2]


def adapter_names() -> list[str]:
    """Every adapter module there is: one with Options and create."""
    found = []
    for info in pkgutil.iter_modules(datasources.__path__):
        module = importlib.import_module(f"datasources.{info.name}")
        if hasattr(module, "Options") and hasattr(module, "create"):
            found.append(info.name)
    return found


class Clock:
    """A clock the test turns."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def turn(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Expected(msgspec.Struct, kw_only=True):
    """What reading a source to its end must bring."""

    records: int = 0
    rejects: int = 0
    problem: str = ""  # code of a Problem shown or a FeedError raised
    says: tuple[str, ...] = ()  # words the message must hold


class Case(msgspec.Struct, kw_only=True):
    """One situation: how the source is laid out, and what must come of it."""

    name: str
    lay_out: Callable[[Path], dict[str, Any]]  # makes the source, returns the options
    expected: Expected


class Outcome:
    """All that came out of reading a source."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.rejects: list[Reject] = []
        self.problems: dict[str, str] = {}
        self.counts: dict[str, int] = {}
        self.cursor: dict[str, Any] | None = None
        self.polls = 0

    def add(self, batch: Batch) -> None:
        self.polls += 1
        self.records += batch.records
        self.rejects += batch.rejects
        self.problems |= {p.code: p.detail for p in batch.problems}
        for key, count in batch.counts.items():
            self.counts[key] = self.counts.get(key, 0) + count
        if batch.cursor is not None:  # stored as JSON, so it comes back as JSON
            self.cursor = msgspec.json.decode(msgspec.json.encode(batch.cursor))


def context(tmp_path: Path, clock: Callable[[], datetime], cursor: dict[str, Any] | None = None) -> Context:
    """A context as the poller gives it."""
    return Context(
        feed="trial", origin=Origin.RECORDED, now=clock, home=tmp_path / "home", base=tmp_path,
        timezone="Asia/Shanghai", geo=REPO / "assets" / "geo", cursor=cursor,
        outbound=Outbound(allow=("127.0.0.0/8",)), timeout_seconds=1.0,
    )  # fmt: skip


def create(
    name: str, options: dict[str, Any], tmp_path: Path, clock: Clock, cursor: dict[str, Any] | None = None
) -> Adapter:
    """The adapter, made the way the poller makes it."""
    module: ModuleType = importlib.import_module(f"datasources.{name}")
    made: Adapter = module.create(msgspec.convert(options, module.Options), context(tmp_path, clock, cursor))
    return made


def read(adapter: Adapter, clock: Clock, ticks: int = 3, step_seconds: float = 5.0, stored: bool = True) -> Outcome:
    """Poll for a while, as the poller does; a FeedError counts as the problem it is.

    Args:
        adapter: what is polled.
        clock: turned after every tick.
        ticks: how often.
        step_seconds: how far it is turned.
        stored: whether what came is stored before the next poll.
    """
    outcome = Outcome()
    for _ in range(ticks):
        for batch in _tick(adapter, outcome):
            outcome.add(batch)
            if stored and batch.stored is not None:
                batch.stored()
        clock.turn(step_seconds)
    return outcome


def _tick(adapter: Adapter, outcome: Outcome) -> Iterator[Batch]:
    for _ in range(1_000):
        try:
            batch = adapter.poll()
        except FeedError as error:
            outcome.problems[error.code] = str(error)
            return
        yield batch
        if not batch.more:
            return
    raise AssertionError("the adapter always has more: it never comes to rest")


def key(record: Record) -> tuple[Any, ...]:
    """The natural key of a record, as the store sees it."""
    names = ("stay_id", "declaration_no", "node", "check_id", "vehicle_id", "mmsi", "move_id", "gate_id", "call_id")
    parts = [
        str(getattr(record, name))
        for name in (*names, "block_id", "sample_no", "container_no", "station", "measure", "subject")
        if hasattr(record, name)
    ]
    return type(record).__name__, *parts, record.event_time
