"""Orders to agencies about an alert, now and at any past moment."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, select

from domain.dispatch import Order, stood
from domain.viewer import Viewer
from store.moments import moment
from store.reads.asof import AsOf
from store.reads.scope import sees_port
from store.schema import dispatch as t


def orders(connection: Connection, viewer: Viewer, alert_id: str, at: AsOf | None) -> list[Order]:
    """Orders about an alert, of all its lives, oldest first. They are the port's own: an enterprise sees none."""
    if not sees_port(viewer):
        return []
    bodies = connection.execute(select(t.c.body).where(t.c.alert_id == alert_id)).scalars()
    found = [msgspec.json.decode(body, type=Order) for body in bodies]
    if at is not None:
        found = [order for one in found if (order := stood(one, moment(at.at))) is not None]
    return sorted(found, key=lambda order: (order.steps[0].at, order.id))


def order(connection: Connection, viewer: Viewer, order_id: str) -> Order | None:
    """One order as it stands; None when unknown or not to be seen."""
    if not sees_port(viewer):
        return None
    body = connection.execute(select(t.c.body).where(t.c.order_id == order_id)).scalar()
    return None if body is None else msgspec.json.decode(body, type=Order)
