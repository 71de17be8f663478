"""The screens of the walls."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, select

from domain.screen_pictures import ScreenRow, ScreensPicture
from domain.viewer import Viewer
from store.moments import moment
from store.reads.scope import sees_port
from store.schema import screen


def screens(connection: Connection, viewer: Viewer) -> ScreensPicture:
    """All screens, by identity; they are the port's own."""
    if not sees_port(viewer):
        return ScreensPicture(rows=[])
    query = select(screen).order_by(screen.c.screen_id)
    return ScreensPicture(rows=[_row(dict(row)) for row in connection.execute(query).mappings()])


def _row(found: dict[str, Any]) -> ScreenRow:
    kept = msgspec.json.decode(found["body"], type=dict[str, Any])
    health = msgspec.json.decode(found["health"], type=dict[str, Any])
    told = {name: found[name] for name in ("name", "scene", "part", "palette", "version")}
    seen = moment(found["seen_at"]) if found["seen_at"] else None
    return msgspec.convert({**kept, **told, "key": found["screen_id"], "seen_at": seen, "health": health}, ScreenRow)
