"""The facts the KPIs are computed from."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import ColumnElement, Connection, Table, and_, case, func, or_, select

from domain.kpis.facts import KpiFacts
from domain.viewer import Viewer
from store.moments import DAY, HOUR, MINUTE, moment
from store.reads import declarations as past
from store.reads.asof import AsOf
from store.reads.inspections import days_before, in_queue, local_midnight, sample_open
from store.reads.modes import modes
from store.reads.scope import current, current_by_key, standing, visible
from store.reads.turnarounds import turnarounds
from store.reads.yard import yard
from store.schema import gate_move, lab_sample, machine_scan
from store.schema import inspection_progress as progress
from store.schema import inspection_step as step
from store.schema import inspection_task as task

AT_RISK = 12 * HOUR
TURN_WINDOW = 2 * HOUR
LONGEST_VISIT = 12 * HOUR  # whoever stays longer is parked; not a turn time


def kpi_facts(
    connection: Connection, viewer: Viewer, now: int, zone: ZoneInfo, limit_minutes: float, at: AsOf | None
) -> KpiFacts:
    """Counts and means at ``now``; None where there is no data. ``at``: how to know it, with ``at.at == now``."""
    picture = yard(connection, viewer, at, now)
    farm, other = turnarounds(connection, viewer, now, zone, at)
    queue = (
        _queue(connection, viewer, now, limit_minutes) if at is None else _queued(connection, viewer, at, limit_minutes)
    )
    return KpiFacts(
        now=moment(now), farm=farm, other=other,
        yard_occupancy=picture.occupancy, yard_occupancy_day_ago=picture.occupancy_day_ago,
        **_inspected(connection, viewer, now, zone, at), **queue,
        **_scans(connection, viewer, now, at), **_trucks(connection, viewer, now, zone, at),
        **_samples(connection, viewer, now, at), **modes(connection, viewer, now, zone, at),
    )  # fmt: skip


def _received(table: Table, at: AsOf | None) -> tuple[ColumnElement[bool], ...]:
    """Facts happen once: by what was known then, those received by then."""
    return (table.c.received_at <= at.at,) if at is not None and at.then else ()


def _inspected(connection: Connection, viewer: Viewer, now: int, zone: ZoneInfo, at: AsOf | None) -> dict[str, Any]:
    mine = (step.c.node == "inspected", *visible(viewer, step.c.scope), *_received(step, at))
    first = connection.execute(select(func.min(step.c.event_time)).where(*mine, step.c.event_time <= now)).scalar()
    if first is None:
        return {}

    def count(since: int, until: int) -> int:
        span = (step.c.event_time >= since, step.c.event_time <= until)
        return int(connection.execute(select(func.count()).where(*mine, *span)).scalar_one())

    week_ago = days_before(now, zone, 7)
    recent = select(step.c.event_time).where(*mine, step.c.event_time > now - DAY, step.c.event_time <= now)
    times = list(connection.execute(recent).scalars())
    return {
        "inspected_today": count(local_midnight(now, zone), now),
        "inspected_week_ago": count(week_ago, now - 7 * DAY) if first < week_ago else None,
        "inspected_hourly": _per_hour(times, None, now, first),
    }


def _per_hour(times: list[int], values: list[float] | None, now: int, first: int | None) -> list[float | None]:
    """24 values, one per hour up to now, oldest first: counts, or means where values are given."""
    bins = [(now - DAY) + hour * HOUR for hour in range(25)]
    counts = np.histogram(np.array(times, dtype=np.int64), bins)[0] if times else np.zeros(24)
    if values is None:
        return [
            float(n) if first is not None and first < end else None for n, end in zip(counts, bins[1:], strict=True)
        ]
    sums = np.histogram(np.array(times, dtype=np.int64), bins, weights=values)[0] if times else np.zeros(24)
    return [float(total / n) if n else None for total, n in zip(sums, counts, strict=True)]


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _queue(connection: Connection, viewer: Viewer, now: int, limit_minutes: float) -> dict[str, Any]:
    mine = (current(task), *visible(viewer, task.c.scope))
    if connection.execute(select(task.c.declaration_no).where(*mine).limit(1)).scalar() is None:
        return {}
    since = func.coalesce(progress.c.appointed, task.c.appointed_for)
    waiting = (
        select(since)
        .join_from(progress, task, progress.c.declaration_no == task.c.declaration_no)
        .where(in_queue(now), task.c.hold == "", current_by_key(task), *visible(viewer, task.c.scope))
    )
    times = list(connection.execute(waiting).scalars())
    soon = and_(task.c.vessel_departure_at > now, task.c.vessel_departure_at <= now + AT_RISK)
    at_risk = (
        select(func.count())
        .select_from(task.join(progress, progress.c.declaration_no == task.c.declaration_no))
        .where(soon, task.c.direction == "export", progress.c.finished_at > now, *mine)
    )
    return {
        "waiting": len(times),
        "overdue": sum(1 for at in times if at is not None and now - at > limit_minutes * MINUTE),
        "export_at_risk": connection.execute(at_risk).scalar_one(),
    }


def _queued(connection: Connection, viewer: Viewer, at: AsOf, limit_minutes: float) -> dict[str, Any]:
    """The same of a past moment."""
    if not past.any_task(connection, viewer, at):
        return {}
    now = at.at
    alive = past.declarations(connection, viewer, at, past.alive_at(at, now))
    rows = [row for row in alive if row["valid_from"] is not None]
    waiting = [row for row in rows if past.in_queue(row, now) and not row["hold"]]
    since = [row["appointed"] if row["appointed"] is not None else row["appointed_for"] for row in waiting]
    at_risk = [
        row
        for row in rows
        if row["finished_at"] > now and row["direction"] == "export"
        and row["vessel_departure_at"] is not None and now < row["vessel_departure_at"] <= now + AT_RISK
    ]  # fmt: skip
    return {
        "waiting": len(waiting),
        "overdue": sum(1 for begin in since if begin is not None and now - begin > limit_minutes * MINUTE),
        "export_at_risk": len(at_risk),
    }


def _scans(connection: Connection, viewer: Viewer, now: int, at: AsOf | None) -> dict[str, Any]:
    def decided(t: Table) -> list[ColumnElement[bool]]:
        done = or_(t.c.reviewed_at <= now, t.c.released_directly)
        return [done, t.c.scanned_at > now - 30 * DAY, t.c.scanned_at <= now, *visible(viewer, t.c.scope)]

    t = standing(machine_scan, at, ("scanned_at", "released_directly"), decided)
    week, direct = t.c.scanned_at > now - 7 * DAY, t.c.released_directly
    counted = [func.count(), *(func.sum(case((c, 1), else_=0)) for c in (direct, week, and_(week, direct)))]
    scans, released, scans_7d, released_7d = connection.execute(select(*counted).select_from(t)).one()
    if not scans:
        return {}
    return {
        "direct_release_7d": int(released_7d), "scans_7d": int(scans_7d),
        "direct_release_30d": int(released), "scans_30d": scans,
    }  # fmt: skip


def _trucks(connection: Connection, viewer: Viewer, now: int, zone: ZoneInfo, at: AsOf | None) -> dict[str, Any]:
    t = gate_move
    mine = (*visible(viewer, t.c.scope), *_received(t, at), t.c.event_time <= now)
    first = connection.execute(select(t.c.event_time).where(*mine).order_by(t.c.event_time).limit(1)).scalar()
    if first is None:
        return {}
    today = select(func.count()).where(t.c.event_time >= local_midnight(now, zone), *mine)
    turns = _turns(connection, now, mine)
    recent = [minutes for end, minutes in turns if end > now - TURN_WINDOW]
    return {
        "gate_moves_today": connection.execute(today).scalar_one(),
        "truck_turn_minutes": _mean(recent),
        "truck_turn_p90_minutes": float(np.percentile(recent, 90)) if recent else None,
        "truck_turn_hourly": _per_hour([end for end, _ in turns], [minutes for _, minutes in turns], now, None),
    }


def turns(connection: Connection, viewer: Viewer, now: int, at: AsOf | None) -> list[tuple[int, float]]:
    """(gate-out time, minutes since gate-in) of the visits that ended in the 24 h before a moment."""
    t = gate_move
    return _turns(connection, now, (*visible(viewer, t.c.scope), *_received(t, at), t.c.event_time <= now))


def _turns(connection: Connection, now: int, mine: tuple[ColumnElement[bool], ...]) -> list[tuple[int, float]]:
    """(gate-out time, minutes since gate-in) of the visits that ended in the last 24 h."""
    t = gate_move
    query = select(t.c.visit_id, t.c.direction, t.c.event_time).where(t.c.event_time > now - DAY - LONGEST_VISIT, *mine)
    entered: dict[str, int] = {}
    turns: list[tuple[int, float]] = []
    cursor = connection.execute(query.order_by(t.c.event_time, t.c.direction)).cursor
    for visit, direction, at in cursor.fetchall() if cursor is not None else ():  # plain tuples: there are thousands
        if visit and direction == "in":
            entered[visit] = at
        elif visit in entered and at > now - DAY:
            turns.append((at, (at - entered.pop(visit)) / MINUTE))
    return turns


def _samples(connection: Connection, viewer: Viewer, now: int, at: AsOf | None) -> dict[str, Any]:
    def sent(t: Table) -> list[ColumnElement[bool]]:
        return [t.c.sent_at <= now, *visible(viewer, t.c.scope)]

    any_ = standing(lab_sample, at, ("sent_at",), sent)
    if connection.execute(select(any_.c.sent_at).limit(1)).first() is None:
        return {}
    t = standing(lab_sample, at, ("sent_at",), lambda t: [*sent(t), sample_open(t, now)])
    number, oldest = connection.execute(select(func.count(), func.min(t.c.sent_at)).select_from(t)).one()
    return {"samples_open": number, "samples_oldest_hours": None if oldest is None else (now - oldest) / HOUR}
