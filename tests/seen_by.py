"""Stands where the guard stands, for tests of what lies behind it: everybody is one viewer."""

from __future__ import annotations

from typing import Any

from access.viewers import remember
from domain.viewer import PORT_OPERATOR, WHO, Viewer


def seen_by(app: Any, viewer: Viewer = PORT_OPERATOR) -> Any:
    """The application with every request the viewer's."""

    async def answering(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] in ("http", "websocket"):
            remember(scope, viewer)
            WHO.set(viewer)
        await app(scope, receive, send)

    return answering
