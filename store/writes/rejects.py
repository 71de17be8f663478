"""Quarantine: rows that could not be used, with the reason and the raw row, bounded in number."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, select, update

from domain.records import Reject
from store import sql
from store.moments import micros
from store.schema import quarantine
from store.writes import counted

KEYS = ("feed", "digest")
COLUMNS = ("feed", "digest", "ref", "reason", "detail", "raw", "received_at", "times")
AT_ONCE = 500
TAKEN = "quarantine_taken"  # roll-up: rows that were tried again and could be used, by feed
DROPPED = "quarantine_dropped"  # roll-up: rows that had to leave for newer ones, by feed
RAW_CHARACTERS = 65_536  # a row longer than this is kept in part; its digest is of the whole


def write(
    connection: Connection, rejects: Sequence[Reject], received_at: datetime, keep: int
) -> tuple[Counter[str], int]:
    """Put rejects into quarantine.

    The same row twice (feed, place, reason, raw text) is one row with a count.

    Args:
        connection: inside a write transaction.
        rejects: what could not be used.
        received_at: when.
        keep: at most so many rows stay, the newest; 0 = all. What has to leave is counted, by feed and hour.

    Returns:
        Newly quarantined rows by reason, and how many were there already.
    """
    if not rejects:
        return Counter(), 0
    at = micros(received_at)
    rows: dict[sql.Row, tuple[Reject, int]] = {}
    for reject in rejects:
        key = (reject.feed, digest_of(reject.ref, reject.reason, reject.raw))
        rows[key] = (reject, rows[key][1] + 1 if key in rows else 1)
    known = {row[:2]: row[2] for row in sql.probe(connection, "quarantine", KEYS, list(rows), (*KEYS, "times"))}
    fresh = [
        (*key, r.ref, r.reason, r.detail, r.raw[:RAW_CHARACTERS], at, times)
        for key, (r, times) in rows.items()
        if key not in known
    ]
    again = [(at, rows[key][1] + times, *key) for key, times in known.items()]
    sign = sql.mark(connection)
    sql.insert(connection, "quarantine", COLUMNS, fresh)
    if again:  # not by ON CONFLICT: on PostgreSQL that uses up an id each time, and ids tell the age here
        connection.exec_driver_sql(
            f"UPDATE quarantine SET received_at = {sign}, times = {sign} WHERE feed = {sign} AND digest = {sign}", again
        )
    if fresh and keep:
        counted.add(connection, DROPPED, _make_room(connection, keep), at)
    new = Counter(reject.reason for key, (reject, _) in rows.items() if key not in known)
    return new, len(rejects) - new.total()


class Standing(msgspec.Struct, frozen=True):
    """A row that was tried again and stays."""

    id: int
    reason: str
    detail: str


def take_out(connection: Connection, ids: Sequence[int], at: datetime) -> int:
    """Take rows out that can be used now; how many were still there. They are counted, by feed and hour."""
    found: Counter[str] = Counter()
    for first in range(0, len(ids), AT_ONCE):
        chosen = quarantine.c.id.in_(ids[first : first + AT_ONCE])
        found.update(connection.execute(select(quarantine.c.feed).where(chosen)).scalars())
        connection.execute(delete(quarantine).where(chosen))
    counted.add(connection, TAKEN, found, micros(at))
    return found.total()


def judged_anew(connection: Connection, rows: Sequence[Standing]) -> None:
    """Note the newest reason of rows that stay; one that so becomes the same as another is one with it."""
    t = quarantine
    for row in rows:
        names = (t.c.feed, t.c.ref, t.c.raw, t.c.digest, t.c.times)
        kept = connection.execute(select(*names).where(t.c.id == row.id)).one_or_none()
        if kept is None:
            continue
        digest = digest_of(kept.ref, row.reason, kept.raw) if len(kept.raw) < RAW_CHARACTERS else kept.digest
        same = (t.c.feed == kept.feed) & (t.c.digest == digest) & (t.c.id != row.id)
        if connection.execute(update(t).where(same).values(times=t.c.times + kept.times)).rowcount:
            connection.execute(delete(t).where(t.c.id == row.id))
        else:
            anew = {"reason": row.reason, "detail": row.detail, "digest": digest}
            connection.execute(update(t).where(t.c.id == row.id).values(**anew))


def _make_room(connection: Connection, keep: int) -> Counter[str]:
    """Delete the oldest rows above so many; how many of which feed."""
    span = connection.exec_driver_sql("SELECT max(id) - min(id) + 1 FROM quarantine").scalar() or 0
    if span <= keep:  # ids have gaps where rows were taken out: only then is it worth counting
        return Counter()
    over = connection.exec_driver_sql("SELECT count(*) FROM quarantine").scalar_one() - keep
    if over <= 0:
        return Counter()
    sign = sql.mark(connection)
    oldest = f"SELECT id FROM quarantine ORDER BY id LIMIT {sign}"
    found = connection.exec_driver_sql(f"SELECT feed FROM quarantine WHERE id IN ({oldest})", (over,)).scalars()
    feeds = Counter(str(feed) for feed in found)
    connection.exec_driver_sql(f"DELETE FROM quarantine WHERE id IN ({oldest})", (over,))
    return feeds


def digest_of(ref: str, reason: str, raw: str) -> str:
    """What tells a row of a feed from the others: its place, the reason and all of its text."""
    text = "\x00".join((ref, reason, raw))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
