"""Who is behind a callback."""

from __future__ import annotations

from dash import ctx

from access import viewer_of
from domain.viewer import Viewer


def visitor() -> Viewer:
    """The viewer of the request being answered.

    Raises:
        NotAllowedError: this peer may not look.
    """
    return viewer_of({"client": (ctx.remote or "unknown", 0)})
