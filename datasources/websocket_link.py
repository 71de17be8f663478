"""A websocket to a permitted address, for adapters: opened with care, listened to until it ends, and why in words."""

from __future__ import annotations

import contextlib
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
    WebSocketException,
)

from datasources.contract import Context
from datasources.fetching import trusted
from datasources.listening import Listener
from datasources.outbound import dial
from domain.errors import FeedError

_CLOSE_SECONDS = 0.5
_QUEUED = 64  # messages read ahead of us; the server has to wait beyond


async def opened(
    listener: Listener,
    context: Context,
    url: str,
    headers: dict[str, str],
    ca_file: str,
    max_bytes: int,
    ping_seconds: float | None = 20.0,
) -> ClientConnection:
    """A websocket at a permitted address.

    Args:
        listener: whose loop this runs in; nothing else does, so connecting may block it.
        context: of the adapter.
        url: ``ws://`` or ``wss://``.
        headers: sent when connecting.
        ca_file: certificates to trust beside the system's.
        max_bytes: a longer message, unpacked, ends the connection.
        ping_seconds: how often to ask whether the server is still there; None: never.

    Raises:
        FeedError: ``unauthorised`` (halts), ``http_status``, ``redirected``, ``not_connected``, ``address_refused``.
    """
    parts, where = urlsplit(url), without_query(url)
    secure, host = parts.scheme == "wss", parts.hostname or ""
    context_of_tls = trusted(ca_file, context.base) if secure else None
    sock = dial(context.outbound, host, parts.port or (443 if secure else 80), listener.connect_seconds)
    try:
        return await connect(
            url, sock=sock, ssl=context_of_tls, server_hostname=host if secure else None, proxy=None,
            additional_headers=headers, user_agent_header="port-cockpit", open_timeout=listener.connect_seconds,
            close_timeout=_CLOSE_SECONDS, ping_interval=ping_seconds, ping_timeout=ping_seconds,
            max_size=max_bytes, max_queue=_QUEUED,
        )  # fmt: skip
    except InvalidStatus as error:
        raise _refused(error, where) from None
    except ValueError as error:  # a redirect cannot be followed on a given socket: none is followed
        if isinstance(error.__cause__ or error.__context__, InvalidStatus):
            raise FeedError("redirected", "sent to another address; name that one if it is meant", where) from None
        raise
    except InvalidMessage:
        raise FeedError("not_connected", "answers something that is no HTTP", where) from None
    except InvalidHandshake as error:
        raise FeedError("not_connected", f"is no websocket: {str(error)[:150]}", where) from None


async def listened(listener: Listener, connection: ClientConnection, where: str, first: list[str]) -> None:
    """Send what is to be sent first and buffer everything that comes, until the connection ends.

    Raises:
        FeedError: ``not_connected`` with what the server, or we, ended it for.
    """
    try:
        for message in first:
            await connection.send(message)
        listener.up()
        async for received in connection:
            listener.put(received.encode() if isinstance(received, str) else received)
        raise FeedError("not_connected", _ending(connection), where)
    except ConnectionClosed:
        raise FeedError("not_connected", _ending(connection), where) from None
    except WebSocketException as error:
        raise FeedError("not_connected", f"{type(error).__name__}: {str(error)[:150]}", where) from None
    finally:
        with contextlib.suppress(WebSocketException, OSError):
            await connection.close()


def without_query(url: str) -> str:
    """An address without its query, which may hold a secret."""
    return url.partition("?")[0].partition("#")[0]


def _refused(error: InvalidStatus, where: str) -> FeedError:
    status = error.response.status_code
    said = f"HTTP {status} {error.response.reason_phrase}".strip()
    if status in (401, 403):
        return FeedError("unauthorised", said, where, halts=True)
    if 300 <= status < 400:
        return FeedError("redirected", f"{said}; name the other address if it is meant", where)
    return FeedError("http_status", said, where)


def _ending(connection: ClientConnection) -> str:
    """Why a connection ended, in words."""
    code, reason = connection.close_code, (connection.close_reason or "")[:150]
    sent = connection.protocol.close_sent
    if sent is not None and sent.code == 1009:
        return f"a message was longer than allowed: {sent.reason[:150] or 'max_megabytes'}"
    if code == 1006 or code is None:
        return "the connection was lost"
    return f"the other side closed the connection ({code}{f': {reason}' if reason else ''})"
