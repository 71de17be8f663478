"""Positions and gate states: a latest row each, and a history thinned by a dead-band.

A fix goes into history when its subject has moved, or enough time has passed, since the last fix
kept; the latest row always follows. A late fix is held against its neighbour in history and never
touches the latest row. A late fix inside the dead-band says nothing new and counts as duplicate:
that is also what a fix is that was thinned out earlier and comes again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby

import msgspec
from sqlalchemy import Connection

from domain.records import GateState, Record, VehiclePosition, VesselPosition
from store import sql, weeks
from store.codec import META, encode, fields, prefer
from store.moments import SECOND, micros
from store.writes.tally import Tally

METRES_PER_DEGREE = 111_195.0
ALL_AT_ONCE = 2_000  # from so many subjects on, reading the whole latest table is cheaper

Fix = tuple[int, float, float]  # time, lon, lat
Pair = tuple[sql.Row, Record]


class DeadBand(msgspec.Struct, frozen=True):
    """How fine a history is kept: a fix at least so far, or so long, after the last one kept."""

    metres: float
    seconds: float


class TrackTable(msgspec.Struct, frozen=True):
    """Where positions of a kind are kept."""

    history: str
    latest: str
    key: str
    band: DeadBand


TRACKS: dict[type[Record], TrackTable] = {
    VehiclePosition: TrackTable("vehicle_position", "vehicle_latest", "vehicle_id", DeadBand(25.0, 60.0)),
    VesselPosition: TrackTable("vessel_position", "vessel_latest", "mmsi", DeadBand(50.0, 180.0)),
    GateState: TrackTable("gate_state", "gate_latest", "gate_id", DeadBand(math.inf, 300.0)),
}
Judge = Callable[[Fix, Fix], bool]


def prepare(spec: TrackTable, records: Sequence[Record], received_at: datetime, tally: Tally) -> sql.Work:
    """Encode and sort outside the lock; the returned function writes inside the transaction."""
    placed = "lon" in type(records[0]).__struct_fields__
    said = tuple(name for name in fields(type(records[0])) if name not in (spec.key, "lon", "lat"))
    place = ("lon", "lat") if placed else ()
    names = (spec.key, "event_time", *place, *said, *META)
    pairs = list(zip(encode(records, names, received_at), records, strict=True))
    pairs.sort(key=lambda pair: pair[0][:2])
    judge = _judge(spec.band)

    def write(connection: Connection) -> None:
        groups = [(key, list(group)) for key, group in groupby(pairs, key=lambda pair: pair[0][0])]
        known = _latest(connection, spec, [(key,) for key, _ in groups], placed)
        kept: list[sql.Row] = []
        latest: list[sql.Row] = []
        late: list[list[Pair]] = []
        for key, group in groups:
            now, last_kept = known.get(key, (None, None))
            ahead, behind = _split(_distinct(group, tally), now)
            if behind and behind[-1][0][1] == now:
                behind.pop()
                tally.duplicate += 1
            if behind:
                late.append(behind)
            if ahead:
                last_kept = _follow(ahead, last_kept, placed, judge, kept, tally)
                latest.append((*ahead[-1][0], *(last_kept or ())))
        for behind, stored in zip(late, _around(connection, spec, late, placed), strict=True):
            kept += _late(behind, stored, placed, judge, tally)
        weeks.ensure(connection, spec.history, (row[1] for row in kept), micros(received_at))
        sql.insert(connection, spec.history, names, kept)
        columns = (*names, "kept_time", "kept_lon", "kept_lat")
        sql.insert(connection, spec.latest, columns, latest, (spec.key,), columns[1:])

    return sql.Work(write)


def _judge(band: DeadBand) -> Judge:
    """Tell whether a fix is worth keeping after the one kept before it."""
    span, metres = int(band.seconds * SECOND), band.metres

    def worth(before: Fix, fix: Fix) -> bool:
        if fix[0] - before[0] >= span:
            return True
        x = (fix[1] - before[1]) * math.cos(math.radians(fix[2]))
        return math.hypot(x, fix[2] - before[2]) * METRES_PER_DEGREE >= metres

    return worth


def _fix(row: sql.Row, placed: bool) -> Fix:
    return (row[1], row[2], row[3]) if placed else (row[1], 0.0, 0.0)


def _distinct(group: list[Pair], tally: Tally) -> list[Pair]:
    """One row per time; sorted input."""
    if len(group) == 1:
        return group
    distinct = [group[0]]
    for pair in group[1:]:
        if pair[0][1] != distinct[-1][0][1]:
            distinct.append(pair)
            continue
        tally.duplicate += 1
        if prefer(distinct[-1][0], pair[0]) is pair[0]:
            distinct[-1] = pair
    return distinct


def _split(group: list[Pair], now: int | None) -> tuple[list[Pair], list[Pair]]:
    if now is None or group[0][0][1] > now:
        return group, []
    return [pair for pair in group if pair[0][1] > now], [pair for pair in group if pair[0][1] <= now]


def _follow(
    ahead: list[Pair], kept_fix: Fix | None, placed: bool, judge: Judge, kept: list[sql.Row], tally: Tally
) -> Fix | None:
    """Take in fixes newer than the latest; returns the last one kept in history."""
    for row, record in ahead:
        fix = _fix(row, placed)
        if kept_fix is None or judge(kept_fix, fix):
            kept.append(row)
            kept_fix = fix
        tally.fresh.append(record)
    return kept_fix


def _late(late: list[Pair], stored: list[Fix], placed: bool, judge: Judge, tally: Tally) -> list[sql.Row]:
    """Choose the late fixes of one subject that belong into history, beside those stored around them."""
    there = {fix[0] for fix in stored}
    chosen: list[sql.Row] = []
    before: Fix | None = None
    place = 0
    for row, record in late:
        fix = _fix(row, placed)
        while place < len(stored) and stored[place][0] <= fix[0]:
            before = stored[place] if before is None or stored[place][0] > before[0] else before
            place += 1
        if fix[0] in there or (before is not None and not judge(before, fix)):
            tally.duplicate += 1
            continue
        chosen.append(row)
        before = fix
        tally.late.append(record)
    return chosen


def _around(connection: Connection, spec: TrackTable, late: list[list[Pair]], placed: bool) -> list[list[Fix]]:
    """For each subject its history from the fix before the first late one up to the last, sorted."""
    spans = {group[0][0][0]: (group[0][0][1], group[-1][0][1]) for group in late}
    found: dict[object, list[Fix]] = {key: [] for key in spans}
    place = "t.lon, t.lat" if placed else "0.0, 0.0"
    # The column names of a VALUES list differ between databases when not given.
    rest = (
        f'SELECT q.k, t.event_time, {place} FROM q CROSS JOIN {spec.history} AS t WHERE t."{spec.key}" = q.k '
        f"AND t.event_time >= coalesce((SELECT max(b.event_time) FROM {spec.history} AS b "
        f'WHERE b."{spec.key}" = q.k AND b.event_time <= q.since), q.since) AND t.event_time <= q.until'
    )
    wanted = [(key, *span) for key, span in spans.items()]
    for rows in sql.among(connection, "q(k, since, until)", wanted, rest):
        found[rows[0]].append((rows[1], rows[2], rows[3]))
    return [sorted(fixes) for fixes in found.values()]


def _latest(
    connection: Connection, spec: TrackTable, keys: list[sql.Row], placed: bool
) -> dict[object, tuple[int | None, Fix | None]]:
    columns = (spec.key, "event_time", "kept_time", "kept_lon", "kept_lat")
    if len(keys) > ALL_AT_ONCE:
        chosen = ", ".join(f'"{name}"' for name in columns)
        rows = [tuple(row) for row in connection.exec_driver_sql(f"SELECT {chosen} FROM {spec.latest}")]
    else:
        rows = list(sql.probe(connection, spec.latest, (spec.key,), keys, columns))
    return {row[0]: (row[1], (row[2], row[3], row[4])) for row in rows}
