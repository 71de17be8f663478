"""Connections from the cockpit to sources: the address is resolved once, judged, and connected to as judged.

A name that answers with a good address first and a bad one a moment later (DNS rebinding) gains nothing: what was
judged is what is connected to.
"""

from __future__ import annotations

import socket
import time

from domain.errors import FeedError
from domain.outbound import Outbound

Place = tuple[socket.AddressFamily, tuple[str, int]]


def places(rules: Outbound, host: str, port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> list[Place]:
    """Where a host stands, all of it permitted.

    Args:
        rules: what may be reached.
        host: name or address.
        port: 1 to 65535.
        kind: of socket.

    Raises:
        FeedError: ``address_refused`` when any address of the host may not be reached, ``not_connected`` when the
            name is unknown.
    """
    where = f"{host}:{port}"
    try:
        found = socket.getaddrinfo(host, port, type=kind)
    except (OSError, UnicodeError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else "no such name"
        raise FeedError("not_connected", f"name is not known ({said})", where) from None
    for _, _, _, _, place in found:
        if refusal := rules.refusal(host, str(place[0])):
            raise FeedError("address_refused", refusal, where)
    return [(family, (str(place[0]), port)) for family, _, _, _, place in found]


def dial(rules: Outbound, host: str, port: int, timeout: float) -> socket.socket:
    """A TCP connection to a permitted host; its addresses are tried one after the other.

    Args:
        rules: what may be reached.
        host: name or address.
        port: 1 to 65535.
        timeout: seconds for all of it.

    Raises:
        FeedError: as ``places``, or ``not_connected`` with the system's reason.
    """
    end, said = time.monotonic() + timeout, "no address"
    for _, place in places(rules, host, port):
        left = end - time.monotonic()
        if left <= 0:
            break
        try:
            return socket.create_connection(place, timeout=left)
        except TimeoutError:
            said = f"no connection within {timeout:g} s"
        except OSError as error:
            said = error.strerror or type(error).__name__
    raise FeedError("not_connected", said, f"{host}:{port}")
