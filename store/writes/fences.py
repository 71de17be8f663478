"""Fences drawn on the map: every save is a version of its own, and of two that start from the same one wins."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, func, insert, select

from domain.fences import ACTIVE, Fence, FenceError
from store.moments import micros
from store.reads.fences import newest
from store.schema import fence as t

MOST_FENCES = 500


def put(connection: Connection, fence: Fence, who: str, at: datetime) -> tuple[Fence | None, Fence]:
    """Keep a fence, a new one (version 0) or a later version of one.

    Args:
        connection: inside a write transaction.
        fence: as it shall stand; ``version`` is the one it was made from.
        who: account that drew it.
        at: now.

    Returns:
        How it stood before, None for a new one, and how it stands now.

    Raises:
        FenceError: ``changed`` by somebody else meanwhile, ``gone``, or ``too_many``.
    """
    before = newest(connection, fence.fence_id)
    known = 0 if before is None else before.version
    if known != fence.version:
        raise FenceError("changed" if known else "gone", name=fence.name)
    if before is None or (before.state != ACTIVE and fence.state == ACTIVE):
        _room(connection)
    kept = msgspec.structs.replace(fence, version=known + 1)
    values = {"fence_id": kept.fence_id, "version": kept.version, "valid_from": micros(at), "kind": kept.kind.value}
    connection.execute(insert(t).values(**values, who=who, body=msgspec.json.encode(kept.feature()).decode()))
    return before, kept


def _room(connection: Connection) -> None:
    count = select(func.count(func.distinct(t.c.fence_id)))
    if (connection.execute(count).scalar() or 0) >= MOST_FENCES:
        raise FenceError("too_many", most=MOST_FENCES)
