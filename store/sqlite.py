"""How a SQLite file is opened, read and written: the embedded default."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from domain.errors import ConfigError, StoreUnavailableError
from store.sql import Write

POOL = 32  # threads that may be at the database at once
# Pages are read where the system holds them: a read of 10,000 places in a long history takes half the time.
MAPPED_BYTES = 0x7FFF0000  # the most SQLite maps, 2 GiB of a file; what lies behind is read as ever


class Turn(Protocol):
    """The right to write: of the threads of a process, or shared with other processes."""

    def acquire(self, *, timeout: float = -1) -> bool:
        """Wait for it, seconds; tells whether it came."""

    def release(self) -> None:
        """Give it back."""


class Sqlite:
    """An engine on a file, and its transaction rules.

    A read is one deferred transaction, so several statements see the same moment. A write begins
    with BEGIN IMMEDIATE: a deferred transaction that turns into a write fails at once with "locked",
    whatever the timeout. Writers of this process queue on a lock (fair and without polling); other
    processes are waited for by busy_timeout.
    """

    failures: tuple[type[Exception], ...] = (DBAPIError,)

    def __init__(self, url: URL, busy_seconds: float) -> None:
        """Make the engine and the file's folder; nothing is opened yet.

        Raises:
            ConfigError: the URL names no file, or the folder cannot be made.
        """
        if not url.database or url.database == ":memory:":
            raise ConfigError("store", "store.url", "must be sqlite:///path/to/file")
        try:
            Path(url.database).expanduser().parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError("store", "store.url", f"folder cannot be made: {error.strerror}") from None
        self._busy_seconds = busy_seconds
        self.writer: Turn = threading.Lock()
        # A pool, not thread-locals: short-lived pool threads of the web server must not leak files.
        # Last in, first out: few connections are in use, and those have warm caches.
        self.engine: Engine = create_engine(
            url, pool_size=POOL, max_overflow=POOL, pool_use_lifo=True,
            connect_args={"timeout": busy_seconds, "cached_statements": 256},
        )  # fmt: skip
        event.listen(self.engine, "connect", self._connected)
        event.listen(self.engine, "begin", _begin)

    @contextmanager
    def reading(self, scope: Set[str] | None = None) -> Iterator[Connection]:
        """One consistent view; there is no wall here, so ``scope`` changes nothing."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self, durable: bool, before: Sequence[Write], alone: bool) -> Iterator[Connection]:
        """One write transaction; there is never more than one, so ``alone`` changes nothing.

        ``durable`` waits for the disk. Not needed against a killed process: in WAL mode a commit is
        in the operating system's hands at once.
        """
        with self.engine.connect() as connection:
            if before:
                with connection.begin():
                    for step in before:
                        step(connection)
            if not self.writer.acquire(timeout=self._busy_seconds):
                raise StoreUnavailableError("locked", "another thread writes")
            try:
                connection.execution_options(cockpit_write="full" if durable else "normal")
                with connection.begin():
                    yield connection
            finally:
                self.writer.release()

    def unavailable(self, error: BaseException | None) -> str | None:
        """The code of StoreUnavailableError for a driver's error; None when it is the caller's fault."""
        if not isinstance(error, sqlite3.OperationalError | sqlite3.DatabaseError):
            return None
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return "locked"
        if code == sqlite3.SQLITE_FULL:
            return "full"
        if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            return "unreachable"
        return None

    def _connected(self, connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        cursor = connection.cursor()
        if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA busy_timeout={int(self._busy_seconds * 1000)}")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.execute("PRAGMA cache_size=-16384")  # of each connection, and there may be many; the system caches too
        cursor.execute(f"PRAGMA mmap_size={MAPPED_BYTES}")
        cursor.execute("PRAGMA wal_autocheckpoint=4000")  # 16 MB: a back-fill checkpoints less often
        cursor.execute("PRAGMA journal_size_limit=67108864")
        cursor.close()


def _begin(connection: Connection) -> None:
    mode = connection.get_execution_options().get("cockpit_write")
    if mode is None:
        connection.exec_driver_sql("BEGIN")
        return
    connection.exec_driver_sql(f"PRAGMA synchronous={mode}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")
