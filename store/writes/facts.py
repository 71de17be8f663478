"""Facts that happened once: gate moves, checks, photographs, door events; weather and measurements may be corrected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from domain.records import (
    CheckResult,
    DoorEvent,
    GateMove,
    InspectionPhoto,
    Measurement,
    Record,
    WeatherObservation,
)
from domain.watch_records import AreaEvent, Recognition
from store import sql, weeks
from store.codec import META, encode, fields, prefer
from store.moments import micros
from store.schema import SUPERSEDED
from store.writes.tally import Tally


class FactTable(msgspec.Struct, frozen=True):
    """Where a kind of fact is kept and what makes it the same fact."""

    table: str
    keys: tuple[str, ...]


FACTS: dict[type[Record], FactTable] = {
    GateMove: FactTable("gate_move", ("feed", "move_id")),
    CheckResult: FactTable("check_result", ("feed", "check_id")),
    InspectionPhoto: FactTable("inspection_photo", ("feed", "photo_id")),
    DoorEvent: FactTable("door_event", ("container_no", "event_time")),
    WeatherObservation: FactTable("weather_observation", ("station", "feed", "event_time")),
    AreaEvent: FactTable("area_event", ("feed", "event_id")),
    Recognition: FactTable("recognition", ("feed", "event_id")),
    Measurement: FactTable("measurement", ("measure", "subject", "feed", "event_time")),
}


def prepare(spec: FactTable, records: Sequence[Record], received_at: datetime, tally: Tally) -> sql.Work:
    """Encode outside the lock; the returned function writes inside the transaction.

    A key seen before is a duplicate: the first delivery of a fact stands. Where a table has a twin the newest one
    counts, and the one it replaces is kept there.
    """
    names = ("event_time", *fields(type(records[0])), *META)
    names = (*spec.keys, *(name for name in names if name not in spec.keys))
    width = len(spec.keys)
    rows: dict[sql.Row, tuple[sql.Row, Record]] = {}
    for row, record in zip(encode(records, names, received_at), records, strict=True):
        key = row[:width]
        if key in rows:
            tally.duplicate += 1
            if prefer(rows[key][0], row) is rows[key][0]:
                continue
        rows[key] = (row, record)

    staged = None
    if len(rows) >= sql.STAGED_FROM:
        staged = sql.Staged(spec.table, spec.keys, names, [row for row, _ in rows.values()])

    at = names.index("event_time")

    def write(connection: Connection) -> None:
        weeks.ensure(connection, spec.table, (row[at] for row, _ in rows.values()), micros(received_at))
        if staged is not None:
            known = staged.move(connection)
        else:
            known = set(sql.probe(connection, spec.table, spec.keys, list(rows), spec.keys))
        corrected: list[tuple[sql.Row, Record]] = []
        if known and spec.table in SUPERSEDED:
            again = [pair for key, pair in rows.items() if key in known]
            corrected = _correct(connection, spec, names, again)
        tally.duplicate += len(known) - len(corrected)
        new = [pair for key, pair in rows.items() if key not in known] if known else list(rows.values())
        if staged is None:
            sql.insert(connection, spec.table, names, [row for row, _ in new])
        tally.fresh += [record for _, record in (*new, *corrected)]

    return sql.Work(write, staged.lay if staged is not None else None)


def _correct(
    connection: Connection, spec: FactTable, names: tuple[str, ...], again: Sequence[tuple[sql.Row, Record]]
) -> list[tuple[sql.Row, Record]]:
    """Put what says something else than before in its place; gives those."""
    width, said = len(spec.keys), slice(len(spec.keys), -len(META))  # META stands last
    received = names.index("received_at")
    keys = [row[:width] for row, _ in again]
    stored = {row[:width]: row for row in sql.probe(connection, spec.table, spec.keys, keys, names)}
    changed = [(row, record) for row, record in again if stored[row[:width]][said] != row[said]]
    gone = [(*stored[row[:width]], row[received]) for row, _ in changed]
    stood = [row for row in gone if row[received] < row[-1]]
    sql.insert(connection, SUPERSEDED[spec.table].name, (*names, "known_to"), stood)
    sql.insert(connection, spec.table, names, [row for row, _ in changed], spec.keys, names[width:])
    return changed
