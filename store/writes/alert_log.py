"""The log of alerts, which only grows, and what rules saw: written in the transaction of the step itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, func, select

from domain.alert_pictures import AlertRow, Evidence, LogStep
from store import sql
from store.moments import micros
from store.schema import alert_log as table

COLUMNS = (
    "alert_id", "seq", "at", "opened_at", "what", "who", "from_state", "to_state", "level", "version", "note",
    "request_key", "body",
)  # fmt: skip
EVIDENT = ("opened", "level_raised")  # steps at which what the rule saw is kept
CHUNK = 500

Told = Callable[[Connection, Sequence[tuple[LogStep, AlertRow]]], None]
"""Told every step with its row, inside the transaction: what it writes stands or falls with the step."""


def add(connection: Connection, steps: Sequence[LogStep], rows: Iterable[AlertRow], told: Told | None) -> None:
    """Steps into the log, what was seen into the evidence, and both to whoever has to tell of them.

    Args:
        connection: inside a write transaction.
        steps: in the order they were taken; they get their numbers here.
        rows: the alerts after them.
        told: who is told.
    """
    if not steps:
        return
    of_id = {row.id: row for row in rows}
    last = _last(connection, sorted({step.alert_id for step in steps}))
    numbered = []
    for step in steps:
        last[step.alert_id] = seq = last.get(step.alert_id, 0) + 1
        numbered.append(replace(step, seq=seq))
    sql.insert(connection, "alert_log", COLUMNS, [_logged(step) for step in numbered])
    evident = [_evident(step, of_id[step.alert_id]) for step in numbered if step.what in EVIDENT]
    sql.insert(connection, "alert_evidence", ("alert_id", "opened_at", "seq", "body"), evident)
    if told is not None:
        told(connection, [(step, of_id[step.alert_id]) for step in numbered])


def asked_before(connection: Connection, number: str, request_key: str) -> str | None:
    """The act this request was, if it was carried out on this alert."""
    if not request_key:
        return None
    query = select(table.c.what).where(table.c.alert_id == number, table.c.request_key == request_key)
    what: str | None = connection.execute(query).scalar()
    return what


def _last(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    """The number of each alert's newest step."""
    found: dict[str, int] = {}
    for start in range(0, len(ids), CHUNK):
        chosen = table.c.alert_id.in_(ids[start : start + CHUNK])
        query = select(table.c.alert_id, func.max(table.c.seq)).where(chosen).group_by(table.c.alert_id)
        found.update((row[0], row[1]) for row in connection.execute(query))
    return found


def _logged(step: LogStep) -> tuple[Any, ...]:
    return (
        step.alert_id, step.seq, micros(step.at), micros(step.opened_at), step.what, step.who, step.from_state,
        step.to_state, step.level, step.version, step.note, step.request_key, msgspec.json.encode(step.body).decode(),
    )  # fmt: skip


def _evident(step: LogStep, row: AlertRow) -> tuple[Any, ...]:
    seen = Evidence(
        at=step.at, opened_at=step.opened_at, what=step.what, level=step.level, rule=row.rule,
        instance_version=row.instance_version, subject_kind=row.subject_kind, subject=row.subject, seen=row.seen,
        params=row.params, lon=row.lon, lat=row.lat, origin=row.origin, recorded_time=row.recorded_time, feed=row.feed,
    )  # fmt: skip
    return step.alert_id, micros(step.opened_at), step.seq, msgspec.json.encode(seen).decode()
