"""Alerts: the machine's rewrites and the people's acts on the same rows, with history.

Two writers meet here. The pipeline saves what its rules found, from its own memory; a person
acknowledges. A person's act is a compare-and-set on ``version``; a machine's save that was made
without knowing of it keeps the person's part and changes only its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, select, update

from domain import alert as domain_alert
from domain.errors import CockpitError
from domain.pictures import AlertRow
from store import sql
from store.moments import FOREVER, SECOND, micros
from store.schema import alert
from store.writes import known

KEYS = ("key", "valid_from")
COLUMNS = (
    *KEYS, "valid_to", "rule", "level", "subject", "state", "condition", "opened_at", "version", "body",
    "feed", "origin", "recorded_time", "received_at", "ref", "flags", "scope",
)  # fmt: skip
KEPT_EVERY = 60 * SECOND  # between two versions, what goes on changing (last_at, count) is kept so often
_PEOPLES = ("state", "acknowledged_by", "acknowledged_at", "closed_at")
_ACTS: dict[str, Callable[[AlertRow, str, datetime], AlertRow]] = {
    "acknowledge": domain_alert.acknowledge,
    "close": domain_alert.close,
}


class AlertChangedError(CockpitError):
    """Somebody or something was faster; ``row`` is the alert as it stands now."""

    def __init__(self, row: AlertRow, expected_version: int) -> None:
        """Remember the row and what the caller had seen."""
        super().__init__(f"{row.key}: version is {row.version}, not {expected_version}")
        self.row, self.expected_version = row, expected_version


def save(connection: Connection, rows: Sequence[AlertRow], at: datetime) -> list[AlertRow]:
    """Upsert by key, keeping history.

    A change of version, state, condition or level begins a new version in history; anything else
    (last_at, count, params) is brought up to date in place.

    Returns:
        The rows whose stored form differs from the one handed in, because a person acted meanwhile.
    """
    latest = {row.key: row for row in rows}
    standing = _standing(connection, list(latest))
    differing = []
    for key, row in latest.items():
        before, valid_from = standing.get(key, (None, 0))
        merged = row if before is None else _merge(before, row)
        if merged != row:
            differing.append(merged)
        if merged != before:
            _put(connection, merged, before, valid_from, at)
    return differing


def act(
    connection: Connection, key: str, name: str, by: str, at: datetime, expected_version: int
) -> tuple[AlertRow, AlertRow]:
    """Let a person act on an alert.

    Args:
        connection: inside a write transaction.
        key: the alert.
        name: ``acknowledge`` or ``close``.
        by: who.
        at: when, aware UTC.
        expected_version: the version the person saw.

    Returns:
        How it stood, and how it stands now.

    Raises:
        KeyError: no such alert. ValueError: no such act.
        AlertChangedError: the version is another one by now.
        domain.alert.IllegalStepError: the alert cannot take this step.
    """
    if name not in _ACTS:
        raise ValueError(f"no such act: {name}")
    before, valid_from = _standing(connection, [key]).get(key, (None, 0))
    if before is None:
        raise KeyError(key)
    if before.version != expected_version:
        raise AlertChangedError(before, expected_version)
    row = _ACTS[name](before, by, at)
    _put(connection, row, before, valid_from, at)
    return before, row


def _standing(connection: Connection, keys: Sequence[str]) -> dict[str, tuple[AlertRow, int]]:
    found: dict[str, tuple[AlertRow, int]] = {}
    for start in range(0, len(keys), 500):
        chosen = alert.c.key.in_(keys[start : start + 500])
        query = select(alert.c.key, alert.c.body, alert.c.valid_from).where(chosen, alert.c.valid_to == FOREVER)
        for key, body, valid_from in connection.execute(query):
            found[key] = (msgspec.json.decode(body, type=AlertRow), valid_from)
    return found


def _merge(before: AlertRow, row: AlertRow) -> AlertRow:
    """Bring a machine's row in without undoing what people did since it was computed."""
    if row.version > before.version or all(getattr(row, name) == getattr(before, name) for name in _PEOPLES):
        return replace(row, version=max(row.version, before.version))
    merged = replace(row, version=before.version + 1, **{name: getattr(before, name) for name in _PEOPLES})
    if merged.state == "acknowledged" and merged.condition == "clear":
        return replace(merged, state="closed", closed_at=merged.last_at)
    return merged


def _put(connection: Connection, row: AlertRow, before: AlertRow | None, valid_from: int, at: datetime) -> None:
    def outline(one: AlertRow) -> tuple[Any, ...]:
        return (one.version, one.level, one.condition, *(getattr(one, name) for name in _PEOPLES))

    start = micros(at)
    if before is not None:
        if outline(before) == outline(row):
            start = valid_from
        else:
            start = max(start, valid_from + 1)
            where = (alert.c.key == row.key, alert.c.valid_from == valid_from)
            connection.execute(update(alert).where(*where).values(valid_to=start))
    values = (
        row.key, start, FOREVER, row.rule, row.level, row.subject, row.state, row.condition, micros(row.opened_at),
        row.version, msgspec.json.encode(row).decode(), row.feed, row.origin,
        None if row.recorded_time is None else micros(row.recorded_time), micros(at), "", "", None,
    )  # fmt: skip
    sql.insert(connection, "alert", COLUMNS, [values], KEYS, COLUMNS[2:])
    every = KEPT_EVERY if start == valid_from else 0
    known.keep(connection, "alert", {row.key: values[10]}, micros(at), every, lambda _before, _after: False)
