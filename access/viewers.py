"""From a connection to the Viewer every read takes."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from domain.errors import NotAllowedError
from domain.permissions import DEMO_ROLES
from domain.viewer import PORT_OPERATOR, Viewer

LOOPBACK_PEERS = frozenset({"127.0.0.1", "::1"})
DEMO_COOKIE = "cockpit_role"
_KEY = "cockpit.viewer"


def viewer_of(scope: Mapping[str, Any]) -> Viewer:
    """Tell who is behind an ASGI connection.

    Args:
        scope: ASGI scope of an http request or websocket.

    Returns:
        Whom the guard found; in demo mode the operator of this machine, in the one role chosen by a cookie or in
        several at once (PORT_OPERATOR).

    Raises:
        NotAllowedError: the peer is not this machine.
    """
    found = scope.get(_KEY)
    return found if isinstance(found, Viewer) else _demo(scope)


def remember(scope: MutableMapping[str, Any], viewer: Viewer) -> None:
    """Keep whom the guard found for the rest of the request."""
    scope[_KEY] = viewer


def _demo(scope: Mapping[str, Any]) -> Viewer:
    client = scope.get("client")
    if client is not None and client[0] not in LOOPBACK_PEERS:
        raise NotAllowedError("only this machine may look until logins exist")
    chosen = _cookie(scope, DEMO_COOKIE)
    roles = frozenset({chosen}) if chosen in DEMO_ROLES else PORT_OPERATOR.roles
    return Viewer(name=PORT_OPERATOR.name, roles=roles, address=client[0] if client is not None else "")


def _cookie(scope: Mapping[str, Any], name: str) -> str:
    """Value of a cookie; empty when there is none that can be read."""
    for key, value in scope.get("headers", ()):
        if key == b"cookie":
            try:
                found = SimpleCookie(value.decode("latin-1")).get(name)
            except CookieError:
                continue
            if found is not None:
                return found.value
    return ""
