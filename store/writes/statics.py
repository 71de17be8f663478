"""What vessels say about themselves: one row per distinct content, with the first and the newest time heard."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from domain.records import Record, VesselStatic
from store import sql
from store.codec import META, encode, fields
from store.moments import micros
from store.writes.tally import Tally

KEYS = ("mmsi", "digest")
FIRST = ("first_time", "first_received")


def prepare(records: Sequence[VesselStatic], received_at: datetime, tally: Tally) -> sql.Work:
    """Encode outside the lock; the returned function writes inside the transaction.

    A repetition of a known content counts as accepted when it is newer (the vessel was heard again)
    and as duplicate when it is not; an older one tells that it was said earlier.
    """
    received = micros(received_at)
    said = tuple(name for name in fields(VesselStatic) if name != "mmsi")
    rows: dict[sql.Row, dict[int, tuple[sql.Row, Record]]] = {}
    for row, record in zip(encode(records, ("mmsi", "event_time", *said, *META), received_at), records, strict=True):
        content = repr(row[2 : 2 + len(said)]).encode()
        times = rows.setdefault((row[0], hashlib.blake2b(content, digest_size=8).hexdigest()), {})
        if row[1] in times:
            tally.duplicate += 1
        else:
            times[row[1]] = (row, record)

    def write(connection: Connection) -> None:
        columns = (*KEYS, "event_time", "first_time")
        known = {row[:2]: row[2:] for row in sql.probe(connection, "vessel_static", KEYS, list(rows), columns)}
        changed: list[sql.Row] = []
        earlier: list[sql.Row] = []
        for key, times in rows.items():
            heard, first = known.get(key, (None, None))
            begun = min(times) if first is None else min(first, *times)
            new = {at: pair for at, pair in times.items() if heard is None or at > heard}
            tally.duplicate += len(times) - len(new)
            tally.fresh += [record for _, record in new.values()]
            if new:
                row = new[max(new)][0]
                changed.append((*key, *row[1:], begun, received))
            elif begun != first:
                earlier.append((*key, *times[min(times)][0][1:], begun, received))
        names = (*KEYS, "event_time", *said, *META, *FIRST)
        sql.insert(connection, "vessel_static", names, changed, KEYS, ("event_time", *META, "first_time"))
        sql.insert(connection, "vessel_static", names, earlier, KEYS, ("first_time",))

    return sql.Work(write)
