"""Who is behind a callback, and which moment the page they look at shows."""

from __future__ import annotations

from dash import Input, State, ctx

from access import viewer_of
from domain.viewer import Viewer
from layouts.moment import LOCATION, STORE

MOMENT_INPUT = Input(STORE, "data")  # a callback that reads the store runs again when the moment changes
MOMENT_STATE = State(STORE, "data")
ADDRESS = State(LOCATION, "search")


def visitor() -> Viewer:
    """The viewer of the request being answered.

    Raises:
        NotAllowedError: this peer may not look.
    """
    return viewer_of({"client": (ctx.remote or "unknown", 0)})
