"""Entries of the audit: added, never changed."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, insert, select

from domain.audit import BEGIN, Entry, Sealed, Sealer
from store.moments import micros
from store.schema import audit as t

_encoder = msgspec.json.Encoder(order="deterministic")


def last(connection: Connection) -> Sealed | None:
    """The newest entry."""
    query = select(t.c.seq, t.c.at, t.c.body, t.c.seal).order_by(t.c.seq.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else Sealed(*row)


def append(connection: Connection, sealer: Sealer, entry: Entry, at: datetime) -> None:
    """Add an entry; writers queue, so the one before it stands."""
    before, now, body = last(connection), micros(at), _encoder.encode(entry).decode()
    seq = 1 if before is None else before.seq + 1
    seal = sealer.seal(BEGIN if before is None else before.seal, seq, now, body)
    values = {"seq": seq, "at": now, "who": entry.who, "what": entry.what, "object": entry.object}
    connection.execute(insert(t).values(**values, body=body, seal=seal))
