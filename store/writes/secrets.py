"""Secrets of feeds, sealed before they come here."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete

from store import sql
from store.moments import micros
from store.schema import secret as t

COLUMNS = ("name", "body", "updated_at", "updated_by")


def put(connection: Connection, name: str, body: str, who: str, at: datetime) -> None:
    """Keep a sealed secret, in the place of what had its name."""
    sql.insert(connection, "secret", COLUMNS, [(name, body, micros(at), who)], COLUMNS[:1], COLUMNS[1:])


def remove(connection: Connection, name: str) -> bool:
    """Forget it; False when it was not there."""
    return connection.execute(delete(t).where(t.c.name == name)).rowcount > 0
