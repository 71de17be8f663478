"""Whose alias is whose, sealed before it comes here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from store import sql
from store.moments import micros

COLUMNS = ("alias", "body", "seen_at")


def put(connection: Connection, bodies: Mapping[str, str], at: datetime) -> None:
    """Keep sealed identities by alias, each in the place of what had its alias."""
    rows = [(alias, body, micros(at)) for alias, body in sorted(bodies.items())]
    sql.insert(connection, "identity", COLUMNS, rows, COLUMNS[:1], COLUMNS[1:])
