"""What a browser may say on the live websocket, and how often.

Everything else is refused: the connection is closed with a code and a reason, and counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of the live endpoint.

    Attributes:
        message_bytes: longest message a browser may send.
        topics: most subscriptions of one connection.
        burst: messages it may send at once.
        per_second: messages it may send in the long run.
        clients: most connections at a time.
        beat_seconds: a silent connection carries a beat this often, so that a browser sees a dead one.
        heartbeat_seconds: websocket ping this often (uvicorn's ws_ping_interval).
        patience_seconds: and the pong must come within this time (uvicorn's ws_ping_timeout).
        blocked_seconds: a client whose socket took nothing for so long starts again from snapshots.
    """

    message_bytes: int = 65_536
    topics: int = 200
    burst: int = 60
    per_second: float = 20.0
    clients: int = 2000
    beat_seconds: float = 4.0
    heartbeat_seconds: float = 25.0
    patience_seconds: float = 8.0
    blocked_seconds: float = 5.0


class Subscribe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="sub"):
    """Ask for topics; the value is the (epoch, sequence number) seen last, null for none."""

    topics: dict[str, tuple[str, int] | None]


class Unsubscribe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="unsub"):
    """Stop topics; unknown ones are ignored."""

    topics: list[str]


Request = Subscribe | Unsubscribe
_decoder: msgspec.json.Decoder[Subscribe | Unsubscribe] = msgspec.json.Decoder(Request)

MALFORMED, FORBIDDEN, TOO_MANY, FLOOD = 4400, 4403, 4413, 4429
TOO_LARGE, FAILED, FULL = 1009, 1011, 1013  # as RFC 6455 and IANA name them
# What the websocket layer itself closes with.
BROKEN = {TOO_LARGE: "too_large", 1002: "malformed", 1007: "malformed", FLOOD: "flood"}


class Refused(Exception):
    """The client broke the protocol; its connection is closed with ``code`` and ``reason``."""

    def __init__(self, code: int, kind: str, reason: str) -> None:
        """Remember why.

        Args:
            code: websocket close code.
            kind: word under which it is counted.
            reason: for the close frame, cut to the 123 bytes it may carry.
        """
        super().__init__(reason)
        self.code, self.kind = code, kind
        self.reason = reason.encode()[:120].decode(errors="ignore")


def parse(message: str | bytes, limits: Limits) -> Request:
    """Read one message of a browser.

    Raises:
        Refused: too large, not JSON, not one of the requests, or with fields it must not have.
    """
    size = len(message) if isinstance(message, bytes) else len(message.encode(errors="replace"))
    if size > limits.message_bytes:
        raise Refused(TOO_LARGE, "too_large", f"message over {limits.message_bytes} bytes")
    try:
        return _decoder.decode(message)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Refused(MALFORMED, "malformed", "not a request of the live protocol") from None


class Bucket:
    """Token bucket for what comes in."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits, self._clock = limits, clock
        self._tokens, self._at = float(limits.burst), clock()

    def take(self, count: int = 1) -> None:
        """Count messages or frames.

        Raises:
            Refused: more than the limits allow.
        """
        now = self._clock()
        self._tokens = min(self._limits.burst, self._tokens + (now - self._at) * self._limits.per_second)
        self._at = now
        if self._tokens < count:
            raise Refused(FLOOD, "flood", "too many messages")
        self._tokens -= count


def same_origin(origin: str | None, host: str | None, allowed: frozenset[str] = frozenset()) -> bool:
    """Whether a handshake comes from our own pages.

    Browsers always send Origin with a websocket handshake, so a missing one is refused like a
    foreign one, ``null`` and anything that only looks alike. Programs set the header themselves.

    Args:
        origin: the Origin header.
        host: the Host header.
        allowed: further origins, written as the browser sends them (scheme://host[:port]).
    """
    if not origin or not host:
        return False
    if origin in allowed:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    plain = not (parts.path or parts.query or parts.fragment or "@" in parts.netloc)
    return plain and parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()
