"""From a connection to the Viewer every read takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.errors import NotAllowedError
from domain.viewer import PORT_OPERATOR, Viewer

LOOPBACK_PEERS = frozenset({"127.0.0.1", "::1"})


def viewer_of(scope: Mapping[str, Any]) -> Viewer:
    """Tell who is behind an ASGI connection.

    Args:
        scope: ASGI scope of an http request or websocket.

    Returns:
        The loopback operator, the only viewer there is before logins exist.

    Raises:
        NotAllowedError: the peer is not this machine.
    """
    client = scope.get("client")
    if client is not None and client[0] not in LOOPBACK_PEERS:
        raise NotAllowedError("only this machine may look until logins exist")
    return PORT_OPERATOR
