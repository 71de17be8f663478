"""The collector's process: stands by, and collects while it holds the lease."""

from __future__ import annotations

import contextlib
import os
import signal
import threading

import structlog

from composition import bus_of, opened
from domain.pictures import FeedRow
from live.bus import Bus, Hint
from operating import collector_served
from pipeline.collector import Collector
from pipeline.leadership import Leadership
from settings import Settings
from store.lease import Fence
from telemetry import memory

log = structlog.get_logger(__name__)


class Term:
    """One time in charge: a collector on a store of its own, behind its own fence.

    A thread that outlives the term, hung in a source or in the database, can only reach that store,
    and what it would write is refused.
    """

    def __init__(self, settings: Settings, bus: Bus, fence: Fence) -> None:
        """Begin to collect.

        Raises:
            StoreUnavailableError: the database is away again.
        """
        self._kept = contextlib.ExitStack()
        with contextlib.ExitStack() as undone:
            store = undone.enter_context(opened(settings))
            store.fence(fence)
            self._collector = Collector(settings, store, None, tell=bus.send)
            self.operations = store.operations
            self._collector.start()
            undone.callback(self._collector.stop)
            self._kept = undone.pop_all()

    def hint(self, hint: Hint) -> None:
        """Pass on what other processes want."""
        self._collector.hint(hint)

    def alive(self) -> dict[str, bool]:
        """Which steps run, by name."""
        return self._collector.alive()

    def health(self) -> list[FeedRow]:
        """How every feed is doing now."""
        return self._collector.health()

    def stop(self) -> None:
        """End it; takes at most about 5 s."""
        self._kept.close()


def run(settings: Settings) -> int:
    """The command ``collect``: until SIGTERM or Ctrl+C.

    Returns:
        Exit code.
    """
    memory.keep_low()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with opened(settings) as store, bus_of(settings) as bus, contextlib.ExitStack() as kept:
        leadership = Leadership(store.leases, lambda fence: Term(settings, bus, fence), settings.lease.seconds)

        def term() -> Term | None:
            work = leadership.work
            return work if isinstance(work, Term) else None

        def hint(hint: Hint) -> None:
            now = term()
            if now is not None:
                now.hint(hint)

        bus.listen(hint)
        kept.enter_context(collector_served(settings, store, leadership.alive, term))
        leadership.start()
        print(f"collector: {leadership.holder} ready (process {os.getpid()}, Ctrl+C ends it)", flush=True)
        ended.wait()
        log.info("collector_ends", leading=leadership.leading)
        leadership.stop()
    return 0
