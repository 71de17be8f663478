"""The screens of the walls: what people set, and what each tells of itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, select, update

from domain.errors import CockpitError
from domain.screen_pictures import ScreenRow
from store import sql
from store.moments import micros
from store.schema import screen

MOST_SCREENS = 64
_NAMES = ("screen_id", "name", "scene", "part", "palette", "body", "version", "seen_at", "health", "updated_at")
_COLUMNS = frozenset({"key", "name", "scene", "part", "palette", "version", "seen_at", "health"})  # the rest is body


class ScreenError(CockpitError):
    """A screen cannot be set or heard; ``code`` is ``changed`` or ``too_many``."""

    def __init__(self, code: str, detail: str) -> None:
        """Remember the code (catalogue ``screen.error.<code>``)."""
        super().__init__(detail)
        self.code = code


def body_of(row: ScreenRow) -> str:
    """What a row's ``body`` keeps."""
    kept = {name: getattr(row, name) for name in row.__struct_fields__ if name not in _COLUMNS}
    return msgspec.json.encode(kept).decode()


def put(connection: Connection, row: ScreenRow, expected_version: int | None, at: datetime) -> ScreenRow:
    """Keep what people set of a screen, new or known; what it told of itself stays. One that sounds is the only one.

    Args:
        connection: inside a write transaction.
        row: as it shall stand.
        expected_version: version the person saw; None = whatever it is.
        at: now.

    Returns:
        The row with its new version.

    Raises:
        ScreenError: ``changed`` by somebody else meanwhile, or ``too_many`` screens.
    """
    known = connection.execute(select(screen.c.version).where(screen.c.screen_id == row.key)).scalar()
    if known is None:
        _room(connection)
    elif expected_version is not None and known != expected_version:
        raise ScreenError("changed", f"screen {row.key} has changed meanwhile")
    row = msgspec.structs.replace(row, version=(known or 0) + 1)
    now = micros(at)
    values = (row.key, row.name, row.scene, row.part, row.palette, body_of(row), row.version, 0, "{}", now)
    sql.insert(connection, "screen", _NAMES, [values], _NAMES[:1], (*_NAMES[1:7], "updated_at"))
    if row.sounds:
        _silence_others(connection, row.key, now)
    return row


def _silence_others(connection: Connection, screen_id: str, now: int) -> None:
    """In the transaction that lets one screen sound no other one goes on: there is always one at most."""
    others = select(screen.c.screen_id, screen.c.body, screen.c.version).where(screen.c.screen_id != screen_id)
    for other, body, version in connection.execute(others).all():
        kept = msgspec.json.decode(body, type=dict[str, Any])
        if kept.get("sounds"):
            quiet = msgspec.json.encode({**kept, "sounds": False}).decode()
            values = {"body": quiet, "version": version + 1, "updated_at": now}
            connection.execute(update(screen).where(screen.c.screen_id == other).values(values))


def heard(connection: Connection, screen_id: str, health: Mapping[str, Any], at: datetime) -> None:
    """Keep what a screen told of itself; one that was never seen before gets a row.

    Raises:
        ScreenError: ``too_many`` screens.
    """
    if connection.execute(select(screen.c.version).where(screen.c.screen_id == screen_id)).scalar() is None:
        _room(connection)
    now, told = micros(at), msgspec.json.encode(health).decode()
    values = (screen_id, "", "", "", "", "{}", 1, now, told, now)
    sql.insert(connection, "screen", _NAMES, [values], _NAMES[:1], ("seen_at", "health"))


def forget(connection: Connection, screen_id: str) -> None:
    """Take a screen off the list; it comes back when it tells of itself again."""
    connection.execute(delete(screen).where(screen.c.screen_id == screen_id))


def _room(connection: Connection) -> None:
    if (connection.execute(select(func.count()).select_from(screen)).scalar() or 0) >= MOST_SCREENS:
        raise ScreenError("too_many", f"there are {MOST_SCREENS} screens already; forget some")
