"""A live stream of NMEA sentences over TCP or UDP, read by a thread of its own."""

from __future__ import annotations

import random
import socket
import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from datasources.outbound import dial
from domain.errors import FeedError
from domain.outbound import Outbound

CAPACITY = 20_000  # lines kept between polls; the oldest are dropped and counted beyond
_LINE_BYTES = 1 << 14
_TICK_SECONDS = 0.5
_CONNECT_SECONDS = 10.0
_BACKOFF_SECONDS = (1.0, 60.0)


def split_address(address: str) -> tuple[str, str, int]:
    """Scheme, host and port of ``tcp://host:port`` or ``udp://host:port``.

    Raises:
        ValueError: it is no such address.
    """
    parts = urlsplit(address)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme not in ("tcp", "udp") or not parts.hostname or not port or parts.path.strip("/"):
        raise ValueError(f"address must be tcp://host:port or udp://host:port, is {address!r}")
    return parts.scheme, parts.hostname, port


class NmeaStream:
    """Keeps connected and buffers lines with the time of their reception."""

    def __init__(self, address: str, now: Callable[[], datetime], silent_seconds: float, rules: Outbound) -> None:
        """Start reading in a thread.

        Args:
            address: ``tcp://host:port`` to connect to, ``udp://host:port`` to listen at.
            now: the clock, aware UTC.
            silent_seconds: a TCP connection that brought nothing for so long is made anew.
            rules: what may be connected to.
        """
        self._rules = rules
        self._scheme, self._host, self._port = split_address(address)
        self._now, self._silent = now, silent_seconds
        self._lines: deque[tuple[datetime, bytes]] = deque()
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._socket: socket.socket | None = None
        self._dropped = 0
        self.error = ""  # why there is no connection; empty while there is one or none was tried
        self.last: datetime | None = None  # when the last bytes came
        self._thread = threading.Thread(target=self._run, name=f"nmea-{self._host}:{self._port}", daemon=True)
        self._thread.start()

    def drain(self, limit: int) -> tuple[list[tuple[datetime, bytes]], int]:
        """Up to ``limit`` lines with their time, and how many were dropped since the last call."""
        with self._lock:
            lines = [self._lines.popleft() for _ in range(min(limit, len(self._lines)))]
            dropped, self._dropped = self._dropped, 0
        return lines, dropped

    def close(self) -> None:
        """Stop the thread and close the socket; may be called twice."""
        self._stop.set()
        self._hang_up()
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout=2.0)

    def _run(self) -> None:
        shortest, longest = _BACKOFF_SECONDS
        pause = shortest
        while not self._stop.is_set():
            try:
                self._connect()
                if self._receive():
                    pause = shortest
            except FeedError as error:
                self.error = error.detail
            except OSError as error:
                if not self._stop.is_set():
                    self.error = error.strerror or str(error) or type(error).__name__
            finally:
                self._hang_up()
            # Jitter keeps many cockpits from knocking at one source together.
            self._stop.wait(pause * random.uniform(0.5, 1.0))  # noqa: S311  no secret
            pause = min(longest, pause * 2)

    def _connect(self) -> None:
        if self._scheme == "tcp":
            sock = dial(self._rules, self._host, self._port, _CONNECT_SECONDS)
        else:
            family, _, _, _, place = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_DGRAM)[0]
            sock = socket.socket(family, socket.SOCK_DGRAM)
            try:
                sock.bind(place)
            except OSError:
                sock.close()
                raise
        sock.settimeout(_TICK_SECONDS)
        self._socket = sock
        self.error = ""

    def _receive(self) -> bool:
        """Read until the peer hangs up or is silent too long; True when anything came."""
        sock, rest, came, quiet = self._socket, b"", False, 0.0
        while sock is not None and not self._stop.is_set():
            try:
                data = sock.recv(1 << 16)
            except TimeoutError:
                quiet += _TICK_SECONDS
                if self._scheme == "tcp" and quiet >= self._silent:
                    self.error = f"connected, but silent for {self._silent:g} s"
                    return came
                continue
            if not data and self._scheme == "tcp":
                self.error = "the other side closed the connection"
                return came
            came, quiet, self.last = True, 0.0, self._now()
            *lines, rest = (rest + data).split(b"\n")
            if self._scheme == "udp":  # a datagram is whole, with or without a line end
                lines, rest = [*lines, rest], b""
            self._keep(lines)
            if len(rest) > _LINE_BYTES:
                rest = b""  # no line is that long: this is no NMEA
                self._dropped += 1
        return came

    def _keep(self, lines: list[bytes]) -> None:
        now = self._now()
        with self._lock:
            self._lines.extend((now, line) for line in lines if line.strip())
            while len(self._lines) > CAPACITY:
                self._lines.popleft()
                self._dropped += 1

    def _hang_up(self) -> None:
        sock, self._socket = self._socket, None
        if sock is not None:
            sock.close()
