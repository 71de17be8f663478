"""How a PostgreSQL database is reached, read and written: the store of a grown installation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from store.sql import Write
from store.wall import WALLED, enter

POOL = 8  # kept open by each process; twice as many when it is busy (a server has 100 by default)
WRITER = 0x50434B  # the advisory lock that makes writers queue; per database
# A dead network must show within seconds, not after the kernel's quarter of an hour.
CONNECT = {
    "application_name": "port-cockpit", "connect_timeout": "5", "keepalives_idle": "5", "keepalives_interval": "2",
    "keepalives_count": "3", "tcp_user_timeout": "10000",
}  # fmt: skip
STOPPED = "10s"  # a process that does nothing inside a write for so long is stopped or gone: its lock is taken away
_LOCKED = {"55P03", "40P01", "40001", "57014"}  # lock timeout, deadlock, serialization, cancelled
_FULL = {"53100"}
# Shut down, crashed, starting; out of memory, too many clients; a standby that takes no writes; I/O.
_UNREACHABLE = {"57P01", "57P02", "57P03", "57P05", "25P03", "53200", "53300", "25006", "58030"}


class Postgres:
    """An engine on a server, and its transaction rules.

    A read is one REPEATABLE READ transaction, so several statements see the same moment; it waits
    for nobody and nobody waits for it. Writes are serial: each takes one advisory lock per database
    before it looks at any row. What a record means depends on what is known (a version's neighbours,
    the last fix kept), so two writers side by side would have to lock all of that, in one order;
    one lock cannot deadlock, keeps every write idempotent, and the server queues fairly. READ
    COMMITTED, so that the first look after the wait sees what the writer before has written.
    """

    failures: tuple[type[Exception], ...] = (DBAPIError, psycopg.Error)

    def __init__(self, url: URL, busy_seconds: float) -> None:
        """Make the engine; nothing is opened yet."""
        self._lock_timeout = f"{max(1, int(busy_seconds * 1000))}ms"
        given = {name: value for name, value in CONNECT.items() if name not in url.query}
        # Pinged when taken from the pool: after a restart of the server the next call just works.
        self.engine: Engine = create_engine(
            url, pool_size=POOL, max_overflow=POOL, pool_use_lifo=True, pool_pre_ping=True,
            pool_timeout=busy_seconds, connect_args=given,
        )  # fmt: skip
        event.listen(self.engine, "connect", _connected)
        self._reader = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @contextmanager
    def reading(self, scope: Set[str] | None = None) -> Iterator[Connection]:
        """One consistent view, behind the wall when a scope is given."""
        reader = self._reader if scope is None else self._reader.execution_options(**{WALLED: scope})
        with reader.begin() as connection:
            if scope is not None:
                enter(connection, scope)
            yield connection

    @contextmanager
    def writing(self, durable: bool, before: Sequence[Write], alone: bool) -> Iterator[Connection]:
        """One write transaction.

        Every commit waits for the server's disk (``local``): were it not to, a crash of the server
        would take up to 0.6 s of acknowledged rows, while the collector that goes on running
        remembers them as delivered. ``durable`` also waits for a synchronous standby, if there is
        one. ``before`` runs inside the transaction but before the lock.
        """
        with self.engine.begin() as connection:
            connection.exec_driver_sql(
                "SELECT set_config('synchronous_commit', %s, true), set_config('lock_timeout', %s, true),"
                " set_config('idle_in_transaction_session_timeout', %s, true)",
                ("on" if durable else "local", self._lock_timeout, STOPPED),
            )
            for step in before:
                step(connection)
            if alone:
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (WRITER,))
            yield connection

    def unavailable(self, error: BaseException | None) -> str | None:
        """The code of StoreUnavailableError for a driver's error; None when it is the caller's fault."""
        if not isinstance(error, psycopg.Error):
            return None
        state = error.sqlstate
        if state in _LOCKED:
            return "locked"
        if state in _FULL:
            return "full"
        if state is None:  # no word from a server: not reached, or lost on the way
            return "unreachable" if isinstance(error, psycopg.OperationalError) else None
        return "unreachable" if state in _UNREACHABLE or state.startswith("08") else None


def _connected(connection: Any, _record: Any) -> None:
    """Plans for many short seeks: keys are looked up and not hashed against whole tables, nothing is compiled."""
    connection.execute("SET random_page_cost = 1.1")
    connection.execute("SET jit = off")
    connection.commit()
