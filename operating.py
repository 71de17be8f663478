"""The operator's side of every process: its probes and numbers, whatever else it does."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from fastapi import FastAPI

import entering
from access import Guard
from api import checks, ops
from api.correlation import Correlated
from api.metrics import LiveCounts, Sources, StoreCounts
from api.readiness import Check
from domain.errors import ConfigError
from domain.pictures import FeedRow
from pipeline.counts import PUBLISHED, RULES, STEPS
from settings import Settings
from store.engine import Store
from store.operations import Operations
from telemetry.counts import Spread


class Running(Protocol):
    """What runs in a process: a Collector, a Follower, a term in charge."""

    def alive(self) -> Mapping[str, bool]:
        """Which of its threads run, by name."""

    def health(self) -> Sequence[FeedRow]:
        """Rows of all feeds."""


def attend(server: FastAPI, store: Store, supply: Running, live: LiveCounts | None, process: str = "") -> None:
    """Add probes and metrics to the server of pages.

    Args:
        server: the server.
        store: its store.
        supply: what keeps its pictures new; one that has a ``data_age`` follows the work of others.
        live: its live endpoint.
        process: name of this process among others behind the same port; empty for one alone.
    """
    held: dict[str, Check] = {
        "database": checks.database(store.operations),
        "migrations": checks.migrations(store.operations),
        "pipeline": checks.pipeline(supply.alive),
    }
    age: Callable[[], float | None] | None = getattr(supply, "data_age", None)
    if age is not None:
        held["data"] = checks.data(age)
    sources = Sources(
        health=supply.health, store=store.operations, steps=STEPS, rules=RULES, published=PUBLISHED,
        live=live, process=process,
    )  # fmt: skip
    ops.attach(server, sources, held, store.operations.sizes)


class Charge(Protocol):
    """A term in charge, as a collector's process sees it."""

    operations: Operations

    def alive(self) -> Mapping[str, bool]:
        """Which of its threads run, by name."""

    def health(self) -> Sequence[FeedRow]:
        """Rows of all feeds."""


class _InCharge(StoreCounts):
    """Counts of the store in use: that of the term while leading, else the one that waits for it."""

    def __init__(self, waiting: Operations, term: Callable[[], Charge | None]) -> None:
        self._waiting, self._term = waiting, term

    @property
    def _now(self) -> Operations:
        term = self._term()
        return self._waiting if term is None else term.operations

    @property
    def retained(self) -> Counter[str]:  # type: ignore[override]
        return self._now.retained

    @property
    def waited(self) -> Spread:
        return self._now.waited

    @property
    def held(self) -> Spread:
        return self._now.held

    @property
    def refused(self) -> Mapping[str, int]:
        return self._now.refused


@contextlib.contextmanager
def collector_served(
    settings: Settings, store: Store, leading: Callable[[], Mapping[str, bool]], term: Callable[[], Charge | None]
) -> Iterator[None]:
    """Probes and metrics of a collector's process, on a port of their own (``server.collect_port``; 0: none).

    Args:
        settings: give the port.
        store: the one that waits for the lease.
        leading: threads that compete for the lease, by name.
        term: the term in charge; None on standby, which is ready too.

    Raises:
        ConfigError: the port is not free.
    """
    if not settings.server.collect_port:
        yield
        return

    def alive() -> Mapping[str, bool]:
        now = term()
        return {**leading(), **(now.alive() if now is not None else {})}

    def health() -> Sequence[FeedRow]:
        now = term()
        return now.health() if now is not None else []

    server = FastAPI(openapi_url=None)
    sources = Sources(
        health=health, store=_InCharge(store.operations, term), steps=STEPS, rules=RULES, published=PUBLISHED,
        leading=lambda: term() is not None,
    )  # fmt: skip
    held = {
        "database": checks.database(store.operations),
        "migrations": checks.migrations(store.operations),
        "pipeline": checks.pipeline(alive),
    }
    ops.attach(server, sources, held, store.operations.sizes)
    guarded = Guard(server, visitors=entering.visitors_of(settings, store), names=settings.server.names)
    with _in_thread(settings, Correlated(guarded)):
        yield


@contextlib.contextmanager
def _in_thread(settings: Settings, application: Any) -> Iterator[None]:
    import socket

    import uvicorn

    try:
        listener = socket.create_server((settings.server.host, settings.server.collect_port))
    except OSError as error:
        problem = f"{settings.server.collect_port} is not free: {error.strerror}"
        raise ConfigError(str(settings.source), "server.collect_port", problem) from None
    config = uvicorn.Config(application, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1)
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, args=([listener],), name="ops-server", daemon=True)
    thread.start()
    try:
        yield
    finally:
        running.should_exit = True
        thread.join(3.0)
        listener.close()
