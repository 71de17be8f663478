"""Fences as they stand or stood, and who drew them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, func, select

from domain.fences import ACTIVE, Fence, FenceKind
from domain.viewer import Viewer
from store.moments import moment
from store.reads.asof import AsOf
from store.reads.scope import sees_port
from store.schema import fence as t


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a fence: how it stood from ``at`` on, and who drew it."""

    fence: Fence
    at: datetime
    who: str


def fences(connection: Connection, viewer: Viewer, at: AsOf | None) -> list[Drawn]:
    """Fences in force at a moment, by name; they are the port's own. What was set was known from when it was set."""
    if not sees_port(viewer):
        return []
    last = select(t.c.fence_id, func.max(t.c.version).label("version")).group_by(t.c.fence_id)
    if at is not None:
        last = last.where(t.c.valid_from <= at.at)
    one = last.subquery()
    query = _all().join(one, (one.c.fence_id == t.c.fence_id) & (one.c.version == t.c.version))
    found = [_drawn(row) for row in connection.execute(query)]
    return sorted((d for d in found if d.fence.state == ACTIVE), key=lambda d: (d.fence.name, d.fence.fence_id))


def history(connection: Connection, viewer: Viewer, fence_id: str | None, limit: int) -> list[Drawn]:
    """Versions, newest first: of one fence, or of all."""
    if not sees_port(viewer):
        return []
    query = _all().order_by(t.c.valid_from.desc(), t.c.fence_id, t.c.version.desc()).limit(limit)
    if fence_id is not None:
        query = query.where(t.c.fence_id == fence_id)
    return [_drawn(row) for row in connection.execute(query)]


def newest(connection: Connection, fence_id: str) -> Fence | None:
    """The newest version of a fence, retired or not; None when there never was one."""
    query = _all().where(t.c.fence_id == fence_id).order_by(t.c.version.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else _drawn(row).fence


def _all() -> Select[Any]:
    return select(t.c.fence_id, t.c.version, t.c.valid_from, t.c.who, t.c.body)


def _drawn(row: Any) -> Drawn:
    feature = msgspec.json.decode(row.body, type=dict[str, Any])
    told, drawn = feature["properties"], feature["geometry"]["coordinates"]
    kind = FenceKind(told["kind"])
    line = drawn if kind is FenceKind.WAITING_LINE else drawn[0]
    fence = Fence(
        fence_id=row.fence_id, version=row.version, name=told["name"], kind=kind,
        points=tuple((lon, lat) for lon, lat in line), limit=told.get("limit"),
        applies=tuple(told.get("applies", ())), state=told["state"],
    )  # fmt: skip
    return Drawn(fence=fence, at=moment(row.valid_from), who=row.who)
