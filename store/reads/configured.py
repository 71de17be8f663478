"""Which settings were in force when, and when the last backup was made."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from domain.configured import Shown, Stood
from domain.permissions import Permission
from domain.viewer import Viewer
from store.moments import micros, moment
from store.schema import ingest_cursor
from store.schema import settings_history as t

BACKUP_MARK = "_backup"  # beside the cursors of feeds, as other marks are


def history(connection: Connection, viewer: Viewer, until: datetime, limit: int) -> list[Stood]:
    """Sets of settings recorded before a moment, newest first.

    Raises:
        NotAllowedError: the viewer may not see settings.
    """
    viewer.require(Permission.SETTINGS)
    query = select(t.c.at, t.c.who, t.c.body).where(t.c.at <= micros(until)).order_by(t.c.at.desc()).limit(limit)
    return [Stood(moment(at), who, _decoded(body)) for at, who, body in connection.execute(query)]


def newest(connection: Connection) -> tuple[int, dict[str, Shown]]:
    """When the last set was recorded, microseconds, and the set; 0 and nothing before the first."""
    row = connection.execute(select(t.c.at, t.c.body).order_by(t.c.at.desc()).limit(1)).first()
    return (0, {}) if row is None else (row[0], _decoded(row[1]))


def backup(connection: Connection, viewer: Viewer) -> dict[str, Any] | None:
    """What the last backup said of itself: ``at`` (ISO), ``file``, ``bytes``, ``rows``; None before the first.

    Raises:
        NotAllowedError: the viewer may not see settings.
    """
    viewer.require(Permission.SETTINGS)
    body = connection.execute(select(ingest_cursor.c.body).where(ingest_cursor.c.feed == BACKUP_MARK)).scalar()
    return None if body is None else msgspec.json.decode(body, type=dict[str, Any])


def _decoded(body: str) -> dict[str, Shown]:
    return msgspec.json.decode(body, type=dict[str, Shown])
