"""One frozen, typed Settings from ``cockpit.toml`` and the environment.

Order of precedence: environment over file over defaults. Every mistake is a ConfigError that names
file, key and what is wrong; nothing is guessed and no unknown key is ignored.
"""

from __future__ import annotations

import importlib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from domain.alerting import Alerting
from domain.configured import Shown
from domain.deadband import BANDS, Bands
from domain.errors import ConfigError
from domain.openid import OpenId
from domain.outbound import Outbound
from domain.records import Origin
from domain.retention import Retention
from domain.rota import Inspections
from domain.vault import SECRET_ALGORITHMS, placeholders
from domain.wall import Wall
from settings_checks import check_values, named
from settings_told import check_placeholders, told

PROJECT = Path(__file__).resolve().parent


class Server(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the cockpit listens, and what stands between it and the browsers."""

    host: str = "127.0.0.1"
    port: int = 8050
    names: tuple[str, ...] = ()  # host names browsers know us by, besides this machine's own
    tls: str = "none"  # none; own: with the two files below; proxy: one in front speaks it
    certificate: str = ""
    certificate_key: str = ""
    proxies: tuple[str, ...] = ()  # addresses whose X-Forwarded-For and -Proto are believed
    workers: int = 1  # processes of ``app.py web`` behind this one port
    collect_port: int = 0  # probes and metrics of ``app.py collect``; 0: none


class Port(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The port shown: its names, place and clock."""

    name_zh: str = "青岛前湾港"
    name_en: str = "Qingdao Qianwan"
    timezone: str = "Asia/Shanghai"
    geo: str = "assets/geo"
    centre: tuple[float, float] = (36.012, 120.215)  # lat, lon
    zoom: float = 13.0


class Store(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The database; empty url means SQLite in the home folder."""

    url: str = ""
    deadband: Bands = BANDS


class Bus(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What carries hints between processes; empty url means none: they ask the database."""

    url: str = ""  # nats://[user:password@]host:port, several separated by commas
    subject: str = "cockpit"  # begins the subjects used; one per port on a shared NATS


class Lease(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long a collector that fell silent stays in charge."""

    seconds: float = 8.0


class Logs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the log is written, to standard error."""

    format: str = "auto"  # json, text; auto: text at a terminal, else json
    level: str = "info"  # debug, info, warning, error


class Access(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may come in."""

    mode: str = "demo"  # demo: this machine only, any role; accounts: everybody logs in
    policy: str = "mlps3"  # mlps3, asvs: see domain/accounts.py
    mask: str = "auto"  # number plates; on, off, auto: wherever people log in
    oidc: OpenId | None = None


class Audit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is kept of people's acts, and how it is sealed."""

    checkpoints: str = ""  # file of the signed checkpoints; empty: audit.checkpoints in the home folder
    algorithm: str = "sha256"  # sha256, sm3


class Secrets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the secrets of feeds are kept."""

    algorithm: str = SECRET_ALGORITHMS[0]  # aes-256-gcm, sm4-gcm; seals new ones, both open


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lines the rules and tiles hold values against."""

    yard_backlog: float = 0.85  # share of capacity
    yard_backlog_clear: float = 0.80
    gate_wait_minutes: float = 30.0
    confirm_wait_minutes: float = 240.0
    route_deviation_metres: float = 200.0
    queue_jump_places: int = 5
    appoint_wait_hours: float = 24.0  # a commission accepted, no appointment made
    rejected_wait_hours: float = 24.0  # refused, no new appointment made
    suspended_hours: float = 24.0
    position_late_seconds: float = 600.0
    position_gone_hours: float = 24.0  # last heard longer ago: not on the map, in lists or counted as being there


def numbers(limits: Limits) -> dict[str, float]:
    """The limits by key, as rules take them."""
    return {name: float(value) for name, value in msgspec.structs.asdict(limits).items()}


class Feed(msgspec.Struct, frozen=True):
    """One feed: common keys here, everything else is the adapter's own options."""

    name: str
    adapter: str
    title_zh: str = ""
    title_en: str = ""
    enabled: bool = True
    origin: Origin = Origin.LIVE
    every_seconds: float = 10.0
    timeout_seconds: float = 10.0
    expected_seconds: float = 0.0  # 0: three times every_seconds, at least 10 s
    priority: int = 0  # whose word is shown where two feeds speak of one thing: 1 first; 0: after those, in order
    personal: bool = True  # its vehicles have drivers: masked where plates are; False: machines of the port
    options: dict[str, Any] = {}

    @property
    def fresh_seconds(self) -> float:
        """Age up to which the feed's data count as fresh, seconds."""
        return self.expected_seconds or max(10.0, 3 * self.every_seconds)


COMMON_FEED_KEYS = frozenset(Feed.__struct_fields__) - {"name", "options"}


class Settings(msgspec.Struct, frozen=True):
    """Everything the cockpit was told."""

    home: Path
    source: Path
    server: Server = Server()
    port: Port = Port()
    store: Store = Store()
    bus: Bus = Bus()
    lease: Lease = Lease()
    limits: Limits = Limits()
    logs: Logs = Logs()
    access: Access = Access()
    audit: Audit = Audit()
    secrets: Secrets = Secrets()
    outbound: Outbound = Outbound()
    retention: Retention = Retention()
    wall: Wall = Wall()
    inspections: Inspections = Inspections()
    alerts: Alerting = Alerting()
    language: str = "zh_CN"
    feeds: tuple[Feed, ...] = ()
    told: dict[str, Shown] = {}  # all of it as people may see it, by dotted key

    @property
    def ranks(self) -> dict[str, int]:
        """The place of each feed where several speak of one thing: lower goes before."""
        ordered = sorted(self.feeds, key=lambda feed: (feed.priority == 0, feed.priority))
        return {feed.name: place for place, feed in enumerate(ordered)}

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of the store."""
        return self.store.url or f"sqlite:///{self.home / 'cockpit.db'}"

    @property
    def checkpoints(self) -> Path:
        """File of the audit's signed checkpoints."""
        return Path(self.audit.checkpoints) if self.audit.checkpoints else self.home / "audit.checkpoints"

    @property
    def masked(self) -> bool:
        """Whether number plates are masked."""
        return self.access.mask == "on" or (self.access.mask == "auto" and self.access.mode == "accounts")

    @property
    def alone(self) -> bool:
        """Whether one process is meant to do everything: SQLite and no bus."""
        return self.database_url.startswith("sqlite:") and not self.bus.url

    @property
    def geo_folder(self) -> Path:
        """Folder with the port's GeoJSON files."""
        return (PROJECT / self.port.geo).resolve()


_SECTIONS: dict[str, type] = {
    "server": Server,
    "port": Port,
    "store": Store,
    "bus": Bus,
    "lease": Lease,
    "limits": Limits,
    "logs": Logs,
    "access": Access,
    "audit": Audit,
    "secrets": Secrets,
    "outbound": Outbound,
    "retention": Retention,
    "wall": Wall,
    "inspections": Inspections,
    "alerts": Alerting,
}
_TOP_KEYS = {*_SECTIONS, "language", "feeds"}


def load(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read and check the configuration.

    Args:
        path: config file; default ``$COCKPIT_CONFIG`` or ``cockpit.toml`` of the project.
        environ: environment variables.

    Returns:
        The checked settings. Adapter options are checked against the adapter's own Options.

    Raises:
        ConfigError: naming file, key and what is wrong.
    """
    source = Path(path or environ.get("COCKPIT_CONFIG") or PROJECT / "cockpit.toml")
    raw = _read(source)
    unknown = sorted(set(raw) - _TOP_KEYS)
    if unknown:
        raise ConfigError(str(source), unknown[0], f"unknown key; known here: {', '.join(sorted(_TOP_KEYS))}")
    check_placeholders(str(source), raw)
    written = dict(raw)
    for key, variable in (("store", "COCKPIT_DATABASE_URL"), ("bus", "COCKPIT_BUS_URL")):
        raw[key] = _address(source, key, raw.get(key, {}), environ, environ.get(variable))
    for key in ("access", "alerts"):
        raw[key] = _expand(raw.get(key, {}), environ)
    sections = {key: _section(source, key, raw.get(key, {}), kind) for key, kind in _SECTIONS.items()}
    for key, variable in (("port", "COCKPIT_PORT"), ("collect_port", "COCKPIT_COLLECT_PORT")):
        if environ.get(variable):
            given = {key: _port(variable, environ[variable])}
            sections["server"] = msgspec.structs.replace(sections["server"], **given)
    check_values(source, sections, raw)
    home = Path(environ.get("COCKPIT_HOME") or PROJECT / ".cockpit").expanduser().resolve()
    feeds, options = _feeds(source, raw.get("feeds", {}), environ)
    language = raw.get("language", "zh_CN")
    tables = {feed.name: {**_common(feed), **options[feed.name]} for feed in feeds}
    shown = told({"home": str(home), "language": language, **sections, "feeds": tables}, written, environ)
    return Settings(home=home, source=source, language=language, feeds=feeds, told=shown, **sections)


def _common(feed: Feed) -> dict[str, Any]:
    return {key: value for key, value in msgspec.structs.asdict(feed).items() if key in COMMON_FEED_KEYS}


def _read(source: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(source.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(str(source), "(file)", "does not exist") from None
    except UnicodeDecodeError as error:
        raise ConfigError(str(source), "(file)", f"is not UTF-8 text (byte {error.start})") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(source), "(file)", f"is not valid TOML: {error}") from None
    except OSError as error:
        raise ConfigError(str(source), "(file)", f"cannot be read: {error.strerror}") from None


def _section(source: Path, key: str, table: Any, kind: type) -> Any:
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        raise ConfigError(str(source), *_locate(key, named(table, kind, str(error)))) from None


def _locate(prefix: str, message: str) -> tuple[str, str]:
    """Split msgspec's "... - at `$.x`" into dotted key and problem."""
    text, _, place = message.partition(" - at `$")
    unknown = re.search(r"unknown field `(\w+)`", text)
    key = prefix + place.rstrip("`") + (f".{unknown.group(1)}" if unknown else "")
    return key, "unknown key" if unknown else text


def _port(variable: str, text: str) -> int:
    if not text.isdigit():
        raise ConfigError("environment", variable, f"is not a port number: {text!r}")
    return int(text)


def _feeds(source: Path, table: Any, environ: Mapping[str, str]) -> tuple[tuple[Feed, ...], dict[str, dict[str, Any]]]:
    """The feeds, and by name all options of each as its adapter takes them, defaults too."""
    if not isinstance(table, dict):
        raise ConfigError(str(source), "feeds", "must be tables: [feeds.NAME]")
    feeds, full = [], {}
    for name, body in table.items():
        key = f"feeds.{name}"
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name):
            raise ConfigError(str(source), key, "a feed's name is lower-case letters, digits and _")
        if not isinstance(body, dict) or "adapter" not in body:
            raise ConfigError(str(source), f"{key}.adapter", "missing: which kind of source is it?")
        common = {k: v for k, v in body.items() if k in COMMON_FEED_KEYS}
        options = {k: _expand(v, environ) for k, v in body.items() if k not in COMMON_FEED_KEYS}
        feed: Feed = _section(source, key, {**common, "name": name, "options": options}, Feed)
        full[name] = msgspec.to_builtins(_check_feed(source, key, feed))
        feeds.append(feed)
    return tuple(feeds), full


def _check_feed(source: Path, key: str, feed: Feed) -> Any:
    """Its options as its adapter takes them."""
    for field in ("every_seconds", "timeout_seconds"):
        if not 0.1 <= getattr(feed, field) <= 86_400:
            raise ConfigError(str(source), f"{key}.{field}", "must be 0.1 to 86400 seconds")
    if feed.priority < 0:
        raise ConfigError(str(source), f"{key}.priority", "must be 1 (goes before all) or more; 0 is by order")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", feed.adapter) or feed.adapter == "contract":
        raise ConfigError(str(source), f"{key}.adapter", f"unknown adapter {feed.adapter!r}")
    try:
        module = importlib.import_module(f"datasources.{feed.adapter}")
    except ModuleNotFoundError as error:
        if error.name != f"datasources.{feed.adapter}":
            raise  # the adapter is there, something it needs is not: that is no mistake in the file
        raise ConfigError(str(source), f"{key}.adapter", f"unknown adapter {feed.adapter!r}") from None
    if not hasattr(module, "Options"):
        raise ConfigError(str(source), f"{key}.adapter", f"{feed.adapter!r} is not an adapter")
    if placeholders(feed.options):
        unknown = sorted(set(feed.options) - set(module.Options.__struct_fields__))
        if unknown:
            raise ConfigError(str(source), f"{key}.{unknown[0]}", "unknown key")
        return feed.options  # the rest is checked with the secrets in place, when the feed is started
    return _section(source, key, feed.options, module.Options)


def _expand(value: Any, environ: Mapping[str, str]) -> Any:
    """Replace ${NAME} in option texts by environment values; unset names stay as they are."""
    if isinstance(value, str):
        return re.sub(r"\$\{(\w+)\}", lambda match: _value(match, environ), value)
    if isinstance(value, list):
        return [_expand(v, environ) for v in value]
    if isinstance(value, dict):
        return {k: _expand(v, environ) for k, v in value.items()}
    return value


def _address(source: Path, section: str, table: Any, environ: Mapping[str, str], instead: str | None) -> Any:
    """Put ``instead`` in the place of a section's url; else replace ${NAME} in it, percent-encoded.

    What the environment holds is a name or a password. Unlike in feeds an unset name is a mistake:
    nobody means to log in as "${PASSWORD}".
    """
    if not isinstance(table, dict):
        return table
    if instead:
        return {**table, "url": instead}

    def value(match: re.Match[str]) -> str:
        if match.group(1) not in environ:
            raise ConfigError(str(source), f"{section}.url", f"{match.group(1)} is not set in the environment")
        return quote(environ[match.group(1)], safe="")

    url = table.get("url")
    return {**table, "url": re.sub(r"\$\{(\w+)\}", value, url)} if isinstance(url, str) else table


def _value(match: re.Match[str], environ: Mapping[str, str]) -> str:
    """A variable's value; the data folder is meant from where the user stands, not from the file."""
    name = match.group(1)
    value = environ.get(name)
    if value is None:
        return match.group(0)
    return str(Path(value).expanduser().resolve()) if name == "COCKPIT_DATA" else value
