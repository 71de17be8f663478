"""The connection to the database: how it is opened, and the two ways in, `reading` and `writing`."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from domain.errors import ConfigError, StoreUnavailableError
from domain.viewer import Viewer
from store.sql import Write
from store.sqlite import Sqlite, Turn
from telemetry.counts import Spread


class _Rules(Protocol):
    """What a kind of database must bring: `store.sqlite.Sqlite`, `store.postgres.Postgres`."""

    engine: Engine
    failures: tuple[type[Exception], ...]

    def reading(self, scope: Set[str] | None = None) -> AbstractContextManager[Connection]: ...
    def writing(self, durable: bool, before: Sequence[Write], alone: bool) -> AbstractContextManager[Connection]: ...
    def unavailable(self, error: BaseException | None) -> str | None: ...


class Database:
    """A database with the cockpit's transaction rules. Thread-safe; one connection per thread in use.

    Attributes:
        guards: called first inside every write, after others have been shut out; one that raises
            stops the write. What a fence hangs on.
        waited: seconds writers waited for their turn.
        held: seconds they then kept others out.
        refused: StoreUnavailableErrors by code.
        walled: reads of a viewer with a scope go behind the database's own wall, see `store.wall`.
    """

    def __init__(self, url: str, busy_seconds: float) -> None:
        """Make the engine; nothing is opened yet.

        Args:
            url: ``sqlite:///path`` or ``postgresql+psycopg://user@host/database``.
            busy_seconds: how long a write waits for another one.

        Raises:
            ConfigError: the URL is none the store can use, or the folder cannot be made.
        """
        self._rules = _rules(url, busy_seconds)
        self.engine = self._rules.engine
        self.guards: list[Callable[[Connection], None]] = []
        self.waited, self.held = Spread(), Spread()
        self.refused: Counter[str] = Counter()
        self.walled = False

    def write_in_turns(self, turn: Turn) -> None:
        """Share the turn to write with other processes; PostgreSQL has a fair queue of its own."""
        if isinstance(self._rules, Sqlite):
            self._rules.writer = turn

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def reading(self, viewer: Viewer | None = None) -> Iterator[Connection]:
        """One consistent view of the database.

        Args:
            viewer: whose; where the database can, it shows no row of others to one with a scope. None = the
                cockpit's own business.

        Raises:
            StoreUnavailableError: it cannot be reached.
        """
        scope = None if viewer is None or not self.walled else viewer.scope
        with self._translated(), self._rules.reading(scope) as connection:
            yield connection

    @contextmanager
    def writing(self, *, durable: bool = False, before: Sequence[Write] = ()) -> Iterator[Connection]:
        """One write transaction; commits at the end, rolls back on any error. Writes are serial.

        Args:
            durable: wait for every disk there is (see the rules of each database). Feeds do without:
                their cursor is in the same transaction, so what a power cut takes is fetched again.
                What a person did cannot be fetched again and pays the few milliseconds.
            before: called on the connection before others are shut out; may fill temporary tables.

        Raises:
            StoreUnavailableError: locked, full or unreachable; nothing was written. When the
                connection is lost during the commit itself nobody can know; the same write again
                is safe.
        """
        began = time.perf_counter()

        def prepared(_: Connection) -> None:
            nonlocal began
            began = time.perf_counter()

        steps = (*before, prepared) if before else ()
        with self._translated(), self._rules.writing(durable, steps, alone=True) as connection:
            entered = time.perf_counter()
            self.waited.add(entered - began)
            try:
                for guard in self.guards:
                    guard(connection)
                yield connection
            finally:
                self.held.add(time.perf_counter() - entered)

    @contextmanager
    def touching(self) -> Iterator[Connection]:
        """A short write beside the others, where the database can: a lease must not wait for a bulk.

        Rows touched here are touched nowhere else but in guards; no guard is called.

        Raises:
            StoreUnavailableError: as for `writing`.
        """
        with self._translated(), self._rules.writing(durable=False, before=(), alone=False) as connection:
            yield connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn "not now" errors of the driver into the one error neighbours know; others pass."""
        try:
            with self._failures_named():
                yield
        except StoreUnavailableError as error:
            self.refused[error.code] += 1
            raise

    @contextmanager
    def _failures_named(self) -> Iterator[None]:
        try:
            yield
        except PoolTimeoutError as error:
            raise StoreUnavailableError("locked", "all connections are in use") from error
        except self._rules.failures as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            code = self._rules.unavailable(cause)
            if code is None:
                raise
            detail = str(cause).strip().splitlines()
            raise StoreUnavailableError(code, detail[0] if detail else "") from error


def _rules(url: str, busy_seconds: float) -> _Rules:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigError("store", "store.url", "is no database URL") from None
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        return Sqlite(parsed, busy_seconds)
    if parsed.drivername == "postgresql+psycopg" and parsed.database:
        from store.postgres import Postgres  # the driver is loaded only where it is used

        return Postgres(parsed, busy_seconds)
    raise ConfigError("store", "store.url", "must be sqlite:///path/to/file or postgresql+psycopg://host/database")
