"""What settings must hold beyond their types: ranges, known words, and doors that would stand open."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from domain.accounts import POLICIES
from domain.audit import ALGORITHMS
from domain.errors import ConfigError
from domain.vault import SECRET_ALGORITHMS
from domain.wall_checks import problems as wall_problems
from telemetry.logs import FORMATS, LEVELS

if TYPE_CHECKING:
    from settings import Access, Bus, Lease, Server

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def check_values(source: Path, sections: Mapping[str, Any], raw: Mapping[str, Any]) -> None:
    """Whether values of the right type make sense, alone and together.

    Args:
        source: the configuration file.
        sections: the structs of settings.py by name.
        raw: the file as read.

    Raises:
        ConfigError: naming file, key and what is wrong.
    """
    server, port, limits = sections["server"], sections["port"], sections["limits"]
    if not 1 <= server.port <= 65535:
        raise ConfigError(str(source), "server.port", f"must be 1 to 65535, is {server.port}")
    _check_access(source, server, sections["access"])
    if not 0 <= server.collect_port <= 65535:
        raise ConfigError(str(source), "server.collect_port", f"must be 0 to 65535, is {server.collect_port}")
    if not 1 <= server.workers <= 64:
        raise ConfigError(str(source), "server.workers", f"must be 1 to 64, is {server.workers}")
    _check_grown(source, sections["bus"], sections["lease"])
    try:
        ZoneInfo(port.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise ConfigError(str(source), "port.timezone", f"unknown time zone {port.timezone!r}") from None
    if raw.get("language", "zh_CN") not in ("zh_CN", "en"):
        raise ConfigError(str(source), "language", "must be zh_CN or en")
    if sections["logs"].format not in FORMATS:
        raise ConfigError(str(source), "logs.format", f"must be one of {', '.join(FORMATS)}")
    if sections["logs"].level not in LEVELS:
        raise ConfigError(str(source), "logs.level", f"must be one of {', '.join(LEVELS)}")
    if sections["audit"].algorithm not in ALGORITHMS:
        raise ConfigError(str(source), "audit.algorithm", f"must be one of {', '.join(ALGORITHMS)}")
    if sections["secrets"].algorithm not in SECRET_ALGORITHMS:
        raise ConfigError(str(source), "secrets.algorithm", f"must be one of {', '.join(SECRET_ALGORITHMS)}")
    for name, kept in msgspec.structs.asdict(sections["retention"]).items():
        days = name.endswith("_days")
        if kept != 0 and not (1 <= kept <= 36_500 if days else 1_000 <= kept <= 10_000_000):
            allowed = "0 (for ever) or 1 to 36500 days" if days else "0 (no limit) or 1000 to 10000000 rows"
            raise ConfigError(str(source), f"retention.{name}", f"must be {allowed}")
    for key, why in wall_problems(sections["wall"]):
        raise ConfigError(str(source), f"wall.{key}", why)
    for key, why in sections["inspections"].problems():
        raise ConfigError(str(source), f"inspections.{key}", why)
    for key, why in sections["alerts"].problems(msgspec.structs.asdict(limits)):
        raise ConfigError(str(source), f"alerts.{key}", why)
    if not 0 < limits.position_gone_hours <= 24:
        raise ConfigError(str(source), "limits.position_gone_hours", "must be above 0 and at most 24 hours")
    if not 0 < limits.yard_backlog_clear <= limits.yard_backlog <= 2:
        raise ConfigError(str(source), "limits.yard_backlog", "must be above yard_backlog_clear, both shares 0 to 2")


def named(table: Any, kind: type, message: str) -> str:
    """A mistake in one of several tables, with the name of the table that msgspec leaves open: ``$.rules[...]``."""
    outer, found, inner = message.partition("[...]")
    key = outer.rpartition(" - at `$.")[2]
    if not found or not isinstance(table, dict) or not isinstance(table.get(key), dict):
        return message
    for name, body in table[key].items():
        try:
            msgspec.convert({**table, key: {name: body}}, kind)
        except msgspec.ValidationError:
            return f"{outer}.{name}{inner}"
    return message


def _check_access(source: Path, server: Server, access: Access) -> None:
    if access.mode not in ("demo", "accounts"):
        raise ConfigError(str(source), "access.mode", "must be demo or accounts")
    if access.mask not in ("auto", "on", "off"):
        raise ConfigError(str(source), "access.mask", "must be auto, on or off")
    if access.policy not in POLICIES:
        raise ConfigError(str(source), "access.policy", f"must be one of {', '.join(POLICIES)}")
    if server.tls not in ("none", "own", "proxy"):
        raise ConfigError(str(source), "server.tls", "must be none, own or proxy")
    for key in ("certificate", "certificate_key"):
        file = getattr(server, key)
        if server.tls == "own" and not Path(file).is_file():
            raise ConfigError(str(source), f"server.{key}", f"tls = own needs this file; {file!r} is none")
    if server.host in LOOPBACK:
        return
    if access.mode == "demo":
        raise ConfigError(
            str(source), "server.host",
            f"{server.host!r} refused: a demo listens on this machine only (127.0.0.1); set access.mode = \"accounts\"",
        )  # fmt: skip
    if server.tls == "none":
        raise ConfigError(
            str(source), "server.tls",
            f"{server.host!r} refused: passwords would cross the network in the clear; set tls to own or proxy",
        )  # fmt: skip


def _check_grown(source: Path, bus: Bus, lease: Lease) -> None:
    schemes = {url.strip().partition("://")[0] for url in bus.url.split(",")} if bus.url else set()
    if schemes - {"nats", "tls"}:
        raise ConfigError(str(source), "bus.url", "must be empty or nats://host:port (tls:// for an encrypted line)")
    if not re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", bus.subject):
        raise ConfigError(str(source), "bus.subject", "must be words of letters, digits, _ and - with dots between")
    if not 2 <= lease.seconds <= 60:
        raise ConfigError(str(source), "lease.seconds", f"must be 2 to 60, is {lease.seconds:g}")
