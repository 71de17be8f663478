"""The facts the KPIs are computed from."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Connection, and_, func, or_, select

from domain.kpis.facts import KpiFacts, Turnaround
from domain.viewer import Viewer
from store.moments import DAY, HOUR, MINUTE, moment
from store.reads.asof import AsOf
from store.reads.inspections import SCOPE, days_before, in_queue, local_midnight
from store.reads.scope import current, current_by_key, visible
from store.reads.yard import yard
from store.schema import gate_move, lab_sample, machine_scan
from store.schema import inspection_progress as progress
from store.schema import inspection_step as step
from store.schema import inspection_task as task

AT_RISK = 12 * HOUR
TURN_WINDOW = 2 * HOUR
LONGEST_VISIT = 12 * HOUR  # whoever stays longer is parked; not a turn time
SPARK_DAYS = 14


def kpi_facts(
    connection: Connection, viewer: Viewer, now: int, zone: ZoneInfo, limit_minutes: float, at: AsOf | None
) -> KpiFacts:
    """Counts and means at ``now``; None where there is no data."""
    picture = yard(connection, viewer, at, now)
    farm, other = _turnarounds(connection, viewer, now, zone)
    return KpiFacts(
        now=moment(now), farm=farm, other=other,
        yard_occupancy=picture.occupancy, yard_occupancy_day_ago=picture.occupancy_day_ago,
        **_inspected(connection, viewer, now, zone), **_queue(connection, viewer, now, limit_minutes),
        **_scans(connection, viewer, now), **_trucks(connection, viewer, now, zone),
        **_samples(connection, viewer, now),
    )  # fmt: skip


def _inspected(connection: Connection, viewer: Viewer, now: int, zone: ZoneInfo) -> dict[str, Any]:
    mine = (step.c.node == "inspected", *visible(viewer, step.c.scope))
    first = connection.execute(select(func.min(step.c.event_time)).where(*mine)).scalar()
    if first is None or first > now:
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


def _turnarounds(connection: Connection, viewer: Viewer, now: int, zone: ZoneInfo) -> tuple[Turnaround, Turnaround]:
    days = [days_before(now, zone, days) for days in range(SPARK_DAYS - 1, -1, -1)]
    spans = zip(days, [*days[1:], now + 1], strict=True)
    daily = [_finished(connection, viewer, start, end) for start, end in spans]
    week = _finished(connection, viewer, now - 7 * DAY, now + 1)
    month = _finished(connection, viewer, now - 30 * DAY, now + 1)
    farm, other = (
        Turnaround(
            mean_hours_7d=week[kind][1], mean_hours_30d=month[kind][1], count_7d=week[kind][0],
            daily_mean_hours=[day[kind][1] for day in daily],
        )
        for kind in (True, False)
    )  # fmt: skip
    return farm, other


def _finished(connection: Connection, viewer: Viewer, since: int, until: int) -> dict[bool, tuple[int, float | None]]:
    """By farm or not: how many left the inspection area in [since, until), and their mean hours."""
    match = and_(task.c.declaration_no == progress.c.declaration_no, current_by_key(task))
    farm = func.coalesce(task.c.farm, False)
    query = (
        select(farm, func.count(), func.sum(progress.c.finished_at - progress.c.appointed))
        .join_from(progress, task, match, isouter=True)
        .where(progress.c.finished_at >= since, progress.c.finished_at < until, progress.c.appointed.is_not(None))
        .where(*visible(viewer, SCOPE))
        .group_by(farm)
    )
    found: dict[bool, tuple[int, float | None]] = {True: (0, None), False: (0, None)}
    for is_farm, count, total in connection.execute(query):
        found[bool(is_farm)] = (count, total / count / HOUR)
    return found


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
        .where(in_queue(now), current_by_key(task), *visible(viewer, task.c.scope))
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


def _scans(connection: Connection, viewer: Viewer, now: int) -> dict[str, Any]:
    t = machine_scan
    decided = or_(t.c.reviewed_at <= now, t.c.released_directly)
    query = select(t.c.scanned_at, t.c.released_directly).where(
        current(t), decided, t.c.scanned_at > now - 30 * DAY, t.c.scanned_at <= now, *visible(viewer, t.c.scope)
    )
    rows = connection.execute(query).all()
    if not rows:
        return {}
    week = [bool(released) for at, released in rows if at > now - 7 * DAY]
    return {
        "direct_release_7d": sum(week), "scans_7d": len(week),
        "direct_release_30d": sum(bool(released) for _, released in rows), "scans_30d": len(rows),
    }  # fmt: skip


def _trucks(connection: Connection, viewer: Viewer, now: int, zone: ZoneInfo) -> dict[str, Any]:
    t = gate_move
    mine = visible(viewer, t.c.scope)
    first = connection.execute(select(func.min(t.c.event_time)).where(*mine)).scalar()
    if first is None or first > now:
        return {}
    midnight = local_midnight(now, zone)
    today = select(func.count()).where(t.c.event_time >= midnight, t.c.event_time <= now, *mine)
    turns = _turns(connection, viewer, now)
    recent = [minutes for end, minutes in turns if end > now - TURN_WINDOW]
    return {
        "gate_moves_today": connection.execute(today).scalar_one(),
        "truck_turn_minutes": _mean(recent),
        "truck_turn_p90_minutes": float(np.percentile(recent, 90)) if recent else None,
        "truck_turn_hourly": _per_hour([end for end, _ in turns], [minutes for _, minutes in turns], now, None),
    }


def _turns(connection: Connection, viewer: Viewer, now: int) -> list[tuple[int, float]]:
    """(gate-out time, minutes since gate-in) of the visits that ended in the last 24 h."""
    t = gate_move
    query = select(t.c.visit_id, t.c.direction, t.c.event_time).where(
        t.c.event_time > now - DAY - LONGEST_VISIT, t.c.event_time <= now, *visible(viewer, t.c.scope)
    )
    entered: dict[str, int] = {}
    turns: list[tuple[int, float]] = []
    for visit, direction, at in connection.execute(query.order_by(t.c.event_time, t.c.direction)):
        if visit and direction == "in":
            entered[visit] = at
        elif visit in entered and at > now - DAY:
            turns.append((at, (at - entered.pop(visit)) / MINUTE))
    return turns


def _samples(connection: Connection, viewer: Viewer, now: int) -> dict[str, Any]:
    t = lab_sample
    mine = (current(t), t.c.sent_at <= now, *visible(viewer, t.c.scope))
    if connection.execute(select(t.c.sent_at).where(*mine).limit(1)).scalar() is None:
        return {}
    undone = or_(t.c.completed_at.is_(None), t.c.completed_at > now)
    number, oldest = connection.execute(select(func.count(), func.min(t.c.sent_at)).where(*mine, undone)).one()
    return {"samples_open": number, "samples_oldest_hours": None if oldest is None else (now - oldest) / HOUR}
