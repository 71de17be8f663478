"""Screens that nobody logs in on: what a browser bound to a screen may do is look, and tell of that screen.

In a demo every browser of this machine may be any screen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from access.viewers import viewer_of
from domain.errors import NotAllowedError
from domain.permissions import Permission, Role
from domain.viewer import Viewer

BOUND = "screen:"  # begins the name of a kiosk; no account's name has a colon


def own_wall(scope: Mapping[str, Any], viewer: Viewer) -> str:
    """Where a bound browser belongs that asks for a wall as another screen, or as none; empty where it is right.

    Args:
        scope: ASGI scope of its request.
        viewer: whom the guard found behind it.
    """
    path = str(scope["path"])
    if not viewer.name.startswith(BOUND) or not (path == "/wall" or path.startswith("/wall/")):
        return ""
    screen = viewer.name.removeprefix(BOUND)
    asked = parse_qsl(scope.get("query_string", b"").decode("latin-1"))
    if [value for name, value in asked if name == "screen"] == [screen]:
        return ""
    return f"{path}?{urlencode([*((n, v) for n, v in asked if n != 'screen'), ('screen', screen)])}"


def kiosk_of(scope: Mapping[str, Any], screen: str) -> Viewer:
    """The viewer a screen is.

    Args:
        scope: ASGI scope of its request.
        screen: the identity it claims.

    Raises:
        NotAllowedError: it may not report, or is bound to another screen.
    """
    peer = viewer_of(scope)
    peer.require(Permission.REPORT)
    if peer.name.startswith(BOUND) and peer.name != f"{BOUND}{screen}":
        raise NotAllowedError(f"{peer.name} cannot speak for {screen}")
    return Viewer(name=f"{BOUND}{screen}", roles=frozenset({Role.WALL}), scope=peer.scope, address=peer.address)
