"""The command line; ``composition`` and ``collecting`` put together what the commands start.

``python app.py serve | collect | web | load | check-config | ...``, each with ``--help``.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import settings as configuration
from domain.errors import CockpitError, ConfigError
from telemetry import logs


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
        required=True,
        metavar="serve | collect | web | load | check-config | store-report | verify-audit | backup | restore",
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", type=Path, help="configuration file (default: cockpit.toml)")

    serve = commands.add_parser("serve", parents=[common], help="start the cockpit")
    serve.set_defaults(run=_serve)
    collect = commands.add_parser("collect", parents=[common], help="collect only, or stand by (examples/grown)")
    collect.set_defaults(run=_collect)
    web = commands.add_parser("web", parents=[common], help="show only what a collector brings (examples/grown)")
    web.set_defaults(run=_web)
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


def _settings(options: argparse.Namespace) -> configuration.Settings:
    settings = configuration.load(options.config)
    logs.configure(settings.logs.format, settings.logs.level)
    return settings


def _operator_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Commands that need no running cockpit; see ``commands``."""
    report = commands.add_parser("store-report", parents=[common], help="rows, bytes, ages and growth of every table")
    report.set_defaults(run=_store_report)
    verify = commands.add_parser(
        "verify-audit", parents=[common], help="check that nobody changed, removed or cut off what is on record"
    )
    verify.set_defaults(run=_verify_audit)
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

    return commands.report(_settings(options))


def _verify_audit(options: argparse.Namespace) -> int:
    import commands

    return commands.verify_audit(_settings(options))


def _backup(options: argparse.Namespace) -> int:
    import commands

    return commands.save(_settings(options), options.file, options.force)


def _restore(options: argparse.Namespace) -> int:
    import commands

    return commands.put_back(_settings(options), options.file, options.force)


def _check_config(options: argparse.Namespace) -> int:
    from layouts.tiles import unknown

    settings = _settings(options)
    for key in unknown(settings.wall):
        print(f"{settings.source}: wall.{key}: warning: there is no such tile; its place will say so")
    print(f"{settings.source}: ok, {len(settings.feeds)} feeds, home {settings.home}")
    return 0


def _load(options: argparse.Namespace) -> int:
    from composition import opened
    from pipeline.load import load_file

    settings = _settings(options)
    with opened(settings) as store:
        for file in options.files:
            print(load_file(settings, store, options.feed, file))
    return 0


def _backfill(options: argparse.Namespace) -> int:
    from pipeline import backfill

    return backfill.main(_settings(options))


def _forecast(options: argparse.Namespace) -> int:
    from pipeline import forecaster

    return forecaster.main(_settings(options))


def _serve(options: argparse.Namespace) -> int:
    import uvicorn

    import composition
    from live.wire import server_options

    settings = _settings(options)
    with (
        composition.listening(settings) as listener,
        composition.opened(settings) as store,
        composition.bus_of(settings) as bus,
    ):
        server = composition.collecting(settings, store, bus)
        config = uvicorn.Config(server, **server_options(), log_config=None, access_log=False, lifespan="on")
        uvicorn.Server(config).run(sockets=[listener])
    return 0


def _collect(options: argparse.Namespace) -> int:
    import collecting

    return collecting.run(_settings(options))


def _web(options: argparse.Namespace) -> int:
    import uvicorn

    import composition
    from live.wire import server_options
    from live.workers import Workers

    settings = _settings(options)
    os.environ["COCKPIT_CONFIG"] = str(settings.source.resolve())  # workers make their application themselves
    config = uvicorn.Config(
        "composition:web", factory=True, workers=settings.server.workers, timeout_worker_healthcheck=20,
        **server_options(), log_config=None, access_log=False, lifespan="on",
    )  # fmt: skip
    with composition.listening(settings) as listener:
        print(f"web: http://{settings.server.host}:{settings.server.port}  (Ctrl+C ends it)", flush=True)
        if settings.server.workers == 1:
            uvicorn.Server(config).run(sockets=[listener])
        else:
            Workers(config, sockets=[listener]).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
