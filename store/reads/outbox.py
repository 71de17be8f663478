"""What is to be sent and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, func, select

from domain.deliveries import Attempt
from domain.permissions import Permission
from domain.sent import SentRow, Sought
from domain.viewer import Viewer
from store.database import Database
from store.moments import moment
from store.reads.scope import sees_port
from store.schema import delivery, outbox

LOOKED_BACK = 50  # attempts: enough to say how a target is doing


class OutboxReads:
    """The named reads about messages, a part of ``Reads``."""

    _database: Database

    def sent(self, viewer: Viewer, sought: Sought, most: int = 300) -> list[SentRow]:
        """Entries of the outbox, newest due first; what is cancelled or waits untried only when it is sought.

        Raises:
            NotAllowedError: for who looks after notifications.
        """
        viewer.require(Permission.NOTIFICATIONS)
        with self._database.reading(viewer) as connection:
            return sent(connection, viewer, sought, most)

    def attempts(self, viewer: Viewer, targets: Sequence[str]) -> dict[str, list[Attempt]]:
        """The newest attempts to reach each target, newest first; errors as ``sent``."""
        viewer.require(Permission.NOTIFICATIONS)
        with self._database.reading(viewer) as connection:
            return {name: attempts(connection, name) for name in targets} if sees_port(viewer) else {}

    def waiting(self, viewer: Viewer) -> dict[str, int]:
        """How many entries wait, by target; errors as ``sent``."""
        viewer.require(Permission.NOTIFICATIONS)
        with self._database.reading(viewer) as connection:
            return waiting(connection) if sees_port(viewer) else {}


def sent(connection: Connection, viewer: Viewer, sought: Sought, most: int) -> list[SentRow]:
    """See ``OutboxReads.sent``."""
    if not sees_port(viewer):
        return []
    newest = and_(delivery.c.outbox_id == outbox.c.id, delivery.c.attempt == outbox.c.attempts)
    query = (
        select(outbox, delivery.c.at.label("tried_at"), delivery.c.result, delivery.c.detail)
        .select_from(outbox.outerjoin(delivery, newest))
        .order_by(outbox.c.due_at.desc(), outbox.c.id.desc())
    )
    if sought.state:
        query = query.where(outbox.c.state == sought.state)
    else:  # what has not come to anything yet is told when it is asked for
        query = query.where(outbox.c.state != "cancelled", (outbox.c.state != "pending") | (outbox.c.attempts > 0))
    if sought.target:
        query = query.where(outbox.c.target == sought.target)
    if sought.level:
        query = query.where(outbox.c.body.contains(f'"level":{sought.level},', autoescape=True))
    subject = viewer.may(Permission.LOOK)
    return [_row(row, subject) for row in connection.execute(query.limit(most)).mappings()]


def attempts(connection: Connection, target: str, most: int = LOOKED_BACK) -> list[Attempt]:
    """The newest attempts to reach a target, newest first."""
    query = (
        select(delivery.c.at, delivery.c.result)
        .join(outbox, outbox.c.id == delivery.c.outbox_id)
        .where(outbox.c.target == target)
        .order_by(delivery.c.at.desc(), delivery.c.outbox_id.desc())
        .limit(most)
    )
    return [Attempt(moment(row.at), row.result) for row in connection.execute(query)]


def waiting(connection: Connection) -> dict[str, int]:
    """How many entries wait, by target."""
    query = select(outbox.c.target, func.count().label("entries")).where(outbox.c.state.in_(("pending", "claimed")))
    return {row.target: row.entries for row in connection.execute(query.group_by(outbox.c.target))}


def due(connection: Connection, now: int) -> dict[str, set[str]]:
    """Kinds of entries that are due, by target."""
    query = select(outbox.c.target, outbox.c.kind).distinct()
    query = query.where(outbox.c.state.in_(("pending", "claimed")), outbox.c.due_at <= now)
    found: dict[str, set[str]] = {}
    for target, kind in connection.execute(query):
        found.setdefault(target, set()).add(kind)
    return found


def _row(row: Any, subject: bool) -> SentRow:
    body = msgspec.json.decode(row["body"], type=dict[str, Any])
    of_alert: dict[str, Any] = {name: body[name] for name in ("rule", "level", "stage") if name in body}
    if subject:
        of_alert["subject"] = body.get("subject", "")
    return SentRow(
        key=row["id"], at=moment(row["at"]), due_at=moment(row["due_at"]), kind=row["kind"], target=row["target"],
        state=row["state"], attempts=row["attempts"], tried_at=moment(row["tried_at"]) if row["tried_at"] else None,
        result=row["result"] or "", detail=row["detail"] or "", alert_id=body.get("id", ""), **of_alert,
    )  # fmt: skip
