"""The audit, for those who may read it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec
from sqlalchemy import Connection, or_, select

from domain.audit import Entry, Sealed
from domain.permissions import Permission
from domain.viewer import Viewer
from store.moments import micros, moment
from store.reads.scope import sees_port
from store.schema import audit as t


class Noted(msgspec.Struct, frozen=True):
    """An entry and when it was made."""

    seq: int
    at: datetime
    entry: Entry


def entries(
    connection: Connection, viewer: Viewer, since: datetime, until: datetime, text: str, limit: int
) -> list[Noted]:
    """Entries of a span whose account, act or object begins with ``text``, newest first.

    Raises:
        NotAllowedError: the viewer may not read the audit.
    """
    viewer.require(Permission.AUDIT)
    if not sees_port(viewer):
        return []
    query = select(t.c.seq, t.c.at, t.c.body).where(t.c.at >= micros(since), t.c.at < micros(until))
    if text:
        query = query.where(
            or_(*(column.startswith(text, autoescape=True) for column in (t.c.who, t.c.what, t.c.object)))
        )
    found = connection.execute(query.order_by(t.c.seq.desc()).limit(limit))
    return [Noted(seq, moment(at), msgspec.json.decode(body, type=Entry)) for seq, at, body in found]


def chain(connection: Connection) -> Iterator[Sealed]:
    """Every entry with its seal, oldest first."""
    query = select(t.c.seq, t.c.at, t.c.body, t.c.seal).order_by(t.c.seq)
    for row in connection.execution_options(yield_per=5000).execute(query):
        yield Sealed(*row)
