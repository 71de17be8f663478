"""Composition root and command line: the only file that knows everybody.

``python app.py serve | load | check-config``, each with ``--help``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import importlib
import socket
import sys
from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

import settings as configuration
from domain.errors import CockpitError, ConfigError
from telemetry import logs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import FastAPI

    from settings import Settings
    from store.engine import Store


# Dash's own page but for the language; the browser corrects it from the visitor's choice.
INDEX = """<!DOCTYPE html>
<html lang="zh-CN">
<head>{%metas%}<title>{%title%}</title>{%favicon%}{%css%}</head>
<body>{%app_entry%}<footer>{%config%}{%scripts%}{%renderer%}</footer></body>
</html>"""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    options = _parser().parse_args(arguments)
    logs.configure()
    logs.catch_all()
    try:
        return int(options.run(options))
    except ConfigError as error:
        print(f"configuration: {error}", file=sys.stderr)
        return 2
    except CockpitError as error:
        print(f"{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="app.py", description="Port Cockpit (智慧口岸驾驶舱)")
    commands = parser.add_subparsers(
        required=True, metavar="serve | load | check-config | store-report | backup | restore"
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", type=Path, help="configuration file (default: cockpit.toml)")

    serve = commands.add_parser("serve", parents=[common], help="start the cockpit")
    serve.set_defaults(run=_serve)
    load = commands.add_parser("load", parents=[common], help="read files once into the store")
    load.add_argument("feed", help="name of a csv_drop or nmea_ais feed of the configuration; gives the mapping")
    load.add_argument("files", nargs="+", type=Path, help="files to read")
    load.set_defaults(run=_load)
    check = commands.add_parser("check-config", parents=[common], help="check the configuration and say what is wrong")
    check.set_defaults(run=_check_config)
    _operator_commands(commands, common)
    # Started by the cockpit itself, in processes of their own.
    for name, run in (("backfill", _backfill), ("forecast", _forecast)):
        commands.add_parser(name, parents=[common]).set_defaults(run=run)
    return parser


def _operator_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Commands that need no running cockpit; see ``commands``."""
    report = commands.add_parser("store-report", parents=[common], help="rows, bytes, ages and growth of every table")
    report.set_defaults(run=_store_report)
    texts = {
        "backup": "write the database into FILE; the cockpit may run",
        "restore": "put the backup FILE in the place of the database; the cockpit must not run",
    }
    for name, run in (("backup", _backup), ("restore", _restore)):
        command = commands.add_parser(name, parents=[common], help=texts[name])
        command.add_argument("file", type=Path, metavar="FILE")
        command.add_argument("--force", action="store_true", help="even when FILE or the database holds something")
        command.set_defaults(run=run)


def _store_report(options: argparse.Namespace) -> int:
    import commands

    return commands.report(configuration.load(options.config))


def _backup(options: argparse.Namespace) -> int:
    import commands

    return commands.save(configuration.load(options.config), options.file, options.force)


def _restore(options: argparse.Namespace) -> int:
    import commands

    return commands.put_back(configuration.load(options.config), options.file, options.force)


def _check_config(options: argparse.Namespace) -> int:
    settings = configuration.load(options.config)
    print(f"{settings.source}: ok, {len(settings.feeds)} feeds, home {settings.home}")
    return 0


def _load(options: argparse.Namespace) -> int:
    from pipeline.load import load_file

    settings = configuration.load(options.config)
    with _opened(settings) as store:
        for file in options.files:
            print(load_file(settings, store, options.feed, file))
    return 0


def _backfill(options: argparse.Namespace) -> int:
    from pipeline import backfill

    return backfill.main(configuration.load(options.config))


def _forecast(options: argparse.Namespace) -> int:
    from pipeline import forecaster

    return forecaster.main(configuration.load(options.config))


@contextlib.contextmanager
def _opened(settings: Settings) -> Iterator[Store]:
    from store.engine import open_store

    settings.home.mkdir(parents=True, exist_ok=True)
    store = open_store(settings.database_url, timezone=settings.port.timezone)
    try:
        yield store
    finally:
        store.close()


def _serve(options: argparse.Namespace) -> int:
    settings = configuration.load(options.config)
    with _listening(settings) as listener, _opened(settings) as store:
        import uvicorn

        from live.wire import server_options

        server = build(settings, store)
        config = uvicorn.Config(server, **server_options(), log_level="warning", access_log=False, lifespan="on")
        uvicorn.Server(config).run(sockets=[listener])
    return 0


@contextlib.contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
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


def build(settings: Settings, store: Store) -> Any:
    """Put the house together: returns the ASGI application, guard outermost.

    Args:
        settings: checked settings.
        store: an opened store.
    """
    import dash
    from fastapi import FastAPI

    import api
    from access import Guard, viewer_of
    from layouts import shell, stage
    from live import endpoint
    from live.hub import Hub
    from pipeline.collector import Collector

    hub = Hub(encode_view=_encode_view)
    collector = Collector(settings, store, hub.publish)
    server = FastAPI(openapi_url=None, lifespan=_lifespan(settings, collector, hub))
    api.attach(server, hub, store.reads, collector, _made(settings))
    endpoint.attach(server, hub, viewer_of, version=_version())
    stage.install(hub=hub, reads=store.reads, settings=settings, desk=collector.desk)
    project = configuration.PROJECT
    app = dash.Dash(
        "cockpit", server=server, backend="fastapi", use_pages=True, pages_folder=str(project / "pages"),
        assets_folder=str(project / "assets"), title=settings.port.name_zh, update_title=None,
        serve_locally=True, suppress_callback_exceptions=True, index_string=INDEX,
    )  # fmt: skip
    app.backend.websocket_capability = False  # else its renderer opens a second socket, which queues without bound
    shell.register(app)
    app.layout = shell.shell(dash.page_container)
    return Guard(server, app.csp_hashes)


def _lifespan(settings: Settings, collector: Any, hub: Any) -> Any:
    address = f"http://{settings.server.host}:{settings.server.port}"

    @asynccontextmanager
    async def lifespan(server: FastAPI) -> AsyncIterator[None]:
        await _first_request(server)
        starting = asyncio.create_task(asyncio.to_thread(collector.start))
        print(f"cockpit: {address}  (Ctrl+C ends it)", flush=True)
        try:
            yield
        finally:
            await starting
            await asyncio.to_thread(collector.stop)
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


def _version() -> str:
    """Changes whenever what the browser runs changes, so that open pages know to reload."""
    digest = hashlib.sha256()
    for file in sorted((configuration.PROJECT / "assets").rglob("*.[jc]s*")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _encode_view(value: Any) -> bytes:
    """A Dash tree or figure as JSON, the way Dash itself would send it."""
    from plotly.io.json import to_json_plotly

    return str(to_json_plotly(value)).encode()


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


if __name__ == "__main__":
    sys.exit(main())
