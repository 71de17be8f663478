"""The newest of everything rules look at: what they begin with when the process starts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, select

from domain.records import (
    ContainerStay,
    GateMove,
    InspectionTask,
    Measurement,
    Record,
    VehiclePosition,
    VesselPosition,
    WeatherObservation,
)
from store.codec import META, decode, fields
from store.moments import DAY
from store.reads.plain import plain
from store.reads.scope import current
from store.schema import (
    container_stay,
    gate_move,
    inspection_progress,
    inspection_task,
    measurement,
    vehicle_latest,
    vessel_latest,
    weather_observation,
)


def newest(connection: Connection, now: int) -> list[Record]:
    """Where things are, which boxes stand, what waits, what was measured: oldest first.

    Args:
        connection: to read from.
        now: the present, microseconds. Positions and weather of a day, measurements of a week.
    """
    stay, task, progress = container_stay, inspection_task, inspection_progress
    finished = select(progress.c.declaration_no).where(progress.c.finished_at <= now)
    found = [
        *_rows(connection, VehiclePosition, vehicle_latest, vehicle_latest.c.event_time > now - DAY),
        *_rows(connection, VesselPosition, vessel_latest, vessel_latest.c.event_time > now - DAY),
        *_rows(connection, ContainerStay, stay, current(stay), stay.c.departed_at > now),
        *_rows(connection, InspectionTask, task, current(task), task.c.released_at.is_(None),
               task.c.valid_from > now - 90 * DAY, task.c.declaration_no.not_in(finished)),
        *_rows(connection, GateMove, gate_move, gate_move.c.event_time > now - DAY),
        *_latest(connection, Measurement, measurement, ("measure", "subject"), now - 7 * DAY),
        *_latest(connection, WeatherObservation, weather_observation, ("station",), now - DAY),
    ]  # fmt: skip
    return sorted(found, key=lambda record: record.event_time)


def _rows(connection: Connection, kind: type[Record], table: Table, *where: ColumnElement[bool]) -> Iterable[Record]:
    names = [name for name in ("event_time", *fields(kind), *META) if name in table.c]
    chosen = [table.c[name] for name in names]
    if "event_time" not in table.c:  # a state is of the moment from which it holds
        names, chosen = ["event_time", *names], [table.c.valid_from, *chosen]
    for row in plain(connection, select(*chosen).where(*where)):
        yield decode(kind, names, row)


def _latest(
    connection: Connection, kind: type[Record], table: Table, keys: tuple[str, ...], since: int
) -> Iterable[Record]:
    """The newest row of each key since a moment."""
    key: list[Any] = [table.c[name] for name in keys]
    last = select(*key, func.max(table.c.event_time).label("last")).where(table.c.event_time > since)
    of = last.group_by(*key).subquery()
    same = [table.c[name] == of.c[name] for name in keys]
    names = ("event_time", *fields(kind), *META)
    query = select(*(table.c[name] for name in names)).join(of, (table.c.event_time == of.c.last) & same[0])
    for row in plain(connection, query.where(*same)):
        yield decode(kind, names, row)
