"""Positions and gate states: a latest row each, and a history thinned by a dead-band.

A fix goes into history when it is worth it beside the last one kept (see `domain.deadband`);
the latest row always follows. A late fix is held against its neighbour in history and never
touches the latest row. A late fix inside the dead-band says nothing new and counts as duplicate:
that is also what a fix is that was thinned out earlier and comes again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from domain.deadband import Bands, DeadBand
from domain.records import GateState, Record, VehiclePosition, VesselPosition
from store import sql, weeks
from store.codec import META, decode, encode, fields, prefer
from store.moments import micros
from store.writes.deadband import Fix, Judge, judge
from store.writes.tally import Tally

ALL_AT_ONCE = 2_000  # from so many subjects on, reading the whole latest table is cheaper
KEPT = ("kept_time", "kept_lon", "kept_lat", "kept_course")

Pair = tuple[sql.Row, Record]
Known = tuple[int | None, Fix | None]  # newest time heard, last fix kept in history


class TrackTable(msgspec.Struct, frozen=True):
    """Where positions of a kind are kept; without a course they have no place either."""

    history: str
    latest: str
    key: str
    course: str = ""

    @property
    def head(self) -> tuple[str, ...]:
        """The columns a row begins with: key, time, then what a dead-band looks at."""
        return (self.key, "event_time", *(("lon", "lat", self.course) if self.course else ()))


TRACKS: dict[type[Record], TrackTable] = {
    VehiclePosition: TrackTable("vehicle_position", "vehicle_latest", "vehicle_id", "heading_degrees"),
    VesselPosition: TrackTable("vessel_position", "vessel_latest", "mmsi", "course_degrees"),
    GateState: TrackTable("gate_state", "gate_latest", "gate_id"),
}


def band_of(kind: type[Record], bands: Bands) -> DeadBand:
    """The dead-band for a kind of track."""
    return {VehiclePosition: bands.vehicles, VesselPosition: bands.vessels, GateState: bands.gates}[kind]


def prepare(
    spec: TrackTable, band: DeadBand, records: Sequence[Record], received_at: datetime, tally: Tally,
    back: Mapping[object, int] | None = None,
) -> sql.Work:  # fmt: skip
    """Encode and sort outside the lock; the returned function writes inside the transaction.

    Args:
        spec: where they are kept.
        band: how fine.
        records: of one type.
        received_at: when they came.
        tally: counts them.
        back: subjects whose newest row gives way to a fix of this time although it is not older; given also when there
            are none, where history may hold fixes that are newer than the newest row.
    """
    head = spec.head
    names = (*head, *(name for name in fields(type(records[0])) if name not in head), *META)
    groups = _groups(encode(records, names, received_at), records, tally)
    worth = judge(band)

    def write(connection: Connection) -> None:
        known = _latest(connection, spec, [(key,) for key in groups])
        known.update({key: (time - 1, None) for key, time in (back or {}).items()})
        kept: list[sql.Row] = []
        latest: list[sql.Row] = []
        late: list[list[Pair]] = []
        for key, group in groups.items():
            now, last_kept = known.get(key, (None, None))
            ahead = group
            if now is not None and group[0][0][1] <= now:
                ahead, behind = _split(group, now, tally)
                if behind:
                    late.append(behind)
            for row, record in ahead:
                fix = _fix(row, spec)
                if last_kept is None or worth(last_kept, fix):
                    kept.append(row)
                    last_kept = fix
                tally.fresh.append(record)
            if ahead and last_kept is not None:
                latest.append((*ahead[-1][0], *last_kept))
        for behind, stored in zip(late, _around(connection, spec, late), strict=True):
            kept += _late(behind, stored, spec, worth, tally)
        weeks.ensure(connection, spec.history, (row[1] for row in kept), micros(received_at))
        keys = (spec.key, "event_time") if back is not None else ()
        sql.insert(connection, spec.history, names, kept, keys, names[2:] if keys else ())
        columns = (*names, *KEPT)
        sql.insert(connection, spec.latest, columns, latest, (spec.key,), columns[1:])

    return sql.Work(write)


def _groups(rows: list[sql.Row], records: Sequence[Record], tally: Tally) -> dict[object, list[Pair]]:
    """The rows by subject, both in order of the keys, one row per time."""
    keys = [row[0] for row in rows]
    if len(set(keys)) == len(keys):  # one fix each, as a poll of a fleet brings: nothing to put in order within
        return {row[0]: [(row, record)] for row, record in sorted(zip(rows, records, strict=True), key=_key)}
    times = [row[1] for row in rows]
    groups: dict[object, list[Pair]] = {}
    for key, time, place in sorted(zip(keys, times, range(len(rows)), strict=True)):
        pair = (rows[place], records[place])
        group = groups.get(key)
        if group is None:
            groups[key] = [pair]
        elif group[-1][0][1] != time:
            group.append(pair)
        else:
            tally.duplicate += 1
            if prefer(group[-1][0], pair[0]) is pair[0]:
                group[-1] = pair
    return groups


def _key(pair: Pair) -> Any:
    return pair[0][0]


def _fix(row: sql.Row, spec: TrackTable) -> Fix:
    return row[1:5] if spec.course else (row[1], 0.0, 0.0, None)


def _split(group: list[Pair], now: int, tally: Tally) -> tuple[list[Pair], list[Pair]]:
    """What is newer than the newest known, and what is older."""
    ahead = [pair for pair in group if pair[0][1] > now]
    behind = [pair for pair in group if pair[0][1] < now]
    tally.duplicate += len(group) - len(ahead) - len(behind)
    return ahead, behind


def _late(late: list[Pair], stored: list[Fix], spec: TrackTable, worth: Judge, tally: Tally) -> list[sql.Row]:
    """Choose the late fixes of one subject that belong into history, beside those stored around them."""
    there = {fix[0] for fix in stored}
    chosen: list[sql.Row] = []
    before: Fix | None = None
    place = 0
    for row, record in late:
        fix = _fix(row, spec)
        while place < len(stored) and stored[place][0] <= fix[0]:
            before = stored[place] if before is None or stored[place][0] > before[0] else before
            place += 1
        if fix[0] in there or (before is not None and not worth(before, fix)):
            tally.duplicate += 1
            continue
        chosen.append(row)
        before = fix
        tally.late.append(record)
    return chosen


def _around(connection: Connection, spec: TrackTable, late: list[list[Pair]]) -> list[list[Fix]]:
    """For each subject its history from the fix before the first late one up to the last, sorted."""
    spans = {group[0][0][0]: (group[0][0][1], group[-1][0][1]) for group in late}
    found: dict[object, list[Fix]] = {key: [] for key in spans}
    # 0.0 would be a decimal number on PostgreSQL, which no float can be subtracted from.
    place = f't.lon, t.lat, t."{spec.course}"' if spec.course else "CAST(0 AS float), CAST(0 AS float), NULL"
    # The column names of a VALUES list differ between databases when not given.
    rest = (
        f'SELECT q.k, t.event_time, {place} FROM q CROSS JOIN {spec.history} AS t WHERE t."{spec.key}" = q.k '
        f"AND t.event_time >= coalesce((SELECT max(b.event_time) FROM {spec.history} AS b "
        f'WHERE b."{spec.key}" = q.k AND b.event_time <= q.since), q.since) AND t.event_time <= q.until'
    )
    wanted = [(key, *span) for key, span in spans.items()]
    for key, *fix in sql.among(connection, "q(k, since, until)", wanted, rest):
        found[key].append((fix[0], fix[1], fix[2], fix[3]))
    return [sorted(set(fixes), key=lambda fix: fix[0]) for fixes in found.values()]


def _latest(connection: Connection, spec: TrackTable, keys: list[sql.Row]) -> dict[object, Known]:
    columns = (spec.key, "event_time", *KEPT)
    if len(keys) > ALL_AT_ONCE:
        chosen = ", ".join(f'"{name}"' for name in columns)
        rows = sql.fetched(connection, f"SELECT {chosen} FROM {spec.latest}")
    else:
        rows = list(sql.probe(connection, spec.latest, (spec.key,), keys, columns))
    return {row[0]: (row[1], row[2:]) for row in rows}


def newest_fixes(connection: Connection, feed: str, since: int) -> list[Record]:
    """The newest position of each vehicle and vessel that a feed brought since a moment, its place and times alone."""
    found: list[Record] = []
    for kind in (VehiclePosition, VesselPosition):
        spec = TRACKS[kind]
        names = ("feed", "origin", "event_time", "recorded_time", spec.key, "lon", "lat")
        chosen, sign = ", ".join(f'"{name}"' for name in names), sql.mark(connection)
        query = f"SELECT {chosen} FROM {spec.latest} WHERE feed = {sign} AND event_time > {sign}"
        rows = connection.exec_driver_sql(query, (feed, since)).all()
        found += [decode(kind, names, row) for row in rows]
    return found
