"""What the cockpit computes and keeps: feed health, hourly roll-ups, forecasts, notices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, select

from domain.pictures import FeedRow, ForecastRow, NoticeRow
from store import sql
from store.moments import SECOND, micros
from store.schema import notice
from store.writes import known

KEPT_EVERY = 60 * SECOND  # of a feed whose lamp stays as it is, the times and counts are kept so often
Rollup = tuple[str, str, datetime, float]  # metric, subject, hour, value


def save_feed_health(connection: Connection, rows: Sequence[FeedRow], at: datetime) -> None:
    """Keep the newest health of each feed."""
    values = [(row.key, row.state.value, micros(at), msgspec.json.encode(row).decode()) for row in rows]
    names = ("feed", "state", "updated_at", "body")
    sql.insert(connection, "feed_health", names, values, names[:1], names[1:])
    bodies = {feed: body for feed, _, _, body in values}
    known.keep(connection, "feed_health", bodies, micros(at), KEPT_EVERY, _other_lamp)


def _other_lamp(before: str, after: str) -> bool:
    """Whether more changed than times and counts."""
    old, new = (msgspec.json.decode(body, type=FeedRow) for body in (before, after))
    return (old.state, old.message_code, old.message) != (new.state, new.message_code, new.message)


def save_rollups(connection: Connection, rows: Sequence[Rollup]) -> None:
    """Keep hourly values; a later value of the same hour replaces the earlier."""
    values = [(metric, subject, micros(hour), value) for metric, subject, hour, value in rows]
    names = ("metric", "subject", "hour", "value")
    sql.insert(connection, "rollup_hour", names, values, names[:3], names[3:])


def save_forecasts(connection: Connection, rows: Sequence[ForecastRow], at: datetime) -> None:
    """Keep the newest forecast of each code."""
    values = [(row.key, micros(row.made_at), msgspec.json.encode(row).decode()) for row in rows]
    names = ("code", "made_at", "body")
    sql.insert(connection, "forecast", names, values, names[:1], names[1:])
    known.keep(connection, "forecast", {code: body for code, _, body in values}, micros(at))


def save_notices(connection: Connection, rows: Sequence[NoticeRow], at: datetime) -> None:
    """Keep exactly these notices."""
    others = notice.c.code.not_in([row.key for row in rows])
    gone = dict.fromkeys(connection.execute(select(notice.c.code).where(others)).scalars(), known.GONE)
    connection.execute(delete(notice).where(others))
    values = [(row.key, msgspec.json.encode(row).decode(), micros(at)) for row in rows]
    names = ("code", "body", "updated_at")
    sql.insert(connection, "notice", names, values, names[:1], names[1:])
    known.keep(connection, "notice", {**gone, **{code: body for code, body, _ in values}}, micros(at))
