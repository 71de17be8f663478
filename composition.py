"""Puts the house together: the web server of one process, and what runs behind it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

import settings as configuration
from domain.errors import ConfigError
from telemetry import logs, memory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import FastAPI

    from domain.pictures import FeedRow
    from live.bus import Bus
    from pipeline.notices import Publish
    from settings import Settings
    from store.engine import Store


class Supply(Protocol):
    """What keeps the pictures of this process new and carries out people's acts: a Collector or a Follower."""

    desk: Any
    screen_desk: Any
    quarantine_desk: Any

    def start(self) -> None:
        """Begin; may take seconds."""

    def stop(self) -> None:
        """End; takes at most about 5 s."""

    def health(self) -> list[FeedRow]:
        """How every feed is doing now."""

    def alive(self) -> dict[str, bool]:
        """Which threads run, by name."""

    def pause(self, feed: str) -> None:
        """Stop polling a feed; KeyError when there is none of that name."""

    def resume(self, feed: str) -> None:
        """Poll it again."""

    def run(self, feed: str) -> None:
        """Poll it at once."""

    def scoped(self, topic: str, scope: frozenset[str]) -> Any:
        """A picture of ``domain.parts.READ`` for an enterprise; blocks."""


@contextlib.contextmanager
def opened(settings: Settings) -> Iterator[Store]:
    """The store of the settings, closed afterwards."""
    from pipeline.opening import store_of

    settings.home.mkdir(parents=True, exist_ok=True)
    store = store_of(settings)
    try:
        yield store
    finally:
        store.close()


@contextlib.contextmanager
def bus_of(settings: Settings) -> Iterator[Bus]:
    """The bus of the settings, closed afterwards."""
    from live.bus import open_bus

    bus = open_bus(settings.bus.url, settings.bus.subject)
    with contextlib.closing(bus):
        yield bus


@contextlib.contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """Take the port before anything else, so that a second start says so at once."""
    family = socket.AF_INET6 if ":" in settings.server.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.server.host, settings.server.port))
    except OSError as error:
        listener.close()
        where = "environment COCKPIT_PORT or " + str(settings.source)
        raise ConfigError(where, "server.port", f"{settings.server.port} is not free: {error.strerror}") from None
    with contextlib.closing(listener):
        yield listener


def collecting(settings: Settings, store: Store, bus: Bus) -> Any:
    """The application of a process that does everything: it shows what it collects itself.

    Raises:
        ConfigError: a collector works on this database already.
    """
    import entering
    from pipeline.collector import Collector
    from pipeline.leadership import LEASE

    held = store.leases.held(LEASE)
    if held is not None and held.left_seconds > 0:
        raise ConfigError(str(settings.source), "store.url", f"{held.holder} collects into it; start `web` to show it")

    def supply(publish: Publish) -> Supply:
        collector = Collector(settings, store, publish, tell=bus.send)
        bus.listen(collector.hint)
        return collector

    first = entering.said_first(settings, store)
    said = f"cockpit: {entering.address(settings)}  (Ctrl+C ends it)"
    return build(settings, store, supply, said="\n".join(filter(None, (said, first))))


def web() -> Any:
    """The application of one web worker; called in the worker's own process, with nothing but the environment."""
    settings = configuration.load()
    logs.configure(settings.logs.format, settings.logs.level)
    _end_with_parent()
    kept = contextlib.ExitStack()
    store = kept.enter_context(opened(settings))
    bus = kept.enter_context(bus_of(settings))
    from pipeline.follower import Follower

    said = f"web worker: ready (process {os.getpid()})"
    return build(settings, store, lambda publish: Follower(settings, store, bus, publish), said, kept)


