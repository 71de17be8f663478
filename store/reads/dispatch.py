"""Orders to agencies about one alert or all, now and at any past moment."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, or_, select

from domain.dispatch import OVER, Order, stood
from domain.dispatch_board import Dispatched
from domain.viewer import Viewer
from store.moments import micros, moment
from store.reads import alerts
from store.reads.asof import AsOf
from store.reads.scope import sees_port
from store.schema import alert_log
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


def dispatched(connection: Connection, viewer: Viewer, since: int, at: AsOf | None) -> list[Dispatched]:
    """Orders about all alerts: every one that is open, and those that came to their end since a moment.

    Args:
        connection: to read with.
        viewer: who asks; an enterprise sees none.
        since: microseconds; not after the moment looked at, so that what was open then is found.
        at: the moment looked at; None: now.
    """
    if not sees_port(viewer):
        return []
    moved = select(alert_log.c.alert_id).where(alert_log.c.what == "dispatch", alert_log.c.at >= since)
    query = select(t.c.body).where(or_(t.c.state.not_in(sorted(OVER)), t.c.alert_id.in_(moved)))
    found = [msgspec.json.decode(body, type=Order) for body in connection.execute(query).scalars()]
    if at is not None:
        found = [order for one in found if (order := stood(one, moment(at.at))) is not None]
    found = [one for one in found if one.state not in OVER or micros(one.steps[-1].at) >= since]
    about = alerts.by_number(connection, viewer, sorted({one.alert_id for one in found}), at)
    return [Dispatched(order=one, alert=about.get(one.alert_id)) for one in found]


def order(connection: Connection, viewer: Viewer, order_id: str) -> Order | None:
    """One order as it stands; None when unknown or not to be seen."""
    if not sees_port(viewer):
        return None
    body = connection.execute(select(t.c.body).where(t.c.order_id == order_id)).scalar()
    return None if body is None else msgspec.json.decode(body, type=Order)
