"""The outbox: what is to be done at its time, at least once, and no entry twice for one text of ``dedup``.

An entry is ``pending`` until the leader claims it, ``claimed`` while it is being done, then ``done``; ``cancelled``
when somebody acted before it was due, ``skipped`` when its target wants no messages at that hour, ``dead`` when it was
given up.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, delete, or_, select, text, update

from domain.escalation import OutboxEntry
from store.moments import MICROSECOND, micros, moment
from store.schema import delivery, outbox

_INSERT = text(
    "INSERT INTO outbox (at, due_at, kind, dedup, target, state, attempts, claimed_by, claim_until, body)"
    " VALUES (:at, :due_at, :kind, :dedup, :target, 'pending', 0, '', NULL, :body)"
    " ON CONFLICT (dedup) DO UPDATE SET state = 'pending', at = excluded.at, due_at = excluded.due_at, attempts = 0,"
    " body = excluded.body WHERE outbox.state = 'cancelled'"
)
_CANCEL = text(
    "UPDATE outbox SET state = 'cancelled'"
    " WHERE state = 'pending' AND dedup >= :first AND dedup < :beyond AND kind <> 'test'"
)


class Claimed(msgspec.Struct, frozen=True):
    """An entry somebody has claimed and is doing; ``attempts`` counts those before."""

    id: int
    kind: str
    target: str
    attempts: int
    at: datetime
    body: dict[str, Any]


class Done(msgspec.Struct, frozen=True):
    """What became of a claimed entry.

    Attributes:
        id: of the entry.
        state: it is in now: ``done``, ``skipped``, ``dead``, or ``pending`` to be tried again.
        result: code of the attempt, and a detail without secrets.
        again_at: when a pending one is due.
    """

    id: int
    state: str
    result: str
    detail: str = ""
    again_at: datetime | None = None


def enqueue(connection: Connection, entries: Sequence[OutboxEntry]) -> None:
    """Write entries down, inside the caller's transaction; what is there already stays as it is.

    One that was cancelled waits again, with its new time; one that was done is never done again.
    """
    run: list[dict[str, Any]] = []
    cancelling = False
    for entry in entries:
        if run and cancelling != (entry.kind == "cancel"):
            connection.execute(_CANCEL if cancelling else _INSERT, run)
            run = []
        cancelling = entry.kind == "cancel"
        run.append(_cancelled(entry) if cancelling else _inserted(entry))
    if run:
        connection.execute(_CANCEL if cancelling else _INSERT, run)


def _cancelled(entry: OutboxEntry) -> dict[str, Any]:
    return {"first": f"{entry.alert_id}|", "beyond": f"{entry.alert_id}}}"}  # } follows |


def _inserted(entry: OutboxEntry) -> dict[str, Any]:
    return {
        "at": micros(entry.at), "due_at": micros(entry.due_at), "kind": entry.kind, "dedup": entry.dedup,
        "target": entry.target, "body": msgspec.json.encode(entry.body).decode(),
    }  # fmt: skip


def claim(
    connection: Connection, target: str, kinds: Collection[str], by: str, now: datetime, until: datetime, most: int
) -> list[Claimed]:
    """Take what is due for a target, so that nobody else does it until ``until``.

    Args:
        connection: inside a write transaction.
        target: name of the target; empty for what is told to none.
        kinds: of entries.
        by: who claims.
        now: aware UTC.
        until: after it others may claim what was not marked as done.
        most: entries.

    Returns:
        Those that are the caller's now, longest due first.
    """
    free = or_(outbox.c.state == "pending", and_(outbox.c.state == "claimed", outbox.c.claim_until <= micros(now)))
    due = (
        select(outbox.c.id)
        .where(outbox.c.state.in_(("pending", "claimed")), outbox.c.due_at <= micros(now), free)
        .where(outbox.c.target == target, outbox.c.kind.in_(sorted(kinds)))
        .order_by(outbox.c.due_at, outbox.c.id)
        .limit(most)
    )
    taken = (
        update(outbox)
        .where(outbox.c.id.in_(due), free)
        .values(state="claimed", claimed_by=by, claim_until=micros(until))
        .returning(outbox.c.id, outbox.c.kind, outbox.c.target, outbox.c.attempts, outbox.c.at, outbox.c.body)
    )
    rows = sorted(connection.execute(taken).all(), key=lambda row: (row.at, row.id))
    return [
        Claimed(row.id, row.kind, row.target, row.attempts, moment(row.at), msgspec.json.decode(row.body))
        for row in rows
    ]


def mark(connection: Connection, by: str, done: Sequence[Done], now: datetime) -> int:
    """Note what became of claimed entries, each attempt in the log of deliveries.

    Returns:
        How many were still the caller's; the others were claimed by another meanwhile and are its own to mark.
    """
    kept = 0
    for one in done:
        again = {} if one.again_at is None else {"due_at": micros(one.again_at)}
        changed = connection.execute(
            update(outbox)
            .where(outbox.c.id == one.id, outbox.c.state == "claimed", outbox.c.claimed_by == by)
            .values(state=one.state, attempts=outbox.c.attempts + 1, claimed_by="", claim_until=None, **again)
            .returning(outbox.c.attempts)
        ).scalar()
        if changed is not None:
            kept += 1
            told = {"outbox_id": one.id, "attempt": changed, "at": micros(now)}
            connection.execute(delivery.insert().values(**told, result=one.result, detail=one.detail))
    return kept


def take_over(connection: Connection, by: str, now: datetime) -> None:
    """Let go what others had claimed, who are gone, and take the clock as it is now.

    What says it was written later than now was written before the clock was set back: it waits as long as it was to
    wait, from now on.
    """
    mine = outbox.c.claimed_by == by
    connection.execute(
        update(outbox)
        .where(outbox.c.state == "claimed", ~mine)
        .values(state="pending", claimed_by="", claim_until=None)
    )
    late = (outbox.c.state == "pending", outbox.c.at > micros(now))
    connection.execute(
        update(outbox).where(*late).values(due_at=outbox.c.due_at - outbox.c.at + micros(now), at=micros(now))
    )


def set_back(connection: Connection, by: timedelta) -> None:
    """The clock was set back: whatever is to come is as much earlier by it, or it would come later than it should."""
    lost = by // MICROSECOND
    connection.execute(
        update(outbox)
        .where(outbox.c.state.in_(("pending", "claimed")))
        .values(at=outbox.c.at - lost, due_at=outbox.c.due_at - lost, claim_until=outbox.c.claim_until - lost)
    )


def forget(connection: Connection, before: datetime, most: int = 2_000) -> int:
    """Delete entries nothing is to be done about any more, and their deliveries; returns how many."""
    over = outbox.c.state.not_in(("pending", "claimed"))
    chosen = select(outbox.c.id).where(over, outbox.c.at < micros(before)).limit(most)
    ids = list(connection.execute(chosen).scalars())
    if ids:
        connection.execute(delete(delivery).where(delivery.c.outbox_id.in_(ids)))
        connection.execute(delete(outbox).where(outbox.c.id.in_(ids)))
    return len(ids)
