"""The Viewer every read takes, kept with the connection it was found for."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from domain.errors import NotAllowedError
from domain.viewer import Viewer

LOOPBACK_PEERS = frozenset({"127.0.0.1", "::1"})
DEMO_COOKIE = "cockpit_role"
_KEY = "cockpit.viewer"


def viewer_of(scope: Mapping[str, Any]) -> Viewer:
    """Whom the guard found behind an ASGI connection.

    Raises:
        NotAllowedError: the request did not come through the guard.
    """
    found = scope.get(_KEY)
    if not isinstance(found, Viewer):
        raise NotAllowedError("nobody asked who this is")
    return found


def remember(scope: MutableMapping[str, Any], viewer: Viewer) -> None:
    """Keep whom the guard found for the rest of the request."""
    scope[_KEY] = viewer


def cookie(scope: Mapping[str, Any], name: str) -> str:
    """Value of a cookie; empty without one.

    Read by hand: cookies do not know ports, and one that another server of this host set badly must not hide ours.
    """
    for key, value in scope.get("headers", ()):
        if key == b"cookie":
            for part in value.decode("latin-1").split(";"):
                said, _, text = part.strip().partition("=")
                if said == name:
                    return str(text)
    return ""
