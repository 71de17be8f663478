"""What the cockpit computes and keeps: feed health, hourly roll-ups, forecasts, notices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete

from domain.pictures import FeedRow, ForecastRow, NoticeRow
from store import sql
from store.moments import micros
from store.schema import notice

Rollup = tuple[str, str, datetime, float]  # metric, subject, hour, value


def save_feed_health(connection: Connection, rows: Sequence[FeedRow], at: datetime) -> None:
    """Keep the newest health of each feed."""
    values = [(row.key, row.state.value, micros(at), msgspec.json.encode(row).decode()) for row in rows]
    names = ("feed", "state", "updated_at", "body")
    sql.insert(connection, "feed_health", names, values, names[:1], names[1:])


def save_rollups(connection: Connection, rows: Sequence[Rollup]) -> None:
    """Keep hourly values; a later value of the same hour replaces the earlier."""
    values = [(metric, subject, micros(hour), value) for metric, subject, hour, value in rows]
    names = ("metric", "subject", "hour", "value")
    sql.insert(connection, "rollup_hour", names, values, names[:3], names[3:])


def save_forecasts(connection: Connection, rows: Sequence[ForecastRow]) -> None:
    """Keep the newest forecast of each code."""
    values = [(row.key, micros(row.made_at), msgspec.json.encode(row).decode()) for row in rows]
    names = ("code", "made_at", "body")
    sql.insert(connection, "forecast", names, values, names[:1], names[1:])


def save_notices(connection: Connection, rows: Sequence[NoticeRow], at: datetime) -> None:
    """Keep exactly these notices."""
    connection.execute(delete(notice).where(notice.c.code.not_in([row.key for row in rows])))
    values = [(row.key, msgspec.json.encode(row).decode(), micros(at)) for row in rows]
    names = ("code", "body", "updated_at")
    sql.insert(connection, "notice", names, values, names[:1], names[1:])
