"""The command line; ``composition`` and ``collecting`` put together what the commands start.

``python app.py serve | collect | web | load | try-feed | replay | check-config | ...``, each with ``--help``.
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
        metavar="serve | collect | web | load | try-feed | replay | check-config | store-report | verify-audit | "
        "secret | backup | restore | api-key | admin-link | link | unlock",
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
    trial = commands.add_parser(
        "try-feed", parents=[common], help="fetch once from a feed, show each row, store nothing"
    )
    trial.add_argument("feed", help="name of a feed of the configuration; it need not be enabled")
    trial.add_argument("--rows", type=int, default=20, help="most rows to show (default: 20)")
    trial.set_defaults(run=_try_feed)
    again = commands.add_parser(
        "replay", parents=[common], help="try the quarantined rows of a feed again, once its mapping is right"
    )
    again.add_argument("feed", help="name of a feed of the configuration")
    again.add_argument("--reason", default="", help="code of a reason, e.g. not_a_time: those alone")
    again.set_defaults(run=_replay)
    check = commands.add_parser("check-config", parents=[common], help="check the configuration and say what is wrong")
    check.set_defaults(run=_check_config)
    _operator_commands(commands, common)
    _access_commands(commands, common)
    # Started by the cockpit itself, in processes of their own.
    for name, run in (("backfill", _backfill), ("forecast", _forecast)):
        commands.add_parser(name, parents=[common]).set_defaults(run=run)
    tried = commands.add_parser("backtest", parents=[common])
    tried.add_argument("--job", required=True)
    tried.set_defaults(run=_backtest)
    commands.add_parser("notify", parents=[common]).set_defaults(run=_notify)
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
    _secret_commands(commands, common)
    texts = {
        "backup": "write the database into FILE; the cockpit may run",
        "restore": "put the backup FILE in the place of the database; the cockpit must not run",
    }
    for name, run in (("backup", _backup), ("restore", _restore)):
        command = commands.add_parser(name, parents=[common], help=texts[name])
        command.add_argument("file", type=Path, metavar="FILE")
        command.add_argument("--force", action="store_true", help="even when FILE or the database holds something")
        command.set_defaults(run=run)


def _access_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Who comes in, from the machine's own command line; the cockpit may run."""
    keys = commands.add_parser("api-key", help="keys of programs").add_subparsers(
        required=True, metavar="create | list | revoke"
    )
    create = keys.add_parser("create", parents=[common], help="make a key and print it once; send it as a bearer token")
    create.add_argument("--name", required=True, help="of the program, shown in the audit")
    create.add_argument("--role", required=True, action="append", help="a role of docs/permissions.md; may be repeated")
    create.add_argument("--scope", action="append", help="an enterprise's code, for role enterprise; may be repeated")
    create.add_argument("--dataset", action="append", help="it reads this one and nothing else; may be repeated")
    create.add_argument("--days", type=int, help="it ends after so many; default: until revoked")
    create.set_defaults(
        run=lambda o: _commands().api_key_create(_settings(o), o.name, o.role, o.scope, o.days, o.dataset)
    )
    listed = keys.add_parser("list", parents=[common], help="the keys, without their texts")
    listed.set_defaults(run=lambda o: _commands().api_key_list(_settings(o)))
    revoke = keys.add_parser("revoke", parents=[common], help="take a key back")
    revoke.add_argument("key_id", metavar="ID")
    revoke.set_defaults(run=lambda o: _commands().api_key_revoke(_settings(o), o.key_id))
    admin = commands.add_parser(
        "admin-link", parents=[common], help="print an address that makes one more security administrator, once"
    )
    admin.set_defaults(run=lambda o: _commands().admin_link(_settings(o)))
    link = commands.add_parser("link", parents=[common], help="say who an account is at the OpenID provider")
    link.add_argument("name", metavar="ACCOUNT")
    link.add_argument("sub", metavar="SUBJECT", help='as the provider and the audit call them; "" takes it back')
    link.set_defaults(run=lambda o: _commands().account_link(_settings(o), o.name, o.sub))
    unlock = commands.add_parser("unlock", parents=[common], help="let an account try again that was locked out")
    unlock.add_argument("name", metavar="ACCOUNT")
    unlock.set_defaults(run=lambda o: _commands().account_unlock(_settings(o), o.name))


