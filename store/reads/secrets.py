"""The secrets of feeds: that they are there, for those who may know; their sealed bodies for the pipeline only."""

from __future__ import annotations

from sqlalchemy import Connection, select

from domain.configured import Secret
from domain.permissions import Permission
from domain.vault import told
from domain.viewer import Viewer
from store.moments import moment
from store.schema import secret as t


def secrets(connection: Connection, viewer: Viewer) -> list[Secret]:
    """All secrets by name.

    Raises:
        NotAllowedError: the viewer may not see settings.
    """
    viewer.require(Permission.SETTINGS)
    query = select(t.c.name, t.c.body, t.c.updated_at, t.c.updated_by).order_by(t.c.name)
    return [
        Secret(name=name, algorithm=told(body).algorithm, key=told(body).key, updated_at=moment(at), updated_by=who)
        for name, body, at, who in connection.execute(query)
    ]


def sealed(connection: Connection) -> dict[str, str]:
    """Sealed bodies by name."""
    return {row.name: row.body for row in connection.execute(select(t.c.name, t.c.body))}
