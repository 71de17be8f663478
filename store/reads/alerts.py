"""Alerts, now and at any past moment, and their history."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from sqlalchemy import ColumnElement, Connection, select

from domain.alert import standing
from domain.pictures import AlertRow, AlertsPicture
from domain.viewer import Viewer
from store.reads.asof import AsOf
from store.reads.said import said
from store.reads.scope import current, visible
from store.schema import alert as table


def alerts(connection: Connection, viewer: Viewer, at: AsOf | None) -> AlertsPicture:
    """Alerts not closed, worst level first, newest first within a level."""
    rows = _rows(connection, viewer, at, table.c.state != "closed")
    rows.sort(key=lambda row: row.key)
    rows.sort(key=lambda row: row.last_at, reverse=True)
    rows.sort(key=lambda row: row.level)
    return standing(rows)


def _rows(connection: Connection, viewer: Viewer, at: AsOf | None, *further: ColumnElement[bool]) -> list[AlertRow]:
    """Alerts as they stand, or as they were known at a moment."""
    chosen = (*_standing(at), *further, *visible(viewer, table.c.scope))
    if at is None:
        return [_row(body) for body in connection.execute(select(table.c.body).where(*chosen)).scalars()]
    found = dict(connection.execute(select(table.c.key, table.c.body).where(*chosen)).all())
    keys = select(table.c.key).where(*chosen).subquery()
    kept = {key: body for key, (_, body) in said(connection, "alert", at, keys, keys.c.key).items()}
    return [_row(body) for body in {**found, **kept}.values()]


def _standing(at: AsOf | None) -> tuple[ColumnElement[bool], ...]:
    return (current(table),) if at is None else (table.c.valid_from <= at.at, table.c.valid_to > at.at)


def alert(connection: Connection, viewer: Viewer, key: str, at: AsOf | None) -> AlertRow | None:
    """One alert as it stands or stood, closed ones too; None when unknown or not to be seen."""
    return next(iter(_rows(connection, viewer, at, table.c.key == key)), None)


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
        row = _row(body)
        found[(row.key, row.opened_at)] = row
    return sorted(found.values(), key=lambda row: (row.opened_at, row.key))


def _row(body: str) -> AlertRow:
    return msgspec.json.decode(body, type=AlertRow)
