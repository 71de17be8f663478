"""Alerts, now and at any past moment, their history, and everything about one of them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, select

from domain.alert import standing
from domain.alert_flood import LEAD, flood_state
from domain.alert_pictures import AlertFile, AlertRow, Evidence, LogStep, decoded
from domain.alerting import Alerting
from domain.pictures import AlertsPicture
from domain.viewer import Viewer
from store.moments import micros, moment
from store.reads.alert_log import recent
from store.reads.asof import AsOf
from store.reads.said import said
from store.reads.scope import current, sees_port, visible
from store.schema import alert as table
from store.schema import alert_evidence, alert_log
from store.wall import lowered

CHUNK = 500


def alerts(connection: Connection, viewer: Viewer, at: AsOf | None, now: int, policy: Alerting) -> AlertsPicture:
    """Alerts not closed, worst level first, newest first within a level; who sees the port is told how they come.

    Args:
        connection: to read with.
        viewer: who asks.
        at: the moment looked at; None: now.
        now: microseconds.
        policy: what is a flood, and how many lines are shown of it.
    """
    rows = not_closed(connection, viewer, at)
    if not sees_port(viewer):
        return standing(rows, limits=policy.flood)
    until = moment(now if at is None else at.at)
    told = recent(connection, micros(until - LEAD), micros(until))
    return standing(rows, flood_state(told, rows, until, policy.flood, policy.operators), policy.flood)


def not_closed(connection: Connection, viewer: Viewer, at: AsOf | None) -> list[AlertRow]:
    """Alerts not closed, worst level first, newest first within a level."""
    rows = _rows(connection, viewer, at, table.c.state != "closed")
    rows.sort(key=lambda row: row.key)
    rows.sort(key=lambda row: row.last_at, reverse=True)
    rows.sort(key=lambda row: row.level)
    return rows


def _rows(connection: Connection, viewer: Viewer, at: AsOf | None, *further: ColumnElement[bool]) -> list[AlertRow]:
    """Alerts as they stand, or as they were known at a moment."""
    chosen = (*_standing(at), *further, *visible(viewer, table.c.scope))
    if at is None:
        return [decoded(body) for body in connection.execute(select(table.c.body).where(*chosen)).scalars()]
    found = dict(connection.execute(select(table.c.key, table.c.body).where(*chosen)).all())
    keys = select(table.c.key).where(*chosen).subquery()
    kept = {key: body for key, (_, body) in said(connection, "alert", at, keys, keys.c.key).items()}
    return [decoded(body) for body in {**found, **kept}.values()]


def by_key(connection: Connection, viewer: Viewer, keys: list[str]) -> dict[str, AlertRow]:
    """These alerts as they stand, closed ones too."""
    found: dict[str, AlertRow] = {}
    for start in range(0, len(keys), CHUNK):
        rows = _rows(connection, viewer, None, table.c.key.in_(keys[start : start + CHUNK]))
        found |= {row.key: row for row in rows}
    return found


def by_number(connection: Connection, viewer: Viewer, numbers: list[str], at: AsOf | None) -> dict[str, AlertRow]:
    """These alerts as they stand or stood, closed ones too, by their ids."""
    found: dict[str, AlertRow] = {}
    for start in range(0, len(numbers), CHUNK):  # as ``file``: what an id stands for never changes
        here = select(table.c.key).where(current(table), table.c.id.in_(numbers[start : start + CHUNK]))
        found |= {row.id: row for row in _rows(connection, viewer, at, table.c.key.in_(here))}
    return found


def _standing(at: AsOf | None) -> tuple[ColumnElement[bool], ...]:
    return (current(table),) if at is None else (table.c.valid_from <= at.at, table.c.valid_to > at.at)


def alert(connection: Connection, viewer: Viewer, key: str, at: AsOf | None) -> AlertRow | None:
    """One alert as it stands or stood, closed ones too; None when unknown or not to be seen."""
    return next(iter(_rows(connection, viewer, at, table.c.key == key)), None)


def file(connection: Connection, viewer: Viewer, number: str, at: AsOf | None) -> AlertFile | None:
    """One alert with its evidence and its steps, up to the moment."""
    # The index has the current versions, and what an id stands for never changes.
    here = select(table.c.key).where(current(table), table.c.id == number)
    row = next(iter(_rows(connection, viewer, at, table.c.key.in_(here))), None)
    if row is None:
        return None
    until = (alert_log.c.at <= at.at,) if at is not None else ()
    with lowered(connection):  # whoever may see the alert may see what became of it
        steps = _steps(connection, alert_log.c.alert_id == number, *until)
        seen = connection.execute(
            select(alert_evidence.c.body)
            .where(alert_evidence.c.alert_id == number)
            .order_by(alert_evidence.c.opened_at, alert_evidence.c.seq)
        ).scalars()
        evidence = [msgspec.json.decode(body, type=Evidence) for body in seen]
    past = [one for one in evidence if at is None or micros(one.at) <= at.at]
    return AlertFile(alert=row, evidence=past, history=steps)


def _steps(connection: Connection, *chosen: ColumnElement[bool]) -> list[LogStep]:
    query = select(alert_log).where(*chosen).order_by(alert_log.c.at, alert_log.c.alert_id, alert_log.c.seq)
    decode: Callable[[str], dict[str, Any]] = msgspec.json.Decoder(dict[str, Any]).decode
    return [
        LogStep(
            alert_id=row.alert_id, seq=row.seq, at=moment(row.at), opened_at=moment(row.opened_at), what=row.what,
            who=row.who, from_state=row.from_state, to_state=row.to_state, level=row.level, version=row.version,
            note=row.note, request_key=row.request_key, body=decode(row.body),
        )
        for row in connection.execute(query)
    ]  # fmt: skip


def by_subject(connection: Connection, viewer: Viewer, at: AsOf | None, subjects: Collection[str]) -> list[AlertRow]:
    """Alerts about any of these, closed ones too; what stands first, then the newest."""
    if not subjects:
        return []
    # What it is about never changes, and the index has the current versions: so a moment is found by its keys, too.
    here = select(table.c.key).where(current(table), table.c.subject.in_(sorted(subjects)))
    rows = _rows(connection, viewer, at, table.c.key.in_(here))
    return sorted(rows, key=lambda row: (row.state == "closed", -row.last_at.timestamp(), row.key))


def history(connection: Connection, viewer: Viewer, since: int, until: int) -> list[AlertRow]:
    """Alerts alive at some time of [since, until): each opening once, as it last stood, oldest first."""
    query = (
        select(table.c.body)
        .where(table.c.valid_from < until, table.c.valid_to > since, *visible(viewer, table.c.scope))
        .order_by(table.c.valid_from)
    )
    found: dict[tuple[str, object], AlertRow] = {}
    for body in connection.execute(query).scalars():
        row = decoded(body)
        found[(row.key, row.opened_at)] = row
    return sorted(found.values(), key=lambda row: (row.opened_at, row.key))
