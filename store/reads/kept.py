"""What viewers keep for later; each sees their own."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, select

from domain.kept import Kept
from domain.viewer import Viewer
from store.moments import moment
from store.schema import saved_view as t


def kept(connection: Connection, viewer: Viewer, kind: str) -> list[Kept]:
    """What one viewer kept of a kind, newest first."""
    query = (
        select(t.c.kind, t.c.name, t.c.path, t.c.body, t.c.updated_at)
        .where(t.c.owner == viewer.name, t.c.kind == kind)
        .order_by(t.c.updated_at.desc(), t.c.name)
    )
    return [
        Kept(kind=one, name=name, path=path, body=msgspec.json.decode(body), updated_at=moment(at))
        for one, name, path, body, at in connection.execute(query)
    ]
