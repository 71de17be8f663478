"""The alerts' part of the store: what rules found is saved, what people do is carried out, each in one transaction.

State, log, evidence, audit, what is to be sent, and the word to other processes that there is news: all or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from domain.alert import HOUSE, Asked
from domain.alert_flow import Merged
from domain.alert_pictures import AlertRow, alert_id
from domain.alerting import Alerting
from domain.audit import Sealer, by
from domain.viewer import Viewer
from store.database import Database
from store.writes import alerts, audit, changes
from store.writes.alert_log import Told
from store.writes.alerts import Acted, Again


class AlertBook:
    """Writes alerts. Thread-safe; every call is one transaction and raises StoreUnavailableError when it cannot be.

    Attributes:
        policy: two-person levels and how long alerts may be shelved.
        told: told every step with its row, in the step's transaction; what it writes stands or falls with it.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime], sealer: Sealer) -> None:
        """Write to a migrated database."""
        self._database, self._clock, self._sealer = database, clock, sealer
        self.policy: Alerting = HOUSE
        self.told: Told | None = None

    def save(
        self, merged: Merged, based_on: Mapping[str, AlertRow] | None = None, again: Again | None = None
    ) -> list[AlertRow]:
        """Save what an evaluation made of the alerts.

        Args:
            merged: rows and steps.
            based_on: the rows it was made from, by key; None: it stands whatever is stored.
            again: makes the same of the rows that changed since; people's acts are never undone.

        Returns:
            The rows that stand otherwise than handed in, because somebody acted meanwhile; use these.
        """
        if not merged.changed:
            return []
        now = self._clock()
        with self._database.writing(durable=True) as connection:
            changes.bump(connection, ["alert"], now)
            return alerts.save(connection, merged, now, based_on, again, self.told)

    def act(self, viewer: Viewer, number: str, asked: Asked, at: datetime, expected_version: int) -> Acted:
        """Let a person act, on record; see `store.writes.alerts.act` for errors."""
        with self._database.writing(durable=True) as connection:
            done = alerts.act(connection, number, asked, viewer.name, at, expected_version, self.policy, self.told)
            if done.step is not None:
                changes.bump(connection, ["alert"], self._clock())
                after = _told(done.row) | _particulars(asked)
                entry = by(viewer, f"alert.{asked.act}", done.row.key, _told(done.before), after)
                audit.append(connection, self._sealer, entry, self._clock())
            return done

    def act_by_key(self, viewer: Viewer, key: str, act: str, at: datetime, expected_version: int) -> AlertRow:
        """The same by the alert's key, with nothing said besides; the alert as it stands then."""
        return self.act(viewer, alert_id(key), Asked(act=act), at, expected_version).row


def _told(row: AlertRow) -> dict[str, Any]:
    return {"state": row.state, "version": row.version, "level": row.level, "rule": row.rule, "subject": row.subject}


def _particulars(asked: Asked) -> dict[str, Any]:
    """What was asked for beside the act itself."""
    given = {"note": asked.note, "to": asked.to, "agency": asked.agency, "minutes": asked.minutes, "n": asked.n}
    return {name: value for name, value in given.items() if value} | ({} if asked.done else {"done": False})
