"""Quarantine: rows that could not be used, with the reason and the raw row, bounded in number."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from domain.records import Reject
from store import sql
from store.moments import micros
from store.writes import counted

KEYS = ("feed", "digest")
COLUMNS = ("feed", "digest", "ref", "reason", "detail", "raw", "received_at", "times")
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