def _commands() -> Any:
    import access_commands

    return access_commands


def _secret_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    secret = commands.add_parser("secret", help="feeds' passwords, kept encrypted: set, list, remove, reseal")
    acts = secret.add_subparsers(required=True, metavar="set | list | remove | reseal")
    texts = {
        "set": "keep what standard input or a hidden prompt says under NAME, for ${secret:NAME} in a feed's options",
        "list": "which there are, since when and by whom, and which are missing; no values",
        "remove": "forget NAME",
        "reseal": "seal all with the newest key and the configured algorithm",
    }
    for act, text in texts.items():
        command = acts.add_parser(act, parents=[common], help=text)
        if act in ("set", "remove"):
            command.add_argument("name", metavar="NAME")
        command.set_defaults(run=_secret, act=act)


def _secret(options: argparse.Namespace) -> int:
    import commands

    acts = {"set": commands.set_secret, "remove": commands.remove_secret}
    if options.act in acts:
        return acts[options.act](_settings(options), options.name)
    return {"list": commands.list_secrets, "reseal": commands.reseal_secrets}[options.act](_settings(options))


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
    import commands
    from layouts.tiles import unknown

    settings = _settings(options)
    for warning in commands.secret_warnings(settings):
        print(f"{settings.source}: warning: {warning}")
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


def _try_feed(options: argparse.Namespace) -> int:
    from commands import try_feed

    return try_feed(_settings(options), options.feed, options.rows)


def _replay(options: argparse.Namespace) -> int:
    from commands import replay

    return replay(_settings(options), options.feed, options.reason)


def _backfill(options: argparse.Namespace) -> int:
    from pipeline import backfill

    return backfill.main(_settings(options))


def _forecast(options: argparse.Namespace) -> int:
    from pipeline import forecaster

    return forecaster.main(_settings(options))


def _backtest(options: argparse.Namespace) -> int:
    from pipeline import backtest

    return backtest.main(_settings(options), options.job)


def _notify(_: argparse.Namespace) -> int:
    import notifying

    return notifying.main()


def _serve(options: argparse.Namespace) -> int:
    import uvicorn

    import composition
    import entering
    from live.wire import server_options

    settings = _settings(options)
    with (
        composition.listening(settings) as listener,
        composition.opened(settings) as store,
        composition.bus_of(settings) as bus,
    ):
        server = composition.collecting(settings, store, bus)
        config = uvicorn.Config(
            server, **server_options(), **entering.listening(settings), log_config=None, access_log=False, lifespan="on"
        )
        uvicorn.Server(config).run(sockets=[listener])
    return 0


def _collect(options: argparse.Namespace) -> int:
    import collecting

    return collecting.run(_settings(options))


def _web(options: argparse.Namespace) -> int:
    import uvicorn

    import composition
    import entering
    from live.wire import server_options
    from live.workers import Workers

    settings = _settings(options)
    os.environ["COCKPIT_CONFIG"] = str(settings.source.resolve())  # workers make their application themselves
    config = uvicorn.Config(
        "composition:web", factory=True, workers=settings.server.workers, timeout_worker_healthcheck=20,
        **server_options(), **entering.listening(settings), log_config=None, access_log=False, lifespan="on",
    )  # fmt: skip
    with composition.listening(settings) as listener:
        with composition.opened(settings) as store:  # closed before workers are made: none may share a connection
            first = entering.said_first(settings, store)
        said = f"web: {entering.address(settings)}  (Ctrl+C ends it)"
        print("\n".join(filter(None, (said, first))), flush=True)
        if settings.server.workers == 1:
            uvicorn.Server(config).run(sockets=[listener])
        else:
            Workers(config, sockets=[listener]).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
