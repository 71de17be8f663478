"""Inspection steps, and the progress of each declaration derived from them.

A node may be reached more than once (a second inspection); every time is kept, and the newest
counts. The progress row is recomputed in the same transaction, so it can never disagree. Beside it
stands from when the live picture showed what: a step shows once it has happened and is received.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from domain.records import InspectionStep, Node, Record
from store import sql
from store.codec import META, encode, prefer
from store.moments import FOREVER, micros
from store.progress import COLUMNS as PROGRESS
from store.progress import advance, empty
from store.writes.tally import Tally

KEYS = ("declaration_no", "node", "event_time")
COLUMNS = (*KEYS, "feed", "origin", "flags", "scope", *META)
_FEED, _ORIGIN, _SCOPE, _RECORDED = 3, 4, 6, 7  # places in COLUMNS
_RECEIVED = COLUMNS.index("received_at")
SHOWN = ("began_at", "began_known", "left_known", "finished_known", "settled_known")
_UNSHOWN = {**dict.fromkeys(SHOWN, FOREVER), "settled_known": 0}
_ALL = (*PROGRESS, *SHOWN)
_KEY = ("declaration_no",)
_OF_TASK = ("began_at", "began_known", "farm", "task_scope", "task_from", "task_known")
_SAID = ("farm", "scope", "valid_from", "received_at")  # the last four of them, in the task's own words


def prepare(records: Sequence[InspectionStep], received_at: datetime, tally: Tally) -> sql.Work:
    """Encode outside the lock; the returned function writes inside the transaction."""
    rows: dict[sql.Row, tuple[sql.Row, Record]] = {}
    for row, record in zip(encode(records, COLUMNS, received_at), records, strict=True):
        key = row[:3]
        if key in rows:
            tally.duplicate += 1
            if prefer(rows[key][0], row) is rows[key][0]:
                continue
        rows[key] = (row, record)

    def write(connection: Connection) -> None:
        known = set(sql.probe(connection, "inspection_step", KEYS, list(rows), KEYS))
        tally.duplicate += len(known)
        new = [pair for key, pair in rows.items() if key not in known]
        sql.insert(connection, "inspection_step", COLUMNS, [row for row, _ in new])
        progress = _progress(connection, list({(row[0],) for row, _ in new}))
        before = {key: dict(nodes) for key, nodes in progress.items()}
        for row, record in new:
            reached = before.get(row[0], {}).get(row[1])
            (tally.late if reached is not None and row[2] < reached else tally.fresh).append(record)
            if row[0] not in progress:
                progress[row[0]] = {**empty(), **_UNSHOWN}
            _take(progress[row[0]], row)
        changed = [(no, *(found[name] for name in _ALL[1:])) for no, found in progress.items()]
        sql.insert(connection, "inspection_progress", _ALL, changed, _ALL[:1], _ALL[1:])

    return sql.Work(write)


def _progress(connection: Connection, keys: list[sql.Row]) -> dict[str, dict[str, Any]]:
    return {
        row[0]: dict(zip(_ALL[1:], row[1:], strict=True))
        for row in sql.probe(connection, "inspection_progress", _ALL[:1], keys, _ALL)
    }


def _take(progress: dict[str, Any], row: sql.Row) -> None:
    """Bring one step in, and when the live picture showed it."""
    node, reached, shown = row[1], row[2], max(row[2], row[_RECEIVED])
    if node == Node.DEPARTED:
        stood = progress["finished_known"] if progress[node] is not None else 0
        progress["finished_known"] = max(stood, shown)
    advance(progress, node, reached, row[_FEED], row[_ORIGIN], row[_RECORDED], row[_SCOPE])
    progress["began_at"] = min(progress["began_at"], reached)
    progress["began_known"] = min(progress["began_known"], shown)
    progress["settled_known"] = max(progress["settled_known"], shown)
    if node != Node.APPOINTED:
        progress["left_known"] = min(progress["left_known"], shown)


def ensure_progress(connection: Connection, tasks: Sequence[Any], received_at: datetime) -> None:
    """Give every declaration with a task a progress row, and that what its task says now."""
    first: dict[str, int] = {}
    for task in tasks:
        at = micros(task.event_time)
        first[task.declaration_no] = min(at, first.get(task.declaration_no, at))
    keys = [(number,) for number in first]
    known = {row[0]: row[1:] for row in sql.probe(connection, "inspection_progress", _KEY, keys, (*_KEY, *_OF_TASK))}
    stands = {
        row[0]: row[2:]
        for row in sql.probe(connection, "inspection_task", _KEY, keys, ("declaration_no", "valid_to", *_SAID))
        if row[1] == FOREVER
    }
    received, changed, new = micros(received_at), [], []
    for number, at in first.items():
        if number in known:
            began_at, began_known, *_ = known[number]
            row = (min(at, began_at), min(received, began_known), *stands[number])
            if row != tuple(known[number]):
                changed.append((*row, number))
        else:
            new.append((number, at, received, *stands[number], FOREVER, FOREVER, "", "", 0))
    if changed:
        sign = sql.mark(connection)
        values = ", ".join(f"{name} = {sign}" for name in _OF_TASK)
        connection.exec_driver_sql(f"UPDATE inspection_progress SET {values} WHERE declaration_no = {sign}", changed)
    columns = (*_KEY, *_OF_TASK, "left_queue_at", "finished_at", "feed", "origin", "settled_known")
    sql.insert(connection, "inspection_progress", columns, new)
