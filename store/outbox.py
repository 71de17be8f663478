"""The outbox as the notifier uses it, each call one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from domain.audit import Sealer, by
from domain.deliveries import Attempt
from domain.escalation import OutboxEntry
from domain.permissions import Permission
from domain.viewer import Viewer
from store.database import Database
from store.moments import micros
from store.reads import outbox as reads
from store.writes import audit
from store.writes import outbox as writes
from store.writes.outbox import Claimed, Done

CLAIM = timedelta(minutes=2)


class Outbox:
    """What is to be sent. Thread-safe; errors as for every write of the store."""

    def __init__(self, database: Database, clock: Callable[[], datetime], sealer: Sealer) -> None:
        """Made by the store, on its own database."""
        self._database, self._clock, self._sealer = database, clock, sealer

    def due(self, now: datetime) -> dict[str, set[str]]:
        """Kinds of entries that are due, by target."""
        with self._database.reading() as connection:
            return reads.due(connection, micros(now))

    def attempts(self, target: str, most: int) -> list[Attempt]:
        """The newest attempts to reach a target, newest first."""
        with self._database.reading() as connection:
            return reads.attempts(connection, target, most)

    def claim(self, target: str, kinds: Collection[str], holder: str, now: datetime, most: int) -> list[Claimed]:
        """Take what is due; see `store.writes.outbox.claim`."""
        with self._database.writing() as connection:
            return writes.claim(connection, target, kinds, holder, now, now + CLAIM, most)

    def mark(self, holder: str, done: Sequence[Done], now: datetime) -> int:
        """Note what became of claimed entries; see `store.writes.outbox.mark`."""
        with self._database.writing(durable=True) as connection:
            return writes.mark(connection, holder, done, now)

    def take_over(self, holder: str, now: datetime) -> None:
        """Go on where another left off; see `store.writes.outbox.take_over`."""
        with self._database.writing() as connection:
            writes.take_over(connection, holder, now)

    def set_back(self, by: timedelta) -> None:
        """The clock was set back."""
        with self._database.writing() as connection:
            writes.set_back(connection, by)

    def forget(self, before: datetime) -> int:
        """Delete entries that are over, and their deliveries, a few thousand at once; returns how many."""
        with self._database.writing() as connection:
            return writes.forget(connection, before)

    def test(self, viewer: Viewer, target: str) -> None:
        """Send a message to try a target, now, on record.

        Raises:
            NotAllowedError: the viewer may not.
        """
        viewer.require(Permission.NOTIFY_SETUP)
        now = self._clock()
        entry = OutboxEntry(
            kind="test", alert_id="", at=now, due_at=now, dedup=f"test|{target}|{uuid4().hex}", target=target,
            body={"by": viewer.name},
        )  # fmt: skip
        with self._database.writing(durable=True) as connection:
            writes.enqueue(connection, [entry])
            audit.append(connection, self._sealer, by(viewer, "notification.test", target), now)