def build(
    settings: Settings,
    store: Store,
    supply_of: Callable[[Publish], Supply],
    said: str = "",
    closing: contextlib.ExitStack | None = None,
) -> Any:
    """Put the house together: returns the ASGI application, guard outermost.

    Args:
        settings: checked settings.
        store: an opened store.
        supply_of: makes what supplies the pictures, given where to publish them.
        said: printed when it serves.
        closing: closed when the server has ended.
    """
    memory.keep_low()

    import dash
    from fastapi import FastAPI

    import api
    import entering
    import operating
    from access import PAGES, Guard, viewer_of
    from api.correlation import Correlated
    from delivery import CockpitDash, delivered
    from layouts import shell, stage
    from live import endpoint
    from live.hub import Hub
    from live.moment import Moments
    from pipeline.alarm_reports import AlarmReports
    from pipeline.aliases import Aliases
    from pipeline.backtest import BackTests
    from pipeline.fences import FenceDesk
    from pipeline.integrity_watch import IntegrityWatch
    from pipeline.past import Past
    from pipeline.rule_desk import RuleDesk
    from pipeline.secrets import Secrets
    from pipeline.shift_desk import ShiftDesk

    aliases = Aliases(settings, store) if settings.masked else None
    if aliases is not None:
        aliases.ready()
    hub = Hub(encode_view=encode_view)
    supply = supply_of(hub.publish)
    hub.read_by(supply.scoped)
    lifespan = _lifespan(supply, hub, said, closing or contextlib.ExitStack(), lambda: _visitor.check(app.callback_map))
    server = FastAPI(openapi_url=None, lifespan=lifespan)
    past, watch, shifts = Past(settings, store), IntegrityWatch(settings, store), ShiftDesk(settings, store)
    backtests = BackTests(settings)
    api.attach_integrity(server, watch)
    api.attach(server, hub, store.reads, supply, _made(settings), past.picture)
    limit = settings.limits.confirm_wait_minutes
    api.attach_declaration(server, store.reads, settings.inspections.baseline_days, limit)
    api.attach_alerts(server, store.reads, supply.desk)
    api.attach_backtest(server, backtests)
    api.attach_screens(server, supply.screen_desk)
    store.orders.arrive_minutes = settings.alerts.arrive_minutes
    api.attach_dispatch(server, store.orders, store.reads, settings.alerts.receive_minutes)
    moments = Moments(past.picture, store.reads.oldest, encode_view)
    api.attach_moments(server, moments, store.reads)
    api.attach_desk(server, store, aliases)
    api.attach_export(server, hub, store.note)
    api.attach_quarantine(server, store.reads, supply.quarantine_desk, store.note)
    version = _version()
    visitors = entering.visitors_of(settings, store)
    api.attach_datasets(server, store.reads, store.note, visitors.standing)
    live = endpoint.attach(server, hub, viewer_of, version=version, watch=visitors.standing)
    api.attach_topics(server, hub, version)
    one_of_many = str(os.getpid()) if multiprocessing.parent_process() is not None else ""
    operating.attend(server, store, supply, live, one_of_many)
    stage.install(hub=hub, reads=store.reads, settings=settings, screens=supply.screen_desk,
                  asks=PAGES.get, accounts=entering.desk_of(settings, store, visitors.forget),
                  secrets=Secrets(settings, store), aliases=aliases, feeds=supply,
                  quarantine=supply.quarantine_desk, topics=past.kinds, integrity=watch,
                  fences=FenceDesk(store, settings.geo_folder),
                  rules=RuleDesk(store, settings.alerts.rules, configuration.numbers(settings.limits)),
                  alarm=AlarmReports(settings, store, shifts), shifts=shifts, outbox=store.outbox,
                  backtests=backtests)  # fmt: skip
    project = configuration.PROJECT
    sent = delivered(server, settings.home, project / "assets", settings.port.name_zh, settings.port.name_en)
    app = CockpitDash(
        "cockpit", server=server, backend="fastapi", use_pages=True, pages_folder=str(project / "pages"),
        assets_folder=str(project / "assets"), title=settings.port.name_zh, update_title=None,
        serve_locally=True, suppress_callback_exceptions=True,
    )  # fmt: skip
    app.addresses = sent.addresses
    entering.attach(server, settings, store, visitors, sent.addresses)
    api.attach_documents(server, entering.frame_of(settings, sent.addresses))
    app.backend.websocket_capability = False  # else its renderer opens a second socket, which queues without bound
    from pages import _visitor

    _visitor.ask_pages(PAGES)
    shell.register(app)
    app.layout = shell.shell(dash.page_container)
    declared = partial(_visitor.declared, app.callback_map)
    return Correlated(Guard(sent, app.csp_hashes, live.refused, declared, visitors, settings.server.names))


def _lifespan(supply: Supply, hub: Any, said: str, closing: contextlib.ExitStack, check: Callable[[], None]) -> Any:
    @asynccontextmanager
    async def lifespan(server: FastAPI) -> AsyncIterator[None]:
        with closing:
            await _first_request(server)
            check()
            starting = asyncio.create_task(asyncio.to_thread(supply.start))
            if said:
                print(said, flush=True)
            try:
                yield
            finally:
                await starting
                await asyncio.to_thread(supply.stop)
                await asyncio.to_thread(hub.close)

    return lifespan


async def _first_request(server: FastAPI) -> None:
    """Ask for the page once ourselves: Dash completes its set-up (routes, scripts) in the first answer.

    The visitor who came first would else get a page whose scripts are not all there yet.
    """
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": "/", "raw_path": b"/", "root_path": "", "query_string": b"", "headers": [(b"host", b"127.0.0.1")],
        "client": ("127.0.0.1", 0), "server": ("127.0.0.1", 0), "state": {},
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_: Any) -> None:
        return None

    await server(scope, receive, send)


def _end_with_parent() -> None:
    """A worker whose parent was killed would hold the port for ever: it ends itself."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _version() -> str:
    """Changes whenever what the browser runs changes, so that open pages know to reload."""
    digest = hashlib.sha256()
    for file in sorted((configuration.PROJECT / "assets").rglob("*.[jc]s*")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def encode_view(value: Any) -> bytes:
    """A Dash tree, a figure or rows as JSON, the way Dash itself would send them."""
    from plotly.io.json import to_json_plotly

    from components.still import still

    return str(to_json_plotly(still(value))).encode()


def _made(settings: Settings) -> Any:
    """Counts of what the simulated feeds made between two moments."""

    def made(since: datetime, until: datetime) -> dict[str, int]:
        total: dict[str, int] = {}
        for feed in settings.feeds:
            module = importlib.import_module(f"datasources.{feed.adapter}")
            if feed.enabled and hasattr(module, "expected_counts"):
                given = msgspec.convert(feed.options, module.Options)
                for kind, count in module.expected_counts(given, since, until).items():
                    total[kind] = total.get(kind, 0) + count
        return total

    return made
