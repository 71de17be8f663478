"""Handovers of shifts as they are kept: signed by compare-and-set, each signature on record with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, insert, select, update

from domain.audit import Sealer, by
from domain.permissions import Permission
from domain.shift import Handover, Shift, ShiftError
from domain.viewer import Viewer
from store.database import Database
from store.moments import micros, moment, moment_or_none
from store.reads.scope import sees_port
from store.schema_alerts import shift as table
from store.writes import audit

Clock = Callable[[], datetime]
MOST_LISTED = 200


class _Body(msgspec.Struct, omit_defaults=True):
    """What of a handover stands in no column."""

    note: str = ""
    out_at: datetime | None = None
    in_at: datetime | None = None
    counts: dict[str, int] = {}
    open: tuple[str, ...] = ()


class Shifts:
    """The handovers of shifts. Thread-safe; errors as for every write of the store."""

    def __init__(self, database: Database, clock: Clock, sealer: Sealer) -> None:
        """Made by the store, on its own database."""
        self._database, self._clock, self._sealer = database, clock, sealer

    def sign(
        self, viewer: Viewer, of: Shift, version: int, act: str, signed: Callable[[Handover], Handover]
    ) -> Handover:
        """Sign a handover, on record.

        Args:
            viewer: who.
            of: the shift.
            version: the version the person saw; 0: nobody had signed.
            act: ``sign_out`` or ``take_over``, for the record.
            signed: from the handover as it stands to the handover with the signature.

        Raises:
            NotAllowedError: the viewer may not act on alerts.
            ShiftError: ``changed`` by somebody else meanwhile, or whatever ``signed`` raises: nothing is changed then.
        """
        viewer.require(Permission.ACT_ON_ALERTS)
        with self._database.writing(durable=True) as connection:
            row = connection.execute(select(table).where(table.c.shift_id == of.shift_id)).first()
            before = Handover(shift_id=of.shift_id, begins=of.begins, ends=of.ends) if row is None else _handover(row)
            after = signed(before)  # what can never be is said before that somebody was faster
            if before.version != version:
                raise ShiftError("changed", f"{of.shift_id}: version is {before.version}, not {version}")
            _put(connection, after, row is None)
            entry = by(viewer, f"shift.{act}", of.shift_id, _of(before), _of(after))
            audit.append(connection, self._sealer, entry, self._clock())
            return after

    def handover(self, viewer: Viewer, shift_id: str) -> Handover | None:
        """One handover; None before the first signature, and for who does not see the whole port."""
        found = self._found(viewer, table.c.shift_id == shift_id)
        return found[0] if found else None

    def handovers(self, viewer: Viewer, since: datetime, until: datetime) -> list[Handover]:
        """Handovers of shifts that began in [since, until), newest first; at most ``MOST_LISTED``."""
        return self._found(viewer, table.c.begins >= micros(since), table.c.begins < micros(until))

    def _found(self, viewer: Viewer, *where: Any) -> list[Handover]:
        if not sees_port(viewer):
            return []
        query = select(table).where(*where).order_by(table.c.begins.desc()).limit(MOST_LISTED)
        with self._database.reading(viewer) as connection:
            return [_handover(row) for row in connection.execute(query)]


def _put(connection: Connection, one: Handover, new: bool) -> None:
    body = _Body(note=one.note, out_at=one.out_at, in_at=one.in_at, counts=one.counts, open=one.open)
    values = {
        "begins": micros(one.begins), "ends": micros(one.ends), "out_by": one.out_by, "in_by": one.in_by,
        "version": one.version, "body": msgspec.json.encode(body).decode(),
    }  # fmt: skip
    if new:
        connection.execute(insert(table).values(shift_id=one.shift_id, **values))
    else:
        connection.execute(update(table).where(table.c.shift_id == one.shift_id).values(**values))


def _handover(row: Row[Any]) -> Handover:
    told = msgspec.json.decode(row.body, type=_Body)
    begins = moment(row.begins)
    return Handover(
        shift_id=row.shift_id, begins=begins, ends=moment_or_none(row.ends) or begins, version=row.version,
        note=told.note, out_by=row.out_by, out_at=told.out_at, in_by=row.in_by, in_at=told.in_at, counts=told.counts,
        open=told.open,
    )  # fmt: skip


def _of(one: Handover) -> dict[str, Any]:
    """What of a handover goes on record."""
    return {"version": one.version, "out_by": one.out_by, "in_by": one.in_by, "note": one.note, "counts": one.counts}
