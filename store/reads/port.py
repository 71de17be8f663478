"""The rest: feeds, roll-ups, forecasts, vessel calls, quarantine, counts, what came since."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, Table, and_, func, or_, select

from domain.disagreement import FLAG
from domain.pictures import FeedRow, ForecastRow, ForecastsPicture, NoticeRow, NoticesPicture
from domain.records import CheckResult, DoorEvent, Node, Record
from domain.viewer import Viewer
from domain.watch_records import AreaEvent, Recognition
from store.codec import META, decode, fields
from store.moments import DAY, HOUR, MINUTE, micros, moment, moment_or_none
from store.reads.asof import AsOf
from store.reads.said import said
from store.reads.scope import sees_port, standing, visible
from store.reads.words import disagreed
from store.schema import (
    area_event,
    change,
    check_result,
    door_event,
    feed_health,
    forecast,
    gate_move,
    inspection_step,
    known_body,
    metadata,
    notice,
    quarantine,
    recognition,
    rollup_hour,
    vehicle_latest,
    vehicle_position,
    vessel_call,
    vessel_latest,
    vessel_position,
)  # fmt: skip

DUE = 7 * DAY
WATCHED = 5 * MINUTE  # health is kept at least once a minute while the cockpit runs
_TRACKS = ((vehicle_latest, vehicle_position, "vehicle_id"), (vessel_latest, vessel_position, "mmsi"))
_TIMES = ("eta", "ata", "etd", "atd", "cut_off", "recorded_time")


def feeds(connection: Connection, viewer: Viewer, at: AsOf | None) -> list[FeedRow]:
    """Health of every feed, by name.

    By today's knowledge a feed nobody watched at the moment (the cockpit was not running) is absent.
    """
    if not sees_port(viewer):
        return []
    if at is None:
        bodies = list(connection.execute(select(feed_health.c.body).order_by(feed_health.c.feed)).scalars())
    else:
        kept = said(connection, "feed_health", at, feed_health, feed_health.c.feed)
        watched = 0 if at.then else at.at - WATCHED
        bodies = [body for _, (since, body) in sorted(kept.items()) if since > watched]
    return [msgspec.json.decode(body, type=FeedRow) for body in bodies]


def forecasts(connection: Connection, viewer: Viewer, at: AsOf | None) -> ForecastsPicture:
    """The newest forecast of each code."""
    if not sees_port(viewer):
        return ForecastsPicture()
    if at is None:
        bodies = list(connection.execute(select(forecast.c.body).order_by(forecast.c.code)).scalars())
    else:
        bodies = [body for _, (_, body) in sorted(said(connection, "forecast", at, forecast, forecast.c.code).items())]
    return ForecastsPicture(rows=[msgspec.json.decode(body, type=ForecastRow) for body in bodies])


def notices(connection: Connection, viewer: Viewer, at: AsOf | None) -> NoticesPicture:
    """The notices standing."""
    if not sees_port(viewer):
        return NoticesPicture()
    if at is None:
        bodies = list(connection.execute(select(notice.c.body).order_by(notice.c.code)).scalars())
    else:
        keys = select(known_body.c.key).where(known_body.c.dataset == "notice").distinct().subquery()
        bodies = [body for _, (_, body) in sorted(said(connection, "notice", at, keys, keys.c.key).items())]
    return NoticesPicture(rows=[msgspec.json.decode(body, type=NoticeRow) for body in bodies])


def oldest(connection: Connection, viewer: Viewer) -> int | None:
    """Time of the oldest record, by short index seeks; None without any."""
    step = inspection_step
    asked = [select(func.min(gate_move.c.event_time)).where(*visible(viewer, gate_move.c.scope))]
    asked += [
        select(func.min(step.c.event_time)).where(step.c.node == node.value, *visible(viewer, step.c.scope))
        for node in Node
    ]
    found: list[int] = [at for query in asked if (at := connection.execute(query).scalar()) is not None]
    if found:
        return min(found)
    found = [at for tables in _TRACKS if (at := connection.execute(_first_fix(viewer, *tables)).scalar()) is not None]
    return min(found, default=None)


def _first_fix(viewer: Viewer, latest: Table, history: Table, key: str) -> Select[Any]:
    """The oldest fix of all subjects, by one seek each."""
    h = history.alias("h")
    first = select(func.min(h.c.event_time)).where(h.c[key] == latest.c[key]).correlate(latest).scalar_subquery()
    return select(func.min(first)).where(*visible(viewer, latest.c.scope))


def series(
    connection: Connection, viewer: Viewer, metric: str, subject: str, since: datetime, until: datetime
) -> tuple[list[datetime], list[float]]:
    """An hourly roll-up over [since, until); hours without a value are absent."""
    if not sees_port(viewer):
        return [], []
    t = rollup_hour
    query = select(t.c.hour, t.c.value).where(
        t.c.metric == metric, t.c.subject == subject, t.c.hour >= micros(since), t.c.hour < micros(until)
    )
    rows = connection.execute(query.order_by(t.c.hour)).all()
    return [moment(hour) for hour, _ in rows], [value for _, value in rows]


def hourly_counts(
    connection: Connection, viewer: Viewer, since: datetime, until: datetime
) -> list[tuple[str, str, datetime, float]]:
    """Roll-ups gate_moves (port and each gate), inspections_appointed and inspections_inspected.

    Events of [hour, hour + 1 h) for every full hour of [since, until); hours without any are zero.
    """
    first, end = -(-micros(since) // HOUR), micros(until) // HOUR  # full hours only
    rows: list[tuple[str, str, datetime, float]] = []
    by_gate = _by_hour(connection, viewer, gate_move, gate_move.c.gate_id, first, end)
    total: dict[int, int] = {}
    for counts in by_gate.values():
        for hour, count in counts.items():
            total[hour] = total.get(hour, 0) + count
    by_node = _by_hour(connection, viewer, inspection_step, inspection_step.c.node, first, end)
    wanted = [("gate_moves", gate, counts) for gate, counts in sorted(by_gate.items())]
    wanted.append(("gate_moves", "port", total))
    wanted += [(f"inspections_{node}", "port", by_node.get(node, {})) for node in ("appointed", "inspected")]
    for metric, subject, counts in wanted:
        rows += [(metric, subject, moment(hour * HOUR), float(counts.get(hour, 0))) for hour in range(first, end)]
    return rows


def _by_hour(
    connection: Connection, viewer: Viewer, table: Table, key: Any, first: int, end: int
) -> dict[str, dict[int, int]]:
    hour = table.c.event_time // HOUR
    query = select(key, hour, func.count()).where(
        table.c.event_time >= first * HOUR, table.c.event_time < end * HOUR, *visible(viewer, table.c.scope)
    )
    if table is inspection_step:
        query = query.where(key.in_(("appointed", "inspected")))
    found: dict[str, dict[int, int]] = {}
    for subject, at, count in connection.execute(query.group_by(key, hour)):
        found.setdefault(subject, {})[int(at)] = count
    return found


def calls(connection: Connection, viewer: Viewer, at: AsOf | None, now: int) -> list[dict[str, Any]]:
    """Vessel calls in port, or due within a week, by time of arrival; times aware UTC.

    Keys: those of VesselCall, and ``state``: in_port | due. A call is as today's knowledge has it; what
    it says of arrival and departure after the moment had not happened yet and is left out.
    """
    time = now if at is None else at.at
    passed_over = ("valid_from", "valid_to", "received_at", "known_to")
    names = tuple(column.name for column in vessel_call.c if column.name not in passed_over)

    def near(t: Table) -> list[ColumnElement[bool]]:
        arrives = func.coalesce(t.c.ata, t.c.eta)
        in_port = and_(t.c.ata <= time, or_(t.c.atd.is_(None), t.c.atd > time))
        due = and_(or_(t.c.ata.is_(None), t.c.ata > time), arrives > time - DAY, arrives <= time + DUE)
        return [or_(in_port, due), *visible(viewer, t.c.scope)]

    rows, contested = [], disagreed(connection, viewer, vessel_call.name, at)
    for found in connection.execute(select(standing(vessel_call, at, names, near))).mappings():
        row = dict(found)
        if row["call_id"] in contested:
            row["flags"] = ",".join(filter(None, (row["flags"], FLAG)))
        row["state"] = "in_port" if row["ata"] is not None and row["ata"] <= time else "due"
        order = (row["eta"] if row["ata"] is None else row["ata"], row["call_id"])
        for name in ("ata", "atd"):
            row[name] = None if row[name] is not None and row[name] > time else row[name]
        rows.append((order, {name: moment_or_none(v) if name in _TIMES else v for name, v in row.items()}))
    return [row for _, row in sorted(rows, key=lambda pair: pair[0])]


def quarantined(
    connection: Connection, viewer: Viewer, feed: str | None, limit: int, at: datetime | None = None
) -> list[dict[str, Any]]:
    """Quarantined rows, newest first: feed, ref, reason, detail, raw, received_at, times.

    Only the last time a row came is stored. Numbers grow with the first time, so every row up to the
    highest number that had come by ``at`` was there then, also when it has come again since.
    """
    if not sees_port(viewer):
        return []
    t = quarantine
    query = select(t.c.feed, t.c.ref, t.c.reason, t.c.detail, t.c.raw, t.c.received_at, t.c.times)
    if feed is not None:
        query = query.where(t.c.feed == feed)
    if at is not None:
        last = select(t.c.id).where(t.c.received_at <= micros(at)).order_by(t.c.id.desc()).limit(1)
        query = query.where(t.c.id <= last.scalar_subquery())
    rows = connection.execute(query.order_by(t.c.id.desc()).limit(limit)).mappings()
    return [{**row, "received_at": moment(row["received_at"])} for row in rows]


def counts(connection: Connection, viewer: Viewer) -> dict[str, int]:
    """Rows per table, as far as the viewer may see them."""
    found = {}
    for table in metadata.sorted_tables:
        if "scope" in table.c:
            query = select(func.count()).select_from(table).where(*visible(viewer, table.c.scope))
        elif sees_port(viewer):
            query = select(func.count()).select_from(table)
        else:
            continue
        found[table.name] = connection.execute(query).scalar_one()
    return found


def changes(connection: Connection) -> dict[str, int]:
    """How often each dataset was written to; datasets never written to are absent."""
    return {row.dataset: row.seq for row in connection.execute(select(change.c.dataset, change.c.seq))}


def received_since(connection: Connection, viewer: Viewer, since: datetime) -> list[Record]:
    """Checks, doors opened and what cameras told, stored after a moment, by event time: what rules may have missed."""
    found: list[Record] = []
    kinds: dict[type[Record], Table] = {
        CheckResult: check_result, DoorEvent: door_event, AreaEvent: area_event, Recognition: recognition,
    }  # fmt: skip
    for kind, table in kinds.items():
        names = ("event_time", *(name for name in fields(kind) if name != "event_time"), *META)
        query = select(*(table.c[name] for name in names)).where(
            table.c.received_at > micros(since), *visible(viewer, table.c.scope)
        )
        found += [decode(kind, names, row) for row in connection.execute(query)]
    return sorted(found, key=lambda record: record.event_time)
