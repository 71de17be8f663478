"""What viewers keep for later."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, func, select

from domain.kept import MOST, KeepError, Kept
from domain.viewer import Viewer
from store import sql
from store.moments import micros
from store.schema import saved_view as t

COLUMNS = ("owner", "kind", "name", "path", "body", "updated_at")


def keep(connection: Connection, viewer: Viewer, what: Kept, at: datetime) -> None:
    """Keep it under its name, in the place of what had that name.

    Raises:
        KeepError: ``too_many``; nothing was kept.
    """
    mine = (t.c.owner == viewer.name, t.c.kind == what.kind, t.c.name != what.name)
    if (connection.execute(select(func.count()).select_from(t).where(*mine)).scalar() or 0) >= MOST:
        raise KeepError("too_many")
    row = (viewer.name, what.kind, what.name, what.path, msgspec.json.encode(what.body).decode(), micros(at))
    sql.insert(connection, "saved_view", COLUMNS, [row], COLUMNS[:3], COLUMNS[3:])


def forget(connection: Connection, viewer: Viewer, kind: str, name: str) -> bool:
    """Forget it; False when it was not there."""
    mine = (t.c.owner == viewer.name, t.c.kind == kind, t.c.name == name)
    return connection.execute(delete(t).where(*mine)).rowcount > 0
