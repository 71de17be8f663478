"""How long a question may take: a reader of an open interface must not hold a connection for ever."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from domain.errors import CockpitError
from store.sql import postgres

_STEPS = 20_000  # instructions of SQLite between two looks at the clock: some tenths of a millisecond
_CANCELLED = "57014"


class TooSlowError(CockpitError):
    """The database was stopped before it had an answer: ask for less."""


@contextmanager
def within(connection: Connection, seconds: float) -> Iterator[None]:
    """Stop what is asked in the block when it takes longer.

    Raises:
        TooSlowError: it did; the transaction is of no more use.
    """
    if postgres(connection):
        connection.exec_driver_sql("SELECT set_config('statement_timeout', %s, true)", (f"{int(seconds * 1000)}",))
        try:
            yield
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", "") != _CANCELLED:
                raise
            raise TooSlowError(f"took longer than {seconds:g} s") from error
        return
    driver: Any = connection.connection.driver_connection
    ends = time.monotonic() + seconds
    driver.set_progress_handler(lambda: time.monotonic() > ends, _STEPS)
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlite_errorname", "") != "SQLITE_INTERRUPT":
            raise
        raise TooSlowError(f"took longer than {seconds:g} s") from error
    finally:
        driver.set_progress_handler(None, 0)
