"""Inspection steps, and the progress of each declaration derived from them.

A node may be reached more than once (a second inspection); every time is kept, and the newest
counts. The progress row is recomputed in the same transaction, so it can never disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from domain.records import InspectionStep, Node, Record
from store import sql
from store.codec import META, encode, prefer
from store.moments import FOREVER
from store.writes.tally import Tally

NODES = tuple(node.value for node in Node)
KEYS = ("declaration_no", "node", "event_time")
COLUMNS = (*KEYS, "feed", "origin", "flags", "scope", *META)
PROGRESS = (
    "declaration_no", *NODES, "left_queue_at", "finished_at", "last_at", "feed", "origin", "recorded_time", "scope",
)  # fmt: skip
_FEED, _ORIGIN, _SCOPE, _RECORDED = 3, 4, 6, 7  # places in COLUMNS


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
            _advance(progress.setdefault(row[0], {}), row)
        changed = [_progress_row(no, nodes) for no, nodes in progress.items()]
        sql.insert(connection, "inspection_progress", PROGRESS, changed, PROGRESS[:1], PROGRESS[1:])

    return sql.Work(write)


def _progress(connection: Connection, keys: list[sql.Row]) -> dict[str, dict[str, Any]]:
    return {
        row[0]: dict(zip(PROGRESS[1:], row[1:], strict=True))
        for row in sql.probe(connection, "inspection_progress", PROGRESS[:1], keys, PROGRESS)
    }


def _advance(progress: dict[str, Any], row: sql.Row) -> None:
    """Bring one step in; the result does not depend on the order of steps."""
    node, reached = row[1], row[2]
    progress[node] = max(progress.get(node) or reached, reached)
    stamp = (reached, row[_FEED], row[_ORIGIN], row[_RECORDED] or 0, row[_SCOPE] or "")
    if progress.get("last_at") is None or stamp > _stamp(progress):
        progress["last_at"], progress["feed"], progress["origin"] = reached, row[_FEED], row[_ORIGIN]
        progress["recorded_time"], progress["scope"] = row[_RECORDED], row[_SCOPE]


def _stamp(progress: dict[str, Any]) -> tuple[Any, ...]:
    recorded, scope = progress["recorded_time"] or 0, progress["scope"] or ""
    return (progress["last_at"], progress["feed"], progress["origin"], recorded, scope)


def _progress_row(declaration_no: str, progress: dict[str, Any]) -> sql.Row:
    beyond = [progress[node] for node in NODES[1:] if progress.get(node) is not None]
    progress["left_queue_at"] = min(beyond, default=FOREVER)
    progress["finished_at"] = progress.get(Node.DEPARTED.value) or FOREVER
    return (declaration_no, *(progress.get(name) for name in PROGRESS[1:]))


def ensure_progress(connection: Connection, tasks: Sequence[Any]) -> None:
    """Give every declaration with a task a progress row, also when no step is known of it."""
    keys = [(number,) for number in {task.declaration_no: None for task in tasks}]
    known = set(sql.probe(connection, "inspection_progress", PROGRESS[:1], keys, PROGRESS[:1]))
    names = ("declaration_no", "left_queue_at", "finished_at", "feed", "origin")
    rows = [(*key, FOREVER, FOREVER, "", "") for key in keys if key not in known]
    sql.insert(connection, "inspection_progress", names, rows)
