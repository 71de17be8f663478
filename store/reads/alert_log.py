"""The log of alerts by time: what the figures of the alarm system and the handover of a shift are made of.

Neither log nor orders say whose a row is: they are the port's own, and an enterprise is told nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from domain.alarm_load import ANNOUNCED, Step
from domain.dispatch import OVER
from domain.shift_brief import Order
from domain.viewer import Viewer
from store.database import Database
from store.moments import micros, moment
from store.reads.plain import plain
from store.reads.scope import current, sees_port
from store.schema_alerts import alert, alert_log, dispatch

_COLUMNS = ("alert_id", "at", "what", "seq", "level", "who", "from_state", "to_state", "opened_at", "note")

MOST_RECENT = 20_000  # steps that are looked at for a flood: more than that is one


class AlertLogReads:
    """The named reads of the log of alerts, a part of ``Reads``."""

    _database: Database

    def alert_steps(self, viewer: Viewer, since: datetime, until: datetime) -> list[Step]:
        """Every step alerts took in [since, until), oldest first, each with what the alert is about."""
        if not sees_port(viewer):
            return []
        with self._database.reading(viewer) as connection:
            return steps(connection, micros(since), micros(until))

    def alert_orders(self, viewer: Viewer) -> list[Order]:
        """Orders to agencies that are not done, those due first."""
        if not sees_port(viewer):
            return []
        with self._database.reading(viewer) as connection:
            return orders(connection)


def steps(connection: Connection, since: int, until: int) -> list[Step]:
    """Steps of [since, until) in microseconds; the alert's rule and subject are empty when it is not kept any more."""
    query = (
        select(*(alert_log.c[name] for name in _COLUMNS), alert.c.rule, alert.c.subject)
        .join_from(alert_log, alert, (alert.c.id == alert_log.c.alert_id) & current(alert), isouter=True)
        .where(alert_log.c.at >= since, alert_log.c.at < until)
        .order_by(alert_log.c.at, alert_log.c.alert_id, alert_log.c.seq)
    )
    return [
        Step(
            alert_id=number, at=moment(at), what=what, seq=seq, level=level, who=who, from_state=before,
            to_state=after, opened_at=moment(opened_at), note=note, rule=rule or "", subject=subject or "",
        )
        for number, at, what, seq, level, who, before, after, opened_at, note, rule, subject in plain(
            connection, query
        )
    ]  # fmt: skip


def recent(connection: Connection, since: int, until: int) -> list[Step]:
    """When alerts were heard of and cleared in (since, until], at most the newest ``MOST_RECENT``; nothing besides."""
    t = alert_log.c
    query = (
        select(t.alert_id, t.at, t.what, t.seq, t.level)
        .where(t.at > since, t.at <= until, t.what.in_(sorted(ANNOUNCED | {"cleared"})))
        .order_by(t.at.desc(), t.alert_id, t.seq.desc())
        .limit(MOST_RECENT)
    )
    return [
        Step(alert_id=number, at=moment(at), what=what, seq=seq, level=level)
        for number, at, what, seq, level in plain(connection, query)
    ]


def orders(connection: Connection) -> list[Order]:
    """Orders that are not done."""
    query = (
        select(dispatch.c.order_id, dispatch.c.agency, dispatch.c.state, dispatch.c.body, alert.c.key, alert.c.rule,
               alert.c.subject, alert.c.level)
        .join_from(dispatch, alert, (alert.c.id == dispatch.c.alert_id) & current(alert), isouter=True)
        .where(dispatch.c.state.not_in(("done", *OVER)))
    )  # fmt: skip
    found = [_order(*row) for row in plain(connection, query)]
    return sorted(found, key=lambda one: (one.due_at is None, one.due_at and one.due_at.timestamp(), one.order_id))


def _order(
    order_id: str, agency: str, state: str, body: str, key: str | None, rule: str | None, subject: str | None,
    level: int | None,
) -> Order:  # fmt: skip
    told = msgspec.json.decode(body, type=dict[str, Any])
    return Order(
        order_id=order_id, agency=agency, state=state, key=key or "", rule=rule or "", subject=subject or "",
        level=level or 4, due_at=_moment(told.get("due_at")),
    )  # fmt: skip


def _moment(said: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None
