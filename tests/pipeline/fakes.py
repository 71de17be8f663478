"""A source the tests steer, registered as an adapter module."""

from __future__ import annotations

import sys
import threading
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from datasources.contract import Batch, Context
from domain.errors import FeedError
from domain.records import GateMove, Origin
from settings import Feed, Settings

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What it logs in with."""

    password: str = ""


class Source:
    """What the adapters made from it bring; shared by all of them."""

    def __init__(self) -> None:
        self.polls = 0
        self.closed = 0
        self.created: list[dict[str, Any] | None] = []
        self.passwords: list[str] = []
        self.poll: Callable[[Context], Batch] = lambda context: Batch()
        self.backfill: Callable[..., Iterator[Batch]] | None = None


class _Adapter:
    def __init__(self, source: Source, context: Context) -> None:
        self._source, self._context = source, context

    def poll(self) -> Batch:
        self._source.polls += 1
        return self._source.poll(self._context)

    def close(self) -> None:
        self._source.closed += 1


@contextmanager
def registered(name: str) -> Iterator[Source]:
    """A source behind the adapter name ``name``."""
    source = Source()
    module = types.ModuleType(f"datasources.{name}")
    module.Options = Options  # type: ignore[attr-defined]

    def create(options: Options, context: Context) -> _Adapter:
        source.created.append(context.cursor)
        source.passwords.append(options.password)
        return _Adapter(source, context)

    module.create = create  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module
    try:
        yield source
    finally:
        del sys.modules[module.__name__]


def feed(name: str, adapter: str = "fake", **options: Any) -> Feed:
    """A feed that is polled ten times a second unless told otherwise."""
    given = {"every_seconds": 0.1, "timeout_seconds": 5.0, "origin": Origin.SIMULATED, **options}
    return Feed(name=name, adapter=adapter, title_zh=name, **given)


def settings(folder: Path, *feeds: Feed) -> Settings:
    """Settings with these feeds and a home of their own."""
    return Settings(home=folder / "home", source=folder / "cockpit.toml", feeds=feeds)


def moves(feed_name: str, first: int, count: int) -> list[GateMove]:
    """Gate moves numbered from ``first``."""
    return [
        GateMove(
            feed=feed_name,
            origin=Origin.SIMULATED,
            event_time=START + timedelta(seconds=number % 3600),
            ref=f"move {number}",
            move_id=f"m{number}",
            gate_id="G1",
            direction="in",
        )
        for number in range(first, first + count)
    ]


def counting(step: int = 10, more: bool = False) -> Callable[[Context], Batch]:
    """A source whose rows are numbered and whose cursor is the next number."""
    state = {"next": -1}

    def poll(context: Context) -> Batch:
        if state["next"] < 0:
            state["next"] = (context.cursor or {}).get("next", 0)
        first = state["next"]
        state["next"] = first + step
        return Batch(records=list(moves(context.feed, first, step)), cursor={"next": first + step}, more=more)

    return poll


def failing(code: str = "refused") -> Callable[[Context], Batch]:
    """A source that always fails."""

    def poll(context: Context) -> Batch:
        raise FeedError(code, "connection refused", "10.0.0.7:9000")

    return poll


class Hanging:
    """A source that accepts and never answers until told to."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.entered = threading.Event()

    def __call__(self, context: Context) -> Batch:
        self.entered.set()
        self.release.wait(60)
        return Batch(records=list(moves(context.feed, 900_000, 1)), cursor={"next": 999})


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until the condition holds; fails the test when it never does."""
    gate = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        gate.wait(0.02)
    raise AssertionError("waited in vain")
