"""The one way to order agencies and to say how far they are; every step on record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from domain import dispatch as domain_dispatch
from domain.audit import Sealer, by
from domain.dispatch import Order
from domain.errors import NotAllowedError
from domain.permissions import Permission
from domain.viewer import Viewer
from store.database import Database
from store.reads import dispatch as reading
from store.reads.asof import as_of
from store.reads.scope import sees_port
from store.writes import audit, dispatch
from store.writes.alert_log import Told

Clock = Callable[[], datetime]


class Orders:
    """Orders to agencies. Thread-safe; errors as for every write of the store.

    State, the alert's log and the audit are one transaction: of many who act at once on what they saw, one is done.

    Attributes:
        arrive_minutes: by agency, within what time somebody should be there; of others nobody says.
    """

    def __init__(
        self, database: Database, clock: Clock, sealer: Sealer, told: Callable[[], Told | None] = lambda: None
    ) -> None:
        """Made by the store, on its own database; ``told`` gives who hears of the steps of alerts."""
        self._database, self._clock, self._sealer, self._told = database, clock, sealer, told
        self.arrive_minutes: Mapping[str, float] = {}

    def of(self, viewer: Viewer, alert_id: str, at: datetime | None = None, known: str = "corrected") -> list[Order]:
        """Orders about an alert, oldest first; both kinds of knowledge agree."""
        with self._database.reading(viewer) as connection:
            return reading.orders(connection, viewer, alert_id, as_of(at, known))

    def place(self, viewer: Viewer, alert_id: str, agency: str, task: str = "", request_key: str = "") -> Order:
        """Order an agency; the same request twice makes one order.

        Raises:
            NotAllowedError: the viewer may not act on alerts.
            KeyError: no such alert.
            OrderRefusedError: see `domain.dispatch.REFUSALS`.
        """
        _may(viewer)
        now = self._clock()
        minutes = self.arrive_minutes.get(agency)
        due = None if minutes is None else now + timedelta(minutes=minutes)
        wanted = domain_dispatch.place(alert_id, now, agency, viewer.name, now, task, request_key, due)
        with self._database.writing(durable=True) as connection:
            order, new = dispatch.place(connection, wanted, self._told())
            if new:
                entry = by(viewer, "dispatch.order", order.id, None, {**_as_told(order), "alert": alert_id})
                audit.append(connection, self._sealer, entry, now)
            return order

    def act(
        self, viewer: Viewer, order_id: str, act: str, version: int, note: str = "", request_key: str = ""
    ) -> Order:
        """Move an order on, from the version that was seen.

        Raises:
            NotAllowedError: the viewer may not act on alerts.
            KeyError: no such order, or no such act.
            OrderRefusedError: see `domain.dispatch.REFUSALS`.
        """
        _may(viewer)
        now = self._clock()
        with self._database.writing(durable=True) as connection:
            asked = (order_id, act, viewer.name, now, version, note, request_key)
            before, after = dispatch.act(connection, *asked, self._told())
            if after is not before:
                entry = by(viewer, f"dispatch.{act}", order_id, _as_told(before), _as_told(after))
                audit.append(connection, self._sealer, entry, now)
            return after


def _may(viewer: Viewer) -> None:
    viewer.require(Permission.ACT_ON_ALERTS)
    if not sees_port(viewer):
        raise NotAllowedError(f"{viewer.name} sees no alerts of the port")


def _as_told(order: Order) -> dict[str, Any]:
    return {"agency": order.agency, "state": order.state, "version": order.version}
