"""Adapter ``jt808``: vehicles by their JT/T 808 terminals (2011, 2013, 2019), live or out of a recording.

Live, terminals connect to the cockpit: it is the platform whose address and port are set in them. Location reports
(0x0200) and batches (0x0704) become positions, and are confirmed once these are stored: poll such a feed every second
or two, a terminal waits for five at most. A position the receiver had no fix for is refused: it is the last one
it knew, or none. Frames carry no secret and are not encrypted; let terminals in through a network of their own
(APN, VPN), not through the open internet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import msgspec

from datasources.contract import Adapter, Batch, Context, Problem
from datasources.coordinates import System
from datasources.dropfolder import Found
from datasources.filedrop import FileDrop, check_files
from datasources.jt808_log import FrameFile
from datasources.jt808_messages import Positions
from datasources.jt808_server import Limits, Server
from datasources.jt808_session import Rules, Session
from datasources.mapping import known_zone
from datasources.replay import ReplayOptions
from datasources.rows import Placer
from domain.errors import FeedError

_NORM_ZONE = "Asia/Shanghai"


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The feed's table in the configuration.

    Attributes:
        listen: ``host:port`` to wait for terminals at: ``0.0.0.0:6808`` at every address of this machine,
            ``127.0.0.1:6808`` behind a gateway on the same machine, ``[::]:6808`` with IPv6; or
        path: recorded frames in hexadecimal: a text file, also ``.gz``, or a folder of such; relative to the
            configuration file.
        vehicles: number of a terminal -> what its vehicle goes by, e.g. ``{ "013812345678" = "鲁B12345" }``; zeros in
            front do not matter. Vehicles that are not listed go by the number of their terminal.
        only_listed: refuse terminals that are not among ``vehicles``.
        secret: when set, a terminal must authenticate with the code it was given at registration, which is made from
            it; without, any code will do. Best ``"${secret:jt808}"``, see docs/operations.md.
        coordinates: what the coordinates are: ``wgs84`` (receivers), or ``gcj02`` (terminals with the confidentiality
            plug-in, forwarding map platforms), then brought to WGS-84.
        timezone: IANA name of the terminals' clocks; default the norm's +08:00.
        max_connections: at a time; the machine must allow as many open files.
        idle_seconds: a connection without a right frame for so long is closed; terminals send a heartbeat every
            minute or so.
        messages_per_second: taken of one connection; a platform that forwards for many terminals needs more.
        escaped: whether recorded frames stand as they were sent, with 7d 01 and 7d 02 for 7d and 7e.
        glob: which files of a folder.
        settle_seconds: how long a file must have stood still before it is read.
        chunk_rows: positions of one poll.
        max_megabytes: larger files (unpacked) are refused.
        replay: play recorded positions as a recording.
    """

    listen: str = ""
    path: str = ""
    vehicles: dict[str, str] = {}
    only_listed: bool = False
    secret: str = ""
    coordinates: System = "wgs84"
    timezone: str = ""
    max_connections: int = 2_000
    idle_seconds: float = 300.0
    messages_per_second: float = 100.0
    escaped: bool = True
    glob: str = "*"
    settle_seconds: float = 2.0
    chunk_rows: int = 20_000
    max_megabytes: int = 200
    replay: ReplayOptions | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot work, so that it is found when the configuration is read."""
        if bool(self.path) == bool(self.listen):
            raise ValueError("needs either listen (host:port) or path (a recording)")
        if self.listen:
            split_place(self.listen)
            if self.replay:
                raise ValueError("replay goes with path, not with listen")
            if self.timezone:
                known_zone(self.timezone)
        else:
            check_files(self)
        if self.chunk_rows < 1 or self.max_connections < 1 or self.idle_seconds < 1 or self.messages_per_second < 1:
            raise ValueError("chunk_rows, max_connections, idle_seconds, messages_per_second must be at least 1")
        numbered(self.vehicles)
        if self.only_listed and not self.vehicles:
            raise ValueError("only_listed needs vehicles")


def split_place(listen: str) -> tuple[str, int]:
    """Host and port of ``host:port``; ValueError when it is none."""
    try:
        parts = urlsplit(f"//{listen}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or port is None or parts.netloc != listen or parts.username is not None:
        raise ValueError(f"listen must be host:port, e.g. 0.0.0.0:6808, is {listen!r}")
    return host, port


def numbered(vehicles: Mapping[str, str]) -> dict[str, str]:
    """Vehicles by the number of their terminal as frames tell it; ValueError for one that is none or there twice."""
    found: dict[str, str] = {}
    for number, name in vehicles.items():
        plain = number.strip().lower().lstrip("0")
        if not plain or len(plain) > 20 or plain.strip("0123456789abcdef"):
            raise ValueError(f"vehicles: {number!r} is no number of a terminal")
        if plain in found:
            raise ValueError(f"vehicles: {number!r} stands there twice")
        if not name.strip():
            raise ValueError(f"vehicles: {number!r} has no name")
        found[plain] = name.strip()
    return found


def create(options: Options, context: Context) -> Adapter:
    """The adapter for one feed."""
    placer = Placer(context.feed, context.origin, "vehicle_position", context.now, options.coordinates)
    zone, vehicles = known_zone(options.timezone or _NORM_ZONE), numbered(options.vehicles)

    def positions() -> Positions:
        return Positions(context.feed, zone, vehicles, context.tap)

    if options.listen:
        rules = Rules(vehicles, options.only_listed, options.secret)
        return Listener(options, context, placer, lambda: Session(rules, positions()))

    def open_file(file: Found) -> FrameFile:
        return FrameFile(file, context.feed, positions(), options.escaped, options.max_megabytes * 1_000_000)

    return FileDrop(options, context, placer, open_file)


class Listener:
    """Hands on what terminals have sent; one thread polls at a time."""

    def __init__(self, options: Options, context: Context, placer: Placer, session: Callable[[], Session]) -> None:
        """Prepare; the first poll begins to listen."""
        self._options, self._context, self._placer, self._session = options, context, placer, session
        self._server: Server | None = None
        self._closed = False

    @property
    def port(self) -> int:
        """Where it listens; 0 while it does not."""
        return self._server.port if self._server else 0

    def poll(self) -> Batch:
        """What has been sent since the last poll.

        Raises:
            FeedError: ``not_connected``: the address cannot be listened at.
        """
        if self._closed:
            return Batch()
        if self._server is None or not self._server.alive:
            self._server = self._listen()
        server = self._server
        rows, rejects, counts, answers = server.buffer.drain(self._options.chunk_rows)
        now = self._context.now()
        batch = Batch(
            records=[self._placer.place(row, now) for row in rows],
            rejects=rejects,
            counts=dict(counts),
            more=len(rows) >= self._options.chunk_rows,
            stored=(lambda: server.confirm(answers)) if answers else None,
        )
        if dropped := counts["dropped"]:
            batch.problems.append(Problem(code="buffer_full", detail=f"{dropped} not taken, polled too seldom"))
        if refused := counts["refused"]:
            most = self._options.max_connections
            batch.problems.append(Problem(code="too_many_connections", detail=f"{refused} beyond {most} turned away"))
        return batch

    def close(self) -> None:
        """Hang up and free the address."""
        self._closed = True
        if self._server is not None:
            self._server.close()

    def _listen(self) -> Server:
        o = self._options
        limits = Limits(o.max_connections, o.idle_seconds, o.messages_per_second)
        try:
            trial = self._context.tap is not None
            return Server(split_place(o.listen), self._context.feed, limits, self._session, trial)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise FeedError("not_connected", f"cannot listen: {why}", f"{self._context.feed}: {o.listen}") from None
