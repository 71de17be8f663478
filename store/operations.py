"""What an operator asks of the store: is it there, what does it hold, what may go."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import text

from domain.audit import Checkpoint, Finding, Sealed, Sealer
from domain.quarantine import SetAside
from domain.retention import Retention
from domain.viewer import SYSTEM
from store import days, report, retention
from store.database import Database
from store.migrations import version
from store.moments import moment
from store.reads import audit, identities, quarantine, secrets
from store.retention import Swept
from store.schema import HEAD
from store.writes.audit import last as newest
from telemetry.counts import Spread

Clock = Callable[[], datetime]


class Operations:
    """The operator's side of a store; thread-safe but for ``retain``, which one thread calls.

    Attributes:
        retained: rows deleted as too old, by table.
    """

    def __init__(self, database: Database, clock: Clock, timezone: str) -> None:
        """Made by the store, on its own database."""
        self._database, self._clock, self._zone = database, clock, ZoneInfo(timezone)
        self._sweep: Iterator[Swept] | None = None
        self._days_from: int | None = None
        self.retained: Counter[str] = Counter()

    @property
    def walled(self) -> bool:
        """Whether the database itself leaves foreign rows out of reads of an enterprise, see `store.wall`."""
        return self._database.walled

    @property
    def waited(self) -> Spread:
        """Seconds writers waited for their turn."""
        return self._database.waited

    @property
    def held(self) -> Spread:
        """Seconds they then kept others out."""
        return self._database.held

    @property
    def refused(self) -> Mapping[str, int]:
        """Calls the database refused, by code of StoreUnavailableError."""
        return dict(self._database.refused)

    def ping(self) -> None:
        """Ask the database for nothing.

        Raises:
            StoreUnavailableError: it does not answer.
        """
        with self._database.reading() as connection:
            connection.execute(text("SELECT 1"))

    def current(self) -> bool:
        """Whether the tables are those this program was made for; raises as ``ping``."""
        with self._database.reading() as connection:
            return version(connection) == HEAD

    def sizes(self) -> dict[str, int]:
        """Bytes of the database by part; raises as ``ping``."""
        return report.files(self._database)

    def report(self) -> list[report.Line]:
        """Rows, bytes, oldest, newest and growth of every table; raises as ``ping``."""
        return report.report(self._database)

    def retain(self, keep: Retention, seconds: float) -> tuple[dict[str, int], bool]:
        """Go on deleting what is too old for at most about so long.

        Returns:
            Rows deleted now by table, and whether the sweep is through; the next call begins anew then.

        Raises:
            StoreUnavailableError: the store takes no writes now; call again.
        """
        end, deleted = time.monotonic() + seconds, Counter[str]()
        sweep, self._sweep = self._sweep or retention.sweep(self._database, keep, self._clock()), None
        for table, rows in sweep:
            deleted[table] += rows
            self.retained[table] += rows
            if time.monotonic() >= end:
                self._sweep = sweep
                break
        return {table: rows for table, rows in deleted.items() if rows}, self._sweep is None

    def roll_up_days(self, since: datetime, until: datetime) -> int:
        """Roll-ups per day of the port from those per hour, for days that are over.

        Args:
            since: hours from here on may have changed; days that are missing are made in any case.
            until: now.

        Returns:
            Number of values stored.
        """
        with self._database.reading() as connection:
            missing = days.missing_since(connection, self._days_from)
        if missing is None:
            return 0
        start, oldest = missing
        kept = days.roll_up(self._database, min(since, moment(start)), until, self._zone)
        self._days_from = oldest
        return kept

    def audit_last(self) -> Sealed | None:
        """The newest entry of the audit, sealed; None while there is none."""
        with self._database.reading() as connection:
            return newest(connection)

    def audit_findings(self, sealer: Sealer, checkpoints: Sequence[Checkpoint]) -> list[Finding]:
        """Everything that is wrong with the audit's chain."""
        with self._database.reading() as connection:
            return sealer.findings(audit.chain(connection), checkpoints)

    def as_received(self, ids: Sequence[int]) -> list[SetAside]:
        """Rows in quarantine by number as they came, nothing concealed, to be tried again; no viewer gets at them."""
        with self._database.reading() as connection:
            return quarantine.whole(connection, SYSTEM, ids, str)

    def sealed(self) -> dict[str, str]:
        """Sealed secrets of feeds by name, for who has the key; no viewer gets at them."""
        with self._database.reading() as connection:
            return secrets.sealed(connection)

    def identities(self, aliases: Collection[str] | None) -> dict[str, str]:
        """Sealed identities by alias, for who has the key; None = all; no viewer gets at them."""
        with self._database.reading() as connection:
            return identities.every(connection) if aliases is None else identities.bodies(connection, aliases)
