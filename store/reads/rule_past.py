"""What rules look at, between two moments: for back-tests, by today's knowledge.

Records come by type, in the order of their times, whole columns at a time: a month of a port is some hundred thousand
of them. Positions are those that were kept (``domain.deadband``), and only as many as can be played.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt
from sqlalchemy import Column, ColumnElement, Connection, Select, Table, func, select

from domain.pictures import FeedRow, ForecastRow
from domain.records import (
    CheckResult,
    ContainerStay,
    DoorEvent,
    GateMove,
    GateState,
    InspectionStep,
    InspectionTask,
    Measurement,
    Record,
    VehiclePosition,
    WeatherObservation,
)
from domain.sieve import Sieve
from domain.viewer import Viewer
from domain.watch_records import AreaEvent, Recognition
from store.codec import decode_all, fields
from store.database import Database
from store.moments import DAY, micros, moment
from store.reads.plain import plain
from store.reads.rule_past_boxes import boxes, there
from store.reads.rule_past_fixes import fixes
from store.reads.scope import current, sees_port, visible
from store.reads.stock import changes
from store.schema import (
    area_event,
    check_result,
    container_stay,
    door_event,
    gate_latest,
    gate_move,
    gate_state,
    inspection_step,
    inspection_task,
    known_body,
    measurement,
    recognition,
    vehicle_latest,
    vehicle_position,
    weather_observation,
    yard_block,
)

R = TypeVar("R", bound=Record)
TABLES: dict[type[Record], Table] = {
    AreaEvent: area_event, CheckResult: check_result, ContainerStay: container_stay, DoorEvent: door_event,
    GateMove: gate_move, GateState: gate_state, InspectionStep: inspection_step, InspectionTask: inspection_task,
    Measurement: measurement, Recognition: recognition, VehiclePosition: vehicle_position,
    WeatherObservation: weather_observation,
}  # fmt: skip
_LATEST = {vehicle_position: vehicle_latest, gate_state: gate_latest}
# What was the newest at a moment, where no version says so: key, and how long it counts.
_BEFORE: dict[Table, tuple[str, int]] = {measurement: ("subject", 7 * DAY), weather_observation: ("station", DAY),
                                         gate_state: ("gate_id", DAY)}  # fmt: skip
_SAID: dict[str, Any] = {"feed_health": FeedRow, "forecast": ForecastRow}
FORGOTTEN = 90 * DAY  # declarations of which nothing was told for longer are not under way
Ints = npt.NDArray[np.int64]


class YardSteps(msgspec.Struct):
    """TEU by block at equal distances.

    Attributes:
        blocks: (block, name, capacity TEU, lon, lat) as surveyed now.
        teu: one row a step, one column a block.
    """

    blocks: list[tuple[str, str, int, float | None, float | None]]
    teu: Ints


class History:
    """The past of one viewer; each call is one consistent view. Thread-safe; raises StoreUnavailableError."""

    def __init__(self, database: Database, viewer: Viewer) -> None:
        """Made by ``Reads.rule_past``."""
        self._database, self._viewer = database, viewer

    def records(
        self, kind: type[R], since: datetime, until: datetime, only: tuple[str, Collection[str]] | None = None
    ) -> list[R]:
        """Records of a type, oldest first: those of (since, until], and before them what stood or was newest then.

        Args:
            kind: of ``TABLES``.
            since: aware UTC, excluded.
            until: aware UTC, included.
            only: a column and the values wanted of it.
        """
        table, begin, end = TABLES[kind], micros(since), micros(until)
        time = table.c.valid_from if "valid_to" in table.c else table.c.event_time
        wanted = () if only is None else (_among(table.c[only[0]], only[1]),)
        mine = (*wanted, *visible(self._viewer, table.c.scope))
        names = _names(kind)
        with self._database.reading(self._viewer) as connection:
            rows = self._rows(connection, _chosen(table, names, time), time, (begin, end), mine)
            rows += self._newest(connection, table, names, (begin, end))
        return _decoded(kind, names, rows)

    def boxes(
        self, since: datetime, until: datetime, sieves: Sequence[Sieve] = (), named: Collection[str] | None = None
    ) -> list[ContainerStay]:
        """Stays of those boxes of which a version is let through by one of the sieves, or which are named.

        Args:
            since: aware UTC, excluded; what stood then comes too.
            until: aware UTC, included.
            sieves: none: all boxes.
            named: their numbers; None: the sieves say which.
        """
        names, span = _names(ContainerStay), (micros(since), micros(until))
        with self._database.reading(self._viewer) as connection:
            rows = boxes(connection, self._viewer, names, span, sieves, named)
        return _decoded(ContainerStay, names, rows)

    def fixes(
        self, since: datetime, until: datetime, sieves: Sequence[Sieve]
    ) -> tuple[list[VehiclePosition], datetime]:
        """Fixes of vehicles that can matter, oldest first, and from when on they are all there is.

        Args:
            since: aware UTC, excluded.
            until: aware UTC, included.
            sieves: those a fix must come through by one, see ``store.reads.rule_past_fixes``; none: all.
        """
        names, span = _names(VehiclePosition), (micros(since), micros(until))
        with self._database.reading(self._viewer) as connection:
            found = fixes(connection, self._viewer, names, span, sieves)
            newest = self._newest(connection, vehicle_position, names, (found.begin, span[1]))
        return _decoded(VehiclePosition, names, [*found.rows, *newest]), moment(found.begin)

    def _newest(
        self, connection: Connection, table: Table, names: Sequence[str], span: tuple[int, int]
    ) -> list[tuple[Any, ...]]:
        """The newest of each, which may be thinned out of the history."""
        latest = _LATEST.get(table)
        if latest is None:
            return []
        time = latest.c.event_time
        newest = _chosen(latest, names, time).where(time != latest.c.kept_time, time > span[0], time <= span[1])
        return plain(connection, newest.where(*visible(self._viewer, latest.c.scope)))

    def _rows(
        self, connection: Connection, query: Select[Any], time: ColumnElement[Any], span: tuple[int, int],
        mine: Sequence[ColumnElement[bool]],
    ) -> list[tuple[Any, ...]]:  # fmt: skip
        """Rows of the span, and what was there at its beginning."""
        table: Any = time.table
        begin, end = span
        if "valid_to" in table.c:
            if table is container_stay:  # however late it was told
                return plain(connection, query.where(*there(begin, end), *mine))
            heard = (time <= end, time > begin - FORGOTTEN, table.c.valid_to > begin)
            return plain(connection, query.where(*heard, *mine))
        rows: list[tuple[Any, ...]] = []
        if table in _BEFORE:
            name, lasts = _BEFORE[table]
            keys = [table.c[name], *((table.c.measure,) if table is measurement else ())]
            last = select(*keys, func.max(time).label("last")).where(time > begin - lasts, time <= begin, *mine)
            of = last.group_by(*keys).subquery()
            same = [of.c[key.name] == key for key in keys]
            rows = plain(connection, query.join(of, (of.c.last == time) & same[0]).where(*same[1:], *mine))
        if table is vehicle_position:  # its key begins with the vehicle: one seek each
            query = query.join(vehicle_latest, vehicle_latest.c.vehicle_id == table.c.vehicle_id)
        return rows + plain(connection, query.where(time > begin, time <= end, *mine))

    def yard(self, times: Sequence[datetime]) -> YardSteps:
        """What stood in each surveyed block at each of some moments, exact."""
        grid = np.array([micros(at) for at in times], dtype=np.int64)
        b = yard_block
        with self._database.reading(self._viewer) as connection:
            query = select(b.c.block_id, b.c.name, b.c.capacity_teu, b.c.lon, b.c.lat).order_by(b.c.block_id)
            blocks = plain(connection, query.where(current(b), *visible(self._viewer, b.c.scope)))
            seen = changes(connection, self._viewer, int(grid[0]), int(grid[-1]))
        teu = np.zeros((len(grid), len(seen.names)), np.int64)
        teu[0] = seen.teu
        np.add.at(teu, (np.searchsorted(grid, seen.time), seen.block), seen.d_teu)
        place = {name: number for number, name in enumerate(seen.names)}
        course = np.cumsum(teu, axis=0)
        none = np.zeros(len(grid), np.int64)
        columns = [course[:, place[block[0]]] if block[0] in place else none for block in blocks]
        return YardSteps([(*block,) for block in blocks], np.stack(columns, axis=1) if columns else teu[:, :0])

    def said(self, dataset: str, since: datetime, until: datetime) -> list[tuple[datetime, str, Any]]:
        """What the cockpit itself said (``feed_health``, ``forecast``): (moment, key, row); None: taken back."""
        if not sees_port(self._viewer):
            return []
        t, begin = known_body, micros(since)
        mine = t.c.dataset == dataset
        before = select(t.c.key, func.max(t.c.known_from).label("last")).where(mine, t.c.known_from <= begin)
        of = before.group_by(t.c.key).subquery()
        query = select(t.c.known_from, t.c.key, t.c.body).where(mine)
        with self._database.reading(self._viewer) as connection:
            rows = plain(connection, query.join(of, (of.c.key == t.c.key) & (of.c.last == t.c.known_from)))
            rows += plain(connection, query.where(t.c.known_from > begin, t.c.known_from <= micros(until)))
        body: Any = msgspec.json.Decoder(_SAID[dataset])
        return [
            (moment(at), key, body.decode(text) if text else None)
            for at, key, text in sorted(rows, key=lambda row: row[:2])
        ]  # fmt: skip


def _chosen(table: Table, names: Sequence[str], time: ColumnElement[Any]) -> Select[Any]:
    return select(*(time if name == "event_time" else table.c[name] for name in names))


def _names(kind: type[Record]) -> list[str]:
    return [name for name in ("event_time", *fields(kind), "recorded_time") if name != "flags"]


def _decoded(kind: type[R], names: Sequence[str], rows: list[tuple[Any, ...]]) -> list[R]:
    rows.sort(key=lambda row: row[0])
    return decode_all(kind, names, rows)


def _among(column: Column[Any], values: Collection[str]) -> ColumnElement[bool]:
    return column.in_(sorted(values))
