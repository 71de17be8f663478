"""Screens that nobody logs in on: a wall's identity stands in its address, not in a visitor's session.

Until logins exist the identity is believed because only this machine may connect at all. What a kiosk
may do does not grow with logins: look, and tell of itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from access.viewers import viewer_of
from domain.permissions import Role
from domain.viewer import Viewer


def kiosk_of(scope: Mapping[str, Any], screen: str) -> Viewer:
    """The viewer a screen is.

    Args:
        scope: ASGI scope of its request; no cookie and no session is looked at.
        screen: the identity it claims.

    Raises:
        NotAllowedError: the peer may not look at all.
    """
    peer = viewer_of(scope)
    return Viewer(name=f"screen:{screen}", roles=frozenset({Role.WALL}), scope=peer.scope, address=peer.address)
