"""Leases: who may do what only one process does at a time, and the fence that holds them to it.

A lease has a holder, an end and a token that grows with every change of holder. Time is the
database's, so clocks of machines do not matter. A holder that was stopped or cut off may still
believe in its lease when another has taken it; the fence makes that harmless: every write
transaction of a fenced store first looks, inside the transaction, whether the token is still the
one it was given.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, text

from domain.errors import StoreUnavailableError
from store.database import Database

_MICROS = 1_000_000
_SAME = "CASE WHEN lease.holder = excluded.holder THEN"
_NOW = {
    "sqlite": "CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) * 1000",
    "postgresql": "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
}
# Whoever keeps others from writing for longer than any honest transaction would at such a moment:
# inside a fenced transaction (those lock rows of this table in share mode), or holding the writers' lock.
_END_OPEN_WRITES = """
    SELECT pg_terminate_backend(held.pid) FROM pg_locks held JOIN pg_stat_activity work ON work.pid = held.pid
    WHERE held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND held.granted AND held.pid <> pg_backend_pid() AND work.xact_start < clock_timestamp() - interval '2 seconds'
      AND (held.locktype = 'advisory' OR held.relation = 'lease'::regclass AND held.mode = 'RowShareLock')
"""


class Fence(msgspec.Struct, frozen=True):
    """Which lease a store writes under.

    Attributes:
        name: of the lease.
        token: the one given when it was taken.
    """

    name: str
    token: int


class Held(msgspec.Struct, frozen=True):
    """A lease as it stands; ``left_seconds`` is negative when it has run out."""

    holder: str
    token: int
    left_seconds: float


class Leases:
    """All leases of a database; every method is one short transaction."""

    def __init__(self, database: Database) -> None:
        """Use a migrated database."""
        self._database = database

    def acquire(self, name: str, holder: str, seconds: float) -> int | None:
        """Take a lease that is free, has run out, or is ours already.

        Args:
            name: of the lease.
            holder: unique for the life of a process.
            seconds: how long it holds without being renewed.

        Returns:
            The token; None when another holds it.

        Raises:
            StoreUnavailableError: the database cannot be reached.
        """
        held = self.held(name)
        if held is not None and held.holder != holder:
            if held.left_seconds > 0:
                return None
            self._end_open_writes()
        with self._database.touching() as connection:
            if connection.dialect.name == "postgresql":  # wait for what was begun under the old token
                connection.execute(text("SELECT 1 FROM lease WHERE name = :name FOR UPDATE"), {"name": name})
            now = _now(connection)
            token: int | None = connection.execute(
                text(
                    "INSERT INTO lease (name, holder, token, taken_at, expires_at)"
                    f" VALUES (:name, :holder, 1, {now}, {now} + :micros)"
                    " ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at,"
                    f" token = lease.token + {_SAME} 0 ELSE 1 END,"
                    f" taken_at = {_SAME} lease.taken_at ELSE excluded.taken_at END"
                    f" WHERE lease.holder = excluded.holder OR lease.expires_at <= {now} RETURNING token"
                ),
                {"name": name, "holder": holder, "micros": round(seconds * _MICROS)},
            ).scalar()
        return token

    def renew(self, name: str, token: int, seconds: float) -> bool:
        """Hold it for longer; False when another has taken it."""
        return self._change(name, token, f"{{now}} + {round(seconds * _MICROS)}")

    def release(self, name: str, token: int) -> bool:
        """Give it up: others may take it at once. False when it was not ours any more."""
        return self._change(name, token, "0")

    def held(self, name: str) -> Held | None:
        """Who holds a lease, or held it last; None when nobody ever did."""
        with self._database.reading() as connection:
            query = f"SELECT holder, token, (expires_at - {_now(connection)}) FROM lease WHERE name = :name"
            row = connection.execute(text(query), {"name": name}).first()
        return None if row is None else Held(row[0], row[1], float(row[2]) / _MICROS)

    def _change(self, name: str, token: int, expires_at: str) -> bool:
        with self._database.touching() as connection:
            ends = expires_at.format(now=_now(connection))
            statement = text(f"UPDATE lease SET expires_at = {ends} WHERE name = :name AND token = :token")
            done: Any = connection.execute(statement, {"name": name, "token": token})
            return bool(done.rowcount == 1)

    def _end_open_writes(self) -> None:
        """End what the last holder has begun to write: stopped in the middle, it would hold its locks for ever.

        SQLite has nobody to ask for that: there a stopped writer is waited for.
        """
        if self._database.engine.dialect.name == "postgresql":
            with self._database.touching() as connection:
                connection.execute(text(_END_OPEN_WRITES))


def check(connection: Connection, fence: Fence) -> None:
    """Let a write transaction go on only while its lease stands; until it ends nobody can take the lease over.

    Renewing goes on meanwhile: it changes no key, so the lock taken here is not in its way.

    Raises:
        StoreUnavailableError: ``fenced``; another process has taken over.
    """
    lock = " FOR KEY SHARE" if connection.dialect.name == "postgresql" else ""
    query = text(f"SELECT token FROM lease WHERE name = :name{lock}")
    token = connection.execute(query, {"name": fence.name}).scalar()
    if token != fence.token:
        raise StoreUnavailableError("fenced", f"another process holds the lease {fence.name!r}")


def _now(connection: Connection) -> str:
    """The database's clock as SQL, microseconds since 1970."""
    return _NOW[connection.dialect.name]
