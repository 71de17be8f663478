"""Alerts: the machine's rewrites and the people's acts on the same rows, with history, log and evidence.

Two writers meet here. A person's act is a compare-and-set on ``version``. The pipeline saves what its rules found, from
rows it read a moment ago; a row that somebody changed since is merged anew, as it stands now, inside the transaction:
neither the act nor the finding is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, literal_column, select, update

from domain import alert as domain_alert
from domain.alert import Asked, IllegalStepError
from domain.alert_flow import Merged
from domain.alert_pictures import AlertRow, LogStep, decoded
from domain.alerting import Alerting
from domain.errors import CockpitError
from store import sql
from store.moments import FOREVER, SECOND, micros
from store.schema import alert
from store.writes import alert_log, known
from store.writes.alert_log import Told

KEYS = ("key", "valid_from")
COLUMNS = (
    *KEYS, "valid_to", "rule", "level", "subject", "state", "condition", "opened_at", "version", "body", "id",
    "assignee", "agency", "group_key", "shelved_until", "feed", "origin", "recorded_time", "received_at", "ref",
    "flags", "scope",
)  # fmt: skip
KEPT_EVERY = 60 * SECOND  # between two versions, what goes on changing (last_at, count) is kept so often
CHUNK = 500

Again = Callable[[Mapping[str, AlertRow], frozenset[str]], Merged]
"""Makes of rows, as they stand now, what an evaluation makes of these keys."""


class AlertChangedError(CockpitError):
    """Somebody or something was faster; ``row`` is the alert as it stands now."""

    def __init__(self, row: AlertRow, expected_version: int) -> None:
        """Remember the row and what the caller had seen."""
        super().__init__(f"{row.key}: version is {row.version}, not {expected_version}")
        self.row, self.expected_version = row, expected_version


class Acted(NamedTuple):
    """How an alert stood and stands; no step: the same request had been carried out before."""

    before: AlertRow
    row: AlertRow
    step: LogStep | None


class _Stored(NamedTuple):
    row: AlertRow
    valid_from: int


def save(
    connection: Connection, merged: Merged, at: datetime, based_on: Mapping[str, AlertRow] | None = None,
    again: Again | None = None, told: Told | None = None,
) -> list[AlertRow]:  # fmt: skip
    """Upsert by key, keeping history, log and evidence.

    A change of version, state, condition or level begins a new version in history; anything else (last_at, count,
    params) is brought up to date in place.

    Args:
        connection: inside a write transaction.
        merged: rows and their steps.
        at: now.
        based_on: the rows it was made from, by key; None: it stands whatever is stored.
        again: makes the same of rows that are not as they were; None: those are left as they stand.
        told: told the steps with their rows, in the same transaction.

    Returns:
        The rows that stand otherwise than handed in, because somebody acted meanwhile.
    """
    rows = {row.key: row for row in merged.changed}
    stored = _standing(connection, list(rows))
    steps, stood = list(merged.steps), {}
    if based_on is not None:
        there = {key: one.row for key, one in stored.items()}
        moved = frozenset(key for key in rows if _version(there.get(key)) != _version(based_on.get(key)))
        if moved:
            stood = {key: row for key, row in there.items() if key in moved}
            anew = again(stood, moved) if again is not None else Merged()
            lost = {rows[key].id for key in moved}
            steps = [step for step in steps if step.alert_id not in lost] + anew.steps
            fresh = {row.key: row for row in anew.changed}
            rows = {key: row for key, row in rows.items() if key not in moved} | fresh
            stood |= fresh
    _put(connection, [row for row in rows.values() if _differs(stored.get(row.key), row)], stored, at)
    alert_log.add(connection, steps, rows.values(), told)
    return list(stood.values())


def act(
    connection: Connection, number: str, asked: Asked, by: str, at: datetime, expected_version: int, policy: Alerting,
    told: Told | None = None,
) -> Acted:  # fmt: skip
    """Let a person act on an alert.

    Args:
        connection: inside a write transaction.
        number: the alert's id.
        asked: what is to be done.
        by: who.
        at: when, aware UTC.
        expected_version: the version the person saw.
        policy: two-person levels and the longest shelving.
        told: told the step with its row, in the same transaction.

    Raises:
        KeyError: no such alert.
        domain.alert.BadActError: nothing anybody could ask for.
        AlertChangedError: the version is another one by now.
        domain.alert.IllegalStepError: the alert cannot take this step.
    """
    domain_alert.check(asked, policy)
    found = _of_id(connection, number)
    if found is None:
        raise KeyError(number)
    before = found.row
    done = alert_log.asked_before(connection, number, asked.request_key)
    if done is not None:
        if done != asked.act:
            raise IllegalStepError(asked.act, "request_key_used", before)
        return Acted(before, before, None)
    if before.version != expected_version:
        raise AlertChangedError(before, expected_version)
    row, step = domain_alert.act(before, asked, by, at, policy)
    _put(connection, [row], {row.key: found}, at)
    alert_log.add(connection, [step], [row], told)
    return Acted(before, row, step)


def _version(row: AlertRow | None) -> int:
    return 0 if row is None else row.version


def _differs(stored: _Stored | None, row: AlertRow) -> bool:
    return stored is None or stored.row != row


def _standing(connection: Connection, keys: Sequence[str]) -> dict[str, _Stored]:
    found: dict[str, _Stored] = {}
    for start in range(0, len(keys), CHUNK):
        chosen = alert.c.key.in_(keys[start : start + CHUNK])
        query = select(alert.c.key, alert.c.body, alert.c.valid_from).where(chosen, alert.c.valid_to == FOREVER)
        for key, body, valid_from in connection.execute(query):
            found[key] = _Stored(decoded(body), valid_from)
    return found


def _of_id(connection: Connection, number: str) -> _Stored | None:
    now = alert.c.valid_to == literal_column(str(FOREVER))  # a partial index needs it so
    row = connection.execute(select(alert.c.body, alert.c.valid_from).where(alert.c.id == number, now)).first()
    return None if row is None else _Stored(decoded(row[0]), row[1])


def _outline(row: AlertRow) -> tuple[Any, ...]:
    return row.version, row.level, row.state, "clear" if row.condition == "pending" else row.condition


def _put(connection: Connection, rows: Sequence[AlertRow], stored: Mapping[str, _Stored], at: datetime) -> None:
    """All rows at once: versions that end, versions that begin, and what was said from when."""
    now = micros(at)
    ended: list[dict[str, Any]] = []
    values: list[tuple[Any, ...]] = []
    bodies: dict[bool, dict[str, str]] = {True: {}, False: {}}
    for row in rows:
        start, there = now, stored.get(row.key)
        goes_on = there is not None and _outline(there.row) == _outline(row)
        if there is not None:
            start = there.valid_from if goes_on else max(now, there.valid_from + 1)
            if not goes_on:
                ended.append({"ended": row.key, "began": there.valid_from, "at": start})
        body = msgspec.json.encode(row).decode()
        bodies[goes_on][row.key] = body
        values.append(_values(row, start, body, now))
    if ended:
        match = (alert.c.key == bindparam("ended"), alert.c.valid_from == bindparam("began"))
        connection.execute(update(alert).where(*match).values(valid_to=bindparam("at")), ended)
    sql.insert(connection, "alert", COLUMNS, values, KEYS, COLUMNS[2:])
    for goes_on, said in bodies.items():
        every = KEPT_EVERY if goes_on else 0
        known.keep(connection, "alert", said, now, every, lambda _before, _after: False)


def _values(row: AlertRow, start: int, body: str, now: int) -> tuple[Any, ...]:
    return (
        row.key, start, FOREVER, row.rule, row.level, row.subject, row.state, row.condition, micros(row.opened_at),
        row.version, body, row.id, row.assignee, row.agency, row.group_key,
        None if row.shelved_until is None else micros(row.shelved_until), row.feed, row.origin,
        None if row.recorded_time is None else micros(row.recorded_time), now, "", "", None,
    )  # fmt: skip
