"""What can be asked about alerts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select

from domain.alert import HOUSE
from domain.alert_packet import Packet
from domain.alert_pictures import AlertFile, AlertRow
from domain.alerting import Alerting
from domain.dispatch_board import Dispatched
from domain.pictures import AlertsPicture
from domain.viewer import Viewer
from store.moments import micros
from store.reads import alerts, dispatch
from store.reads.alert_packet import packet
from store.reads.asof import as_of
from store.reads.command import InspectionReads
from store.reads.scope import current, visible
from store.schema import alert as table


class AlertReads(InspectionReads):
    """The named reads about alerts, a part of ``Reads``.

    Attributes:
        policy: what counts as a flood, and how many lines are shown of it.
    """

    policy: Alerting = HOUSE

    def alerts(self, viewer: Viewer, at: datetime | None = None, known: str = "corrected") -> AlertsPicture:
        """Alerts not closed. They are the cockpit's own: both kinds of knowledge agree."""
        with self._database.reading(viewer) as connection:
            return alerts.alerts(connection, viewer, as_of(at, known), self._now(), self.policy)

    def alert(self, viewer: Viewer, key: str, at: datetime | None = None, known: str = "corrected") -> AlertRow | None:
        """One alert as it stands or stood, closed or not."""
        with self._database.reading(viewer) as connection:
            return alerts.alert(connection, viewer, key, as_of(at, known))

    def alert_file(
        self, viewer: Viewer, number: str, at: datetime | None = None, known: str = "corrected"
    ) -> AlertFile | None:
        """One alert by its id, with what was seen and every step; None when unknown or not to be seen."""
        with self._database.reading(viewer) as connection:
            return alerts.file(connection, viewer, number, as_of(at, known))

    def alert_packet(
        self, viewer: Viewer, number: str, at: datetime | None = None, known: str = "corrected"
    ) -> Packet | None:
        """One alert by its id with all that belongs to it; None when unknown or not to be seen."""
        with self._database.reading(viewer) as connection:
            return packet(connection, viewer, number, as_of(at, known), self._now())

    def dispatched(
        self, viewer: Viewer, since: datetime, at: datetime | None = None, known: str = "corrected"
    ) -> list[Dispatched]:
        """Orders to agencies about all alerts: those open, and those that came to their end since a moment."""
        with self._database.reading(viewer) as connection:
            return dispatch.dispatched(connection, viewer, micros(since), as_of(at, known))

    def alert_history(self, viewer: Viewer, since: datetime, until: datetime) -> list[AlertRow]:
        """Alerts alive at some time of [since, until), as they last stood."""
        with self._database.reading(viewer) as connection:
            return alerts.history(connection, viewer, micros(since), micros(until))

    def standing_alerts(self, viewer: Viewer, known: Mapping[str, AlertRow]) -> dict[str, AlertRow]:
        """Alerts not closed by key; of ``known`` those whose version is still the one stored are given back."""
        with self._database.reading(viewer) as connection:
            chosen = (current(table), table.c.state != "closed", *visible(viewer, table.c.scope))
            stored = connection.execute(select(table.c.key, table.c.version).where(*chosen)).all()
            same = {key for key, version in stored if key in known and known[key].version == version}
            fresh = alerts.by_key(connection, viewer, [key for key, _ in stored if key not in same])
        return {key: known[key] if key in same else fresh[key] for key, _ in stored if key in same or key in fresh}

    def alerts_by_key(self, viewer: Viewer, keys: Collection[str]) -> dict[str, AlertRow]:
        """These alerts as they stand, closed or not."""
        with self._database.reading(viewer) as connection:
            return alerts.by_key(connection, viewer, list(keys))
